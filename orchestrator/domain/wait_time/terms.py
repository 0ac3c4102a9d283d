"""The words of a wait estimate: a line, a band, why there is none, and the grade of past bands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Channel = Literal["chat", "video"]
UnknownReason = Literal["closed", "no_agents", "thin_data", "not_reliable"]


@dataclass(frozen=True, slots=True)
class Line:
    """The visitors who wait for the agents of one group on one channel."""

    group: str
    channel: Channel


@dataclass(frozen=True, slots=True)
class WaitBand:
    """Seconds from now until an agent answers: half of the waits are below ``p50``, nine in ten below ``p90``."""

    p50: float
    p90: float


@dataclass(frozen=True, slots=True)
class Unknown:
    """No honest number can be given.

    ``closed``: the group is outside its hours. ``no_agents``: nobody on duty serves the line. ``thin_data``: too few
    conversations were handled, or too few visitors have waited, to know. ``not_reliable``: the line's recent bands were
    wrong too often.
    """

    reason: UnknownReason


Estimate = WaitBand | Unknown


@dataclass(frozen=True, slots=True)
class Forecast:
    """An estimate with what it was made of, kept from a visitor's entry to their answer.

    ``band`` is there even when the estimate withholds it. ``model`` is the queue model's mean wait in seconds, 0 when
    there is none; ``speed`` the learnt factor on it; ``shape`` that of the Gamma distribution around their product.
    With ``slot_free`` there was nothing to wait for but an agent's reaction.
    """

    estimate: Estimate
    band: WaitBand | None = None
    model: float = 0.0
    speed: float = 1.0
    shape: float = 1.0
    slot_free: bool = False

    @staticmethod
    def stored(p50: float, p90: float) -> Forecast:
        """What a stored record of a wait remembers of its forecast: enough for a grade, not for calibration."""
        band = WaitBand(p50, p90)
        return Forecast(band, band)


@dataclass(frozen=True, slots=True)
class Grade:
    """How the bands of visitors who had to wait compare with their waits; recent ones count most.

    The shares allow for those who gave up. ``n`` is the evidence in visitors, ``error`` the mean distance between wait
    and p50 in seconds; without evidence shares and error are None. A line that is not ``reliable`` gets no band.
    """

    n: float
    share_below_p50: float | None
    share_below_p90: float | None
    error: float | None
    reliable: bool
