"""Who is there: sockets of visitors and agents, and the events that their coming and going makes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from orchestrator.application.errors import NotFound
from orchestrator.application.handle_event import EventHandler, Moment
from orchestrator.application.notify import PRESENCE_TOPIC, WORK_TOPIC, agent_stream, visitor_stream
from orchestrator.application.ports import Bus, Clock, Ids, Store, Transaction
from orchestrator.application.records import NewEffect, NewFeedEntry
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation
from orchestrator.domain.effects import DrainQueue
from orchestrator.domain.events import Event

log = structlog.get_logger(__name__)

RELOAD_GRACE = timedelta(seconds=10)
"""How long an agent whose last page went away is still offered work: people reload pages. `AwayWatch` ends it."""
SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is kept when an agent's page last answered: a write for every pong would be many."""


EVERYWHERE = "*"


class Presence:
    """Notes sockets. Only the first and the last one of a person are events of their conversations."""

    def __init__(
        self, store: Store, handler: EventHandler, bus: Bus, clock: Clock, ids: Ids, *, node: str = "local"
    ) -> None:
        self._store = store
        self._handler = handler
        self._bus = bus
        self._clock = clock
        self._ids = ids
        self._node = node
        self._seen: dict[str, datetime] = {}
        self._open: set[str] = set()

    async def visitor_came(self, visitor_id: str, socket_id: str) -> None:
        stream = visitor_stream(visitor_id)
        async with self._store.transaction() as tx:
            if await tx.people.visitor(visitor_id) is None:
                raise NotFound("visitor_not_found", "There is no such visitor.")
            self._open.add(socket_id)
            await tx.people.add_socket(socket_id, stream, self._node, self._clock.now())
            conversation = await tx.conversations.open_of_visitor(visitor_id)
        if conversation is not None and not conversation.visitor_present:

            async def unless_noted(moment: Moment) -> Event | None:
                return None if moment.conversation.visitor_present else ev.VisitorReconnected()

            await self._handler.handle(conversation.id, unless_noted)

    async def visitor_left(self, visitor_id: str, socket_id: str) -> None:
        self._open.discard(socket_id)
        async with self._store.transaction() as tx:
            left = await tx.people.remove_socket(socket_id, visitor_stream(visitor_id))
            conversation = await tx.conversations.open_of_visitor(visitor_id)
        if left == 0 and conversation is not None:
            await self._visitor_gone(conversation.id, visitor_id, besides=None)

    async def agent_came(self, agent_id: str, socket_id: str, *, can_video: bool) -> None:
        now = self._clock.now()
        stream = agent_stream(agent_id)
        async with self._store.transaction() as tx:
            if await tx.people.agent(agent_id, lock=True) is None:
                raise NotFound("agent_not_found", "There is no such agent.")
            self._open.add(socket_id)
            count = await tx.people.add_socket(socket_id, stream, self._node, now)
            await tx.people.set_can_video(agent_id, can_video)
            await tx.people.set_last_seen(agent_id, now)
            await tx.spells.turn(agent_id, "desk", "connected", now)
            held = await tx.conversations.open_of_agent(agent_id)
            if count == 1:
                drain = NewEffect(self._ids.new("drain"), f"{stream}/drain", "", DrainQueue(agent_id))
                await tx.outbox.add([drain], at=now)
        self._seen[agent_id] = now
        if count == 1:
            await self._bus.publish([WORK_TOPIC])

        async def unless_noted(moment: Moment) -> Event | None:
            return None if moment.conversation.agent_present else ev.AgentReconnected(agent_id)

        for conversation in held:
            if not conversation.agent_present:
                await self._handler.handle(conversation.id, unless_noted)

    async def agent_left(self, agent_id: str, socket_id: str) -> None:
        self._open.discard(socket_id)
        now, stream = self._clock.now(), agent_stream(agent_id)
        async with self._store.transaction() as tx:
            await tx.people.agent(agent_id, lock=True)
            left = await tx.people.remove_socket(socket_id, stream, seen_until=now + RELOAD_GRACE)
            await tx.people.set_last_seen(agent_id, now)
            held = await tx.conversations.open_of_agent(agent_id) if left == 0 else []
            if left == 0:
                # Still offered work for a moment, but not counted on any more: every process looks at them again.
                drain = NewEffect(self._ids.new("drain"), f"{stream}/drain", "", DrainQueue(agent_id))
                await tx.outbox.add([drain], at=now)
        if left == 0:
            self._seen.pop(agent_id, None)
            await self._bus.publish([PRESENCE_TOPIC, WORK_TOPIC])
        await self._agent_gone(agent_id, held, besides=None)

    async def agent_seen(self, agent_id: str) -> None:
        """A page of the agent answered: kept to the minute."""
        now = self._clock.now()
        if agent_id in self._seen and now < self._seen[agent_id] + SEEN_EVERY:
            return
        self._seen[agent_id] = now
        async with self._store.transaction() as tx:
            await tx.people.set_last_seen(agent_id, now)

    async def forget_all(self, *, node: str | None = None) -> None:
        """No socket survived the process that held it: at the start of the only process, of all of them; when another
        one died (``node``), of that one.

        The sockets are forgotten last: if this process ends in the middle of it, whoever does it again misses nothing.
        """
        async with self._store.transaction(read_only=True) as tx:
            subjects = sorted({subject for _, subject in await tx.people.open_sockets(node)})
        for subject in subjects:
            person = _id(subject)
            if subject.startswith("agent:"):
                await self._forget_agent(person, node)
            else:
                await self._forget_visitor(person, node)
        await self._bus.publish([PRESENCE_TOPIC])
        log.info("presence.forgotten", subjects=len(subjects), node=node)

    async def sweep(self) -> None:
        """Forget the sockets of this process that closed while the store was away."""
        async with self._store.transaction(read_only=True) as tx:
            noted = await tx.people.open_sockets(self._node)
        for socket_id, subject in noted:
            if socket_id not in self._open:
                left = self.agent_left if subject.startswith("agent:") else self.visitor_left
                await left(_id(subject), socket_id)

    async def _forget_visitor(self, visitor_id: str, node: str | None) -> None:
        async with self._store.transaction(read_only=True) as tx:
            conversation = await tx.conversations.open_of_visitor(visitor_id)
        if conversation is not None:
            await self._visitor_gone(conversation.id, visitor_id, besides=node or EVERYWHERE)
        async with self._store.transaction() as tx:
            await tx.people.forget_sockets(visitor_stream(visitor_id), node)

    async def _forget_agent(self, agent_id: str, node: str | None) -> None:
        stream = agent_stream(agent_id)
        async with self._store.transaction(read_only=True) as tx:
            held = await tx.conversations.open_of_agent(agent_id)
        await self._agent_gone(agent_id, held, besides=node or EVERYWHERE)
        now = self._clock.now()
        async with self._store.transaction() as tx:
            await tx.people.agent(agent_id, lock=True)
            await tx.people.forget_sockets(stream, node)
            if await tx.people.sockets(stream) == 0:
                # Their pages come back by themselves in a moment; waiting visitors must not be sent away meanwhile.
                await tx.people.set_seen_until([agent_id], now + RELOAD_GRACE)
            await tx.feed.append([NewFeedEntry(stream, "agent")], at=now)
        await self._bus.publish([stream])

    # The store is asked again where the event is committed: whoever came back in the meantime, to any process, is not
    # gone; and of several processes that notice, one commits it.

    async def _visitor_gone(self, conversation_id: str, visitor_id: str, *, besides: str | None) -> None:
        async def if_gone(moment: Moment) -> Event | None:
            gone = await _nobody(moment.tx, visitor_stream(visitor_id), besides)
            return ev.VisitorDisconnected() if gone and moment.conversation.visitor_present else None

        await self._handler.handle(conversation_id, if_gone)

    async def _agent_gone(self, agent_id: str, held: Sequence[Conversation], *, besides: str | None) -> None:
        async def if_gone(moment: Moment) -> Event | None:
            c = moment.conversation
            if c.agent_id != agent_id or not c.agent_present:
                return None
            await moment.tx.people.agent(agent_id, lock=True)
            gone = await _nobody(moment.tx, agent_stream(agent_id), besides)
            return ev.AgentDisconnected(agent_id) if gone else None

        for conversation in held:
            await self._handler.handle(conversation.id, if_gone)


async def _nobody(tx: Transaction, subject: str, besides: str | None) -> bool:
    """Whether no page of the subject is open, those at one process (or all: `EVERYWHERE`) not counted."""
    return besides == EVERYWHERE or await tx.people.sockets(subject, besides=besides) == 0


def _id(subject: str) -> str:
    return subject.partition(":")[2]
