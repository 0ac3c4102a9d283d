"""One conversation with a real bot, seen from the orchestrator."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

import httpx

from bot import visavis_protocol as protocol
from tests.bot.callback_receiver import CallbackReceiver, Turn
from tests.bot.rasa_server import RasaServer


@dataclass
class Visitor:
    """Posts deliveries and waits for the turns that answer them."""

    server: RasaServer
    receiver: CallbackReceiver
    language: str = "fr"

    def __post_init__(self) -> None:
        self.conversation_id = f"conversation-{uuid.uuid4().hex}"

    def post(
        self, *, skew: int = 0, secret: str | None = None, raw: bytes | None = None, **fields: Any
    ) -> httpx.Response:
        """Post a delivery, as it should be or with something wrong."""
        delivery = {
            "id": uuid.uuid4().hex,
            "conversation_id": self.conversation_id,
            "language": self.language,
            "device": "desktop",
            "page_url": "https://shop.example/chairs",
            "availability": {"chat": True, "video": True},
            "estimated_wait_seconds": None,
            **fields,
        }
        body = json.dumps(delivery).encode() if raw is None else raw
        headers = protocol.signed_headers(secret or self.server.secret, int(time.time()) + skew, body)
        return httpx.post(self.server.webhook_url, content=body, headers=headers, timeout=10)

    def _turn(self, **fields: Any) -> Turn:
        delivery_id = uuid.uuid4().hex
        answer = self.post(id=delivery_id, **fields)
        assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
        return self.receiver.turn(delivery_id)

    def opens(self) -> Turn:
        return self._turn(kind="session_open")

    def says(self, text: str, **fields: Any) -> Turn:
        return self._turn(kind="message", text=text, **fields)

    def chooses(self, payload: str) -> Turn:
        return self._turn(kind="message", text="", payload=payload)

    def learns(self, event: str, reason: str = "full") -> Turn:
        return self._turn(kind="event", event={"name": event, "reason": reason})
