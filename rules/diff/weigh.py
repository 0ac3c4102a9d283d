"""What a change does to what protects visitors: consent before video, the camera, escalation to video.

`LOOSENS` asks for a second look before a policy is published: more may happen to a visitor than before. `TOUCHES`:
what it comes to cannot be told by reading. No policy can go below the laws (`orchestrator.domain.laws`) in any case.
Settings of a site are weighed by what they come to there, over those for all sites.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any, Literal

from rules.cel_tree import Node
from rules.diff.tree import Change
from rules.phrases import SiteEscalation
from rules.policy import Policy
from rules.schema.conversation import Row
from rules.vocabulary import CameraPolicy

Topic = Literal["consent", "camera", "escalation"]


class Effect(Enum):
    """Declared from the most important to the least."""

    LOOSENS = "loosens"
    TOUCHES = "touches"
    TIGHTENS = "tightens"


@dataclass(frozen=True, slots=True)
class Weight:
    effect: Effect
    topic: Topic


# What an action opens to a visitor, and what it holds back.
_OPENS: Mapping[str, Topic] = {
    "open_call": "consent",
    "start_call": "consent",
    "want_video": "consent",
    "offer_resume": "consent",
    "set_camera": "camera",
    "keep_verdict": "escalation",
    "open_proposal": "escalation",
}
_HOLDS: Mapping[str, Topic] = {
    "end_video": "consent",
    "close_call": "consent",
    "end_resume_offer": "consent",
    "consume_verdict": "escalation",
    "count_decline": "escalation",
    "close_proposal": "escalation",
}
# Without these a row would have no other purpose.
_KEEPS = ("end_video", "count_decline")
_TO_VIDEO = frozenset({"video_lobby", "in_video"})

_STRICTNESS: tuple[CameraPolicy, ...] = ("allowed", "off_by_default", "forbidden")


def weigh(change: Change, before: Policy, after: Policy, overtaken: bool) -> Weight | None:
    """None when it has nothing to do with what protects visitors. ``overtaken``: a moved row came before another one
    of the same case."""
    rule = _RULES.get(change.key)
    own = None if rule is None else rule(change, before, after)
    if change.key == "ConversationFile.transitions" and change.kind == "moved":
        row = _rows(after).get(_row_id(change))
        topic = _topic(row) if row is not None and overtaken else None
        own = None if topic is None else Weight(Effect.TOUCHES, topic)
    inner = [found for part in change.parts if (found := weigh(part, before, after, False)) is not None]
    found = [each for each in (own, *inner) if each is not None]
    return min(found, key=lambda each: list(Effect).index(each.effect)) if found else None


def _compared(topic: Topic, before: float, after: float) -> Weight | None:
    """More is looser."""
    if before == after:
        return None
    return Weight(Effect.LOOSENS if after > before else Effect.TIGHTENS, topic)


def _sets(topic: Topic, before: frozenset[Any], after: frozenset[Any]) -> Weight | None:
    if before == after:
        return None
    return Weight(Effect.LOOSENS if after - before else Effect.TIGHTENS, topic)


# --- the camera ----------------------------------------------------------------------------------------------


def _camera_at(policy: Policy, site: str | None) -> CameraPolicy:
    return policy.camera_for("" if site is None else site, None)


def _camera(change: Change, before: Policy, after: Policy) -> Weight | None:
    site = change.named("CameraFile.sites")
    old, new = (_STRICTNESS.index(_camera_at(policy, site)) for policy in (before, after))
    return _compared("camera", -old, -new)


def _camera_of_group(change: Change, before: Policy, after: Policy) -> Weight | None:
    old, new = (
        _STRICTNESS.index(value) if value in _STRICTNESS else 0 for value in (change.before, change.after)
    )
    return _compared("camera", -old, -new)


def _screen(change: Change, before: Policy, after: Policy) -> Weight | None:
    site = change.named("CameraFile.sites")

    def shared(policy: Policy) -> bool:
        own = policy.camera.sites.get(site) if site is not None else None
        if own is None or own.screen_share_when_forbidden is None:
            return policy.camera.screen_share_when_forbidden
        return own.screen_share_when_forbidden

    return _compared("camera", shared(before), shared(after))


# --- escalation ------------------------------------------------------------------------------------------------


def _settings(change: Change, policy: Policy) -> SiteEscalation:
    site = change.named("EscalationFile.sites")
    return policy.escalation_for("" if site is None else site)


def _agents(change: Change, before: Policy, after: Policy) -> Weight | None:
    old, new = (_settings(change, policy).agent_enabled for policy in (before, after))
    return _compared("escalation", old, new)


def _of_cards(
    what: Callable[[SiteEscalation], frozenset[Any]], change: Change, before: Policy, after: Policy
) -> Weight | None:
    return _sets("escalation", what(_settings(change, before)), what(_settings(change, after)))


def _phrases(settings: SiteEscalation) -> frozenset[tuple[str, str]]:
    return frozenset((language, each) for language, phrases in settings.phrases.items() for each in phrases)


def _without_agent(change: Change, before: Policy, after: Policy) -> Weight | None:
    old, new = (_settings(change, policy).no_video_agent for policy in (before, after))
    return None if old == new else Weight(Effect.TOUCHES, "escalation")


def _limit(change: Change, before: Policy, after: Policy) -> Weight | None:
    return _compared("escalation", change.before, change.after)


def _pause(change: Change, before: Policy, after: Policy) -> Weight | None:
    return _compared("escalation", -change.before.total_seconds(), -change.after.total_seconds())


# --- rows ---------------------------------------------------------------------------------------------------------


def _rows(policy: Policy) -> Mapping[str, Row]:
    return {row.id: row for row in policy.conversation.transitions}


def _row_id(change: Change) -> str:
    return change.named("ConversationFile.transitions") or ""


def _opened(row: Row) -> Topic | None:
    found = _topics(_OPENS, frozenset(row.do))
    return found[0] if found else "consent" if row.to in _TO_VIDEO else None


def _topic(row: Row) -> Topic | None:
    return _opened(row) or next((_HOLDS[action] for action in _KEEPS if action in row.do), None)


def _whole_row(change: Change, before: Policy, after: Policy) -> Weight | None:
    if change.kind not in ("added", "removed"):
        return None
    row: Row = change.after if change.kind == "added" else change.before
    topic, opens = _topic(row), _opened(row) is not None
    if topic is None:
        return None
    return Weight(Effect.LOOSENS if opens == (change.kind == "added") else Effect.TIGHTENS, topic)


def _both(change: Change, before: Policy, after: Policy) -> tuple[Row, Row] | None:
    name = _row_id(change)
    old, new = _rows(before).get(name), _rows(after).get(name)
    return None if old is None or new is None else (old, new)


def _widened(wider: bool | None, rows: tuple[Row, Row]) -> Weight | None:
    """The weight of a row that matches more often (True), less often (False), or differently (None)."""
    old, new = rows
    topic = _topic(new) or _topic(old)
    if topic is None:
        return None
    if wider is None:
        return Weight(Effect.TOUCHES, topic)
    opens = _opened(new) is not None or _opened(old) is not None
    return Weight(Effect.LOOSENS if wider == opens else Effect.TIGHTENS, topic)


def _subsets(old: frozenset[Any], new: frozenset[Any]) -> bool | None:
    return True if old < new else False if new < old else None


def _matches(change: Change, before: Policy, after: Policy) -> Weight | None:
    """A change of what a row asks for: event, states, party, condition."""
    rows = _both(change, before, after)
    if rows is None:
        return None
    old, new = rows
    match change.key:
        case "Row.from":
            return _widened(_subsets(frozenset(old.from_), frozenset(new.from_)), rows)
        case "Row.party":
            everybody = ("none", "bot", "agent")
            return _widened(
                _subsets(frozenset(old.party or everybody), frozenset(new.party or everybody)), rows
            )
        case "Row.when":
            one, other = (_guard(policy, new.id) for policy in (before, after))
            return None if _same(one, other) else _widened(_weaker(one, other), rows)
        case _:
            return _widened(None, rows)


def _leads(change: Change, before: Policy, after: Policy) -> Weight | None:
    rows = _both(change, before, after)
    if rows is None:
        return None
    old, new = (row.to in _TO_VIDEO for row in rows)
    return _compared("consent", old, new)


def _topics(words: Mapping[str, Topic], actions: frozenset[str]) -> list[Topic]:
    return [topic for action, topic in words.items() if action in actions]


def _does(change: Change, before: Policy, after: Policy) -> Weight | None:
    old: frozenset[str] = frozenset(change.before or ())
    new: frozenset[str] = frozenset(change.after or ())
    if _both(change, before, after) is None:
        return None  # of a row that is added or removed as a whole
    looser: list[Topic] = [*_topics(_OPENS, new - old), *_topics(_HOLDS, old - new)]
    tighter: list[Topic] = [*_topics(_OPENS, old - new), *_topics(_HOLDS, new - old)]
    if looser or tighter:
        topic: Topic = (looser or tighter)[0]
        return Weight(Effect.LOOSENS if looser else Effect.TIGHTENS, topic)
    known: list[Topic] = [*_topics(_OPENS, old), *_topics(_HOLDS, old)]
    return Weight(Effect.TOUCHES, known[0]) if known and old == new else None


# --- conditions -----------------------------------------------------------------------------------------------------


def _guard(policy: Policy, row: str) -> Node | None:
    return next(
        (each.guard.tree for each in policy.lifecycle.rows if each.id == row and each.guard is not None), None
    )


def _shape(node: Node) -> tuple[object, ...]:
    """The node without its places in the text."""
    return (node.kind, node.name, node.value, node.constant, tuple(_shape(each) for each in node.children))


def _terms(node: Node, operator: str) -> frozenset[object]:
    """What an && (or an ||) joins, however deep it is nested."""
    if node.kind == "call" and node.name == operator:
        return frozenset(term for child in node.children for term in _terms(child, operator))
    return frozenset([_shape(node)])


def _all_of(node: Node | None) -> frozenset[object]:
    return frozenset() if node is None else _terms(node, "_&&_")


def _same(before: Node | None, after: Node | None) -> bool:
    return _all_of(before) == _all_of(after)


def _weaker(before: Node | None, after: Node | None) -> bool | None:
    """Whether the later condition holds more often (True), less often (False); None when reading does not tell."""
    by_and = _subsets(_all_of(after), _all_of(before))
    if by_and is not None or before is None or after is None:
        return by_and
    return _subsets(_terms(before, "_||_"), _terms(after, "_||_"))


_RULES: Mapping[str, Callable[[Change, Policy, Policy], Weight | None]] = {
    "CameraFile.default": _camera,
    "SiteCamera.camera": _camera,
    "CameraFile.groups": _camera_of_group,
    "CameraFile.screen_share_when_forbidden": _screen,
    "SiteCamera.screen_share_when_forbidden": _screen,
    "AgentEscalation.enabled": _agents,
    "BotEscalation.enabled": partial(_of_cards, lambda found: frozenset([True] if found.bot_enabled else [])),
    "BotEscalation.languages": partial(_of_cards, lambda found: frozenset(found.languages)),
    "BotEscalation.devices": partial(_of_cards, lambda found: frozenset(found.devices)),
    "BotEscalation.phrases": partial(_of_cards, _phrases),
    "BotEscalation.no_video_agent": _without_agent,
    "Limits.proposals": _limit,
    "Timers.proposal_pause": _pause,
    "ConversationFile.transitions": _whole_row,
    "Row.event": _matches,
    "Row.from": _matches,
    "Row.party": _matches,
    "Row.when": _matches,
    "Row.to": _leads,
    "Row.do": _does,
}
