"""Which group a conversation is led to, and what that group tells: for the facts of a decision, and for a replay."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Need, Party, QueueEntry
from orchestrator.domain.events import Event
from orchestrator.domain.facts import Facts
from orchestrator.domain.guard_facts import guard_facts
from rules.policy import Group, Policy
from rules.schema.routing import Alternative


@dataclass(frozen=True, slots=True)
class Routed:
    """Where a conversation goes, with what the routing rules give it there. ``skills``: (skill, least level)."""

    group: Group
    priority: int = 0
    skills: tuple[tuple[str, int], ...] = ()


def group_for(conversation: Conversation, event: Event, pinned: Policy, live: Policy, now: datetime) -> Group:
    """The group the conversation waits in, or the one that it would be sent to."""
    return route(conversation, event, pinned, live, now).group


def route(conversation: Conversation, event: Event, pinned: Policy, live: Policy, now: datetime) -> Routed:
    """The group the conversation waits in, or the one that it would be sent to, and what is asked for it there.

    A group that is named (by an event, a card, the conversation itself) goes before the rules; what these say of
    priority and skills holds if they lead to the same group.
    """
    entry, names = conversation.queue, live.routing.groups
    named = _named_group(conversation, event)
    if entry is not None and entry.group == named and entry.group in names:
        return Routed(live.group(entry.group), entry.priority, entry.skills)
    need = "video" if isinstance(event, ev.VideoRequested) else conversation.need.value
    known = guard_facts(conversation, event, Facts(bot_enabled=conversation.bot_id is not None), pinned, now)
    found = live.route(known, need)
    if named is None or named == found.group or named not in names:
        return Routed(live.group(found.group), found.priority, found.skills)
    return Routed(live.group(named))


def asked_for(conversation: Conversation, event: Event, live: Policy) -> Group | None:
    """The group by whose capacity an agent is invited, or was: another one than the conversation's may help out."""
    name = None
    if isinstance(event, ev.AgentInvited) and event.search is not None and event.search.chosen is not None:
        name = event.search.chosen.group
    elif isinstance(event, ev.AgentAccepted) and conversation.invitation is not None:
        name = conversation.invitation.group
    return live.group(name) if name is not None and name in live.routing.groups else None


def _named_group(conversation: Conversation, event: Event) -> str | None:
    if isinstance(event, ev.Requeued | ev.HandoverRequested) and event.group is not None:
        return event.group
    if conversation.queue is not None:
        return conversation.queue.group
    if isinstance(event, ev.TransferRequested):
        return event.group
    return conversation.group if conversation.party is Party.AGENT else None


def takes_messages(group: Group, *, is_open: bool) -> bool:
    """Whether a visitor may leave a message now: as the alternative says that would be shown."""
    return alternative_of(group, is_open=is_open).leave_message


def alternative_of(group: Group, *, is_open: bool) -> Alternative:
    """What a visitor is shown when nobody of the group can come: because it is closed, or because all are busy."""
    spec = group.spec
    return (spec.when_full if is_open else spec.when_closed) or spec.alternative


def as_if_waiting(conversation: Conversation, event: Event, routed: Routed, now: datetime) -> Conversation:
    """The conversation as it would wait after this event: what it wants of an agent depends on it."""
    entry = conversation.queue or QueueEntry(routed.group.name, now, now, skills=routed.skills)
    waiting = replace(conversation, queue=entry, invitation=None)
    match event:
        case ev.VideoRequested():
            return replace(waiting, need=Need.VIDEO)
        case ev.TransferRequested():
            return replace(waiting, verdict=event.verdict)
        case _:
            return waiting
