"""A mail server that keeps what it is given, or refuses it."""

from __future__ import annotations

from orchestrator.application.ports import Mail, MailRefused


class FakeMailer:
    """``refusals`` are what the next letters meet, one by one; None lets one through."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.refusals: list[MailRefused | None] = []

    async def send(self, mail: Mail) -> None:
        refusal = self.refusals.pop(0) if self.refusals else None
        if refusal is not None:
            raise refusal
        self.sent.append(mail)
