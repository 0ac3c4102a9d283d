"""How long a conversation of a line holds its slot, by the hour, learnt from those that ended.

Means are shrunk towards wider ones (credibility theory, the empirical Bayes of insurance: Bühlmann and Straub 1970).
An hour counts as far as this line's hours have been seen to differ by more than chance, a line as far as it has
conversations of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

HOURS = 24
_WIDEST = 4.0
"""Of what is more dispersed, a few conversations were forgotten open: they must not decide how wide a band is."""
_MEASURABLE = 1e-3


@dataclass(slots=True)
class Moments:
    """Count, sum and sum of squares of seconds, in which old observations fade."""

    weight: float = 0.0
    total: float = 0.0
    squares: float = 0.0

    def add(self, seconds: float) -> None:
        self.weight += 1.0
        self.total += seconds
        self.squares += seconds * seconds

    def include(self, other: Moments) -> None:
        self.weight += other.weight
        self.total += other.total
        self.squares += other.squares

    def fade(self, factor: float) -> None:
        self.weight *= factor
        self.total *= factor
        self.squares *= factor

    @property
    def mean(self) -> float:
        return self.total / self.weight if self.weight > 0 else 0.0

    @property
    def variance(self) -> float:
        return max(0.0, self.squares / self.weight - self.mean**2) if self.weight > 0 else 0.0

    def snapshot(self) -> list[float]:
        return [self.weight, self.total, self.squares]


@dataclass(slots=True)
class HandleTimes:
    """The handle times of one line by the local hour in which they ended."""

    hours: list[Moments] = field(default_factory=lambda: [Moments() for _ in range(HOURS)])
    whole: Moments = field(default_factory=Moments)
    _between: float = 0.0

    def add(self, hour: int, seconds: float) -> None:
        self.hours[hour].add(seconds)
        self.whole.add(seconds)
        self._between = self._between_hours()

    def fade(self, factor: float) -> None:
        for moments in (self.whole, *self.hours):
            moments.fade(factor)
        self._between = self._between_hours()

    def mean(self, hour: int, wider: float, trust: float, running: float = 0.0) -> float:
        """Mean seconds in this hour; ``wider``, the channel's mean, weighs as much as ``trust`` conversations.

        ``running`` is how long those that have not ended have lasted so far: time without an end, so that on the first
        day, when only short ones can have ended, they are not taken for the rule (occurrences over exposure).
        """
        line = (self.whole.total + running + trust * wider) / (self.whole.weight + trust)
        cell = self.hours[hour]
        if self._between <= 0 or cell.weight <= 0:
            return line
        credibility = cell.weight / (cell.weight + self.whole.variance / self._between)
        return line + credibility * (cell.mean - line)

    def dispersion(self, trust: float) -> float:
        """Variance over squared mean; 1, that of the exponential, weighs as much as ``trust`` conversations."""
        mean = self.whole.mean
        own = min(_WIDEST, self.whole.variance / mean**2) if mean >= _MEASURABLE else 1.0
        return (self.whole.weight * own + trust) / (self.whole.weight + trust)

    def _between_hours(self) -> float:
        """The variance of the hours' true means: what is observed less what chance alone would show."""
        weight, mean = self.whole.weight, self.whole.mean
        cells, within, squares, observed = 0, 0.0, 0.0, 0.0
        for cell in self.hours:
            if cell.weight > 0:
                cells += 1
                within += cell.weight * cell.variance
                squares += cell.weight**2
                observed += cell.weight * (cell.mean - mean) ** 2
        if cells < 2 or weight <= cells or weight * weight <= squares:
            return 0.0
        by_chance = (cells - 1) * within / (weight - cells)
        return max(0.0, (observed - by_chance) / (weight - squares / weight))

    def snapshot(self) -> list[list[float]]:
        return [self.whole.snapshot(), *(cell.snapshot() for cell in self.hours)]

    @staticmethod
    def restored(stored: Sequence[Sequence[float]]) -> HandleTimes:
        whole, *hours = (Moments(*cell) for cell in stored)
        times = HandleTimes(hours, whole)
        times._between = times._between_hours()
        return times
