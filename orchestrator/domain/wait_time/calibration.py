"""What a line's own waits teach about the queue model: a factor on its mean, and the shape of what remains.

Every wait is a score of the distribution that was forecast for it; were the model right, scores would be standard
normal. The quoted quantiles are those at which the observed scores, allowing for who gave up, reach one half and
nine tenths (recalibration of the probability integral transform: Gneiting et al. 2007, Kuleshov et al. 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import cbrt, sqrt
from statistics import NormalDist

from orchestrator.domain.wait_time.censored import CensoredScores
from orchestrator.domain.wait_time.queue_model import Wait, quantile
from orchestrator.domain.wait_time.settings import WaitSettings
from orchestrator.domain.wait_time.terms import Forecast

_NORMAL = NormalDist()
_EDGES = tuple(i / 4 for i in range(-12, 17))
_BELOW = (0.0, *(_NORMAL.cdf(edge) for edge in _EDGES), 1.0)
_PRIOR = tuple(upper - lower for lower, upper in pairwise(_BELOW))
_SLOWEST, _FASTEST = 5.0, 0.2
_LARGEST_RATIO = 10.0
"""A wait that many times as long as forecast has another cause than the model's speed."""


class Calibration:
    """Mutable; one a line."""

    def __init__(self, settings: WaitSettings) -> None:
        self._settings = settings
        self._waits = 0.0
        self._ratios = 0.0
        self._roots = 0.0
        self._rooted_speeds = 0.0
        self._scores = CensoredScores(
            _EDGES, settings.memory, tuple(share * settings.shape_trust for share in _PRIOR)
        )
        self._read()

    def _speed(self) -> float:
        """The factor on the model's mean: 1 unless the evidence is stronger than chance.

        Each visitor's wait ends with one conversation's end, so n visitors know the speed as well as n ends do, with a
        variance of 1/n. The difference from 1 is shrunk by as much (the positive-part estimator of James and Stein).
        """
        if self._waits <= 0:
            return 1.0
        off = self._ratios / self._waits - 1.0
        doubt = self._settings.speed_doubt / self._waits
        if off * off <= doubt:
            return 1.0
        return min(_SLOWEST, max(_FASTEST, 1.0 + off * (1.0 - doubt / (off * off))))

    @property
    def waits(self) -> float:
        """How many waits it looks back on."""
        return self._waits

    def add(self, forecast: Forecast, waited: float, *, gave_up: bool) -> None:
        """A visitor left the line, ``gave_up`` if not to an agent: the wait would have been longer."""
        expected = Wait(forecast.model * forecast.speed, forecast.shape)
        score = expected.score(waited)
        self._scores.add(score, censored=gave_up)
        if gave_up:
            # The median of the waits that are longer still.
            share = (1.0 + _NORMAL.cdf(min(score, _EDGES[-1]))) / 2.0
            waited = max(waited, quantile(expected.mean, expected.shape, _NORMAL.inv_cdf(share)))
        root = sqrt(forecast.shape)
        self._fade_sums(1.0 - 1.0 / self._settings.memory)
        self._waits += 1.0
        self._ratios += min(_LARGEST_RATIO, waited / forecast.model)
        self._roots += root
        self._rooted_speeds += root * cbrt(forecast.speed)
        self._read()

    def fade(self) -> None:
        """What was learnt has turned out to be wrong: let the waits that follow soon outweigh it."""
        self._scores.fade(self._settings.recalibrated)
        self._fade_sums(self._settings.recalibrated)
        self._read()

    def _fade_sums(self, factor: float) -> None:
        self._waits *= factor
        self._ratios *= factor
        self._roots *= factor
        self._rooted_speeds *= factor

    def _read(self) -> None:
        self.speed = self._speed()
        # The scores were taken at the speeds of their time. At today's they would be others, by as much on average;
        # without this, what the speed has meanwhile learnt would be put right twice.
        since = 3.0 * (self._rooted_speeds / cbrt(self.speed) - self._roots)
        shift = since / (self._waits + self._settings.shape_trust)
        self.z50, self.z90 = (score + shift for score in self._scores.quantiles(0.5, 0.9))

    def snapshot(self) -> list[list[float]]:
        return [[self._waits, self._ratios, self._roots, self._rooted_speeds], *self._scores.snapshot()]

    def restore(self, stored: Sequence[Sequence[float]]) -> None:
        (self._waits, self._ratios, self._roots, self._rooted_speeds), *scores = stored
        self._scores.restore(scores)
        self._read()
