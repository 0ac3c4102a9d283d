"""How long a visitor waits for whom a slot is free: until an agent accepts.

People do not react as exponential clocks do: few accept at once, most after some seconds, some let it pass and the next
one is asked. So the quantiles are those observed, over bins that grow by a quarter; only the mean goes into the
model of the queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from orchestrator.domain.wait_time.censored import CensoredScores
from orchestrator.domain.wait_time.terms import WaitBand

_EDGES = (0.0, *(0.25 * 1.25**i for i in range(46)))
"""Seconds: to a quarter of one at first, and up to more than an hour."""
_TRUST = 5.0
_MEMORY = 100.0
"""So many visitors are looked back on: a morning at a desk is another than an afternoon."""
_AT_ONCE = WaitBand(0.0, 0.0)


def _nothing_known() -> CensoredScores:
    return CensoredScores(_EDGES, _MEMORY, (0.0,) * (len(_EDGES) + 1))


@dataclass(slots=True)
class Reaction:
    """``seconds`` waited by visitors for whom a slot was free, and ``answers`` to them, in which old ones fade.

    The mean is all seconds over the number of answers, whoever gave up included. No time at all weighs as much as
    five answers. ``band`` is what was observed.
    """

    seconds: float = 0.0
    answers: float = 0.0
    band: WaitBand = _AT_ONCE
    _waits: CensoredScores = field(default_factory=_nothing_known)

    @property
    def mean(self) -> float:
        return self.seconds / (self.answers + _TRUST)

    def add(self, waited: float, *, gave_up: bool) -> None:
        self.seconds += waited
        self.answers += 0.0 if gave_up else 1.0
        self._waits.add(waited, censored=gave_up)
        self._read()

    def fade(self, factor: float) -> None:
        self.seconds *= factor
        self.answers *= factor
        self._waits.fade(factor)

    def _read(self) -> None:
        if self._waits.weight > 0:
            self.band = WaitBand(*self._waits.quantiles(0.5, 0.9))

    def snapshot(self) -> list[list[float]]:
        return [[self.seconds, self.answers], *self._waits.snapshot()]

    @staticmethod
    def restored(stored: Sequence[Sequence[float]]) -> Reaction:
        (seconds, answers), *waits = stored
        reaction = Reaction(seconds, answers)
        reaction._waits.restore(waits)
        reaction._read()
        return reaction
