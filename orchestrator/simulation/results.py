"""What a simulated day came to: per group and hour, and in all."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from orchestrator.domain.wait_time.grading import Grading
from orchestrator.domain.wait_time.settings import WaitSettings
from orchestrator.domain.wait_time.terms import Forecast, Line, WaitBand


@dataclass(slots=True)
class Tally:
    """One group in one hour of the day. ``waits`` are those of who was answered, in seconds.

    ``offered``: conversations that wanted an agent of the group; each is answered, abandoned or failed (by reason).
    ``in_time``: answered within what the group aims at. ``busy`` and ``staffed`` are seconds of agents.
    """

    offered: int = 0
    abandoned: int = 0
    in_time: int = 0
    to_video: int = 0
    waits: list[float] = field(default_factory=list[float])
    failed: Counter[str] = field(default_factory=Counter[str])
    busy: float = 0.0
    staffed: float = 0.0

    def add(self, other: Tally) -> None:
        self.offered += other.offered
        self.abandoned += other.abandoned
        self.in_time += other.in_time
        self.to_video += other.to_video
        self.waits.extend(other.waits)
        self.failed.update(other.failed)
        self.busy += other.busy
        self.staffed += other.staffed

    def figures(self) -> dict[str, float]:
        """By name. Shares are of those offered, from 0 to 1; waits are seconds of those answered.

        NaN where there is nothing to speak of.
        """
        ordered = sorted(self.waits)
        return {
            "offered": float(self.offered),
            "answered": float(len(ordered)),
            "wait_mean": sum(ordered) / len(ordered) if ordered else math.nan,
            "wait_p50": quantile(ordered, 0.5),
            "wait_p90": quantile(ordered, 0.9),
            "abandonment": _share(self.abandoned, self.offered),
            "service_level": _share(self.in_time, self.offered),
            "failed": _share(sum(self.failed.values()), self.offered),
            "occupancy": _share(self.busy, self.staffed),
            "to_video": float(self.to_video),
        }


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else math.nan


def quantile(ordered: Sequence[float], share: float) -> float:
    """By linear interpolation between the ranks; NaN of nothing."""
    if not ordered:
        return math.nan
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


# Of a whole day nothing is forgotten, and no line becomes unreliable half way.
_WHOLE = WaitSettings(grade_memory=1e15, enough_graded=1e15)


@dataclass(slots=True)
class Bands:
    """What visitors were told of their wait when they entered a line, and how it turned out.

    ``entered``: waits that ended; ``waited``: those for whom no slot was free; ``told``: those of them who were told a
    band. The shares allow for who gave up, as the live grade does (`domain.wait_time.grading`).
    """

    entered: int = 0
    waited: int = 0
    outcomes: list[tuple[WaitBand, float, float, bool]] = field(
        default_factory=list[tuple[WaitBand, float, float, bool]]
    )

    def count(self, forecast: Forecast, waited: float, *, answered: bool) -> None:
        self.entered += 1
        if forecast.slot_free:
            return
        self.waited += 1
        if isinstance(forecast.estimate, WaitBand):
            self.outcomes.append((forecast.estimate, forecast.shape, waited, not answered))

    def add(self, other: Bands) -> None:
        self.entered += other.entered
        self.waited += other.waited
        self.outcomes.extend(other.outcomes)

    def figures(self) -> dict[str, float]:
        """By name; shares from 0 to 1, ``band_error`` the mean distance between wait and p50 in seconds."""
        grading = Grading(_WHOLE)
        for band, shape, waited, gave_up in self.outcomes:
            grading.add(band, shape, waited, gave_up=gave_up)
        grade = grading.grade
        return {
            "had_to_wait": float(self.waited),
            "told": _share(len(self.outcomes), self.waited),
            "within_p50": math.nan if grade.share_below_p50 is None else grade.share_below_p50,
            "within_p90": math.nan if grade.share_below_p90 is None else grade.share_below_p90,
            "band_error": math.nan if grade.error is None else grade.error,
        }


@dataclass(frozen=True, slots=True)
class Recorded:
    """How it really went, where arrivals were recorded. ``file`` is where they were read from."""

    file: str
    total: Tally
    groups: Mapping[str, Tally]


@dataclass(slots=True)
class Results:
    """``visitors``: how many came; ``kept_by_bot``: the bot alone served them; ``bands``: of every line.

    ``elsewhere``: how many were led to another group than the one that is recorded.
    """

    revision: str
    seed: int
    days: int
    visitors: int = 0
    kept_by_bot: int = 0
    elsewhere: int = 0
    recorded: Recorded | None = None
    bands: dict[Line, Bands] = field(default_factory=dict[Line, Bands])
    cells: dict[tuple[str, int], Tally] = field(default_factory=dict[tuple[str, int], Tally])

    def cell(self, group: str, at: datetime) -> Tally:
        return self.cells.setdefault((group, at.hour), Tally())

    @property
    def groups(self) -> list[str]:
        return sorted({group for group, _ in self.cells})

    def of_group(self, group: str) -> Tally:
        return merged(tally for (name, _), tally in self.cells.items() if name == group)

    def total(self) -> Tally:
        return merged(self.cells.values())

    def lines(self) -> list[tuple[str, Bands]]:
        """What each line in which anybody waited was told, by name; the whole first where there are several."""
        lines = sorted(self.bands.items(), key=lambda one: (one[0].group, one[0].channel))
        named = [(f"{line.group} {line.channel}", bands) for line, bands in lines]
        if len(named) < 2:
            return named
        whole = Bands()
        for _, bands in named:
            whole.add(bands)
        return [("all", whole), *named]

    def plain(self) -> dict[str, object]:
        """For programs: what is NaN is None."""
        return {
            "revision": self.revision,
            "seed": self.seed,
            "days": self.days,
            "visitors": self.visitors,
            "kept_by_bot": self.kept_by_bot,
            "total": plain(self.total()),
            "groups": {group: plain(self.of_group(group)) for group in self.groups},
            "waits_told": {name: _known(bands.figures()) for name, bands in self.lines()},
            "recorded": None if self.recorded is None else plain(self.recorded.total),
            "elsewhere": self.elsewhere,
            "hours": [
                {"group": group, "hour": hour, **plain(tally)}
                for (group, hour), tally in sorted(self.cells.items())
            ],
        }


def merged(tallies: Iterable[Tally]) -> Tally:
    total = Tally()
    for tally in tallies:
        total.add(tally)
    return total


def plain(tally: Tally) -> dict[str, object]:
    return _known(tally.figures()) | {"failures": dict(sorted(tally.failed.items()))}


def _known(figures: Mapping[str, float]) -> dict[str, object]:
    return {name: None if math.isnan(value) else round(value, 4) for name, value in figures.items()}
