"""Firing timers: every wait ends in a named event, at its deadline, across restarts."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from orchestrator.application.handle_event import EventHandler, Moment
from orchestrator.application.notify import TIMER_TOPIC
from orchestrator.application.ports import Bus, Clock, Store, Subscription
from orchestrator.application.records import DueTimer
from orchestrator.domain.events import Event
from orchestrator.domain.timers import EVENT_OF_TIMER

log = structlog.get_logger(__name__)

BATCH = 100


class TimerService:
    def __init__(
        self,
        store: Store,
        bus: Bus,
        clock: Clock,
        handler: EventHandler,
        *,
        look_every: timedelta | None = None,
    ) -> None:
        """``look_every``: how often timers of other processes are looked for; None: there are none."""
        self._store = store
        self._bus = bus
        self._clock = clock
        self._handler = handler
        self._look_every = look_every
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._subscription: Subscription | None = None

    async def start(self) -> None:
        """Fire timers in the background until `stop`."""
        self._subscription = self._bus.subscribe(TIMER_TOPIC)
        self._tasks = [
            asyncio.create_task(self._listen(self._subscription), name="timer-hints"),
            asyncio.create_task(self._work(), name="timers"),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        if self._subscription is not None:
            self._subscription.close()

    async def fire_due(self) -> int:
        """Fire everything that is due now; returns how many timers that were."""
        fired = 0
        while True:
            async with self._store.transaction(read_only=True) as tx:
                due = await tx.timers.due(self._clock.now(), limit=BATCH)
            if not due:
                return fired
            for timer in due:
                await self._fire(timer)
            fired += len(due)

    async def _fire(self, timer: DueTimer) -> None:
        async def if_set(moment: Moment) -> Event | None:
            # Several processes ring at the same moment; the one that is late would end what the first one began.
            is_set = moment.conversation.timers.get(timer.name) == timer.deadline
            return EVENT_OF_TIMER[timer.name]() if is_set else None

        try:
            handled = await self._handler.handle(timer.conversation_id, if_set)
        except Exception:
            log.exception("timer.failed", conversation_id=timer.conversation_id, timer=timer.name.value)
            raise
        still = handled.conversation.timers.get(timer.name) if handled.conversation is not None else None
        if not handled.moved or still == timer.deadline:
            # Nobody wanted it any more: without this it would be due for ever.
            async with self._store.transaction() as tx:
                await tx.timers.remove(timer)

    async def _work(self) -> None:
        while True:
            try:
                await self.fire_due()
                async with self._store.transaction(read_only=True) as tx:
                    deadline = await tx.timers.next_deadline()
            except Exception:
                log.exception("timers.unavailable")
                deadline = self._clock.now() + timedelta(seconds=1)
            if self._look_every is not None:
                look = self._clock.now() + self._look_every
                deadline = look if deadline is None else min(deadline, look)
            await self._clock.sleep_until(deadline, self._wake)

    async def _listen(self, subscription: Subscription) -> None:
        while True:
            await subscription.wait()
            self._wake.set()
