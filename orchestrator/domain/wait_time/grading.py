"""How a line's quoted bands turn out: the share of waits below p50 and below p90, and the error.

Visitors who wait at the same time wait for the same conversations to end, so their bands are right or wrong together.
Whoever has n ahead shares all but one of n + 1 ends with a neighbour, and is taken for 1 / (n + 1) of an independent
piece of evidence; the forecast's shape stands for n + 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from orchestrator.domain.wait_time.censored import CensoredScores
from orchestrator.domain.wait_time.settings import WaitSettings
from orchestrator.domain.wait_time.terms import Grade, WaitBand

_PARTS = 8
_EDGES = tuple(i / _PARTS for i in range(1, 2 * _PARTS + 1))
"""Eighths of the way to p50, and on to p90: who gave up half way counts among those who got that far."""
_P50, _P90 = _EDGES.index(1.0), _EDGES.index(2.0)


class Grading:
    """Mutable; one a line."""

    def __init__(self, settings: WaitSettings) -> None:
        self._settings = settings
        self._scores = CensoredScores(_EDGES, settings.grade_memory, (0.0,) * (len(_EDGES) + 1))
        self._evidence = 0.0
        self._graded = 0.0
        self._errors = 0.0
        self._read()

    def add(self, band: WaitBand, shape: float, waited: float, *, gave_up: bool) -> None:
        """A visitor to whom ``band`` was forecast left the line."""
        keep = 1.0 - 1.0 / self._settings.grade_memory
        self._scores.add(_position(band, waited), censored=gave_up)
        self._evidence = self._evidence * keep + 1.0 / max(1.0, shape)
        if not gave_up or waited > band.p50:
            self._graded = self._graded * keep + 1.0
            self._errors = self._errors * keep + abs(waited - band.p50)
        self._read()

    def _read(self) -> None:
        weight = self._scores.weight
        if weight <= 0:
            self.grade = Grade(0.0, None, None, None, reliable=True)
            return
        above = self._scores.above()
        below50, below90 = 1.0 - above[_P50], 1.0 - above[_P90]
        known = weight >= self._settings.enough_graded
        self.grade = Grade(
            weight,
            below50,
            below90,
            self._errors / self._graded if self._graded > 0 else None,
            reliable=not (known and (self._is_off(below50, 0.5) or self._is_off(below90, 0.9))),
        )

    def _is_off(self, share: float, wanted: float) -> bool:
        chance = self._settings.grade_doubt * sqrt(wanted * (1.0 - wanted) / self._evidence)
        return abs(share - wanted) > max(self._settings.tolerance, chance)

    def snapshot(self) -> list[list[float]]:
        return [[self._evidence, self._graded, self._errors], *self._scores.snapshot()]

    def restore(self, stored: Sequence[Sequence[float]]) -> None:
        (self._evidence, self._graded, self._errors), *scores = stored
        self._scores.restore(scores)
        self._read()


def _position(band: WaitBand, waited: float) -> float:
    """0 at once, 1 at p50, 2 at p90; a wait as long as quoted counts as below."""
    if waited <= band.p50:
        return 0.999 * waited / band.p50 if band.p50 > 0 else 0.0
    if waited <= band.p90:
        return 1.0 + 0.999 * (waited - band.p50) / (band.p90 - band.p50)
    return 3.0
