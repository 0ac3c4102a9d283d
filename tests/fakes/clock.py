"""Virtual time: nothing happens until a test moves it on."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta


class VirtualClock:
    """See `ports.Clock`."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        self._now = start
        self._sleepers: set[asyncio.Event] = set()

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta | float) -> datetime:
        """Move on and wake whoever sleeps: they look at the time themselves."""
        self._now += by if isinstance(by, timedelta) else timedelta(seconds=by)
        for sleeper in list(self._sleepers):
            sleeper.set()
        return self._now

    async def sleep_until(self, deadline: datetime | None, wake: asyncio.Event) -> None:
        moved = asyncio.Event()
        self._sleepers.add(moved)
        try:
            while not wake.is_set() and (deadline is None or self._now < deadline):
                moved.clear()
                waits = [asyncio.ensure_future(wake.wait()), asyncio.ensure_future(moved.wait())]
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                for wait in waits:
                    wait.cancel()
        finally:
            self._sleepers.discard(moved)
        wake.clear()


class CountingIds:
    """Names that a failing test can be read by: ``m_0001``, ``m_0002`` …"""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._counts: dict[str, int] = {}

    def new(self, kind: str) -> str:
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return f"{kind}_{self._prefix}{self._counts[kind]:04}"
