"""Writes the OpenAPI document that the pages' TypeScript types are generated from.

python export_openapi.py [openapi.json]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from orchestrator.api.openapi import create_api_schema  # noqa: E402

# Bodies and frames that a page sends: optional fields may be left out.
SENT = {
    "StartSession",
    "StartConversation",
    "PostMessage",
    "AddNote",
    "ProposalAnswer",
    "CapabilityUpdate",
    "ChannelSwitch",
    "SetPresence",
    "LanguageUpdate",
    "DeclineInvitation",
    "LeaveMessage",
    "AnswerInConversation",
    "AnswerByMail",
    "Transfer",
    "Assign",
    "Requeue",
    "CameraSwitch",
    "Login",
    "ChangePassword",
    "ResetPassword",
    "VisitorHello",
    "AgentHello",
    "PongFrame",
    "TypingFrame",
}


def always_present(document: dict[str, Any]) -> dict[str, Any]:
    """The service writes every field of an answer, defaults too; the pages need not guard against absent ones."""
    for name, schema in document["components"]["schemas"].items():
        if name not in SENT and not name.endswith("-Input") and "properties" in schema:
            schema["required"] = sorted(schema["properties"])
    return document


def document() -> dict[str, Any]:
    return always_present(create_api_schema())


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "openapi.json"
    target.write_text(
        json.dumps(document(), indent=2, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8"
    )
