"""The values behind the guard variables of `rules.facts`, for one event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Party, Role, Verdict
from orchestrator.domain.events import Event
from orchestrator.domain.facts import Facts
from rules.facts import FACT_BY_NAME, FactValue
from rules.policy import Policy, stricter_camera
from rules.vocabulary import CameraPolicy


def camera_policy(c: Conversation, rule: CameraPolicy) -> CameraPolicy:
    """The visitor's camera policy in force, where ``rule`` is the one of now.

    A running call keeps the strictest that there was since it began: what is looser is for the next call.
    """
    return rule if c.call is None or c.call.camera is None else stricter_camera(rule, c.call.camera)


def camera_rule(c: Conversation, facts: Facts, policy: Policy) -> CameraPolicy:
    """The rule of now: the live one of the site, which the group may only tighten."""
    if facts.camera is not None:
        return facts.camera
    return policy.camera_for(c.site_id, facts.group.name if facts.group is not None else c.group)


def connected_after(c: Conversation, event: Event) -> frozenset[Role]:
    """Who is connected to the call once this event has happened."""
    if c.call is None:
        return frozenset()
    match event:
        case ev.MediaConnected():
            return c.call.connected | {event.role}
        case ev.MediaDropped():
            return c.call.connected - {event.role}
        case ev.MediaLost():
            return frozenset()
        case _:
            return c.call.connected


def _who_acted(event: Event) -> str:
    """A role; the events that name a user in ``by`` have it elsewhere."""
    match event:
        case ev.AgentAssigned():
            return event.by_role
        case ev.Requeued():
            return "supervisor"
        case _:
            return str(getattr(event, "by", ""))


def guard_facts(
    c: Conversation,
    event: Event,
    facts: Facts,
    policy: Policy,
    now: datetime,
    names: Iterable[str] = FACT_BY_NAME,
) -> dict[str, FactValue]:
    """Those of the declared variables ``names`` that are known; the others take their declared default.

    Each is worked out by itself, so that an event costs no more than the facts that its rows read.
    """
    known = _Known(c, event, facts, policy, now)
    values: dict[str, FactValue] = {}
    for name in names:
        value = _READ[name](known)
        if value is not None:
            values[name] = value
    return values


class _Known:
    """What a fact is worked out from."""

    __slots__ = ("agent", "c", "event", "facts", "group", "now", "policy", "queue")

    def __init__(self, c: Conversation, event: Event, facts: Facts, policy: Policy, now: datetime) -> None:
        self.c = c
        self.event = event
        self.facts = facts
        self.agent = facts.agent
        self.group = facts.group
        self.queue = c.queue
        self.policy = policy
        self.now = now


def _card(k: _Known) -> Verdict | None:
    verdict = k.c.verdict
    return verdict if verdict is not None and not verdict.consumed else None


def _escalates(k: _Known) -> bool:
    card = _card(k)
    return card is not None and card.escalates


def _visitor_can_video(k: _Known) -> bool:
    return k.event.can_video if isinstance(k.event, ev.CapabilityChanged) else k.c.can_video


def _may_repeat(k: _Known) -> bool:
    rules, declined = k.policy.conversation, k.c.last_decline_at
    paused = declined is not None and k.now < declined + rules.timers.proposal_pause
    return k.c.proposals_made < rules.limits.proposals and not paused


def _camera(k: _Known) -> str:
    return camera_policy(k.c, camera_rule(k.c, k.facts, k.policy))


def _purpose(k: _Known) -> str | None:
    if isinstance(k.event, ev.AgentInvited):
        return k.event.purpose.value
    return k.c.invitation.purpose.value if k.c.invitation is not None else None


_READ: Mapping[str, Callable[[_Known], FactValue | None]] = {
    "conversation.state": lambda k: k.c.state.value,
    "conversation.party": lambda k: k.c.party.value,
    "conversation.need": lambda k: k.c.need.value,
    "conversation.language": lambda k: k.c.language.split("-")[0].lower(),
    "conversation.device": lambda k: k.c.device.value,
    "conversation.video_started": lambda k: k.c.video_started,
    "conversation.video_ended": lambda k: k.c.video_ended,
    "conversation.came_from": lambda k: (k.queue.came_from if k.queue else Party.NONE).value,
    "site.id": lambda k: k.c.site_id,
    "visitor.can_video": _visitor_can_video,
    "visitor.present": lambda k: k.c.visitor_present,
    "bot.enabled": lambda k: k.facts.bot_enabled,
    "card.present": lambda k: _card(k) is not None,
    "card.escalates": _escalates,
    "agent.can_video": lambda k: k.agent.can_video if k.agent else None,
    "agent.chat_present": lambda k: k.agent.chat_present if k.agent else None,
    "agent.video_present": lambda k: k.agent.video_present if k.agent else None,
    "agent.free_chat": lambda k: k.agent.free_chat if k.agent else None,
    "agent.free_video": lambda k: k.agent.free_video if k.agent else None,
    "agent.in_group": lambda k: k.agent.in_group if k.agent else None,
    "agent.may_propose_video": lambda k: k.agent.may_propose_video if k.agent else None,
    "group.name": lambda k: k.group.name if k.group else None,
    "group.open": lambda k: k.group.open if k.group else None,
    "group.places": lambda k: k.group.places if k.group else None,
    "group.waiting": lambda k: k.group.waiting if k.group else None,
    "group.has_free_agent": lambda k: k.group.has_free_agent if k.group else None,
    "group.takes_messages": lambda k: k.group.takes_messages if k.group else None,
    "queue.wait_known": lambda k: k.group.wait_p50 is not None if k.group else None,
    "queue.wait_p50": lambda k: k.group.wait_p50 or 0.0 if k.group else None,
    "queue.wait_p90": lambda k: k.group.wait_p90 or 0.0 if k.group else None,
    "queue.priority": lambda k: k.queue.priority if k.queue else None,
    "queue.waited": lambda k: (k.now - k.queue.entered_at).total_seconds() if k.queue else None,
    "escalation.agent_enabled": lambda k: k.policy.escalation_for(k.c.site_id).agent_enabled,
    "escalation.bot_enabled": lambda k: k.policy.escalation_for(k.c.site_id).bot_enabled,
    "escalation.no_video_agent": lambda k: k.policy.escalation_for(k.c.site_id).no_video_agent,
    "proposal.open": lambda k: k.c.proposal is not None,
    "proposal.may_repeat": _may_repeat,
    "call.both_connected": lambda k: len(connected_after(k.c, k.event)) == len(Role),
    "call.agent_connected": lambda k: Role.AGENT in connected_after(k.c, k.event),
    "call.resumable": lambda k: k.c.resume_until is not None and k.now < k.c.resume_until,
    "camera.policy": _camera,
    "invitation.purpose": _purpose,
    "handover.open": lambda k: k.c.handover is not None,
    "event.by": lambda k: _who_acted(k.event),
    "event.on": lambda k: bool(getattr(k.event, "on", False)),
    "event.reason": lambda k: str(getattr(k.event, "reason", "")),
}
