"""What a run really was - who came when, for how long, and who worked - in the form that `policy simulate` plays.

Durations are those of people: seconds of the run times its speed. What belongs to the service and not to people
is as it was, too: a simulation under the same policy should come to the same waits.
"""

from __future__ import annotations

from random import Random

from orchestrator.load.run import Result
from orchestrator.load.score import Attendance, Visit
from orchestrator.load.wire import Json

ABSENCE = 10.0
"""Seconds for which the service goes on offering work to an agent whose page went away, whatever the speed."""

_OUTCOMES = {
    "served": "answered",
    "left": "left",
    "vanished": "away",
    "turned_away": "failed_full",
    "failed": "failed",
    "unfinished": "unfinished",
}


def record(result: Result) -> Json:
    """The file of `demo-load --arrivals-out`; its form is in docs/guides/simulation.md.

    Who got no agent has the handle time of somebody who did, and meets the reaction of an agent that somebody met, both
    drawn with the seed of the run. What the form has no words for - refusals, calls that go back to chat, lost
    connections - is not in it: `Habits.plain` leaves these out of a run that is to be compared.
    """
    wish, score = result.wish, result.score
    speed, chance = wish.speed, Random(f"{wish.seed}:handle times")  # noqa: S311 - can be repeated
    visits = sorted(score.visits, key=lambda one: (_asked_at(one), one.number))
    handled = [seconds for one in visits if (seconds := _handled(one, result.seconds)) is not None]
    reactions = sorted(score.accepted_after.values())
    conversations: list[Json] = []
    for visit in visits:
        handle = _handled(visit, result.seconds)
        if handle is None:
            handle = chance.choice(handled) if handled else wish.habits.handle / speed
        name = visit.conversation or ""
        reaction = score.accepted_after.get(name)
        if reaction is None and reactions:
            reaction = chance.choice(reactions)
        conversations.append(
            {
                "at_s": round(_asked_at(visit) * speed, 3),
                "group": score.groups.get(name),
                "language": visit.language,
                "need": "video" if visit.video else "chat",
                "handle_s": round(handle * speed, 3),
                "patience_s": round(visit.patience, 3),
                "waited_s": _waited(visit, speed),
                "outcome": _OUTCOMES[visit.outcome or "unfinished"],
                "answer_s": round(reaction * speed, 3) if reaction is not None else None,
                "site": wish.site,
            }
        )
    return {
        "seed": wish.seed,
        "speed": speed,
        "begins": result.began.isoformat(),
        "staffing": [
            {
                "agent": one.agent,
                # Without memberships: of every group, as `stage` makes them.
                "group": list[str](),
                "capacity": one.capacity,
                "languages": list(one.languages),
                "video": one.video,
                "from_s": round(start * speed, 3),
                "until_s": round(end * speed, 3),
            }
            for one in score.attendances
            for start, end in shifts(one, result.seconds)
            if end > start
        ],
        "conversations": conversations,
    }


def shifts(attendance: Attendance, end: float) -> list[tuple[float, float]]:
    """When work was offered to an agent: while available and connected, or away for no longer than `ABSENCE`."""
    found: list[tuple[float, float]] = []
    since: float | None = None
    later = [at for at, _, _ in attendance.changes[1:]] + [end]
    for (at, available, connected), until in zip(attendance.changes, later, strict=False):
        offered_until = until if connected else min(until, at + ABSENCE)
        if available and (connected or since is not None):
            since = at if since is None else since
            if offered_until < until:
                found.append((since, offered_until))
                since = None
        elif since is not None:
            found.append((since, at))
            since = None
    return [*found, (since, end)] if since is not None else found


def _asked_at(visit: Visit) -> float:
    return visit.queued_at if visit.queued_at is not None else visit.arrived_at


def _handled(visit: Visit, end: float) -> float | None:
    if visit.answered_at is None:
        return None
    return max(0.0, (visit.ended_at or end) - visit.answered_at)


def _waited(visit: Visit, speed: float) -> float | None:
    if visit.wait is not None:
        return round(visit.wait * speed, 3)
    if visit.gave_up_at is None or visit.queued_at is None:
        return None
    return round((visit.gave_up_at - visit.queued_at) * speed, 3)
