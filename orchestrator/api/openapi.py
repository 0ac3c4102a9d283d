"""The OpenAPI document: the routes, the frames of the sockets, and an example for what a person would try first."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, cast, get_args

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from starlette.responses import JSONResponse

from orchestrator.api import schemas, schemas_reports

DESCRIPTION = """A website visitor chats with a bot, is handed over to a person, and goes from chat to video in the same
conversation. Errors are problem documents (RFC 9457) with a stable `code`. The sockets are not part of OpenAPI:
their frames are among the schemas, as `VisitorHello`, `VisitorFrame`, `AgentHello` and `AgentFrame`."""

TAGS = [
    {"name": "visitor", "description": "What a visitor's page calls."},
    {"name": "agent", "description": "What the agent's desk calls."},
    {"name": "supervisor", "description": "What a supervisor's desk calls beyond an agent's."},
    {"name": "auth", "description": "Signing in and out."},
    {"name": "call", "description": "Joining a video call (WHIP's shape, RFC 9725)."},
    {"name": "bot", "description": "What a bot posts."},
    {"name": "reports", "description": "What became of waits, and what people did."},
    {"name": "admin", "description": "Accounts and sites."},
    {"name": "operations", "description": "Health and numbers."},
]

# What pages send over the sockets, and everything that may come back.
_SENT: tuple[type[BaseModel], ...] = (schemas.VisitorHello, schemas.AgentHello, schemas.PongFrame)
_RECEIVED: dict[str, tuple[type[BaseModel], ...]] = {
    "VisitorFrame": (
        schemas.WelcomeFrame,
        schemas.PingFrame,
        schemas.MessageFrame,
        schemas.VisitorConversationFrame,
        schemas.TypingFrame,
        schemas.BotStatusFrame,
        schemas.ErrorFrame,
    ),
    "AgentFrame": (
        schemas.WelcomeFrame,
        schemas.PingFrame,
        schemas.MessageFrame,
        schemas.AgentConversationFrame,
        schemas.InvitationFrame,
        schemas.InvitationEndedFrame,
        schemas.AgentStateFrame,
        schemas.InboxFrame,
        schemas.TypingFrame,
        schemas.ErrorFrame,
    ),
}

_MESSAGE: dict[str, Any] = {
    "id": "msg_01",
    "conversation_id": "cnv_01",
    "position": 3,
    "author": {"role": "agent", "name": "Claire"},
    "content": {"type": "text", "text": "Bonjour, je regarde votre commande."},
    "quick_replies": [],
    "client_id": None,
    "private": False,
    "at": "2026-01-15T09:30:00Z",
}

EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "StartSession": [
        {"site_key": "demo", "language": "fr", "device": "mobile", "page_url": "https://shop.example/cart"}
    ],
    "StartConversation": [{"client_id": "c-1", "want": "chat"}, {"client_id": "c-2", "want": "video"}],
    "PostMessage": [
        {"client_id": "c-3", "text": "Où est ma commande ?"},
        {"client_id": "c-4", "text": "Oui", "quick_reply": "/affirm"},
    ],
    "ProposalAnswer": [{"proposal_id": "prp_01"}],
    "Login": [{"email": "claire@shop.example", "password": "correct horse battery"}],
    "CreateUser": [
        {
            "email": "claire@shop.example",
            "name": "Claire",
            "role": "agent",
            "password": "correct horse battery",
        }
    ],
    "CreateSite": [
        {"id": "shop", "name": "Shop", "allowed_origins": ["https://shop.example"], "language": "fr"}
    ],
    "BotTurn": [
        {
            "conversation_id": "cnv_01",
            "in_reply_to": "dlv_01",
            "replies": [
                {"id": "dlv_01:0", "type": "text", "text": "Un instant."},
                {"id": "dlv_01:1", "type": "transfer", "card_id": "video_advisor"},
            ],
        }
    ],
    "Message": [_MESSAGE],
    "MessageFrame": [{"type": "message", "seq": 12, "message": _MESSAGE}],
    "VisitorHello": [{"type": "hello", "token": "eyJ…", "after": 11}],
    "AgentHello": [{"type": "hello", "after": 0, "can_video": True}],
    "TypingFrame": [{"type": "typing", "conversation_id": "cnv_01", "by": "agent"}],
    "InvitationEndedFrame": [
        {
            "type": "invitation_ended",
            "seq": 13,
            "invitation_id": "inv_01",
            "conversation_id": "cnv_01",
            "reason": "expired",
        }
    ],
    "Problem": [
        {
            "type": "about:blank",
            "title": "Conflict",
            "status": 409,
            "detail": "Nobody can take a video conversation now.",
            "code": "nobody",
        }
    ],
}


def install(app: FastAPI) -> None:
    """Serve the document at ``/openapi.json``. It is made once: the routes do not change while running."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi_json(_: Request) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        return JSONResponse(document(), headers={"cache-control": "no-cache"})


def create_api_schema() -> dict[str, Any]:
    """Build the document without any running parts, for the types of the pages."""
    from orchestrator.api.app import create_app  # noqa: PLC0415 - the app installs this module
    from orchestrator.api.platform import Platform  # noqa: PLC0415

    nothing = cast("Any", None)
    platform = Platform(
        conversations=nothing,
        calls=nothing,
        streams=nothing,
        accounts=nothing,
        sites=nothing,
        bots=nothing,
        cards=nothing,
        publishing=nothing,
        policy_usage=nothing,
        tokens=nothing,
        clock=nothing,
        operations=nothing,
        reporting=nothing,
    )
    return deepcopy(create_app(platform).openapi())


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary="Chat with a bot, then with a person, then in video: one conversation, decided by rules.",
        description=DESCRIPTION,
        routes=app.routes,
        tags=TAGS,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    components = cast("dict[str, Any]", document.setdefault("components", {}).setdefault("schemas", {}))
    _add_models(components)
    _add_frames(components)
    _replace_validation_errors(document, components)
    for name, examples in (EXAMPLES | schemas_reports.EXAMPLES).items():
        if name in components:
            components[name]["examples"] = examples
    components.update(sorted(components.items()))
    return document


def _add_models(components: dict[str, Any]) -> None:
    """Add the models of the sockets as pages see them: what they send as it is read, the rest as it is written."""
    received = dict.fromkeys(model for models in _RECEIVED.values() for model in models)
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = []
    wanted.extend((model, "validation") for model in _SENT)
    wanted.extend((model, "serialization") for model in (*received, schemas.Problem))
    _, definitions = models_json_schema(wanted, ref_template="#/components/schemas/{model}")
    for name, schema in definitions["$defs"].items():
        components.setdefault(name, schema)


def _add_frames(components: dict[str, Any]) -> None:
    for name, models in _RECEIVED.items():
        by_type = {_type_of(model): f"#/components/schemas/{model.__name__}" for model in models}
        components[name] = {
            "title": name,
            "oneOf": [{"$ref": ref} for ref in by_type.values()],
            "discriminator": {"propertyName": "type", "mapping": by_type},
        }


def _type_of(frame: type[BaseModel]) -> str:
    return str(get_args(frame.model_fields["type"].annotation)[0])


def _replace_validation_errors(document: dict[str, Any], components: dict[str, Any]) -> None:
    """Every error is a `Problem`, also those that FastAPI would describe in its own way."""
    answer = {
        "description": "Refused: `code` says why.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = answer
    for name in ("HTTPValidationError", "ValidationError"):
        components.pop(name, None)
