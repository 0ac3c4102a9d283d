"""A real SMTP server on loopback, in a thread of its own: what was sent to it, and what it refuses."""

from __future__ import annotations

import email
import email.policy
import time
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.controller import Controller

from tests.servers.child import free_port


@dataclass
class Mailbox:
    """``refusals``: by recipient, what the server answers instead of taking the letter."""

    letters: list[EmailMessage] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    _controller: Controller | None = None

    def __enter__(self) -> Mailbox:
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._controller is not None:
            self._controller.stop()

    @property
    def url(self) -> str:
        assert self._controller is not None
        return f"smtp://127.0.0.1:{self._controller.port}"

    def letter_to(self, address: str, *, within: float = 20) -> EmailMessage:
        """The letter to this address, waited for."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            for letter in self.letters:
                if letter["To"].addresses[0].addr_spec == address:
                    return letter
            time.sleep(0.05)
        raise AssertionError(f"no letter to {address} within {within:.0f} s")

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, _: Any) -> str:  # noqa: N802
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.letters.append(cast("EmailMessage", parsed))
        return "250 OK"
