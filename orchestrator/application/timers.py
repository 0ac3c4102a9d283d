"""Firing timers: every wait ends in a named event, at its deadline, across restarts."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from orchestrator.application.background import Background
from orchestrator.application.handle_event import EventHandler, Moment
from orchestrator.application.notify import TIMER_TOPIC
from orchestrator.application.ports import Bus, Clock, Store
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
        self._clock = clock
        self._handler = handler
        self._background = Background(
            "timers", self._turn, bus, clock, topic=TIMER_TOPIC, look_every=look_every
        )

    async def start(self) -> None:
        """Fire timers in the background until `stop`."""
        await self._background.start()

    async def stop(self) -> None:
        await self._background.stop()

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

    async def _turn(self) -> datetime | None:
        await self.fire_due()
        async with self._store.transaction(read_only=True) as tx:
            return await tx.timers.next_deadline()
