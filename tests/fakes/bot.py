"""A bot that takes what it is given, or does not."""

from __future__ import annotations

from orchestrator.application.ports import BotStatus, BotTrouble, BotUnavailable
from orchestrator.application.records import BotDelivery


class FakeBot:
    """See `ports.BotGateway`. ``trouble``: why it refuses every delivery until it is None again."""

    def __init__(self) -> None:
        self.deliveries: list[BotDelivery] = []
        self.attempts = 0
        self.trouble: BotTrouble | None = None

    async def deliver(self, delivery: BotDelivery) -> None:
        self.attempts += 1
        if self.trouble is not None:
            raise BotUnavailable(self.trouble)
        self.deliveries.append(delivery)

    def status(self) -> BotStatus:
        match self.trouble:
            case None:
                return "ready"
            case "starting":
                return "starting"
            case _:
                return "down"
