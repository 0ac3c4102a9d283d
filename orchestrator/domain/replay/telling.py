"""A report of a replay in words, and as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from orchestrator.domain.replay.recording import Answer, Difference, Kind
from orchestrator.domain.replay.report import Change, ReplayReport
from orchestrator.domain.replay.waiting import ENDED, GOES_ON
from rules.facts import FACT_BY_NAME

MEANINGS: Mapping[Kind, str] = {
    "denied_now": "refused now, though it took effect",
    "allowed_now": "takes effect now, though it was refused",
    "other_target": "leads elsewhere",
    "other_time": "a wait ends sooner or later",
    "other_details": "the same row and state, but not the same in detail",
    "other_row": "another row, the same consequences",
    "cannot_tell": "cannot be told",
    "not_compared": "not compared: came after a difference, so it would not have happened like this",
    "same": "the same",
}
_DETAILS: Mapping[str, str] = {
    "actions": "what the row does",
    "lines": "the lines it adds to the history",
    "reason": "the reason of the refusal",
    "camera": "the rule for the visitor's camera",
    "verdict": "whether the card escalates, or why not",
    "queue": "the group, the priority or the skills in the queue",
    "call": "how the call begins",
}


def sentence(change: Change) -> str:
    """One change in one line: the event, what was and what would be, how often, and where to look."""
    difference = change.difference
    shown = ", ".join(name for name, _ in change.examples)
    more = "" if change.count <= len(change.examples) else ", …"
    return f"{change.count} × {_told(difference)} [{shown}{more}]"


def summary(report: ReplayReport) -> str:
    """What the whole comes to, in one line."""
    parts = [f"{report.same} the same", f"{report.changed} changed"]
    if report.unclear:
        parts.append(f"{report.unclear} of which it cannot be told")
    many = "conversation" if report.conversations == 1 else "conversations"
    return f"{report.conversations} {many}: {', '.join(parts)}"


def lines(report: ReplayReport) -> Iterator[str]:
    """The report for people: the most important changes first, each kind under its meaning with its decisions."""
    kind: Kind | None = None
    for change in report.changes:
        if change.difference.kind != kind:
            kind = change.difference.kind
            yield f"{MEANINGS[kind]}: {report.steps.get(kind, 0)}"
        yield f"  {sentence(change)}"
    if report.others:
        yield f"… and {report.others} differences of further sorts."
    for rest in ("not_compared", "same"):
        if report.steps.get(rest):
            yield f"{MEANINGS[rest]}: {report.steps[rest]}"


def plain(report: ReplayReport) -> dict[str, object]:
    """The report for programs."""
    return {
        "revision": report.revision,
        "passes": report.passes,
        "conversations": report.conversations,
        "same": report.same,
        "changed": report.changed,
        "cannot_tell": report.unclear,
        "steps": dict(report.steps),
        "changes": [
            {
                "kind": change.difference.kind,
                "event": change.difference.event,
                "was": _answer(change.difference.was),
                "now": None if change.difference.now is None else _answer(change.difference.now),
                "why": list(change.difference.why),
                "count": change.count,
                "examples": [{"conversation": name, "version": version} for name, version in change.examples],
                "told": _told(change.difference),
            }
            for change in report.changes
        ],
        "others": report.others,
    }


def _answer(answer: Answer) -> dict[str, object]:
    return {"row": answer.row, "target": answer.target, "reason": answer.reason}


def _told(difference: Difference) -> str:
    was = f"{difference.event}: {_of(difference.was)}"
    match difference.kind:
        case "cannot_tell":
            return f"{was}; {_missing(difference.why)} not recorded"
        case "other_time":
            return f"{was}; {_time(difference.why)}"
        case "other_details":
            now = f" → {_of(difference.now)}" if difference.now != difference.was else ""
            return f"{was}{now}; not the same: {', '.join(_DETAILS.get(one, one) for one in difference.why)}"
        case _:
            return f"{was} → {_of(difference.now)}"


def _of(answer: Answer | None) -> str:
    if answer is None:
        return "?"
    if answer.target is None:
        return f"refused ({answer.reason})"
    return f"{answer.row or 'no row, the timer is set again'} to {answer.target}"


def _missing(why: tuple[str, ...]) -> str:
    names = ", ".join(f"`{one}`" if one in FACT_BY_NAME else one for one in why)
    return f"{names} {'was' if len(why) == 1 else 'were'}"


def _time(why: tuple[str, ...]) -> str:
    if why[0] == ENDED:
        return "the distribution would have ended the wait before"
    if why[0] == GOES_ON:
        return "the distribution would not have ended the wait"
    direction, _, timer = why[0].partition(":")
    return f"the wait `{timer}` ends {direction}"
