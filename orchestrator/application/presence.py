"""Who is there: sockets of visitors and agents, and the events that their coming and going makes."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from orchestrator.application.errors import NotFound
from orchestrator.application.handle_event import EventHandler
from orchestrator.application.notify import PRESENCE_TOPIC, WORK_TOPIC, agent_stream, visitor_stream
from orchestrator.application.ports import Bus, Clock, Ids, Store
from orchestrator.application.records import NewEffect, NewFeedEntry
from orchestrator.domain import events as ev
from orchestrator.domain.effects import DrainQueue

log = structlog.get_logger(__name__)

RELOAD_GRACE = timedelta(seconds=10)
"""How long an agent whose last page went away is still offered work: people reload pages. `AwayWatch` ends it."""
SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is kept when an agent's page last answered: a write for every pong would be many."""


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

    async def visitor_came(self, visitor_id: str, socket_id: str) -> None:
        stream = visitor_stream(visitor_id)
        async with self._store.transaction() as tx:
            if await tx.people.visitor(visitor_id) is None:
                raise NotFound("visitor_not_found", "There is no such visitor.")
            count = await tx.people.add_socket(socket_id, stream, self._node, self._clock.now())
            conversation = await tx.conversations.open_of_visitor(visitor_id)
        if count == 1 and conversation is not None and not conversation.visitor_present:
            await self._handler.handle(conversation.id, ev.VisitorReconnected())

    async def visitor_left(self, visitor_id: str, socket_id: str) -> None:
        async with self._store.transaction() as tx:
            left = await tx.people.remove_socket(socket_id, visitor_stream(visitor_id))
            conversation = await tx.conversations.open_of_visitor(visitor_id)
        if left == 0 and conversation is not None:
            await self._handler.handle(conversation.id, ev.VisitorDisconnected())

    async def agent_came(self, agent_id: str, socket_id: str, *, can_video: bool) -> None:
        now = self._clock.now()
        stream = agent_stream(agent_id)
        async with self._store.transaction() as tx:
            if await tx.people.agent(agent_id, lock=True) is None:
                raise NotFound("agent_not_found", "There is no such agent.")
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
            for conversation in held:
                if not conversation.agent_present:
                    await self._handler.handle(conversation.id, ev.AgentReconnected(agent_id))

    async def agent_left(self, agent_id: str, socket_id: str) -> None:
        now, stream = self._clock.now(), agent_stream(agent_id)
        async with self._store.transaction() as tx:
            left = await tx.people.remove_socket(socket_id, stream, seen_until=now + RELOAD_GRACE)
            await tx.people.set_last_seen(agent_id, now)
            held = await tx.conversations.open_of_agent(agent_id) if left == 0 else []
        if left == 0:
            self._seen.pop(agent_id, None)
            await self._bus.publish([PRESENCE_TOPIC])
        for conversation in held:
            await self._handler.handle(conversation.id, ev.AgentDisconnected(agent_id))

    async def agent_seen(self, agent_id: str) -> None:
        """A page of the agent answered: kept to the minute."""
        now = self._clock.now()
        if agent_id in self._seen and now < self._seen[agent_id] + SEEN_EVERY:
            return
        self._seen[agent_id] = now
        async with self._store.transaction() as tx:
            await tx.people.set_last_seen(agent_id, now)

    async def forget_all(self, *, node: str | None = None) -> None:
        """At the start: no socket survived the process that held it (with ``node``: of that process only)."""
        async with self._store.transaction() as tx:
            subjects = await tx.people.stale_subjects(node)
            agents = [_id(subject) for subject in subjects if subject.startswith("agent:")]
            # Their pages come back by themselves in a moment; waiting visitors must not be sent away meanwhile.
            await tx.people.set_seen_until(agents, self._clock.now() + RELOAD_GRACE)
            await tx.feed.append(
                [NewFeedEntry(agent_stream(agent_id), "agent") for agent_id in agents], at=self._clock.now()
            )
        await self._bus.publish([PRESENCE_TOPIC])
        for subject in subjects:
            await self._gone(subject)
        log.info("presence.forgotten", subjects=len(subjects))

    async def _gone(self, subject: str) -> None:
        person = _id(subject)
        if subject.startswith("agent:"):
            async with self._store.transaction(read_only=True) as tx:
                held = await tx.conversations.open_of_agent(person)
            for conversation in held:
                await self._handler.handle(conversation.id, ev.AgentDisconnected(person))
            return
        async with self._store.transaction(read_only=True) as tx:
            conversation = await tx.conversations.open_of_visitor(person)
        if conversation is not None:
            await self._handler.handle(conversation.id, ev.VisitorDisconnected())


def _id(subject: str) -> str:
    return subject.partition(":")[2]
