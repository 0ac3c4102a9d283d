"""The estimator as the live system drives it: what it says, what it keeps to itself, and what it remembers."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from orchestrator.domain.wait_time import (
    Forecast,
    Line,
    LineView,
    Pool,
    Unknown,
    WaitBand,
    WaitEstimator,
    WaitSettings,
)

T0 = datetime(2026, 1, 5, 9, tzinfo=ZoneInfo("Europe/Paris"))
CHAT, VIDEO, OTHER = Line("advisors", "chat"), Line("advisors", "video"), Line("care", "chat")


def pool(slots: float, free: float = 0.0, *lines: Line) -> Pool:
    return Pool(frozenset(lines or (CHAT,)), slots, free)


def view(ahead: int = 0, *pools: Pool, rivals: Mapping[Line, int] | None = None) -> LineView:
    return LineView(CHAT, ahead, pools or (pool(4),), ahead, 60.0 if ahead else 0.0, rivals or {})


TRUSTING = WaitSettings(enough_waits=0, enough_answered=0)
"""Says what it believes from the first wait on."""


def experienced(handle: float = 400.0, settings: WaitSettings = TRUSTING) -> WaitEstimator:
    """An estimator that knows 200 handle times of the chat line, exponential ones, of this mean."""
    estimator, chance = WaitEstimator(settings), random.Random(1)
    for _ in range(200):
        estimator.served(CHAT, chance.expovariate(1 / handle), T0)
    return estimator


def wait_through(
    estimator: WaitEstimator, name: str, waited: float, seen: LineView | None = None
) -> Forecast:
    forecast = estimator.forecast(seen or view(3), T0)
    estimator.arrived(CHAT, name, forecast)
    estimator.answered(CHAT, name, waited, T0)
    return forecast


# -- what is said -----------------------------------------------------------------------------------------


def test_a_band_grows_with_those_ahead_and_shrinks_with_slots() -> None:
    estimator = experienced()
    bands = [estimator.estimate(view(ahead, pool(slots)), T0) for ahead, slots in ((0, 4), (5, 4), (5, 8))]
    first, sixth, more_slots = (band for band in bands if isinstance(band, WaitBand))
    assert first.p50 == pytest.approx(69, rel=0.25)
    assert first.p50 < first.p90
    assert first.p50 < more_slots.p50 < sixth.p50
    assert first.p90 < more_slots.p90 < sixth.p90


def test_a_free_slot_is_no_wait() -> None:
    assert experienced().estimate(view(0, pool(4, 1)), T0) == WaitBand(0.0, 0.0)


def test_free_slots_are_taken_by_those_ahead_first() -> None:
    estimator = experienced()
    assert estimator.estimate(view(2, pool(4, 2)), T0) == estimator.estimate(
        replace(view(0), waiting=2, head_waited=60.0), T0
    )


def test_a_free_slot_of_others_is_of_no_use() -> None:
    estimator = experienced()
    assert estimator.estimate(view(0, pool(4), pool(2, 2, OTHER)), T0) == estimator.estimate(view(0), T0)


def test_why_nothing_is_said() -> None:
    estimator = experienced()
    assert estimator.estimate(replace(view(), is_open=False), T0) == Unknown("closed")
    assert estimator.estimate(view(0, pool(0)), T0) == Unknown("no_agents")
    assert estimator.estimate(view(0, pool(3, 0, OTHER)), T0) == Unknown("no_agents")
    assert WaitEstimator().estimate(view(), T0) == Unknown("thin_data")
    assert estimator.estimate(replace(view(0, pool(2, 0, VIDEO)), line=VIDEO), T0) == Unknown("thin_data")


def test_a_new_line_leans_on_its_channel() -> None:
    estimator = experienced()
    told = estimator.estimate(replace(view(2, pool(4, 0, OTHER)), line=OTHER), T0)
    known = estimator.estimate(view(2), T0)
    assert isinstance(told, WaitBand)
    assert isinstance(known, WaitBand)
    assert told.p50 == pytest.approx(known.p50, rel=0.1)


def test_agents_shared_with_a_line_that_waited_longer_count_for_less() -> None:
    estimator = experienced()
    mixed = (pool(2), pool(2, 0, CHAT, OTHER))
    alone = estimator.estimate(view(3, *mixed), T0)
    crowded = estimator.estimate(view(3, *mixed, rivals={OTHER: 8}), T0)
    assert isinstance(alone, WaitBand)
    assert isinstance(crowded, WaitBand)
    assert crowded.p50 > 1.3 * alone.p50


def test_the_hour_is_that_of_the_group() -> None:
    estimator, chance = WaitEstimator(TRUSTING), random.Random(2)
    for _ in range(500):
        estimator.served(CHAT, chance.expovariate(1 / 300), T0)
        estimator.served(CHAT, chance.expovariate(1 / 900), T0 + timedelta(hours=6))
    morning = estimator.estimate(view(), T0)
    afternoon = estimator.estimate(view(), T0 + timedelta(hours=6))
    assert isinstance(morning, WaitBand)
    assert isinstance(afternoon, WaitBand)
    assert afternoon.p50 > 2 * morning.p50
    assert estimator.estimate(view(), T0.astimezone(ZoneInfo("Asia/Tokyo"))) != morning


def test_visitors_ahead_who_give_up_shorten_the_wait() -> None:
    patient, hasty = experienced(), experienced()
    for i in range(100):
        patient.answered(CHAT, f"c{i}", 100.0, T0)
        hasty.abandoned(CHAT, f"c{i}", 100.0, T0)
    long, short = patient.estimate(view(12), T0), hasty.estimate(view(12), T0)
    assert isinstance(long, WaitBand)
    assert isinstance(short, WaitBand)
    assert short.p50 < 0.8 * long.p50


def test_who_is_sent_away_has_not_lost_patience() -> None:
    sent, answered = experienced(), experienced()
    for i in range(100):
        sent.abandoned(CHAT, f"c{i}", 100.0, T0, gave_up=False)
        answered.answered(CHAT, f"c{i}", 100.0, T0)
    assert sent.estimate(view(12), T0) == answered.estimate(view(12), T0)


def test_before_anybody_has_waited_nobody_knows_whether_the_model_is_right() -> None:
    estimator, chance = experienced(settings=WaitSettings()), random.Random(8)
    for i in range(20):
        forecast = wait_through(estimator, f"c{i}", chance.gammavariate(4, 100))
        assert forecast.estimate == Unknown("thin_data")
        assert forecast.band is not None, "what is withheld is graded and calibrated all the same"
    wait_through(estimator, "one more", 400.0)
    assert isinstance(estimator.estimate(view(3), T0), WaitBand)


def test_before_anybody_has_accepted_nobody_knows_how_soon_they_do() -> None:
    estimator, free = experienced(settings=WaitSettings()), view(0, pool(4, 1))
    for i in range(10):
        assert wait_through(estimator, f"c{i}", 6.0, free).estimate == Unknown("thin_data")
    told = estimator.estimate(free, T0)
    assert isinstance(told, WaitBand)
    assert 4.5 < told.p50 < 7.5


def test_bands_of_a_grade_are_evidence_too() -> None:
    """Waits that were kept before forecasts were teach no calibration, but they did show whether bands held."""
    estimator, chance = experienced(settings=WaitSettings()), random.Random(9)
    for i in range(25):
        estimator.arrived(CHAT, f"c{i}", Forecast.stored(367.0, 668.0))
        estimator.answered(CHAT, f"c{i}", chance.gammavariate(4, 100), T0)
    assert isinstance(estimator.estimate(view(3), T0), WaitBand)


def test_on_the_first_day_only_short_conversations_can_have_ended() -> None:
    """After ten minutes of conversations of twenty on average, those that ended took less than five."""
    chance = random.Random(10)
    lasting = [chance.expovariate(1 / 1200) for _ in range(2000)]
    estimator = WaitEstimator(TRUSTING)
    for seconds in lasting:
        if seconds <= 600:
            estimator.served(CHAT, seconds, T0)
    running = {CHAT: 600.0 * sum(seconds > 600 for seconds in lasting)}
    knowing = estimator.forecast(replace(view(), running=running), T0)
    assert estimator.forecast(view(), T0).model == pytest.approx(275 / 4, rel=0.1)
    assert knowing.model == pytest.approx(1200 / 4, rel=0.1)


def test_agents_take_a_while_to_accept() -> None:
    estimator, plain, chance = experienced(), experienced(), random.Random(6)
    free = view(0, pool(4, 1))
    for i in range(400):
        wait_through(estimator, f"c{i}", chance.uniform(6, 34), free)
    at_once = estimator.estimate(free, T0)
    assert isinstance(at_once, WaitBand)
    assert at_once.p50 == pytest.approx(20, abs=2), "what was seen, not what an exponential clock would do"
    assert at_once.p90 == pytest.approx(31, abs=2)
    queued, before = estimator.estimate(view(), T0), plain.estimate(view(), T0)
    assert isinstance(queued, WaitBand)
    assert isinstance(before, WaitBand)
    assert queued.p50 > before.p50 + 10
    assert estimator.grade(CHAT).n == 0, "nobody waited for a slot"


# -- how it judges itself ---------------------------------------------------------------------------------


def test_bands_are_graded_and_put_right() -> None:
    """Agents become half as quick as the slots promise: bands go wrong, are withheld, and come back."""
    estimator, chance = experienced(), random.Random(3)
    fresh = estimator.estimate(view(3), T0)
    assert isinstance(fresh, WaitBand)
    said: list[bool] = []
    for i in range(4000):
        forecast = wait_through(estimator, f"c{i}", (1 if i < 1000 else 2) * chance.gammavariate(4, 100))
        said.append(isinstance(forecast.estimate, WaitBand))
    assert all(said[:1000])
    assert said[1000:1600].count(False) > 100, "what is wrong is not said on and on"
    assert all(said[2000:]), "once put right it is said again"
    learnt = estimator.estimate(view(3), T0)
    assert isinstance(learnt, WaitBand)
    assert learnt.p50 == pytest.approx(2 * fresh.p50, rel=0.15)
    grade = estimator.grade(CHAT)
    assert grade.share_below_p50 == pytest.approx(0.5, abs=0.05)
    assert grade.share_below_p90 == pytest.approx(0.9, abs=0.05)


def test_a_withheld_band_is_still_graded() -> None:
    estimator, chance = (
        experienced(settings=replace(TRUSTING, shape_trust=1e12, speed_doubt=1e12)),
        random.Random(4),
    )
    for i in range(500):
        wait_through(estimator, f"c{i}", 5 * chance.gammavariate(4, 100))
    assert estimator.estimate(view(3), T0) == Unknown("not_reliable")
    assert estimator.forecast(view(3), T0).band is not None
    before = estimator.grade(CHAT)
    wait_through(estimator, "next", 100.0)
    assert estimator.grade(CHAT) != before
    assert estimator.estimate(view(0, pool(4, 1)), T0) == WaitBand(0.0, 0.0), "a free slot is a fact"


def test_who_is_answered_in_another_line_would_have_waited_longer_in_this_one() -> None:
    estimator = experienced()
    estimator.arrived(CHAT, "c1", estimator.forecast(view(3), T0))
    estimator.answered(OTHER, "c1", 900.0, T0)
    assert estimator.grade(OTHER).n == 0
    grade = estimator.grade(CHAT)
    assert grade.n == 1
    assert grade.share_below_p90 == 0.0


def test_a_stored_band_is_graded_but_teaches_no_calibration() -> None:
    estimator, before = experienced(), experienced()
    for i in range(200):
        estimator.arrived(CHAT, f"c{i}", Forecast.stored(100.0, 200.0))
        estimator.answered(CHAT, f"c{i}", 150.0, T0)
    grade = estimator.grade(CHAT)
    assert grade.share_below_p50 == 0.0
    assert grade.error == pytest.approx(50.0)
    assert estimator.forecast(view(), T0).band == before.forecast(view(), T0).band


def test_a_wait_without_a_forecast_has_no_grade() -> None:
    estimator = experienced()
    estimator.answered(CHAT, "unseen", 30.0, T0)
    estimator.arrived(CHAT, "c1", Forecast(Unknown("closed")))
    estimator.answered(CHAT, "c1", 30.0, T0)
    assert estimator.grade(CHAT).n == 0


# -- what is kept -----------------------------------------------------------------------------------------


def test_a_snapshot_survives_json() -> None:
    estimator, chance = experienced(), random.Random(5)
    for i in range(300):
        at = T0 + timedelta(hours=i)
        forecast = estimator.forecast(view(i % 7), at)
        estimator.arrived(CHAT, f"c{i}", forecast)
        if i % 3:
            estimator.answered(CHAT, f"c{i}", chance.uniform(0, 500), at)
        elif i % 2:
            estimator.abandoned(CHAT, f"c{i}", chance.uniform(0, 500), at)
        estimator.served(Line("care", "video"), chance.uniform(0, 900), at)
    again = WaitEstimator.restore(json.loads(json.dumps(estimator.snapshot())), TRUSTING)
    assert again.snapshot() == estimator.snapshot()
    for ahead in range(20):
        assert again.forecast(view(ahead), T0) == estimator.forecast(view(ahead), T0)
    for one in (again, estimator):
        one.answered(CHAT, "c0", 10.0, T0)
    assert again.grade(CHAT) == estimator.grade(CHAT)


def test_a_snapshot_of_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="format None, not 2"):
        WaitEstimator.restore({})


def test_forecasts_of_visitors_who_never_leave_are_forgotten() -> None:
    estimator = experienced(settings=WaitSettings(most_open=10))
    for i in range(50):
        estimator.arrived(CHAT, f"c{i}", estimator.forecast(view(), T0))
    assert len(estimator.snapshot()["open"]) == 10
    estimator.answered(CHAT, "c0", 30.0, T0)
    assert estimator.grade(CHAT).n == 0
    estimator.answered(CHAT, "c49", 30.0, T0)
    assert estimator.grade(CHAT).n == 1


def test_a_line_remembers_what_was_last_month_less_than_today() -> None:
    estimator = experienced(handle=400.0)
    for _ in range(100):
        estimator.served(CHAT, 1200.0, T0 + timedelta(days=70))
    told = estimator.forecast(view(), T0 + timedelta(days=70))
    assert told.model == pytest.approx(1200 / 4, rel=0.1)


def test_a_moment_needs_a_time_zone() -> None:
    naive = datetime(2026, 1, 5, 9)  # noqa: DTZ001
    with pytest.raises(ValueError, match="time zone"):
        WaitEstimator().estimate(view(), naive)
    with pytest.raises(ValueError, match="time zone"):
        WaitEstimator().served(CHAT, 1.0, naive)


@pytest.mark.parametrize("seconds", [float("nan"), float("inf")])
def test_a_duration_is_finite(seconds: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        WaitEstimator().served(CHAT, seconds, T0)
    with pytest.raises(ValueError, match="finite"):
        WaitEstimator().answered(CHAT, "c1", seconds, T0)


def test_a_clock_that_was_set_is_no_disaster() -> None:
    estimator = experienced()
    estimator.answered(CHAT, "c1", -5.0, T0.astimezone(UTC) - timedelta(days=100))
    assert isinstance(estimator.estimate(view(), T0), WaitBand)


@pytest.mark.parametrize(
    "wrong",
    [
        {"ahead": -1},
        {"head_waited": float("nan")},
        {"rivals": {OTHER: -2}},
        {"pools": (pool(-1),)},
        {"pools": (pool(float("inf")),)},
        {"running": {CHAT: -1.0}},
    ],
)
def test_an_impossible_view_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="advisors"):
        replace(view(), **wrong)  # type: ignore[arg-type]
