"""Work that goes on beside everything else: begun, brought forward by hints, and ended in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog

from orchestrator.application.ports import Bus, Clock, Subscription
from orchestrator.application.records import Json

log = structlog.get_logger(__name__)

AFTER_TROUBLE = timedelta(seconds=1)

Turn = Callable[[], Awaitable[datetime | None]]


class Background:
    """A loop of turns. A turn does what is due and tells when the next one is (None: when somebody wakes it).

    A turn that fails is logged and taken again a second later: the store may be away for a moment, and what is to be
    done is in it.
    """

    def __init__(
        self,
        name: str,
        turn: Turn,
        bus: Bus,
        clock: Clock,
        *,
        topic: str,
        hear: Callable[[Sequence[Json]], None] | None = None,
        look_every: timedelta | None = None,
    ) -> None:
        """Hints of ``topic`` wake it, or go to ``hear``, which wakes it if it has to. ``look_every``: a turn is due so
        often at least, because hints may be lost."""
        self._name = name
        self._turn = turn
        self._bus = bus
        self._clock = clock
        self._topic = topic
        self._hear = hear
        self._look_every = look_every
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._subscription: Subscription | None = None

    @property
    def running(self) -> bool:
        return bool(self._tasks)

    def wake(self) -> None:
        """A turn is due now."""
        self._wake.set()

    async def start(self, first: Callable[[], Awaitable[None]] | None = None) -> None:
        """Go on until `stop`. ``first`` is done before; no hint that comes meanwhile is lost."""
        self._subscription = subscription = self._bus.subscribe(self._topic)
        if first is not None:
            await first()
        self._tasks = [
            asyncio.create_task(self._listen(subscription), name=f"{self._name}-hints"),
            asyncio.create_task(self._go_on(), name=self._name),
        ]

    async def stop(self) -> None:
        """Does nothing when it does not run."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None

    async def _listen(self, subscription: Subscription) -> None:
        while True:
            hints = await subscription.wait()
            if self._hear is None:
                self._wake.set()
            else:
                self._hear(hints)

    async def _go_on(self) -> None:
        while True:
            try:
                due = await self._turn()
            except Exception:
                log.exception(f"{self._name}.unavailable")
                due = self._clock.now() + AFTER_TROUBLE
            if self._look_every is not None:
                look = self._clock.now() + self._look_every
                due = look if due is None else min(due, look)
            await self._clock.sleep_until(due, self._wake)
