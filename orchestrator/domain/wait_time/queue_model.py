"""The waits of all places in a line, as Gamma distributions.

A visitor with n ahead waits for n + 1 slots to end a conversation, less those ahead who give up (Whitt 1999; as QLap in
Ibrahim and Whitt 2009, with the rate of giving up by age). The places are walked from the head on: after t seconds
the one who is next in line is still there with probability S, and then takes one conversation's work,

    t(0) = 0,    work(x + 1) = work(x) + S(x, t(x)) * handle time,    t(x) = Capacity.time_for(work(x)).

So all places are seen by one walk, and nobody further back is promised less.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, sqrt

from orchestrator.domain.wait_time.capacity import Capacity
from orchestrator.domain.wait_time.patience import Patience

_MOST_AHEAD = 1_000_000


def _stops() -> tuple[int, ...]:
    stops = [0]
    while stops[-1] < _MOST_AHEAD:
        stops.append(stops[-1] + max(1, stops[-1] // 4))
    return tuple(stops)


STOPS = _stops()
"""The places at which the walk stops: all up to 8, then each a quarter further. In between, waits grow straight."""


def quantile(mean: float, shape: float, z: float) -> float:
    """A Gamma distribution's value at a normal score: its cube root is about normal (Wilson and Hilferty 1931).

    ``shape`` is the squared mean over the variance.
    """
    root = 1.0 - 1.0 / (9.0 * shape) + z / (3.0 * sqrt(shape))
    return mean * root * root * root if root > 0.0 else 0.0


@dataclass(frozen=True, slots=True)
class Wait:
    """A Gamma distribution of seconds, by its mean and its shape: squared mean over variance."""

    mean: float
    shape: float

    def score(self, seconds: float) -> float:
        """The standard normal score of a wait: the inverse of `quantile`."""
        root = (seconds / self.mean) ** (1.0 / 3.0)
        return 3.0 * sqrt(self.shape) * (root - 1.0 + 1.0 / (9.0 * self.shape))


@dataclass(frozen=True, slots=True)
class QueueModel:
    """A line of ``waiting`` visitors whose first has waited ``head_waited`` seconds.

    ``handle``: mean seconds a conversation holds a slot. ``dispersion``: the variance of these over the squared mean.
    ``reaction``: mean seconds an agent takes to accept, which are waited for at the end.
    """

    waiting: int
    head_waited: float
    handle: float
    dispersion: float
    patience: Patience
    capacity: Capacity
    reaction: float = 0.0

    def walk(self) -> Iterator[tuple[float, float]]:
        """Mean and shape of the wait at each of `STOPS`, from the head on."""
        slots, handle, time_for = self.capacity.slots, self.handle, self.capacity.time_for
        until_next = handle / slots
        t, work, variance, here = 0.0, 0.0, 0.0, 0
        for stop in STOPS:
            step = stop - here
            if step:
                middle = here + (step - 1) / 2
                age = self.head_waited * max(0.0, 1.0 - middle / self.waiting) if self.waiting else 0.0
                work += step * self.patience.still_there(age, t, until_next) * handle
                later = time_for(work)
                variance += (later - t) ** 2 / step
                t, here = later, stop
            own = time_for(work + handle) - t
            mean = t + own + self.reaction
            # The ends of conversations in many slots are as random as arrivals at first, and as regular as the
            # conversations themselves in the long run (superposed renewals).
            regular = 1.0 + (self.dispersion - 1.0) * (1.0 - exp(-here / slots))
            yield mean, mean * mean / ((variance + own * own) * regular + self.reaction**2)
