"""Writes the OpenAPI document that the pages' TypeScript types are generated from.

    python3 export_openapi.py [openapi.json]

The service's own document is taken when it offers one. Without it the document holds the models alone: requests
as they are validated, everything else as it is serialised, which is how the service documents them too.
"""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from pydantic import BaseModel  # noqa: E402
from pydantic.json_schema import models_json_schema  # noqa: E402

from orchestrator.api import schemas  # noqa: E402

# Bodies and frames that a page sends: optional fields may be left out.
SENT = {
    "StartSession",
    "StartConversation",
    "PostMessage",
    "ProposalAnswer",
    "CapabilityUpdate",
    "LanguageUpdate",
    "DeclineInvitation",
    "TransferToAgent",
    "CameraSwitch",
    "Login",
    "ChangePassword",
    "ResetPassword",
    "VisitorHello",
    "AgentHello",
    "PongFrame",
    "TypingFrame",
}


def models_document() -> dict[str, Any]:
    models = [
        model
        for _, model in inspect.getmembers(schemas, inspect.isclass)
        if issubclass(model, BaseModel) and model.__module__ == schemas.__name__ and model is not schemas.Model
    ]
    _, document = models_json_schema(
        [(model, "validation" if model.__name__ in SENT else "serialization") for model in models],
        ref_template="#/components/schemas/{model}",
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": "Vis-à-vis", "version": "1"},
        "paths": {},
        "components": {"schemas": document["$defs"]},
    }


def always_present(document: dict[str, Any]) -> dict[str, Any]:
    """The service writes every field of an answer, defaults too; the pages need not guard against absent ones."""
    for name, schema in document["components"]["schemas"].items():
        if name not in SENT and not name.endswith("-Input") and "properties" in schema:
            schema["required"] = sorted(schema["properties"])
    return document


def document() -> dict[str, Any]:
    try:
        from orchestrator.api.openapi import create_api_schema
    except ImportError:
        return always_present(models_document())
    return always_present(create_api_schema())


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "openapi.json"
    target.write_text(json.dumps(document(), indent=2, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
