"""Finding an agent for who waits: the pure choice of the domain, made inside the transaction that invites."""

from __future__ import annotations

from dataclasses import replace

import structlog

from orchestrator.application.gather import agent_facts, candidates, fits_anybody, group_for
from orchestrator.application.handle_event import EventHandler, Handled, Moment
from orchestrator.application.ports import Clock, Ids, Policies, Store
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Need, State
from orchestrator.domain.distribution import Candidate, choose, may_wait, wants_of
from orchestrator.domain.events import Event, FailureReason
from rules.hours import group_open
from rules.policy import Group

log = structlog.get_logger(__name__)

# How many of a line are looked at when one agent got free: the first ones may want what this agent cannot do.
LOOK_AHEAD = 50


class Distribution:
    def __init__(
        self, store: Store, handler: EventHandler, clock: Clock, policies: Policies, ids: Ids
    ) -> None:
        self._store = store
        self._handler = handler
        self._clock = clock
        self._policies = policies
        self._ids = ids

    async def find(self, conversation_id: str) -> Handled:
        """Invite the best agent for a waiting conversation, or end a wait that has no place to wait at."""
        return await self._handler.handle(conversation_id, self._next_step)

    async def drain(self, agent_id: str) -> None:
        """This agent got free: offer the waiting conversations, those at the head first, while there is room."""
        async with self._store.transaction(read_only=True) as tx:
            groups = await tx.conversations.queued_groups()
        for name in groups:
            async with self._store.transaction(read_only=True) as tx:
                waiting = await tx.conversations.queue(name, uninvited=True, limit=LOOK_AHEAD)
            for conversation in waiting:
                if not await self._has_room(agent_id, name):
                    break
                await self.find(conversation.id)

    async def _has_room(self, agent_id: str, group_name: str) -> bool:
        live = self._policies.live
        if group_name not in live.routing.groups:
            group_name = live.routing.default_group
        async with self._store.transaction(read_only=True) as tx:
            agent = await agent_facts(
                tx, agent_id, group=live.group(group_name), own=None, now=self._clock.now(), lock=False
            )
        return (
            agent is not None
            and agent.connected
            and agent.free_chat
            and (agent.chat_present or agent.video_present)
        )

    async def _next_step(self, moment: Moment) -> Event | None:
        c = moment.conversation
        if c.state is not State.QUEUED or c.queue is None or c.invitation is not None:
            return None
        group = group_for(c, ev.RoundStarted(), moment.pinned, moment.live, moment.now)
        if not group_open(group.spec, moment.now):
            return ev.TransferFailed("closed")
        found = await candidates(moment.tx, group, moment.now)
        for want in wants_of(c, moment.pinned):
            choice = choose(found, want)
            if choice.agent_id is not None:
                log.info("agent.chosen", conversation_id=c.id, agent_id=choice.agent_id, group=group.name)
                return ev.AgentInvited(self._ids.new("i"), choice.agent_id)
        if may_wait(c, moment.pinned, _places(c, group)):
            refused = c.queue.declined and not c.queue.resting
            asked = replace(c, queue=replace(c.queue, declined=frozenset()))
            everybody = refused and fits_anybody(found, asked, moment.pinned)
            return ev.RoundExhausted() if everybody else None
        return ev.TransferFailed(_why(c, found))


def _places(c: Conversation, group: Group) -> int:
    return group.places.video if c.need is Need.VIDEO else group.places.chat


def _why(c: Conversation, found: list[Candidate]) -> FailureReason:
    if c.queue is not None and c.queue.declined:
        return "declined_by_all"
    return "full" if found else "nobody"
