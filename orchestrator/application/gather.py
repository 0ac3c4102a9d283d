"""Facts: what a decision may read of the world, taken in the transaction that commits the decision.

Capacity is not a counter that could drift: it is counted from the conversations themselves. The agent's row is
locked first, so that two decisions about one agent happen one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from orchestrator.application.floor import LiveFloor, is_connected
from orchestrator.application.needs import needs_of
from orchestrator.application.ports import Transaction, WaitEstimates
from orchestrator.application.records import Agent, AgentLoad
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Need, Party, State
from orchestrator.domain.events import Event
from orchestrator.domain.facts import AgentFacts, Facts, GroupFacts
from orchestrator.domain.floor import GroupRules
from orchestrator.domain.follow_up import holdings
from orchestrator.domain.routing import Routed, as_if_waiting, asked_for, route, takes_messages
from orchestrator.domain.wait_time.terms import Line, WaitBand
from rules.hours import group_open
from rules.policy import Group, Policy
from rules.vocabulary import CameraPolicy


class AgentsRead:
    """Agents whose row this transaction has locked, with their load as it was read under the lock.

    Only this transaction can give them anything until it ends, so that what was read need not be read again: what the
    transaction itself gives and takes is counted (`changed`).
    """

    def __init__(self) -> None:
        self._agents: dict[str, Agent | None] = {}
        self._loads: dict[str, tuple[int, int]] = {}
        self._held: dict[str, Mapping[str, tuple[int, int]]] = {}

    async def prepare(
        self, tx: Transaction, agent_ids: Sequence[str], conversations: Sequence[Conversation]
    ) -> None:
        """Lock these, which are sorted, and read them in one go. ``conversations``: those that will be decided."""
        for c in conversations:
            self._held[c.id] = holdings(c)
        if not agent_ids:
            return
        found = {agent.id: agent for agent in await tx.people.lock_agents(agent_ids)}
        loads = await tx.conversations.loads_of_agents(agent_ids)
        for agent_id in agent_ids:
            self._agents[agent_id] = found.get(agent_id)
            self._loads[agent_id] = loads[agent_id].chat, loads[agent_id].video

    async def agent(
        self, tx: Transaction, agent_id: str, *, own: Conversation
    ) -> tuple[Agent, AgentLoad] | None:
        """Locks the agent and reads what they hold; what ``own`` holds of them is told apart."""
        if agent_id not in self._agents:
            agent = self._agents[agent_id] = await tx.people.agent(agent_id, lock=True)
            if agent is not None:
                load = await tx.conversations.load_of_agent(agent_id)
                self._loads[agent_id] = load.chat, load.video
        agent = self._agents[agent_id]
        if agent is None:
            return None
        held = self._held.get(own.id) or holdings(own)
        return agent, AgentLoad(*self._loads[agent_id], *held.get(agent_id, (0, 0)))

    def locked(self, agent_id: str) -> Agent | None:
        """The agent as read under the lock, if this transaction has done so."""
        return self._agents.get(agent_id)

    def changed(self, before: Conversation | None, after: Conversation) -> None:
        """This transaction has stored ``after`` in the place of ``before``."""
        held, holds = (holdings(before) if before is not None else {}), holdings(after)
        self._held[after.id] = holds
        for agent_id in held.keys() | holds.keys():
            if agent_id in self._loads:
                chats, videos = self._loads[agent_id]
                less, more = held.get(agent_id, (0, 0)), holds.get(agent_id, (0, 0))
                self._loads[agent_id] = chats - less[0] + more[0], videos - less[1] + more[1]


_TO_A_GROUP = (ev.Requeued, ev.HandoverRequested, ev.AgentAwayTimedOut)


async def gather(
    tx: Transaction,
    conversation: Conversation | None,
    event: Event,
    *,
    pinned: Policy,
    live: Policy,
    now: datetime,
    floor: LiveFloor,
    waits: WaitEstimates | None = None,
    read: AgentsRead | None = None,
) -> Facts:
    """The facts for one event of one conversation.

    Chart and escalation come from the policy the conversation is pinned to; groups, hours and capacity are live.
    """
    if conversation is None or conversation.state is State.CLOSED:
        return Facts()
    needs = needs_of(event, conversation.state.value, conversation.party.value, pinned)
    agent_id = getattr(event, "agent_id", None) or conversation.agent_id
    routed = route(conversation, event, pinned, live, now) if needs.agent or needs.group else None
    group = routed.group if routed is not None else None
    agent = None
    if needs.agent and agent_id is not None and group is not None:
        group = asked_for(conversation, event, live) or group
        agent = await agent_facts(
            tx, agent_id, group=group, live=live, own=conversation, now=now, read=read or AgentsRead()
        )
    group_facts = None
    # Once an agent has the conversation, it keeps the group it came by, unless it is on its way to one.
    leaving = isinstance(event, _TO_A_GROUP)
    if needs.group and routed is not None and (conversation.party is not Party.AGENT or leaving):
        group_facts = await _group_facts(
            tx, conversation, event, routed, pinned, now, floor=floor, waits=waits, counts=needs.counts
        )
    return Facts(
        agent=agent,
        group=group_facts,
        bot_enabled=conversation.bot_id is not None,
        live=live.revision if agent is not None or group_facts is not None else None,
        camera=_camera(conversation, group_facts, pinned, live),
    )


async def gather_for_pages(
    tx: Transaction,
    conversation: Conversation,
    *,
    pinned: Policy,
    live: Policy,
    now: datetime,
    floor: LiveFloor,
    waits: WaitEstimates | None = None,
) -> Facts:
    """The facts for asking what each side may do now: of the conversation's own agent, nothing locked."""
    if conversation.state is State.CLOSED:
        return Facts()
    probe = ev.PersonRequested()
    routed = route(conversation, probe, pinned, live, now)
    group = routed.group
    agent = group_facts = None
    if conversation.agent_id is not None:
        agent = await agent_facts(
            tx, conversation.agent_id, group=group, live=live, own=conversation, now=now
        )
    else:
        group_facts = await _group_facts(
            tx, conversation, probe, routed, pinned, now, floor=floor, waits=waits, counts=True
        )
    return Facts(
        agent=agent,
        group=group_facts,
        bot_enabled=conversation.bot_id is not None,
        camera=_camera(conversation, group_facts, pinned, live),
    )


def _camera(c: Conversation, group: GroupFacts | None, pinned: Policy, live: Policy) -> CameraPolicy | None:
    """The live rule for the visitor's camera, where it could be another than the one that decides."""
    if live.revision == pinned.revision:
        return None
    return live.camera_for(c.site_id, group.name if group is not None else c.group)


async def agent_facts(
    tx: Transaction,
    agent_id: str,
    *,
    group: Group,
    live: Policy,
    own: Conversation,
    now: datetime,
    read: AgentsRead | None = None,
) -> AgentFacts | None:
    """One agent as of now; what conversation ``own`` holds of them is not counted against it.

    With ``read`` their row is locked, or has been. What they may hold is what ``group`` gives its agents. Who is not
    of it may hold what their own groups give.
    """
    if read is not None:
        found = await read.agent(tx, agent_id, own=own)
        if found is None:
            return None
        agent, load = found
    else:
        agent = await tx.people.agent(agent_id)
        if agent is None:
            return None
        load = await tx.conversations.load_of_agent(agent_id, own=own.id)
    free_chat, free_video = free(agent, load, _capacity_group(agent, group, live))
    return AgentFacts(
        id=agent.id,
        name=agent.name,
        chat_present=agent.chat_present,
        video_present=agent.video_present,
        can_video=agent.can_video,
        free_chat=free_chat,
        free_video=free_video,
        may_propose_video=agent.may_propose_video,
        connected=is_connected(agent, now),
        in_group=serves(agent, group.name),
    )


def _capacity_group(agent: Agent, group: Group, live: Policy) -> Group:
    own = [live.group(name) for name, _ in agent.groups if name in live.routing.groups]
    if serves(agent, group.name) or not own:
        return group
    return max(own, key=lambda one: (one.capacity.chat, one.capacity.video))


def serves(agent: Agent, group: str) -> bool:
    """Whether the agent is of the group; one without memberships is of every group."""
    return not agent.groups or any(name == group for name, _ in agent.groups)


def free(agent: Agent, load: AgentLoad, group: Group) -> tuple[bool, bool]:
    """Whether a chat slot and video capacity of the agent are free, by the rule of the floor.

    What video takes blocks new work only: a chat that is held, or that an open invitation reserved before the video
    began, may still be taken.
    """
    rules = GroupRules.of(group.spec).of_agent(agent.chat_slots, agent.video_slots)
    chat, video = load.chat - load.own_chat, load.video - load.own_video
    reserved = load.own_chat > 0 and chat < rules.chat_slots
    return reserved or rules.room_for_chat(chat, video), rules.room_for_video(video)


async def _group_facts(
    tx: Transaction,
    conversation: Conversation,
    event: Event,
    routed: Routed,
    pinned: Policy,
    now: datetime,
    *,
    floor: LiveFloor,
    waits: WaitEstimates | None,
    counts: bool,
) -> GroupFacts:
    group = routed.group
    asking = as_if_waiting(conversation, event, routed, now)
    video = asking.need is Need.VIDEO
    waiting, has_free_agent = 0, False
    if counts:
        await floor.refresh(tx)
        waiting = floor.picture.waiting(group.name, video=video)
        has_free_agent = floor.could_ask(asking, pinned)
    line = Line(group.name, "video" if video else "chat")
    told = waits.estimate(line, None, now) if counts and waits is not None else None
    is_open = group_open(group.spec, now)
    enters = conversation.queue is None and conversation.party is not Party.AGENT
    return GroupFacts(
        name=group.name,
        open=is_open,
        places=group.places.video if video else group.places.chat,
        waiting=waiting,
        has_free_agent=has_free_agent,
        takes_messages=takes_messages(group, is_open=is_open),
        wait_p50=told.p50 if isinstance(told, WaitBand) else None,
        wait_p90=told.p90 if isinstance(told, WaitBand) else None,
        priority=routed.priority,
        skills=routed.skills,
        ageing=group.spec.ageing,
        sticky_agent=await _who_knows(tx, conversation) if group.spec.sticky and enters else None,
        counted=counts,
    )


async def _who_knows(tx: Transaction, conversation: Conversation) -> str | None:
    """The agent the visitor had last, in this conversation or in the one before."""
    if conversation.last_agent_id is not None or conversation.previous_id is None:
        return conversation.last_agent_id
    previous = await tx.conversations.load(conversation.previous_id)
    return previous.conversation.last_agent_id if previous is not None else None
