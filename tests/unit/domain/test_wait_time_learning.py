"""What is learnt from handled conversations and from waits, those that were given up included."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from orchestrator.domain.wait_time.calibration import Calibration
from orchestrator.domain.wait_time.censored import CensoredScores
from orchestrator.domain.wait_time.grading import Grading
from orchestrator.domain.wait_time.handling import HandleTimes
from orchestrator.domain.wait_time.patience import Patience
from orchestrator.domain.wait_time.queue_model import quantile
from orchestrator.domain.wait_time.settings import WaitSettings
from orchestrator.domain.wait_time.terms import Forecast, WaitBand

SETTINGS = WaitSettings()
STEADY = WaitSettings(memory=20_000, grade_memory=20_000)
BAND = WaitBand(69.3147, 230.2585)
"""The quantiles of an exponential wait of 100 s."""


# -- handle times -----------------------------------------------------------------------------------------


def test_hours_that_differ_are_told_apart() -> None:
    times, chance = HandleTimes(), random.Random(1)
    for _ in range(2000):
        times.add(9, chance.expovariate(1 / 300))
        times.add(15, chance.expovariate(1 / 600))
    assert times.mean(9, 450.0, 20.0) == pytest.approx(300, rel=0.1)
    assert times.mean(15, 450.0, 20.0) == pytest.approx(600, rel=0.1)
    assert times.mean(3, 450.0, 20.0) == pytest.approx(450, rel=0.1), "an hour without data: the line's mean"


def test_hours_that_differ_by_chance_alone_are_hardly_told_apart() -> None:
    times, chance = HandleTimes(), random.Random(2)
    for hour in range(24):
        for _ in range(5):
            times.add(hour, chance.expovariate(1 / 300))
    raw = [cell.mean for cell in times.hours]
    shrunk = [times.mean(hour, 300.0, 20.0) for hour in range(24)]
    assert max(shrunk) - min(shrunk) < 0.3 * (max(raw) - min(raw))


def test_a_line_with_few_conversations_leans_on_its_channel() -> None:
    times = HandleTimes()
    for _ in range(5):
        times.add(10, 900.0)
    assert times.mean(10, 300.0, 20.0) == pytest.approx((5 * 900 + 20 * 300) / 25)
    assert HandleTimes().mean(10, 300.0, 20.0) == 300.0


def test_old_conversations_fade() -> None:
    times = HandleTimes()
    for _ in range(100):
        times.add(10, 300.0)
    times.fade(0.01)
    for _ in range(9):
        times.add(10, 900.0)
    assert times.mean(10, 0.0, 0.0) == pytest.approx((300 + 9 * 900) / 10)


def test_dispersion_is_that_of_the_handle_times_and_bounded() -> None:
    regular, wild, chance = HandleTimes(), HandleTimes(), random.Random(3)
    for _ in range(1000):
        regular.add(10, chance.gammavariate(4, 100))
        wild.add(10, 10_000_000.0 if chance.random() < 0.001 else 1.0)
    assert regular.dispersion(20.0) == pytest.approx(0.25, abs=0.05)
    assert wild.dispersion(20.0) <= 4.0
    assert HandleTimes().dispersion(20.0) == 1.0


# -- patience ---------------------------------------------------------------------------------------------


def test_who_was_answered_early_did_not_give_up_late() -> None:
    """Patience of 200 s on average, but most are answered before: the mean of those who gave up is far too short."""
    patience, chance = Patience(), random.Random(4)
    gone: list[float] = []
    for _ in range(5000):
        limit, offered = chance.expovariate(1 / 200), chance.expovariate(1 / 60)
        patience.add(min(limit, offered), gave_up=limit < offered)
        gone += [limit] if limit < offered else []
    assert sum(gone) / len(gone) < 60
    assert patience.still_there(0.0, 100.0) == pytest.approx(0.6065, abs=0.03)
    assert patience.still_there(50.0, 100.0) == pytest.approx(0.6065, abs=0.05)


def test_the_rate_of_giving_up_may_change_with_the_wait() -> None:
    patience, chance = Patience(), random.Random(5)
    for _ in range(5000):
        limit = chance.uniform(0, 30) if chance.random() < 0.5 else 2000.0
        patience.add(min(limit, 600.0), gave_up=limit < 600)
    assert patience.still_there(0.0, 30.0) == pytest.approx(0.5, abs=0.05)
    assert patience.still_there(60.0, 300.0) > 0.95


def test_nobody_gives_up_where_nobody_ever_did() -> None:
    patience = Patience()
    assert patience.still_there(0.0, 1e6) == 1.0
    patience.add(5000.0, gave_up=False)
    assert patience.still_there(0.0, 1e6) == 1.0


# -- scores that are only known to be larger --------------------------------------------------------------


def test_the_product_limit_estimator() -> None:
    """Six scores by hand: 1, 2, 3+, 4, 5+, 6 -> above 2.5: 4/6; above 4.5: 4/6 * 2/3."""
    scores = CensoredScores((1.5, 2.5, 3.5, 4.5, 5.5), 1e12, (0.0,) * 6)
    for score, censored in ((1, False), (2, False), (3, True), (4, False), (5, True), (6, False)):
        scores.add(score, censored=censored)
    above = scores.above()
    assert above[1] == pytest.approx(4 / 6)
    assert above[3] == pytest.approx(4 / 6 * 2 / 3)
    assert scores.quantiles(0.3) == pytest.approx([2.3])


def test_without_scores_the_prior_speaks() -> None:
    scores = CensoredScores((0.0, 1.0), 100.0, (50.0, 40.0, 10.0))
    assert scores.quantiles(0.5, 0.9, 0.7) == pytest.approx([0.0, 1.0, 0.5])


# -- calibration ------------------------------------------------------------------------------------------


def quoted(calibration: Calibration, model: float = 100.0, shape: float = 1.0) -> Forecast:
    mean = model * calibration.speed
    band = WaitBand(quantile(mean, shape, calibration.z50), quantile(mean, shape, calibration.z90))
    return Forecast(band, band, model, calibration.speed, shape)


def test_a_model_that_is_right_is_left_alone() -> None:
    calibration, chance = Calibration(SETTINGS), random.Random(6)
    for _ in range(3000):
        calibration.add(quoted(calibration), chance.expovariate(1 / 100), gave_up=False)
    assert calibration.speed == pytest.approx(1.0, abs=0.03)
    band = quoted(calibration).band
    assert band is not None
    assert band.p50 == pytest.approx(BAND.p50, rel=0.1)
    assert band.p90 == pytest.approx(BAND.p90, rel=0.1)


@pytest.mark.parametrize("factor", [0.6, 1.6])
def test_a_model_that_is_wrong_by_a_factor_is_put_right_within_some_hundred_waits(factor: float) -> None:
    calibration, chance = Calibration(SETTINGS), random.Random(7)
    for _ in range(600):
        calibration.add(quoted(calibration), factor * chance.expovariate(1 / 100), gave_up=False)
    band = quoted(calibration).band
    assert band is not None
    assert band.p50 == pytest.approx(factor * BAND.p50, rel=0.15)
    assert band.p90 == pytest.approx(factor * BAND.p90, rel=0.15)


def test_a_few_waits_prove_nothing() -> None:
    calibration = Calibration(SETTINGS)
    for waited in (180.0, 150.0, 200.0):
        calibration.add(quoted(calibration), waited, gave_up=False)
    assert calibration.speed == 1.0


def test_a_wrong_shape_is_put_right() -> None:
    """Waits of which nine in ten lie near 100 s, forecast as exponential."""
    calibration, chance = Calibration(SETTINGS), random.Random(8)
    for _ in range(4000):
        calibration.add(quoted(calibration), chance.gauss(100, 5), gave_up=False)
    band = quoted(calibration).band
    assert band is not None
    assert band.p50 == pytest.approx(100, rel=0.1)
    assert band.p90 == pytest.approx(106, rel=0.15)


def test_who_gave_up_does_not_make_waits_look_short() -> None:
    calibration, chance = Calibration(STEADY), random.Random(9)
    for _ in range(6000):
        wait, limit = 1.5 * chance.expovariate(1 / 100), chance.expovariate(1 / 150)
        calibration.add(quoted(calibration), min(wait, limit), gave_up=limit < wait)
    band = quoted(calibration).band
    assert band is not None
    assert band.p50 == pytest.approx(1.5 * BAND.p50, rel=0.1)
    assert band.p90 == pytest.approx(1.5 * BAND.p90, rel=0.12)


# -- the grade --------------------------------------------------------------------------------------------


def test_a_right_band_gets_a_good_grade_although_half_give_up() -> None:
    grading, chance = Grading(STEADY), random.Random(10)
    answered: list[float] = []
    for _ in range(8000):
        wait, limit = chance.expovariate(1 / 100), chance.expovariate(1 / 100)
        grading.add(BAND, 1.0, min(wait, limit), gave_up=limit < wait)
        answered += [wait] if wait < limit else []
    naive = sum(wait <= BAND.p50 for wait in answered) / len(answered)
    assert naive > 0.7, "those who were answered had the shorter waits"
    grade = grading.grade
    assert grade.share_below_p50 == pytest.approx(0.5, abs=0.03)
    assert grade.share_below_p90 == pytest.approx(0.9, abs=0.02)
    assert grade.reliable


@pytest.mark.parametrize("factor", [0.6, 1.6])
def test_a_wrong_band_is_not_reliable_until_it_is_put_right(factor: float) -> None:
    grading, chance = Grading(SETTINGS), random.Random(11)
    for _ in range(99):
        grading.add(BAND, 1.0, factor * chance.expovariate(1 / 100), gave_up=False)
    assert grading.grade.reliable, "not enough waits to tell"
    for _ in range(400):
        grading.add(BAND, 1.0, factor * chance.expovariate(1 / 100), gave_up=False)
    assert not grading.grade.reliable
    for _ in range(4000):
        grading.add(BAND, 1.0, chance.expovariate(1 / 100), gave_up=False)
    assert grading.grade.reliable


def test_visitors_who_waited_together_are_little_evidence() -> None:
    """Forty visitors who wait for the same conversations to end were wrong once, not forty times."""
    grading = Grading(SETTINGS)
    for _ in range(150):
        grading.add(BAND, 40.0, 300.0, gave_up=False)
    assert grading.grade.share_below_p90 == 0.0
    assert grading.grade.reliable is False, "never right at all is too much for chance"
    mixed = Grading(SETTINGS)
    for i in range(150):
        mixed.add(BAND, 40.0, 50.0 if i % 10 < 3 else 100.0, gave_up=False)
    assert mixed.grade.reliable


def test_the_error_is_the_distance_from_p50_as_far_as_it_is_known() -> None:
    grading = Grading(replace(SETTINGS, grade_memory=1e12))
    grading.add(BAND, 1.0, BAND.p50 + 30, gave_up=False)
    grading.add(BAND, 1.0, BAND.p50 - 10, gave_up=False)
    grading.add(BAND, 1.0, BAND.p50 + 50, gave_up=True)
    grading.add(BAND, 1.0, 1.0, gave_up=True)
    assert grading.grade.error == pytest.approx(30.0)
    assert grading.grade.n == pytest.approx(4.0)


def test_nothing_waited_for_is_no_grade() -> None:
    grade = Grading(SETTINGS).grade
    assert (grade.n, grade.share_below_p50, grade.share_below_p90, grade.error) == (0.0, None, None, None)
    assert grade.reliable
