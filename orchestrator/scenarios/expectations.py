"""Comparing what is with what a scenario says must be: the first difference, in the order of `Then`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from orchestrator.domain.allowed import agent_actions, visitor_actions
from orchestrator.domain.conversation import TimerName
from orchestrator.domain.guard_facts import camera_policy
from orchestrator.domain.outcome import Denied, Ignored, Moved
from orchestrator.scenarios.schema import Then
from orchestrator.scenarios.stage import CONVERSATION, Stage
from orchestrator.simulation.estate import Happened
from rules.durations import format_duration, parse_duration

NOBODY = "none"


@dataclass(frozen=True, slots=True)
class Difference:
    """``name`` is the key under ``then``."""

    name: str
    expected: str
    found: str


def first_difference(then: Then, stage: Stage, events: Sequence[Happened]) -> Difference | None:
    """What differs first after a step, in which ``events`` happened to the conversation; None: all as expected."""
    for name in type(then).model_fields:
        expected = getattr(then, name)
        if name not in then.model_fields_set or expected is None:
            continue
        wrong = _LISTS[name](expected, stage, events) if name in _LISTS else None
        if name in _LISTS:
            if wrong is not None:
                return Difference(name, *wrong)
            continue
        found = _VALUES[name](stage, events)
        if found != expected and not _same_words(expected, found):
            return Difference(name, _show(expected), _show(found))
    return None


def _same_words(expected: object, found: object) -> bool:
    """Texts differ by their words: which kind of space a language puts before a colon is not the scenario's matter."""
    if not (isinstance(expected, str) and isinstance(found, str)):
        return False
    return expected.split() == found.split()


def _show(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return NOBODY if value is None else str(value)


# --- single values ---------------------------------------------------------------------------------------


def _asked(events: Sequence[Happened]) -> Happened | None:
    """The event that the step itself told: what the distribution made of it comes after."""
    return events[0] if events else None


def _outcome(_: Stage, events: Sequence[Happened]) -> str:
    asked = _asked(events)
    return "moved" if asked is None else type(asked.outcome).__name__.lower()


def _reason(_: Stage, events: Sequence[Happened]) -> str:
    asked = _asked(events)
    outcome = asked.outcome if asked is not None else None
    return outcome.reason if isinstance(outcome, Denied | Ignored) else NOBODY


def row_of(happened: Happened) -> str | None:
    """The row that answered an event."""
    return happened.outcome.decision.row if isinstance(happened.outcome, Moved | Denied) else None


def _message(stage: Stage, events: Sequence[Happened]) -> str:
    """The words that the step shows because nobody can come."""
    return "; ".join(alternatives(stage, events)) or NOBODY


def _card(stage: Stage, _: Sequence[Happened]) -> str:
    verdict = stage.conversation.verdict
    return verdict.reason if verdict is not None else NOBODY


def _camera(stage: Stage, _: Sequence[Happened]) -> str:
    c = stage.conversation
    return camera_policy(c, stage.policy.camera_for(c.site_id, c.group))


def _reassurance(stage: Stage, _: Sequence[Happened]) -> str:
    c = stage.conversation
    camera = stage.policy.camera_for(c.site_id, c.group)
    return stage.policy.reassurance_for(c.site_id, camera, c.language) or NOBODY


def _invited(stage: Stage, _: Sequence[Happened]) -> str:
    invitation = stage.conversation.invitation
    return invitation.agent_id if invitation is not None else NOBODY


def _camera_on(stage: Stage, _: Sequence[Happened]) -> bool:
    call = stage.conversation.call
    return call is not None and call.camera_on


_VALUES: Mapping[str, Callable[[Stage, Sequence[Happened]], object]] = {
    "outcome": _outcome,
    "reason": _reason,
    "state": lambda stage, _: stage.conversation.state.value,
    "party": lambda stage, _: stage.conversation.party.value,
    "need": lambda stage, _: stage.conversation.need.value,
    "group": lambda stage, _: stage.conversation.group or NOBODY,
    "agent": lambda stage, _: stage.conversation.agent_id or NOBODY,
    "invited": _invited,
    "card": _card,
    "proposal": lambda stage, _: "open" if stage.conversation.proposal is not None else NOBODY,
    "camera": _camera,
    "camera_on": _camera_on,
    "reassurance": _reassurance,
    "message": _message,
    "notices": lambda _, events: notices(events),
    "position": lambda stage, _: stage.estate.floor.position(CONVERSATION),
}


def notices(events: Sequence[Happened]) -> tuple[str, ...]:
    """The lines that these events added to the history."""
    moved = [one.outcome for one in events if isinstance(one.outcome, Moved)]
    return tuple(notice.key for outcome in moved for notice in outcome.notices)


def effects(events: Sequence[Happened]) -> tuple[str, ...]:
    """The effects of these events, in their readable form: ``open_call``."""
    moved = [one.outcome for one in events if isinstance(one.outcome, Moved)]
    names = [type(effect).__name__ for outcome in moved for effect in outcome.effects]
    return tuple(re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in names)


def alternatives(stage: Stage, events: Sequence[Happened]) -> tuple[str, ...]:
    """The words shown because nobody can come, as the service words them."""
    from orchestrator.application.perform import alternative_words  # noqa: PLC0415
    from orchestrator.domain.effects import ShowAlternative  # noqa: PLC0415

    return tuple(
        alternative_words(effect, one.after, stage.policy, stage.policy)
        for one in events
        if isinstance(one.outcome, Moved) and one.after is not None
        for effect in one.outcome.effects
        if isinstance(effect, ShowAlternative)
    )


# --- lists: (expected, found) of what differs --------------------------------------------------------------

Wrong = tuple[str, str] | None


def _row(expected: str, _: Stage, events: Sequence[Happened]) -> Wrong:
    # Where time passes, rows answer timers: the one that is named must be among them.
    rows = tuple(row for one in events if (row := row_of(one)) is not None)
    return None if expected in rows else (expected, _show(rows or None))


def _among(expected: tuple[str, ...], _: Stage, events: Sequence[Happened]) -> Wrong:
    there = effects(events)
    missing = tuple(one for one in expected if one not in there)
    return (_show(expected), _show(there)) if missing else None


def _not_among(expected: tuple[str, ...], _: Stage, events: Sequence[Happened]) -> Wrong:
    there = effects(events)
    present = tuple(one for one in expected if one in there)
    return (f"not {_show(expected)}", _show(present)) if present else None


def _timers(expected: Mapping[str, str], stage: Stage, _: Sequence[Happened]) -> Wrong:
    timers = stage.conversation.timers
    for name, written in expected.items():
        deadline = timers.get(TimerName(name))
        left = format_duration(deadline - stage.estate.now) if deadline is not None else NOBODY
        wanted = written if written == NOBODY else format_duration(parse_duration(written))
        if left != wanted:
            return f"{name}: {wanted}", f"{name}: {left}"
    return None


def _actions(who: str, allowed: bool) -> Callable[[Iterable[str], Stage, Sequence[Happened]], Wrong]:
    def wrong(expected: Iterable[str], stage: Stage, _: Sequence[Happened]) -> Wrong:
        c, now = stage.conversation, stage.estate.now
        facts = stage.estate.facts_for_pages(CONVERSATION)
        if who == "visitor":
            may = asdict(visitor_actions(c, facts, stage.policy, now))
        else:
            may = asdict(agent_actions(c, c.agent_id or "", facts, stage.policy, now))
        for name in expected:
            if name not in may:
                return f"one of {', '.join(may)}", name
            if may[name] != allowed:
                return f"{'may' if allowed else 'may not'} {name}", f"{'may' if may[name] else 'may not'}"
        return None

    return wrong


_LISTS: Mapping[str, Callable[..., Wrong]] = {
    "row": _row,
    "effects": _among,
    "no_effects": _not_among,
    "timers": _timers,
    "visitor_can": _actions("visitor", True),
    "visitor_cannot": _actions("visitor", False),
    "agent_can": _actions("agent", True),
    "agent_cannot": _actions("agent", False),
}
