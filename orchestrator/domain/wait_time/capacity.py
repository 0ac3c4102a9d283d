"""How much work of one line its agents do, when some of them also serve other lines.

*First come, first served among those an agent may take* is solved as a fluid. Another line's visitors who rank ahead
cost us nothing while agents serve them whom our line cannot use; only what these cannot do in the time falls upon
the agents we share. So an agent in two groups counts for each by the demand there is: wholly for ours as long as nobody
else ranks ahead, not at all while the other line's visitors have waited longer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.domain.wait_time.terms import Line
from orchestrator.domain.wait_time.view import Pool

_FEWEST_SLOTS = 1e-6


@dataclass(frozen=True, slots=True)
class Capacity:
    """Work done for a line: ``work[i]`` slot-seconds by ``times[i]``; after the last, by all its ``slots``."""

    times: tuple[float, ...]
    work: tuple[float, ...]
    slots: float

    def time_for(self, work: float) -> float:
        """Seconds until this much work of the line is done; grows with ``work``."""
        times, done = self.times, self.work
        for i in range(1, len(times)):
            if work <= done[i]:
                return times[i - 1] + (times[i] - times[i - 1]) * (work - done[i - 1]) / (
                    done[i] - done[i - 1]
                )
        return times[-1] + (work - done[-1]) / self.slots


@dataclass(frozen=True, slots=True)
class _Rival:
    """Another line's work ahead: ``elsewhere`` slots do what they can of it, the ``shared`` ones the rest."""

    work: float
    elsewhere: float
    shared: float

    def rest(self, t: float) -> float:
        """What is left for the shared slots after t seconds, in seconds of all of them."""
        return max(0.0, self.work - self.elsewhere * t) / self.shared


def capacity_of(line: Line, pools: Sequence[Pool], ahead: Mapping[Line, float]) -> Capacity | None:
    """The work done for ``line``; ``ahead`` is the work in slot-seconds of other lines' visitors who rank ahead.

    None when no slot serves the line.
    """
    pools = [pool for pool in pools if pool.slots >= _FEWEST_SLOTS]
    serving = [pool for pool in pools if line in pool.lines]
    if not serving:
        return None
    total = sum(pool.slots for pool in serving)
    rivals: dict[Line, _Rival] = {}
    for other, work in ahead.items():
        shared = sum(pool.slots for pool in serving if other in pool.lines)
        if other != line and work > 0 and shared > 0:
            elsewhere = sum(p.slots for p in pools if other in p.lines and line not in p.lines)
            rivals[other] = _Rival(work, elsewhere, shared)
    if not rivals:
        return Capacity((0.0,), (0.0,), total)
    contested = [(pool.slots, [rivals[other] for other in rivals if other in pool.lines]) for pool in serving]
    times = {0.0}
    times.update(rival.work / rival.elsewhere for rival in rivals.values() if rival.elsewhere > 0)
    times.update(_turn(wanted) for _, wanted in contested if wanted)
    ordered = sorted(times)
    done = [
        sum(slots * max(0.0, t - sum(rival.rest(t) for rival in wanted)) for slots, wanted in contested)
        for t in ordered
    ]
    return _without_standstill(ordered, done, total)


def _turn(rivals: Sequence[_Rival]) -> float:
    """When the agents shared with these rivals first have time for our line."""
    active: list[_Rival] = list(rivals)
    while active:
        t = sum(r.work / r.shared for r in active) / (1 + sum(r.elsewhere / r.shared for r in active))
        still: list[_Rival] = [r for r in active if r.work > r.elsewhere * t]
        if len(still) == len(active):
            return t
        active = still
    return 0.0


def _without_standstill(times: Sequence[float], work: Sequence[float], slots: float) -> Capacity:
    """Of moments with the same work done only the last counts: `Capacity.time_for` divides by the difference."""
    kept_times: list[float] = []
    kept_work: list[float] = []
    for t, done in zip(times, work, strict=True):
        if kept_work and done <= kept_work[-1]:
            kept_times[-1] = t
        else:
            kept_times.append(t)
            kept_work.append(done)
    return Capacity(tuple(kept_times), tuple(kept_work), slots)
