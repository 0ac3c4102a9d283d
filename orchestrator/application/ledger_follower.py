"""Following the ledger: what all processes wrote into it, told in the order in which it happened.

One way for all of it: what this process committed is read back from the store like what others did. A hint makes it
read at once, otherwise it reads every few seconds. Each reading goes back a little, because what is committed later
may have begun earlier; entries that were told already are known by their keys.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Protocol

import structlog

from orchestrator.application.ledger_records import Handling, Wait
from orchestrator.application.notify import WORK_TOPIC
from orchestrator.application.ports import Bus, Clock, Store

log = structlog.get_logger(__name__)

HISTORY = timedelta(days=28)
OVERLAP = timedelta(seconds=30)
EVERY = timedelta(seconds=10)
AT_LEAST = timedelta(seconds=1)
RESYNC_EVERY = timedelta(minutes=1)
PAGE = timedelta(days=1)
ROWS = 5_000


class LedgerListener(Protocol):
    """Hears of every wait and handling once when it begins and once when it ends, in the order of time."""

    def wait_began(self, wait: Wait) -> None: ...
    def wait_ended(self, wait: Wait) -> None: ...
    def handling_began(self, handling: Handling) -> None: ...
    def handling_ended(self, handling: Handling) -> None: ...


Told = tuple[datetime, int, Callable[[], None]]


class LedgerFollower:
    """``open_waits`` and ``open_handlings`` are what goes on in the whole estate, by key."""

    def __init__(
        self, store: Store, bus: Bus, clock: Clock, listeners: Sequence[LedgerListener] = ()
    ) -> None:
        self.open_waits: dict[tuple[str, int], Wait] = {}
        self.open_handlings: dict[tuple[str, int], Handling] = {}
        self._store = store
        self._bus = bus
        self._clock = clock
        self._listeners = tuple(listeners)
        self._over: dict[tuple[str, str, int], datetime] = {}
        self._newest: datetime | None = None
        self._resync_at: datetime | None = None
        self._order = count()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    # --- in the background ------------------------------------------------------------------------------

    async def start(self) -> None:
        """Tell the history, then follow."""
        await self.load()
        self._tasks = [
            asyncio.create_task(self._listen(), name="ledger-hints"),
            asyncio.create_task(self._follow(), name="ledger-follower"),
        ]

    async def stop(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self) -> None:
        subscription = self._bus.subscribe(WORK_TOPIC)
        try:
            while True:
                await subscription.wait()
                self._wake.set()
        finally:
            subscription.close()

    async def _follow(self) -> None:
        while True:
            await self._clock.sleep_until(self._clock.now() + EVERY, self._wake)
            try:
                await self.run_once()
            except Exception as error:
                # The store is not there for a moment: what is missed now is read the next time.
                log.warning("ledger.not_read", error=type(error).__name__)
            await self._clock.sleep_until(self._clock.now() + AT_LEAST, asyncio.Event())

    # --- reading ----------------------------------------------------------------------------------------

    async def load(self) -> None:
        """Tell what happened in the last 28 days, day by day."""
        now = self._clock.now()
        pending: list[Told] = []
        start = now - HISTORY
        while start < now:
            end = min(start + PAGE, now)
            for wait in await self._waits(start, end):
                self._plan_wait(pending, wait)
            for handling in await self._handlings(start, end):
                self._plan_handling(pending, handling)
            self._tell(pending, before=end)
            start = end
        self._tell(pending, before=None)
        self._newest = now
        await self._resync()

    async def run_once(self) -> None:
        """Tell what is new."""
        if self._newest is None:
            await self.load()
            return
        now = self._clock.now()
        since = self._newest - OVERLAP
        async with self._store.transaction(read_only=True) as tx:
            waits = await tx.ledger.waits_changed(since)
            handlings = await tx.ledger.handlings_changed(since)
        self._take(waits, handlings)
        moments = [m for one in waits for m in (one.entered_at, one.ended_at) if m is not None]
        moments += [m for one in handlings for m in (one.started_at, one.ended_at) if m is not None]
        # Another process whose clock is ahead must not make this one skip what comes.
        self._newest = min(max([self._newest, *moments]), now)
        self._forget(since)
        if self._resync_at is None or now >= self._resync_at:
            await self._resync()

    async def _resync(self) -> None:
        """What is open here must be open in the store, and the other way round."""
        self._resync_at = self._clock.now() + RESYNC_EVERY
        async with self._store.transaction(read_only=True) as tx:
            waits = await tx.ledger.open_waits()
            handlings = await tx.ledger.open_handlings()
            gone = self.open_waits.keys() - {one.key for one in waits}
            lost = self.open_handlings.keys() - {one.key for one in handlings}
            if gone:
                waits += await tx.ledger.waits_of(sorted({conversation for conversation, _ in gone}))
            if lost:
                handlings += await tx.ledger.handlings_of(sorted({conversation for conversation, _ in lost}))
        self._take(waits, handlings)

    def _take(self, waits: Iterable[Wait], handlings: Iterable[Handling]) -> None:
        pending: list[Told] = []
        for wait in waits:
            self._plan_wait(pending, wait)
        for handling in handlings:
            self._plan_handling(pending, handling)
        self._tell(pending, before=None)

    async def _waits(self, start: datetime, end: datetime) -> list[Wait]:
        found: list[Wait] = []
        last: Wait | None = None
        while True:
            async with self._store.transaction(read_only=True) as tx:
                page = await tx.ledger.waits_between(start, end, limit=ROWS, after=last)
            found += page
            if len(page) < ROWS:
                return found
            last = page[-1]
            await asyncio.sleep(0)

    async def _handlings(self, start: datetime, end: datetime) -> list[Handling]:
        found: list[Handling] = []
        last: Handling | None = None
        while True:
            async with self._store.transaction(read_only=True) as tx:
                page = await tx.ledger.handlings_between(start, end, limit=ROWS, after=last)
            found += page
            if len(page) < ROWS:
                return found
            last = page[-1]
            await asyncio.sleep(0)

    # --- telling ----------------------------------------------------------------------------------------

    def _plan(self, pending: list[Told], at: datetime, tell: Callable[[], None]) -> None:
        heapq.heappush(pending, (at, next(self._order), tell))

    def _plan_wait(self, pending: list[Told], wait: Wait) -> None:
        if ("wait", *wait.key) in self._over:
            return
        if wait.key not in self.open_waits:
            self._plan(pending, wait.entered_at, lambda: self._wait_began(wait))
        else:
            self.open_waits[wait.key] = wait
        if wait.ended_at is not None:
            self._plan(pending, max(wait.ended_at, wait.entered_at), lambda: self._wait_ended(wait))

    def _plan_handling(self, pending: list[Told], handling: Handling) -> None:
        if ("handling", *handling.key) in self._over:
            return
        if handling.key not in self.open_handlings:
            self._plan(pending, handling.started_at, lambda: self._handling_began(handling))
        if handling.ended_at is not None:
            at = max(handling.ended_at, handling.started_at)
            self._plan(pending, at, lambda: self._handling_ended(handling))

    def _tell(self, pending: list[Told], *, before: datetime | None) -> None:
        while pending and (before is None or pending[0][0] < before):
            heapq.heappop(pending)[2]()

    def _wait_began(self, wait: Wait) -> None:
        self.open_waits[wait.key] = wait
        for listener in self._listeners:
            listener.wait_began(wait)

    def _wait_ended(self, wait: Wait) -> None:
        self.open_waits.pop(wait.key, None)
        self._over["wait", *wait.key] = wait.ended_at or wait.entered_at
        for listener in self._listeners:
            listener.wait_ended(wait)

    def _handling_began(self, handling: Handling) -> None:
        self.open_handlings[handling.key] = handling
        for listener in self._listeners:
            listener.handling_began(handling)

    def _handling_ended(self, handling: Handling) -> None:
        self.open_handlings.pop(handling.key, None)
        self._over["handling", *handling.key] = handling.ended_at or handling.started_at
        for listener in self._listeners:
            listener.handling_ended(handling)

    def _forget(self, since: datetime) -> None:
        """Keys of what ended so long ago that no reading finds it any more."""
        if len(self._over) > ROWS:
            self._over = {key: at for key, at in self._over.items() if at >= since - OVERLAP}
