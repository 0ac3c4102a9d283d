"""What a simulated day came to: per group and hour, and in all."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


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


@dataclass(slots=True)
class Results:
    """``visitors``: how many came; ``kept_by_bot``: the bot alone served them."""

    revision: str
    seed: int
    days: int
    visitors: int = 0
    kept_by_bot: int = 0
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
    figures: Mapping[str, float] = tally.figures()
    values: dict[str, object] = {
        name: None if math.isnan(value) else round(value, 4) for name, value in figures.items()
    }
    return values | {"failures": dict(sorted(tally.failed.items()))}
