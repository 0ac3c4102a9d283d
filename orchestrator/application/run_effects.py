"""The outbox: effects of committed decisions, carried out at least once.

Each lane is worked off in order, lanes run side by side. A crash between doing and forgetting does an effect again;
a crash before doing it does it after the next start. Neither loses nor doubles anything (`perform`).
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog

from orchestrator.application.background import Background
from orchestrator.application.backoff import delay_after
from orchestrator.application.notify import WORK_TOPIC
from orchestrator.application.perform import Performer, TryAgainAt
from orchestrator.application.ports import Bus, Clock, Store
from orchestrator.application.records import OutboxItem

log = structlog.get_logger(__name__)

AT_ONCE = 32
LEASE = timedelta(minutes=2)
"""Longer than any effect takes: when it has passed, whoever claimed the effect is dead."""


class EffectRunner:
    def __init__(
        self,
        store: Store,
        bus: Bus,
        clock: Clock,
        performer: Performer,
        *,
        owner: str = "local",
        look_every: timedelta | None = None,
    ) -> None:
        """``owner`` names this process among others. ``look_every``: how often the outbox is looked at without a hint,
        for what others put there; None: there are no others."""
        self._store = store
        self._clock = clock
        self._performer = performer
        self._owner = owner
        self._running: set[asyncio.Task[None]] = set()
        self._done: list[int] = []
        self._retry: dict[int, tuple[datetime, str]] = {}
        self._background = Background(
            "outbox", self._turn, bus, clock, topic=WORK_TOPIC, look_every=look_every
        )

    async def start(self) -> None:
        """Work in the background until `stop`."""
        await self._background.start()

    async def stop(self) -> None:
        """Stop claiming, let what runs finish for a moment, then let go of what is left."""
        await self._background.stop()
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=2)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._let_go()

    async def drain(self) -> None:
        """Do everything that is due now, and what follows from it (for tests and for the start)."""
        while await self._claim() or self._running or self._done or self._retry:
            if self._running:
                await asyncio.wait(self._running)

    async def _turn(self) -> datetime | None:
        await self._claim()
        async with self._store.transaction(read_only=True) as tx:
            return await tx.outbox.next_due(self._clock.now())

    async def _claim(self) -> int:
        """Forget what is done, take what is due and start it; returns how many were started."""
        room = AT_ONCE - len(self._running)
        now = self._clock.now()
        done, retry = self._taken()
        try:
            async with self._store.transaction() as tx:
                await tx.outbox.settle(done=done, retry=retry)
                items = await tx.outbox.claim(self._owner, now, until=now + LEASE, limit=room) if room else []
        except BaseException:
            self._done += done
            self._retry |= retry
            raise
        for item in items:
            task = asyncio.create_task(self._run(item), name=f"effect-{type(item.effect).__name__}")
            self._running.add(task)
            task.add_done_callback(self._finished)
        return len(items)

    async def _let_go(self) -> None:
        """Note what is done, and leave the rest to whoever comes next."""
        done, retry = self._taken()
        async with self._store.transaction() as tx:
            await tx.outbox.settle(done=done, retry=retry)
            await tx.outbox.release(self._owner)

    def _taken(self) -> tuple[list[int], dict[int, tuple[datetime, str]]]:
        done, self._done = self._done, []
        retry, self._retry = self._retry, {}
        return done, retry

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._background.wake()

    async def _run(self, item: OutboxItem) -> None:
        try:
            await self._performer.perform(item)
        except TryAgainAt as later:
            self._retry[item.id] = (later.when, str(later))
        except Exception as error:
            pause = delay_after(item.attempts)
            self._retry[item.id] = (self._clock.now() + pause, type(error).__name__)
            log.warning(
                "effect.failed",
                effect=type(item.effect).__name__,
                conversation_id=item.conversation_id,
                attempts=item.attempts + 1,
                exc_info=True,
            )
        else:
            self._done.append(item.id)
