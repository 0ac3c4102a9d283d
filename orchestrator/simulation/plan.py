"""What a simulation plays: who comes, and who works when. Made from a synthetic load, or from recorded arrivals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.application.records import Agent
from orchestrator.simulation.load import HOURS, Crew, Load, Span
from orchestrator.simulation.people import Visitor, visitors
from orchestrator.simulation.results import Recorded

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Duty:
    """A stretch of an agent's work. ``agent`` is as on duty; ``answer``: how long an accept takes, None: no time."""

    agent: Agent
    begins: datetime
    ends: datetime
    answer: Span | None = None
    declines: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """``visitors`` gives them by time, the same ones at every call. Who arrives before ``counted_from`` is not counted.

    ``recorded`` is what really happened, where the plan was taken from what happened.
    """

    begins: datetime
    ends: datetime
    counted_from: datetime
    days: int
    visitors: Callable[[], Iterator[Visitor]]
    duties: tuple[Duty, ...]
    recorded: Recorded | None = None


def plan_of(load: Load, seed: int, days: int) -> Plan:
    """The days of a synthetic load under a seed."""
    ends = load.begins + days * HOURS * HOUR
    return Plan(
        begins=load.begins,
        ends=ends,
        counted_from=load.counted_from,
        days=days,
        visitors=lambda: visitors(load, seed, days),
        duties=tuple(
            duty
            for number, crew in enumerate(load.crews)
            for duty in _duties(crew, number, load.begins, days)
        ),
    )


def _duties(crew: Crew, number: int, begins: datetime, days: int) -> Iterator[Duty]:
    """The first agents of a crew work whenever fewer than all do."""
    on_duty = crew.on_duty * days
    for index in range(max(crew.on_duty)):
        agent = _agent(f"agent-{number}-{index}", crew)
        since: int | None = None
        for hour in range(len(on_duty) + 1):
            works = hour < len(on_duty) and index < on_duty[hour]
            if works and since is None:
                since = hour
            elif not works and since is not None:
                yield Duty(agent, begins + since * HOUR, begins + hour * HOUR, crew.answer, crew.declines)
                since = None


def _agent(name: str, crew: Crew) -> Agent:
    return Agent(
        id=name,
        name=name,
        languages=crew.languages,
        groups=tuple(sorted((group, 1) for group in crew.groups)),
        skills=tuple(sorted(crew.skills.items())),
        can_video=crew.video,
        chat_state="available",
        video_state="available" if crew.video else "offline",
        sockets=1,
    )
