"""Whether a connected bot is to be offered now: asked of it when somebody wants to know, and remembered a while.

The contract's platform asks every second. Here a bot is asked only while visitors come, and no more often than
`FRESH`; who comes meanwhile is told what it said last.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

import structlog

from orchestrator.application.connected.ports import BotBusy, BotTroubled, ConnectedBotClient
from orchestrator.application.connected.records import ConnectedBot, Strategy
from orchestrator.application.connected.rules import group_of, is_offered
from orchestrator.application.ports import BotStatus, Clock, Policies

log = structlog.get_logger(__name__)

FRESH = timedelta(seconds=10)
"""What a bot said is believed this long without asking again."""
KEPT = timedelta(seconds=60)
"""What it said is used this long while it is being asked again, or when it does not answer."""
PATIENCE = 1.5
"""Seconds a visitor's first request waits for a bot of which nothing is known."""

_NAMESPACE = UUID("b8d7c3f2-1a44-4b36-8a0c-6f7f3fb6a9d1")


def website_of(site_id: str) -> str:
    """How a bot knows a site: the contract's ``idWebsite``."""
    return str(uuid5(_NAMESPACE, site_id))


@dataclass(slots=True)
class _Said:
    strategies: tuple[Strategy, ...]
    at: datetime


class Offers:
    def __init__(
        self,
        client: ConnectedBotClient,
        clock: Clock,
        policies: Policies,
        available: Callable[[str, str], bool],
    ) -> None:
        """``available``: whether somebody of a group could take a chat in a language now."""
        self._client = client
        self._clock = clock
        self._policies = policies
        self._available = available
        self._said: dict[tuple[str, str], _Said] = {}
        self._asking: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def is_offered(self, bot: ConnectedBot, site_id: str) -> bool:
        """Whether a conversation that starts now starts with this bot."""
        if self._client.status(bot.id) == "down":
            return False
        key = (bot.id, site_id)
        said, now = self._said.get(key), self._clock.now()
        if said is None or now - said.at >= FRESH:
            asking = self._asking.get(key)
            if asking is None:
                asking = self._asking[key] = asyncio.create_task(self._ask(bot, site_id), name="bot-offer")
                asking.add_done_callback(lambda _: self._asking.pop(key, None))
            if said is None or now - said.at >= KEPT:
                await asyncio.wait([asking], timeout=PATIENCE)
        said = self._said.get(key)
        if said is None or self._clock.now() - said.at >= KEPT:
            # It does not say that it is there: people are.
            return False
        groups = self._policies.live.routing.groups

        def available(rule: str) -> bool:
            group = group_of(rule, groups)
            return group is not None and self._available(group, bot.language)

        return is_offered(said.strategies, available)

    def status(self, bot_id: str) -> BotStatus:
        return self._client.status(bot_id)

    async def start(self) -> None:
        """Nothing is asked before somebody wants to know."""

    async def stop(self) -> None:
        for task in list(self._asking.values()):
            task.cancel()
        await asyncio.gather(*self._asking.values(), return_exceptions=True)

    async def _ask(self, bot: ConnectedBot, site_id: str) -> None:
        try:
            strategies = await self._client.strategies(bot, website_of(site_id))
        except BotBusy:
            return
        except BotTroubled as error:
            log.info("connected_bot.no_strategies", bot=bot.id, reason=error.reason, detail=error.detail)
            return
        self._said[bot.id, site_id] = _Said(tuple(strategies), self._clock.now())
