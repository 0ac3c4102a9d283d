"""The constants of the estimator. docs/wait-time.md reports what the defaults achieve."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WaitSettings:
    """How long things are remembered, and how much evidence it takes.

    Of what is learnt: ``half_life`` is the age in seconds at which an observation counts half; below
    ``enough_handled`` conversations of a channel nothing is said, nor below ``enough_answered`` answers to visitors for
    whom a slot was free, to those; a wider mean weighs as much as ``trust`` conversations of one's own.

    Of the calibration: below ``enough_waits`` waits of the line the band is withheld, because nobody knows whether the
    model is right here; ``memory`` is how many waits it looks back on; the uncalibrated shape weighs as much as
    ``shape_trust`` waits; a learnt speed counts as far as its square exceeds ``speed_doubt`` times its variance.

    Of the grade: ``grade_memory`` is how many waits it looks back on; from ``enough_graded`` waits on it may withhold
    the band, when a share is further from 0.5 or 0.9 than ``tolerance`` and than ``grade_doubt`` standard errors. Then
    the calibration forgets all but ``recalibrated`` of what it knew, to be ruled by the waits that follow.

    ``most_open`` forecasts are kept of visitors who still wait, and the oldest forgotten.
    """

    half_life: float = 14 * 86_400.0
    enough_handled: float = 20.0
    enough_answered: float = 10.0
    trust: float = 20.0
    enough_waits: float = 20.0
    memory: float = 1000.0
    shape_trust: float = 50.0
    speed_doubt: float = 4.0
    grade_memory: float = 1000.0
    enough_graded: float = 100.0
    tolerance: float = 0.05
    grade_doubt: float = 3.0
    recalibrated: float = 0.3
    most_open: int = 10_000
