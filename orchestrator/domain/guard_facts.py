"""The values behind the guard variables of `rules.facts`, for one event."""

from __future__ import annotations

from datetime import datetime

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Party, Role
from orchestrator.domain.events import Event
from orchestrator.domain.facts import Facts
from rules.facts import FactValue
from rules.policy import Policy


def camera_policy(c: Conversation, policy: Policy, group: str | None) -> str:
    """The visitor's camera policy in force: the site's, which the group may only tighten."""
    return policy.camera_for(c.site_id, group)


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
    c: Conversation, event: Event, facts: Facts, policy: Policy, now: datetime
) -> dict[str, FactValue]:
    """All declared variables that are known; the others take their declared default."""
    escalation = policy.escalation_for(c.site_id)
    rules = policy.conversation
    verdict = c.verdict if c.verdict is not None and not c.verdict.consumed else None
    connected = connected_after(c, event)
    group = facts.group.name if facts.group else c.group
    paused = c.last_decline_at is not None and now < c.last_decline_at + rules.timers.proposal_pause
    values: dict[str, FactValue] = {
        "conversation.state": c.state.value,
        "conversation.party": c.party.value,
        "conversation.need": c.need.value,
        "conversation.language": c.language.split("-")[0].lower(),
        "conversation.device": c.device.value,
        "conversation.video_started": c.video_started,
        "conversation.video_ended": c.video_ended,
        "conversation.came_from": (c.queue.came_from if c.queue else Party.NONE).value,
        "site.id": c.site_id,
        "visitor.can_video": event.can_video if isinstance(event, ev.CapabilityChanged) else c.can_video,
        "visitor.present": c.visitor_present,
        "bot.enabled": facts.bot_enabled,
        "card.present": verdict is not None,
        "card.escalates": verdict is not None and verdict.escalates,
        "escalation.agent_enabled": escalation.agent_enabled,
        "escalation.bot_enabled": escalation.bot_enabled,
        "escalation.no_video_agent": escalation.no_video_agent,
        "proposal.open": c.proposal is not None,
        "proposal.may_repeat": c.proposals_made < rules.limits.proposals and not paused,
        "call.both_connected": len(connected) == len(Role),
        "call.agent_connected": Role.AGENT in connected,
        "call.resumable": c.resume_until is not None and now < c.resume_until,
        "camera.policy": camera_policy(c, policy, group),
        "handover.open": c.handover is not None,
        "event.by": _who_acted(event),
        "event.on": bool(getattr(event, "on", False)),
        "event.reason": str(getattr(event, "reason", "")),
    }
    if facts.group is not None:
        values |= {
            "group.name": facts.group.name,
            "group.open": facts.group.open,
            "group.places": facts.group.places,
            "group.waiting": facts.group.waiting,
            "group.has_free_agent": facts.group.has_free_agent,
            "group.takes_messages": facts.group.takes_messages,
            "queue.wait_known": facts.group.wait_p50 is not None,
            "queue.wait_p50": facts.group.wait_p50 or 0.0,
            "queue.wait_p90": facts.group.wait_p90 or 0.0,
        }
    if c.queue is not None:
        values |= {
            "queue.priority": c.queue.priority,
            "queue.waited": (now - c.queue.entered_at).total_seconds(),
        }
    if facts.agent is not None:
        values |= {
            "agent.can_video": facts.agent.can_video,
            "agent.chat_present": facts.agent.chat_present,
            "agent.video_present": facts.agent.video_present,
            "agent.free_chat": facts.agent.free_chat,
            "agent.free_video": facts.agent.free_video,
            "agent.may_propose_video": facts.agent.may_propose_video,
            "agent.in_group": facts.agent.in_group,
        }
    purpose = (
        event.purpose
        if isinstance(event, ev.AgentInvited)
        else c.invitation.purpose
        if c.invitation
        else None
    )
    if purpose is not None:
        values["invitation.purpose"] = purpose.value
    return values
