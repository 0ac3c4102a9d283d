"""Two policies under the same load: what the difference is, and how sure that is.

Each replication has its own seed, and both policies meet the same visitors in it (common random numbers), so that
what differs is the policies' doing. The interval is the paired t interval (Law, Simulation
Modeling and Analysis, ch. 10).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from orchestrator.simulation.plan import Plan
from orchestrator.simulation.results import Results, Tally
from orchestrator.simulation.run import play
from rules.policy import Policy

# Student's t for 95 % two-sided, by degrees of freedom from 1 on; beyond these the last will do.
_T95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Delta:
    """The other policy minus the first: the mean over replications, within ± ``half`` with 95 % confidence."""

    scope: str
    figure: str
    first: float
    other: float
    mean: float
    half: float

    @property
    def certain(self) -> bool:
        """Whether the interval leaves out 0."""
        return not math.isnan(self.half) and abs(self.mean) > self.half


def replicate(
    policies: Sequence[Policy],
    plan: Callable[[int], Plan],
    *,
    seed: int,
    times: int,
    told: Callable[[], None] = lambda: None,
) -> list[tuple[Results, ...]]:
    """Each policy under each seed from ``seed`` on; ``plan`` is made of a seed, ``told`` is called after every run."""
    runs: list[tuple[Results, ...]] = []
    for number in range(seed, seed + times):
        planned, row = plan(number), list[Results]()
        for policy in policies:
            row.append(play(policy, planned, seed=number))
            told()
        runs.append(tuple(row))
    return runs


def deltas(runs: Sequence[tuple[Results, ...]]) -> list[Delta]:
    """In all, and for each group that both policies have."""
    scopes: list[tuple[str, Callable[[Results], Tally]]] = [("all", Results.total)]
    groups = set.intersection(*(set(one.groups) for row in runs for one in row))
    scopes += [(group, lambda one, group=group: one.of_group(group)) for group in sorted(groups)]
    found: list[Delta] = []
    for scope, tally in scopes:
        figures = [tuple(tally(one).figures() for one in row) for row in runs]
        for name in figures[0][0]:
            pairs = [(first[name], other[name]) for first, other in figures]
            known = [pair for pair in pairs if not any(map(math.isnan, pair))]
            if known:
                found.append(_delta(scope, name, known))
    return found


def told_of(found: Sequence[Delta]) -> list[Delta]:
    """Those worth telling: of a single group, what is said of all is said of it."""
    groups = {one.scope for one in found} - {"all"}
    return [one for one in found if len(groups) > 1 or one.scope == "all"]


def _delta(scope: str, name: str, pairs: Sequence[tuple[float, float]]) -> Delta:
    differences = [other - first for first, other in pairs]
    half = math.nan
    if len(differences) > 1:
        t = _T95[min(len(differences) - 2, len(_T95) - 1)]
        half = t * statistics.stdev(differences) / math.sqrt(len(differences))
    return Delta(
        scope,
        name,
        statistics.fmean(first for first, _ in pairs),
        statistics.fmean(other for _, other in pairs),
        statistics.fmean(differences),
        half,
    )
