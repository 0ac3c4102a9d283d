"""Shares of scores below a value, when some scores are only known to be larger than theirs.

A visitor who gave up after C seconds would have waited longer than C. The product-limit estimator (Kaplan and Meier
1958) spreads such a visitor over those who lasted longer. Here over fixed bins, the recent counting most, with a prior.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class CensoredScores:
    """Scores ``known`` and scores that are ``larger``, in the bins between ``edges`` and beyond them.

    ``memory`` is the number of scores looked back on, ``prior`` the weight in each bin beforehand.
    """

    edges: tuple[float, ...]
    memory: float
    prior: tuple[float, ...]
    known: list[float] = field(default_factory=list[float])
    larger: list[float] = field(default_factory=list[float])

    def __post_init__(self) -> None:
        self.known = self.known or [0.0] * len(self.prior)
        self.larger = self.larger or [0.0] * len(self.prior)

    @property
    def weight(self) -> float:
        return sum(self.known) + sum(self.larger)

    def add(self, score: float, *, censored: bool) -> None:
        self.fade(1.0 - 1.0 / self.memory)
        (self.larger if censored else self.known)[bisect_right(self.edges, score)] += 1.0

    def fade(self, factor: float) -> None:
        self.known = [count * factor for count in self.known]
        self.larger = [count * factor for count in self.larger]

    def above(self) -> list[float]:
        """The share of scores above each edge."""
        at_risk = self.weight + sum(self.prior)
        share, shares = 1.0, list[float]()
        for prior, known, larger in zip(self.prior[:-1], self.known, self.larger, strict=False):
            # Who gave up inside a bin was at risk for half of it (the actuarial estimate).
            exposed = at_risk - larger / 2
            share *= max(0.0, 1.0 - (prior + known) / exposed) if exposed > 0 else 1.0
            shares.append(share)
            at_risk -= prior + known + larger
        return shares

    def quantiles(self, *shares_below: float) -> list[float]:
        """The scores that these shares are below, straight between the edges and never beyond them."""
        above = self.above()
        return [self._quantile(above, p) for p in shares_below]

    def _quantile(self, above: Sequence[float], p: float) -> float:
        before, edge_before = 1.0, self.edges[0]
        for edge, share in zip(self.edges, above, strict=True):
            if share <= 1.0 - p:
                part = (before - (1.0 - p)) / (before - share) if before > share else 1.0
                return edge_before + (edge - edge_before) * part
            before, edge_before = share, edge
        return self.edges[-1]

    def snapshot(self) -> list[list[float]]:
        return [list(self.known), list(self.larger)]

    def restore(self, stored: Sequence[Sequence[float]]) -> None:
        self.known, self.larger = list(stored[0]), list(stored[1])
