"""This process among others of one estate: it says that it is alive, and does what the death of another asks for.

A process that does not renew its lease in time is dead to the others. One of them forgets its sockets (which makes the
events of those who are gone), gives its claimed effects back, reports its media rooms as lost, and removes it last, so
that whoever dies in the middle of this is succeeded in it. A process that was only slow finds itself removed: what it
still holds is nobody's any more, so it lets go of it and begins anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from orchestrator.application.handle_event import EventHandler, Moment
from orchestrator.application.notify import WORK_TOPIC
from orchestrator.application.ports import Bus, Clock, Store
from orchestrator.application.presence import Presence
from orchestrator.domain import events as ev
from orchestrator.domain.events import Event

log = structlog.get_logger(__name__)

BEAT = timedelta(seconds=1.5)
LIFE = timedelta(seconds=6)
"""So long after its last beat a process counts as dead. Clocks of different machines must agree better than this."""
SWEEP_EVERY = timedelta(seconds=30)
BURIAL = timedelta(seconds=30)


class Nodes:
    def __init__(
        self,
        store: Store,
        bus: Bus,
        clock: Clock,
        handler: EventHandler,
        presence: Presence,
        *,
        node: str,
        on_taken_for_dead: Callable[[], Awaitable[None]],
        on_trouble: Callable[[str], None] = lambda _: None,
    ) -> None:
        """``on_taken_for_dead`` ends the sockets and the rooms of this process: they count as gone already.
        ``on_trouble`` hears of another living process that it should not be alone with."""
        self._store = store
        self._bus = bus
        self._clock = clock
        self._handler = handler
        self._presence = presence
        self._node = node
        self._on_taken_for_dead = on_taken_for_dead
        self._on_trouble = on_trouble
        self._well_since: datetime | None = None
        self._last_beat: datetime | None = None
        self._swept_at: datetime | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Join the others, and stay among them until `stop`."""
        await self.join()
        self._task = asyncio.create_task(self._work(), name="nodes")

    async def stop(self) -> None:
        """Leave: the last thing that this process does with the store."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        try:
            await self._presence.forget_all(node=self._node)
            async with self._store.transaction(read_only=True) as tx:
                rooms = await tx.rooms.of_node(self._node)
            for call_id in rooms:
                await self._lose(call_id)
            async with self._store.transaction() as tx:
                await tx.outbox.release(self._node)
                await tx.leases.release_all(self._node)
                await tx.nodes.remove(self._node)
        except Exception as error:
            # The others will find this process dead.
            log.warning("node.left_in_a_hurry", node=self._node, error=type(error).__name__)

    async def join(self) -> None:
        now = self._clock.now()
        async with self._store.transaction() as tx:
            await tx.nodes.register(self._node, now, until=now + LIFE)
            others = [node for node in await tx.nodes.living(now) if node != self._node]
        self._well_since = self._last_beat = self._swept_at = now
        log.info("node.joined", node=self._node, others=len(others))
        for other in others:
            self._on_trouble(other)

    async def beat(self) -> None:
        """Say that this process is alive, and look after those who are not."""
        now = self._clock.now()
        async with self._store.transaction() as tx:
            alive = await tx.nodes.beat(self._node, until=now + LIFE)
            dead = await tx.nodes.dead(now)
        if not alive:
            await self._begin_anew()
            return
        if self._last_beat is None or now - self._last_beat > LIFE / 2:
            # This process, or the store, stood still: perhaps the others could not beat either.
            self._well_since = now
        self._last_beat = now
        if self._well_since is None or now - self._well_since < LIFE:
            return
        for node in dead:
            await self._bury(node)
        if self._swept_at is None or now - self._swept_at >= SWEEP_EVERY:
            self._swept_at = now
            await self._presence.sweep()

    async def _work(self) -> None:
        never = asyncio.Event()
        while True:
            try:
                await self.beat()
            except Exception as error:
                # The store is away; the others find that, too.
                log.warning("node.no_beat", node=self._node, error=type(error).__name__)
            await self._clock.sleep_until(self._clock.now() + BEAT, never)

    async def _begin_anew(self) -> None:
        log.error("node.taken_for_dead", node=self._node, hint="this process stood still for seconds")
        await self._on_taken_for_dead()
        await self.join()

    # --- another process is dead ------------------------------------------------------------------------

    async def _bury(self, node: str) -> None:
        burial, now = f"burial:{node}", self._clock.now()
        async with self._store.transaction() as tx:
            if not await tx.leases.acquire(burial, self._node, now, now + BURIAL):
                return  # another one does it
            rooms = await tx.rooms.of_node(node)
        await self._presence.forget_all(node=node)
        for call_id in rooms:
            await self._lose(call_id)
        async with self._store.transaction() as tx:
            await tx.outbox.release(node)
            await tx.leases.release_all(node)
            await tx.nodes.remove(node)
            await tx.leases.release(burial, self._node)
        await self._bus.publish([WORK_TOPIC])
        log.warning("node.died", node=node, calls=len(rooms))

    async def _lose(self, call_id: str) -> None:
        """The media of a call died with its process: the conversation hears of it, and its policy goes on."""
        async with self._store.transaction(read_only=True) as tx:
            conversation = await tx.conversations.with_call(call_id)

        async def lost(moment: Moment) -> Event | None:
            # In one go: the room can be opened elsewhere as soon as the loss is stored.
            await moment.tx.rooms.remove(call_id)
            call = moment.conversation.call
            return ev.MediaLost(call_id) if call is not None and call.id == call_id else None

        if conversation is not None:
            await self._handler.handle(conversation.id, lost)
        else:
            async with self._store.transaction() as tx:
                await tx.rooms.remove(call_id)
