"""Waiting for hints with a limit, without ever losing one."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from orchestrator.application.ports import Clock, Subscription
from orchestrator.application.records import Json


class Hearing:
    """What one reader hears of a subscription. One call of `hear` at a time."""

    def __init__(self, subscription: Subscription, clock: Clock) -> None:
        self._subscription = subscription
        self._clock = clock
        self._listening: asyncio.Future[list[Json]] | None = None

    async def hear(self, until: datetime | None) -> list[Json]:
        """The ephemeral frames of the next hint; none when ``until`` (None: never) comes first."""
        if until is None and self._listening is None:
            return await self._subscription.wait()
        # Kept when the time comes first: a wait that is cancelled could lose the hint that just arrived.
        listening = self._listening = self._listening or asyncio.ensure_future(self._subscription.wait())
        rings: list[asyncio.Future[Any]] = []
        if until is not None:
            rings.append(asyncio.ensure_future(self._clock.sleep_until(until, asyncio.Event())))
        try:
            await asyncio.wait([listening, *rings], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for ring in rings:
                ring.cancel()
        if not listening.done():
            return []
        self._listening = None
        return listening.result()

    def close(self) -> None:
        """Stop listening; whoever waits in `hear` is cancelled."""
        if self._listening is not None:
            self._listening.cancel()
            self._listening = None
