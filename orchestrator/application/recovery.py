"""The first things after a start: what the process before this one left undone is done."""

from __future__ import annotations

import structlog

from orchestrator.application.handle_event import EventHandler
from orchestrator.application.ports import Store
from orchestrator.application.presence import Presence
from orchestrator.application.timers import TimerService
from orchestrator.domain import events as ev

log = structlog.get_logger(__name__)


class Recovery:
    def __init__(
        self,
        store: Store,
        handler: EventHandler,
        presence: Presence,
        timers: TimerService,
        *,
        alone: bool = True,
    ) -> None:
        """``alone``: this is the only process, so that claims, sockets and rooms of any other are those of the dead.
        With others about, only their leases tell (`nodes`): nothing of the living may be taken from them."""
        self._store = store
        self._handler = handler
        self._presence = presence
        self._timers = timers
        self._alone = alone

    async def run(self) -> None:
        """Before anything is served. The outbox itself is drained by its runner once that has started."""
        if self._alone:
            async with self._store.transaction() as tx:
                await tx.outbox.release()
            await self._presence.forget_all()
            await self._rooms()
        fired = await self._timers.fire_due()
        log.info("recovered", timers=fired)

    async def _rooms(self) -> None:
        """Rooms live in the process: the ones that calls speak of are gone, and are opened again."""
        async with self._store.transaction(read_only=True) as tx:
            open_calls = await tx.conversations.with_open_calls()
        for conversation in open_calls:
            if conversation.call is not None:
                await self._handler.handle(conversation.id, ev.MediaLost(conversation.call.id))
