"""The lines that a row adds to the history, with the little that their wording needs."""

from __future__ import annotations

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation
from orchestrator.domain.events import Event
from orchestrator.domain.facts import Facts
from orchestrator.domain.outcome import Notice
from rules.policy import Policy

WITH_NAME = frozenset({"agent_joined", "agent_changed", "transfer_started"})
WITH_ACTOR = frozenset({"video_ended", "lobby_left", "closed"})


def notices_of(
    keys: tuple[str, ...], c: Conversation, event: Event, facts: Facts, policy: Policy
) -> tuple[Notice, ...]:
    """One notice a key, in order. Parameters: ``name``, ``by``, ``reason`` where the line speaks of them."""
    return tuple([Notice(key, _params(key, c, event, facts, policy)) for key in keys]) if keys else ()


def _params(key: str, c: Conversation, event: Event, facts: Facts, policy: Policy) -> dict[str, str]:
    if key in WITH_NAME:
        return {"name": facts.agent.name} if facts.agent is not None else {}
    if key in WITH_ACTOR:
        return {"by": str(getattr(event, "by", "system"))}
    if key == "video_unavailable":
        return {"reason": why_no_video(c, facts, policy)}
    if key == "bot_failed" and isinstance(event, ev.BotFailed):
        return {"reason": event.reason}
    return {}


def why_no_video(c: Conversation, facts: Facts, policy: Policy) -> str:
    """Why a conversation that should go to video cannot: a stable code, for both sides."""
    agent = facts.agent
    if not c.can_video:
        return "visitor_device"
    if not policy.escalation_for(c.site_id).bot_enabled and c.need == "chat":
        return "disabled"
    if agent is None or not agent.can_video:
        return "agent_device"
    if not agent.video_present:
        return "agent_presence"
    return "agent_busy"
