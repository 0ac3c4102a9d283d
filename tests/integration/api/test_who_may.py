"""Every kind of caller on every address of the app. A new address without a row here fails the first test."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio

from orchestrator.adapters.signatures import signed_headers
from orchestrator.api import guard
from orchestrator.application.revisions.records import Author, PolicySet
from tests.integration.api.conftest import running
from tests.integration.api.world import (
    BOT_SECRET,
    OPERATIONS,
    PASSWORD,
    SHOP,
    STAFF,
    World,
    offer,
    routes_of,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

# What each kind of address answers to those it turns away; who is not named is let in. ``401`` for whoever does
# not show the right kind of proof at all, ``403`` for the wrong role, ``404`` for what is somebody else's.
OPEN: dict[str, int] = {}
VISITORS = dict.fromkeys(["nobody", *STAFF, "bot", "call", "operations"], 401)
OWN_VISITOR = VISITORS | {"other_visitor": 404}
NOT_STAFF = dict.fromkeys(["nobody", "visitor", "other_visitor", "bot", "call", "operations"], 401)
SIGNED_IN = NOT_STAFF
AGENTS = NOT_STAFF | {"designer": 403}
OWN_AGENT = AGENTS | {"other_agent": 404, "supervisor": 404, "admin": 404}
# An invitation that is over is told as such, also to an agent who never had it: ids cannot be guessed.
INVITED = AGENTS | {"other_agent": 409, "supervisor": 409, "admin": 409}
OWN_OR_SUPERVISOR = AGENTS | {"other_agent": 404}
SUPERVISORS = NOT_STAFF | {"agent": 403, "other_agent": 403, "designer": 403}
EXPLAINERS = NOT_STAFF | {"agent": 403, "other_agent": 403}
ADMINS = NOT_STAFF | {"agent": 403, "other_agent": 403, "supervisor": 403, "designer": 403}
OPERATORS = {name: status for name, status in ADMINS.items() if name != "operations"}
BOTS = dict.fromkeys(["nobody", "visitor", "other_visitor", *STAFF, "call", "operations"], 401)
CALLS = dict.fromkeys(["nobody", "visitor", "other_visitor", *STAFF, "bot", "operations"], 401)

CALLERS = ("nobody", "visitor", "other_visitor", *STAFF, "bot", "call", "operations")
# Codes that only a guard gives: who is let in may be refused for other reasons, not for these.
GUARD_CODES = {
    "conversation_not_found",
    "desk_header_missing",
    "invitation_over",
    "not_authenticated",
    "origin_not_allowed",
    "role_not_allowed",
    "session_over",
    "signature_invalid",
    "token_expired",
    "token_invalid",
    "unauthenticated",
}


@dataclass(frozen=True)
class Row:
    refused: dict[str, int]
    body: object = None


TEXT = {"client_id": "table", "text": "Bonjour"}
USER = {"email": "new@x.test", "name": "New", "role": "agent", "password": PASSWORD}
BOT = {"url": "https://bot.example", "site_id": "shop", "scenario": "1", "name": "Bot", "language": "fr"}
SITE = {"id": "new", "name": "New", "allowed_origins": ["https://new.example"]}
LEFT = {"client_id": "left", "email": "zoe@visitor.example", "text": "Où est ma commande ?"}
DRAFT: dict[str, Any] = {"base": 1, "texts": {"camera.yaml": "default: allowed\n"}}
PROPOSAL = {"proposal_id": "p_1"}
TURN = {"conversation_id": "{id}", "in_reply_to": None, "replies": []}

# In the order in which they are tried: what ends something comes last.
TABLE: dict[str, Row] = {
    "GET /": Row(OPEN),
    "GET /widget.js": Row(OPEN),
    "PAGES /desk": Row(OPEN),
    "PAGES /demo": Row(OPEN),
    "GET /docs": Row(OPEN),
    "GET /docs/style.css": Row(OPEN),
    "GET /openapi.json": Row(OPEN),
    "GET /healthz": Row(OPEN),
    "GET /readyz": Row(OPEN),
    "GET /metrics": Row(OPERATORS),
    "POST /api/visitor/session": Row(OPEN, {"site_key": "shop", "language": "fr"}),
    "GET /api/visitor/conversations/{id}": Row(OWN_VISITOR),
    "POST /api/visitor/conversations": Row(VISITORS, {"client_id": "again"}),
    "POST /api/visitor/conversations/{id}/messages": Row(OWN_VISITOR, TEXT),
    "POST /api/visitor/conversations/{id}/person": Row(OWN_VISITOR),
    "POST /api/visitor/conversations/{id}/video": Row(OWN_VISITOR),
    "POST /api/visitor/conversations/{id}/video/accept": Row(OWN_VISITOR, PROPOSAL),
    "POST /api/visitor/conversations/{id}/video/decline": Row(OWN_VISITOR, PROPOSAL),
    "POST /api/visitor/conversations/{id}/video/resume": Row(OWN_VISITOR),
    "POST /api/visitor/conversations/{id}/queue/leave": Row(OWN_VISITOR),
    "PUT /api/visitor/conversations/{id}/capability": Row(OWN_VISITOR, {"can_video": True}),
    "PUT /api/visitor/conversations/{id}/language": Row(OWN_VISITOR, {"language": "fr"}),
    "POST /api/visitor/conversations/{id}/call/token": Row(OWN_VISITOR),
    "PUT /api/visitor/conversations/{id}/call/camera": Row(OWN_VISITOR, {"on": True}),
    "POST /api/visitor/conversations/{id}/left-message": Row(OWN_VISITOR, LEFT),
    "GET /api/agent/inbox": Row(AGENTS),
    "POST /api/agent/inbox/{id}/take": Row(AGENTS),
    "POST /api/agent/inbox/{id}/release": Row(AGENTS),
    "POST /api/agent/inbox/{id}/answer": Row(AGENTS, {"how": "email", "text": "Demain."}),
    "POST /api/agent/inbox/{id}/dismiss": Row(AGENTS),
    "GET /api/agent/state": Row(AGENTS),
    "PUT /api/agent/presence": Row(AGENTS, {"chat": {"state": "available"}, "video": {"state": "available"}}),
    "POST /api/agent/wrap-up/end": Row(AGENTS),
    "GET /api/agent/conversations/{id}": Row(OWN_OR_SUPERVISOR),
    "POST /api/agent/conversations/{id}/messages": Row(OWN_AGENT, TEXT),
    "GET /api/agent/conversations/{id}/earlier": Row(OWN_OR_SUPERVISOR),
    "POST /api/agent/conversations/{id}/notes": Row(OWN_OR_SUPERVISOR, TEXT),
    "POST /api/agent/conversations/{id}/invitation/{invitation_id}/accept": Row(INVITED),
    "POST /api/agent/conversations/{id}/invitation/{invitation_id}/decline": Row(INVITED, {}),
    "POST /api/agent/conversations/{id}/video/propose": Row(OWN_AGENT),
    "POST /api/agent/conversations/{id}/video/withdraw": Row(OWN_AGENT),
    "POST /api/agent/conversations/{id}/transfer": Row(OWN_AGENT, {"agent_id": "{user}"}),
    "POST /api/agent/conversations/{id}/transfer/withdraw": Row(OWN_AGENT),
    "GET /api/agent/conversations/{id}/transfer-targets": Row(OWN_AGENT),
    "POST /api/agent/conversations/{id}/call/token": Row(OWN_AGENT),
    "GET /api/conversations/{id}/decisions": Row(SIGNED_IN | {"other_agent": 404}),
    "GET /api/reports/waits": Row(SUPERVISORS),
    "GET /api/reports/agents": Row(SUPERVISORS),
    "GET /api/reports/wait-grades": Row(SUPERVISORS),
    "GET /api/supervisor/board": Row(SUPERVISORS),
    "GET /api/visitor/availability": Row(VISITORS),
    "POST /api/bot/rasa/turns": Row(BOTS, TURN),
    "GET /api/admin/users": Row(ADMINS),
    "POST /api/admin/users": Row(ADMINS, USER),
    "PATCH /api/admin/users/{id}": Row(ADMINS, {"name": "Agent"}),
    "POST /api/admin/users/{id}/reset-link": Row(ADMINS),
    "POST /api/admin/users/{id}/deactivate": Row(ADMINS),
    "POST /api/admin/users/{id}/reactivate": Row(ADMINS),
    "GET /api/admin/sites": Row(ADMINS),
    "POST /api/admin/sites": Row(ADMINS, SITE),
    "GET /api/cards/{id}/preview": Row(EXPLAINERS),
    "GET /api/admin/bots": Row(ADMINS),
    "POST /api/admin/bots/scenarios": Row(ADMINS, {"url": "https://bot.example", "site_id": "shop"}),
    "PUT /api/admin/bots/{id}": Row(ADMINS, BOT),
    "POST /api/admin/bots/{id}/refresh": Row(ADMINS),
    "DELETE /api/admin/bots/{id}": Row(ADMINS),
    "PUT /api/admin/sites/{id}/bot": Row(ADMINS, {"bot_id": None}),
    "GET /api/admin/policies": Row(ADMINS),
    "GET /api/admin/policies/activations": Row(ADMINS),
    "GET /api/admin/policies/activations/{number}": Row(ADMINS),
    "POST /api/admin/policies/activations/{number}/rollback": Row(ADMINS, {"base": 1, "message": "why"}),
    "GET /api/admin/policies/drafts": Row(ADMINS),
    "POST /api/admin/policies/drafts": Row(ADMINS, DRAFT),
    "GET /api/admin/policies/drafts/{id}": Row(ADMINS),
    "PUT /api/admin/policies/drafts/{id}": Row(ADMINS, DRAFT | {"version": 1}),
    "POST /api/admin/policies/drafts/{id}/examine": Row(ADMINS),
    "POST /api/admin/policies/drafts/{id}/publish": Row(ADMINS, {"message": "why"}),
    "DELETE /api/admin/policies/drafts/{id}": Row(ADMINS),
    "GET /api/visitor/network-check": Row(VISITORS),
    "POST /api/visitor/network-check": Row(VISITORS),
    "POST /api/calls/{call_id}/connections": Row(CALLS),
    "PATCH /api/calls/{call_id}/connections/{connection_id}": Row(CALLS),
    "DELETE /api/calls/{call_id}/connections/{connection_id}": Row(CALLS),
    "POST /api/visitor/conversations/{id}/video/hang-up": Row(OWN_VISITOR),
    "POST /api/visitor/conversations/{id}/video/leave-lobby": Row(OWN_VISITOR),
    "POST /api/agent/conversations/{id}/video/hang-up": Row(OWN_AGENT),
    "POST /api/agent/conversations/{id}/video/leave-lobby": Row(OWN_AGENT),
    "POST /api/visitor/conversations/{id}/close": Row(OWN_VISITOR),
    "POST /api/agent/conversations/{id}/close": Row(OWN_AGENT),
    "GET /api/supervisor/conversations": Row(SUPERVISORS),
    "GET /api/supervisor/conversations/{id}": Row(SUPERVISORS),
    "POST /api/supervisor/conversations/{id}/requeue": Row(SUPERVISORS, {}),
    "POST /api/supervisor/conversations/{id}/assign": Row(SUPERVISORS, {"agent_id": "{user}"}),
    "POST /api/supervisor/conversations/{id}/take-over": Row(SUPERVISORS),
    "GET /api/auth/me": Row(SIGNED_IN),
    "POST /api/auth/logout": Row(SIGNED_IN),
    "POST /api/auth/login": Row(OPEN, {"email": "nobody@x.test", "password": "wrong"}),
    "POST /api/auth/reset": Row(OPEN, {"token": "not a token", "new_password": PASSWORD}),
    "POST /api/auth/password": Row(SIGNED_IN, {"current_password": "wrong", "new_password": PASSWORD}),
    # Tried by test_sockets: what they refuse is said in frames.
    "WS /api/visitor/socket": Row(OPEN),
    "WS /api/agent/socket": Row(OPEN),
}


@dataclass
class Scene:
    """`visitor` is in the lobby with `agent`; `other_visitor` has a conversation of its own."""

    world: World
    proofs: dict[str, dict[str, str]]
    names: dict[str, str]

    async def attempt(self, caller: str, address: str, row: Row) -> httpx.Response:
        method, _, pattern = address.partition(" ")
        path = pattern
        for name, value in (self.names | {"id": self._id(pattern)}).items():
            path = path.replace(f"{{{name}}}", value)
        if method == "PAGES":
            method, path = "GET", f"{path}/"
        headers = dict(self.proofs[caller])
        content: bytes | None = None
        if pattern.startswith("/api/calls/"):
            content = (
                offer() if method == "POST" else b"a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n"
            )
            kind = "sdp" if method == "POST" else "trickle-ice-sdpfrag"
            headers["content-type"] = f"application/{kind}"
        elif row.body is not None:
            text = json.dumps(row.body).replace("{id}", self.names["conversation"])
            content = text.replace("{user}", self.names["user"]).encode()
            headers["content-type"] = "application/json"
        if caller == "bot":
            headers |= signed_headers(BOT_SECRET, int(time.time()), content or b"")
        if pattern in ("/api/visitor/session", "/api/auth/login", "/api/auth/reset"):
            # Open to everybody, on the right page.
            headers |= {
                "origin": SHOP if "visitor" in pattern else "http://service.test",
                "x-visavis": "desk",
            }
        return await self.world.client.request(method, path, headers=headers, content=content)

    def _id(self, pattern: str) -> str:
        if "/drafts/" in pattern:
            return self.names["draft"]
        if "/inbox/" in pattern:
            return self.names["left_message"]
        if "/admin/sites/" in pattern:
            return "shop"
        if "/cards/" in pattern:
            return "video_advisor"
        if pattern.endswith("activate"):
            return self.names["leaver"]
        return self.names["user"] if "/users/" in pattern else self.names["conversation"]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with running(tmp_path_factory.mktemp("who-may")) as world:
        await world.make_staff()
        visitor, other = await world.visit(), await world.visit()
        await world.present("agent")
        begun = await other.start()
        left = await other.call("POST", f"/conversations/{begun['id']}/left-message", LEFT)
        assert left.status_code == 200, left.text
        inbox = (await world.agent("agent", "GET", "/inbox")).json()
        conversation = await visitor.start(want="video")
        taken = await world.accept_invitation("agent")
        assert (taken["id"], taken["state"]) == (conversation["id"], "video_lobby")
        minted = await visitor.call("POST", f"/conversations/{conversation['id']}/call/token")
        token = minted.json()["token"]
        claims = await world.runtime.platform.calls.read_token(token)
        proofs = {
            "nobody": {},
            "visitor": visitor.headers,
            "other_visitor": other.headers,
            "bot": {},
            "call": {"authorization": f"Bearer {token}"},
            "operations": {"authorization": f"Bearer {OPERATIONS}"},
        }
        names = {
            "conversation": conversation["id"],
            "call_id": claims.call_id,
            "connection_id": f"k_{claims.id}",
            "invitation_id": "i_1",
            "user": world.users["agent"],
            "leaver": (
                await world.runtime.platform.accounts.create_user(
                    email="leaver@x.test", name="Leaver", role="agent", password=PASSWORD
                )
            ).id,
            "left_message": inbox["messages"][0]["id"],
            "number": "1",
            "draft": (
                await world.runtime.platform.publishing.save(
                    PolicySet.of(DRAFT["texts"]), base=1, note="", by=Author(None, "Ada")
                )
            ).id,
        }
        yield Scene(world, proofs | {name: world.desk(name) for name in STAFF}, names)


async def test_every_address_has_a_row(scene: Scene) -> None:
    assert sorted(routes_of(scene.world.app)) == sorted(TABLE)


async def test_what_is_open_is_on_the_list() -> None:
    unguarded = {address for address, row in TABLE.items() if row.refused is OPEN}
    assert {address for address in unguarded if not address.startswith(("PAGES ", "WS "))} == guard.OPEN


@pytest.mark.parametrize("address", [address for address in TABLE if not address.startswith("WS ")])
async def test_address(scene: Scene, address: str) -> None:
    row = TABLE[address]
    problems: list[str] = []
    # Those who are turned away first: who is let in may end what the others ask for.
    for caller in sorted(CALLERS, key=lambda name: name not in row.refused):
        answer = await scene.attempt(caller, address, row)
        said = answer.json() if answer.headers.get("content-type") == "application/problem+json" else {}
        code = said.get("code")
        if caller in row.refused:
            if answer.status_code != row.refused[caller] or code not in GUARD_CODES:
                problems.append(f"{caller}: {answer.status_code} {code}, not {row.refused[caller]}")
        elif answer.status_code in (403, 404, 405, 500) or code in GUARD_CODES - {
            "invitation_over",
            "token_invalid",
        }:
            problems.append(f"{caller}: {answer.status_code} {code}, and should be let in")
    assert not problems
