"""What became of everybody, and the numbers of it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["served", "left", "vanished", "turned_away", "failed", "unfinished"]
OUTCOMES: dict[Outcome, str] = {
    "served": "talked with an agent",
    "left": "lost patience and left the queue",
    "vanished": "lost patience and closed the page",
    "turned_away": "were told at once that nobody can take them",
    "failed": "waited and were then told that nobody can take them",
    "unfinished": "had no end when the run ended",
}
Band = tuple[float, float]


@dataclass
class Visit:
    """One visitor's story. Moments are seconds since the start; ``quoted`` is the band told on entering the line.

    ``patience`` is a person's, in seconds. ``ended_at`` is when what the visitor wanted an agent for was closed.
    """

    number: int
    video: bool
    arrived_at: float
    conversation: str | None = None
    queued_at: float | None = None
    answered_at: float | None = None
    gave_up_at: float | None = None
    outcome: Outcome | None = None
    quoted: Band | None = None
    unknown: bool = False
    lobbies: int = 0
    language: str = ""
    patience: float = 0.0
    ended_at: float | None = None

    @property
    def wait(self) -> float | None:
        """Seconds from asking to the agent; None for who never got one."""
        if self.answered_at is None or self.queued_at is None:
            return None
        return self.answered_at - self.queued_at

    @property
    def state(self) -> str:
        """A word for the progress."""
        if self.outcome is not None:
            return self.outcome
        if self.answered_at is not None:
            return "with an agent"
        return "waiting" if self.queued_at is not None else "arriving"


@dataclass
class Duty:
    """The agents' time, in seconds, added up by looking. ``busy``: with a conversation; ``held``: slots in use."""

    on: float = 0.0
    busy: float = 0.0
    held: float = 0.0
    slots: float = 0.0


@dataclass
class Attendance:
    """An agent's day as seen at the desk. ``changes``: (when, available for chats, connected), in the order of time."""

    agent: str
    languages: tuple[str, ...]
    video: bool
    capacity: int = 0
    changes: list[tuple[float, bool, bool]] = field(default_factory=list[tuple[float, bool, bool]])

    def note(self, at: float, *, available: bool, connected: bool) -> None:
        if not self.changes or self.changes[-1][1:] != (available, connected):
            self.changes.append((at, available, connected))


@dataclass
class Score:
    visits: list[Visit] = field(default_factory=list[Visit])
    duty: Duty = field(default_factory=Duty)
    drops: Counter[str] = field(default_factory=Counter[str])
    attendances: list[Attendance] = field(default_factory=list[Attendance])
    accepted_after: dict[str, float] = field(default_factory=dict[str, float])
    """Conversation → seconds that the agent who took it needed to accept."""
    groups: dict[str, str] = field(default_factory=dict[str, str])
    """Conversation → its group, as the service said at the end."""

    def outcomes(self) -> dict[Outcome, int]:
        count = Counter(visit.outcome or "unfinished" for visit in self.visits)
        return {outcome: count[outcome] for outcome in OUTCOMES}


def percentile(values: Sequence[float], share: float) -> float | None:
    """Nearest rank; None of nothing."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
