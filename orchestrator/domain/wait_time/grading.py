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
    """Mutable; one a line.

    A line is not reliable once a share is out of tolerance by more than chance. It is then graded anew, and reliable
    again once both shares are within tolerance.
    """

    def __init__(self, settings: WaitSettings) -> None:
        self._settings = settings
        self._reliable = True
        self._start()
        self._read()

    def _start(self) -> None:
        self._scores = CensoredScores(_EDGES, self._settings.grade_memory, (0.0,) * (len(_EDGES) + 1))
        self._evidence = 0.0
        self._graded = 0.0
        self._errors = 0.0

    def add(self, band: WaitBand, shape: float, waited: float, *, gave_up: bool) -> bool:
        """A visitor to whom ``band`` was forecast left the line. True: bands have been wrong, recalibrate."""
        keep = 1.0 - 1.0 / self._settings.grade_memory
        self._scores.add(_position(band, waited), censored=gave_up)
        self._evidence = self._evidence * keep + 1.0 / max(1.0, shape)
        if not gave_up or waited > band.p50:
            self._graded = self._graded * keep + 1.0
            self._errors = self._errors * keep + abs(waited - band.p50)
        below50, below90 = self._read()
        if self._scores.weight < self._settings.enough_graded:
            return False
        off50, off90 = abs(below50 - 0.5), abs(below90 - 0.9)
        wrong = off50 > self._allowed(0.5) or off90 > self._allowed(0.9)
        if wrong:
            self._reliable = False
            self._start()
        elif max(off50, off90) <= self._settings.tolerance:
            self._reliable = True
        self._read()
        return wrong

    def _read(self) -> tuple[float, float]:
        weight = self._scores.weight
        if weight <= 0:
            self.grade = Grade(0.0, None, None, None, self._reliable)
            return 0.5, 0.9
        above = self._scores.above()
        below50, below90 = 1.0 - above[_P50], 1.0 - above[_P90]
        error = self._errors / self._graded if self._graded > 0 else None
        self.grade = Grade(weight, below50, below90, error, self._reliable)
        return below50, below90

    def _allowed(self, share: float) -> float:
        chance = self._settings.grade_doubt * sqrt(share * (1.0 - share) / self._evidence)
        return max(self._settings.tolerance, chance)

    def snapshot(self) -> list[list[float]]:
        return [[self._evidence, self._graded, self._errors, float(self._reliable)], *self._scores.snapshot()]

    def restore(self, stored: Sequence[Sequence[float]]) -> None:
        (self._evidence, self._graded, self._errors, reliable), *scores = stored
        self._reliable = bool(reliable)
        self._scores.restore(scores)
        self._read()


def _position(band: WaitBand, waited: float) -> float:
    """0 at once, 1 at p50, 2 at p90; a wait as long as quoted counts as below."""
    if waited <= band.p50:
        return 0.999 * waited / band.p50 if band.p50 > 0 else 0.0
    if waited <= band.p90:
        return 1.0 + 0.999 * (waited - band.p50) / (band.p90 - band.p50)
    return 3.0
