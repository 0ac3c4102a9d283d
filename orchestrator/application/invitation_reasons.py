"""Why an invitation came to this agent: from the search that led to it, and from what the visitor has waited for.

Codes and their parameters; the desk has the words. What matters most to who reads it comes first.
"""

from __future__ import annotations

from orchestrator.application.records import Json
from orchestrator.domain.conversation import Conversation, Invitation, Purpose, QueueEntry
from orchestrator.domain.events import Search, Sought
from rules.policy import Policy

RELAXED = frozenset({"skill_levels", "skills", "language"})


def why_invited(c: Conversation, invitation: Invitation, search: Search | None, live: Policy) -> Json:
    """→ `InvitationWhy`. ``search`` is the one kept with the invitation; None: it was not searched for, or not kept."""
    if invitation.purpose is Purpose.TRANSFER and c.handover is None:
        return {"reasons": [_reason("colleague")], "left_out": {}}
    reasons = [_reason("handover", group=c.handover.group, live=live)] if c.handover is not None else []
    sticky = c.queue is not None and c.queue.sticky_agent == invitation.agent_id
    if sticky:
        reasons.append(_reason("knows_visitor"))
    if search is not None:
        reasons += _given_up(search, live)
    if c.queue is not None:
        reasons += _in_line(c.queue)
    if search is not None and search.chosen is not None:
        reasons += _asked_for(search.chosen, search, live, by_strategy=not sticky)
    return {"reasons": reasons, "left_out": dict(search.left_out) if search is not None else {}}


def _given_up(search: Search, live: Policy) -> list[Json]:
    first, chosen = (search.wants[0] if search.wants else None), search.chosen
    found: list[Json] = []
    for code in search.relaxed:
        kind, _, group = code.partition(":")
        if kind == "overflow":
            found.append(_reason("overflow", group=group, live=live))
        elif kind == "language":
            found.append(_reason("relaxed_language", language=first.language if first is not None else None))
        elif kind in RELAXED:
            asked = dict(first.skills) if first is not None else {}
            kept = dict(chosen.skills) if chosen is not None else {}
            lowered = {name: level for name, level in asked.items() if kept.get(name) != level}
            found.append(_reason(f"relaxed_{kind}", skills=lowered))
    return found


def _in_line(entry: QueueEntry) -> list[Json]:
    found: list[Json] = []
    if entry.at_head:
        found.append(_reason("at_head"))
    if entry.priority:
        found.append(_reason("priority" if entry.priority > 0 else "low_priority", count=entry.priority))
    if entry.declined:
        found.append(_reason("declined", count=len(entry.declined)))
    elif entry.round > 1:
        found.append(_reason("asked_again", count=entry.round))
    return found


def _asked_for(chosen: Sought, search: Search, live: Policy, *, by_strategy: bool) -> list[Json]:
    found: list[Json] = []
    if chosen.skills:
        found.append(_reason("skills", skills=dict(chosen.skills)))
    if chosen.language is not None:
        found.append(_reason("language", language=chosen.language))
    if not any(code.startswith("overflow:") for code in search.relaxed):
        found.append(_reason("group", group=chosen.group, live=live))
    if by_strategy and chosen.group in live.routing.groups:
        strategy = live.routing.groups[chosen.group].strategy
        found.append(_reason("priority_agents" if strategy == "priority" else strategy))
    return found


def group_labels(live: Policy, group: str | None) -> dict[str, str]:
    """A group in words, by language tag; empty for one that the live policy does not know."""
    spec = live.routing.groups.get(group) if group is not None else None
    return dict(spec.label) if spec is not None else {}


def _reason(
    code: str,
    *,
    group: str | None = None,
    live: Policy | None = None,
    language: str | None = None,
    skills: dict[str, int] | None = None,
    count: int | None = None,
) -> Json:
    return {
        "code": code,
        "group": group,
        "group_labels": group_labels(live, group) if live is not None else {},
        "language": language,
        "skills": [{"name": name, "level": level} for name, level in (skills or {}).items()],
        "count": count,
    }
