"""Doing alone what one process at a time does for all."""

from __future__ import annotations

from datetime import datetime, timedelta

from orchestrator.application.ports import Clock, Store

LASTS = timedelta(seconds=10)
"""Longer than anything that is done in between. A process that died is succeeded after this time."""
RENEWED_AFTER = LASTS / 3


class Lease:
    """One process' claim to a task by its name, renewed as long as it is asked for."""

    def __init__(self, store: Store, clock: Clock, name: str, owner: str) -> None:
        self._store = store
        self._clock = clock
        self._name = name
        self._owner = owner
        self._until: datetime | None = None
        self._renew_at: datetime | None = None

    async def held(self) -> bool:
        """Whether the task is this process'. Takes the lease if it is free."""
        now = self._clock.now()
        if self._until is not None and self._renew_at is not None and now < min(self._renew_at, self._until):
            return True
        until = now + LASTS
        async with self._store.transaction() as tx:
            held = await tx.leases.acquire(self._name, self._owner, now, until)
        self._until, self._renew_at = (until, now + RENEWED_AFTER) if held else (None, None)
        return held

    async def release(self) -> None:
        """Let another process take over at once."""
        if self._until is not None:
            self._until = self._renew_at = None
            async with self._store.transaction() as tx:
                await tx.leases.release(self._name, self._owner)


class Alone:
    """There is no other process."""

    async def held(self) -> bool:
        return True

    async def release(self) -> None:
        """Nobody waits for it."""
