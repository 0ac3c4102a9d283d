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
    """One visitor's story. Moments are seconds since the start; ``quoted`` is the band told on entering the line."""

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
class Score:
    visits: list[Visit] = field(default_factory=list[Visit])
    duty: Duty = field(default_factory=Duty)
    drops: Counter[str] = field(default_factory=Counter[str])

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
