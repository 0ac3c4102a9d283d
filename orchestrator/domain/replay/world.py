"""The facts that the draft would have been given, from those that were recorded; and which of them nobody knows.

The world is held as it was: who was there and free, how many waited. What follows from the draft itself is taken from
the draft: the group that its rules choose, its hours, its places, whether it takes messages. What depends on both (who
is free under another capacity, or in another group) is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Invitation, Need, Party
from orchestrator.domain.events import Event
from orchestrator.domain.facts import AgentFacts, Facts, GroupFacts
from orchestrator.domain.replay.recording import Step
from orchestrator.domain.replay.waiting import asked_alike
from orchestrator.domain.routing import Routed, as_if_waiting, route, takes_messages
from rules.facts import FACT_BY_NAME, FactValue
from rules.hours import group_open
from rules.policy import Policy

AGENT = tuple(name for name in FACT_BY_NAME if name.startswith("agent."))
COUNTED = ("group.waiting", "group.has_free_agent")
ESTIMATED = ("queue.wait_known", "queue.wait_p50", "queue.wait_p90")
_FREE = ("agent.free_chat", "agent.free_video")
# What the laws let pass only if the agent has room.
_NEEDS_ROOM = (ev.AgentInvited, ev.AgentAccepted, ev.AgentAssigned)
_TO_A_GROUP = (ev.Requeued, ev.HandoverRequested, ev.AgentAwayTimedOut)


@dataclass(frozen=True, slots=True)
class World:
    """``unknown`` are facts that a guard must not be answered with."""

    facts: Facts
    unknown: frozenset[str]

    def given(self, values: Mapping[str, FactValue]) -> Facts:
        """The facts, with guesses for some that are unknown: to see whether they matter."""
        if not values:
            return self.facts
        agent, group = self.facts.agent, self.facts.group
        of_agent = {name.split(".")[1]: value for name, value in values.items() if name.startswith("agent.")}
        of_group = {name.split(".")[1]: value for name, value in values.items() if name.startswith("group.")}
        if agent is not None and of_agent:
            agent = replace(agent, **of_agent)  # pyright: ignore[reportArgumentType]
        if group is not None and of_group:
            group = replace(group, **of_group)  # pyright: ignore[reportArgumentType]
        return replace(self.facts, agent=agent, group=group)


def world_of(
    step: Step,
    event: Event,
    c: Conversation,
    pinned: Policy | None,
    then: Policy | None,
    draft: Policy,
    *,
    room: bool,
) -> World:
    """What is known under ``draft`` of the world around ``step``.

    Args:
        c: the conversation before the step, as the draft has made it.
        pinned: the policy that the recorded conversation is pinned to.
        then: the policy that groups, hours and capacity were taken from when it was recorded.
        room: whether the agent had room for the conversation, as the outcome tells it.
    """
    routed = route(c, event, draft, draft, step.at)
    unknown: set[str] = set()
    agent = _agent(step, event, c, routed, then, draft, unknown, room=room)
    group = None
    if c.party is not Party.AGENT or isinstance(event, _TO_A_GROUP):
        group = _group(step, event, c, routed, pinned, then, draft, unknown)
    return World(Facts(agent, group, bot_enabled=c.bot_id is not None), frozenset(unknown))


def _agent(
    step: Step,
    event: Event,
    c: Conversation,
    routed: Routed,
    then: Policy | None,
    draft: Policy,
    unknown: set[str],
    *,
    room: bool,
) -> AgentFacts | None:
    agent_id = getattr(event, "agent_id", None) or c.agent_id
    if agent_id is None:
        return None
    kept = step.facts.agent if step.facts is not None else None
    if kept is None:
        values = {name.split(".")[1]: step.read[name] for name in AGENT if name in step.read}
        unknown.update(name for name in AGENT if name not in step.read)
        agent = AgentFacts(agent_id, **values)  # pyright: ignore[reportArgumentType]
        if isinstance(event, _NEEDS_ROOM):
            agent = replace(agent, free_chat=room, connected=c.agent_present)
            unknown.discard("agent.free_chat")
        invited = step.changes.get("invitation")
        if isinstance(event, ev.AgentInvited) and isinstance(invited, Invitation):
            agent = replace(agent, free_video=invited.holds_video)
            unknown.discard("agent.free_video")
    else:
        agent = kept
        if then is None or route(c, event, then, then, step.at).group.name != routed.group.name:
            unknown.add("agent.in_group")
    if not _capacity_alike(c, event, routed, then, draft):
        unknown.update(_FREE)
    return agent


def _capacity_alike(
    c: Conversation, event: Event, routed: Routed, then: Policy | None, draft: Policy
) -> bool:
    """Whether an agent has room by the same numbers as before."""
    if then is None:
        return False
    names = {routed.group.name, *_asking(c, event)}
    before, now = then.routing.groups, draft.routing.groups
    return all(
        name in before and name in now and before[name].capacity == now[name].capacity for name in names
    )


def _asking(c: Conversation, event: Event) -> tuple[str, ...]:
    """The group by whose capacity an agent was found."""
    if isinstance(event, ev.AgentInvited) and event.search is not None and event.search.chosen is not None:
        return (event.search.chosen.group,)
    if isinstance(event, ev.AgentAccepted) and c.invitation is not None and c.invitation.group is not None:
        return (c.invitation.group,)
    return ()


def _group(
    step: Step,
    event: Event,
    c: Conversation,
    routed: Routed,
    pinned: Policy | None,
    then: Policy | None,
    draft: Policy,
    unknown: set[str],
) -> GroupFacts:
    group, spec = routed.group, routed.group.spec
    is_open = group_open(spec, step.at)
    video = as_if_waiting(c, event, routed, step.at).need is Need.VIDEO
    facts = GroupFacts(
        name=group.name,
        open=is_open,
        places=group.places.video if video else group.places.chat,
        takes_messages=takes_messages(group, is_open=is_open),
        priority=routed.priority,
        skills=routed.skills,
        ageing=spec.ageing,
    )
    kept = step.facts.group if step.facts is not None else _group_read(step)
    if kept is None or kept.name != group.name:
        unknown.update((*COUNTED, *ESTIMATED))
        return facts
    if step.facts is None:
        unknown.update(name for name in COUNTED if name not in step.read)
    elif not kept.counted:
        unknown.update(COUNTED)
    if kept.wait_p50 is None and not any(name in step.read for name in ESTIMATED):
        # Not estimated, or nobody asked: that looks the same.
        unknown.update(ESTIMATED)
    if kept.open != is_open or not _asks_alike(step, event, c, pinned, then, draft):
        unknown.update(("group.has_free_agent", *ESTIMATED))
    facts = replace(
        facts,
        waiting=kept.waiting,
        has_free_agent=kept.has_free_agent,
        wait_p50=kept.wait_p50,
        wait_p90=kept.wait_p90,
        sticky_agent=kept.sticky_agent if spec.sticky is not None else None,
    )
    return facts


def _asks_alike(
    step: Step, event: Event, c: Conversation, pinned: Policy | None, then: Policy | None, draft: Policy
) -> bool:
    """Whether the same people would be asked at once, should it wait after this event."""
    if then is None or pinned is None or step.body is None:
        return False
    before = as_if_waiting(c, step.body, route(c, step.body, pinned, then, step.at), step.at)
    after = as_if_waiting(c, event, route(c, event, draft, draft, step.at), step.at)
    return asked_alike(before, (pinned, then), after, draft, step.at)


def _group_read(step: Step) -> GroupFacts | None:
    """What guards read of the group, where nothing else was kept."""
    name = step.read.get("group.name") or step.changes.get("group")
    if not isinstance(name, str):
        return None
    values: dict[str, FactValue] = {
        key: step.read[f"group.{key}"]
        for key in ("open", "waiting", "has_free_agent")
        if f"group.{key}" in step.read
    }
    waits = {
        key: step.read[f"queue.{key}"] for key in ("wait_p50", "wait_p90") if f"queue.{key}" in step.read
    }
    return GroupFacts(name, **values, **waits)  # pyright: ignore[reportArgumentType]
