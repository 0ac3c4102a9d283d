"""Whatever happened in whatever order, an estimate is a band of finite numbers that grows with those ahead."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import isfinite

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.wait_time import Line, LineView, Pool, WaitBand, WaitEstimator, WaitSettings

T0 = datetime(2026, 1, 5, tzinfo=UTC)
LINES = (Line("sales", "chat"), Line("care", "chat"), Line("sales", "video"))
lines = st.sampled_from(LINES)
names = st.sampled_from([f"c{i}" for i in range(2)])
seconds = st.one_of(st.floats(-10, 5000), st.floats(allow_nan=False, allow_infinity=False))
moments = st.floats(-1e7, 1e8).map(lambda offset: T0 + timedelta(seconds=offset))
slots = st.one_of(st.integers(0, 30).map(float), st.floats(0, 1e9))
pools = st.lists(
    st.builds(Pool, st.frozensets(lines, min_size=1), slots, st.sampled_from([0.0] * 9 + [1.0, 2.5])),
    min_size=1,
    max_size=5,
).map(tuple)
views = st.builds(
    LineView,
    line=lines,
    ahead=st.integers(0, 60),
    pools=pools,
    waiting=st.integers(0, 60),
    head_waited=st.one_of(st.floats(0, 3000), st.floats(0, 1e9)),
    rivals=st.dictionaries(lines, st.integers(0, 60)),
    is_open=st.sampled_from([True] * 9 + [False]),
    running=st.dictionaries(lines, st.floats(0, 1e5)),
)
steps = st.one_of(
    st.tuples(st.just("arrived"), lines, names, views, moments),
    st.tuples(st.just("answered"), lines, names, seconds, moments),
    st.tuples(st.just("abandoned"), lines, names, seconds, moments),
    st.tuples(st.just("sent_away"), lines, names, seconds, moments),
    st.tuples(st.just("served"), lines, names, seconds, moments),
)


@st.composite
def estimators(draw: st.DrawFn) -> WaitEstimator:
    """Little evidence is enough, so that short histories get as far as a band, a speed and a verdict."""
    settings = WaitSettings(
        enough_handled=draw(st.sampled_from([0.0, 1.0])),
        trust=2.0,
        memory=draw(st.sampled_from([3.0, 50.0])),
        shape_trust=draw(st.sampled_from([0.1, 5.0])),
        speed_doubt=1e-6,
        enough_waits=draw(st.sampled_from([0.0, 2.0])),
        enough_graded=draw(st.sampled_from([2.0, 1e9])),
        most_open=3,
    )
    estimator = WaitEstimator(settings)
    for line in draw(st.lists(lines, min_size=1, max_size=4)):
        estimator.served(line, draw(st.floats(0, 2000)), T0)
    for kind, line, name, value, at in draw(
        st.lists(steps, min_size=draw(st.sampled_from([0, 30])), max_size=40)
    ):
        apply(estimator, kind, line, name, value, at)
    return estimator


def apply(
    estimator: WaitEstimator, kind: str, line: Line, name: str, value: float | LineView, at: datetime
) -> None:
    if isinstance(value, LineView):
        estimator.arrived(line, name, estimator.forecast(replace(value, line=line), at))
    elif kind == "answered":
        estimator.answered(line, name, value, at)
    elif kind == "served":
        estimator.served(line, value, at)
    else:
        estimator.abandoned(line, name, value, at, gave_up=kind == "abandoned")


@given(estimators(), views, moments)
def test_a_band_is_finite_and_in_order(estimator: WaitEstimator, view: LineView, at: datetime) -> None:
    band = estimator.forecast(view, at).band
    if band is not None:
        assert 0.0 <= band.p50 <= band.p90
        assert isfinite(band.p90)


@given(estimators(), views, moments)
def test_who_is_further_back_is_never_promised_less(
    estimator: WaitEstimator, view: LineView, at: datetime
) -> None:
    told = [
        estimator.forecast(replace(view, ahead=ahead), at).band for ahead in (*range(40), 1000, 10**6, 10**9)
    ]
    bands = [band for band in told if band is not None]
    for nearer, further in pairwise(bands):
        assert nearer.p50 <= further.p50
        assert nearer.p90 <= further.p90


@given(estimators(), views, moments)
def test_a_free_slot_is_never_a_longer_wait_than_none(
    estimator: WaitEstimator, view: LineView, at: datetime
) -> None:
    taken = replace(view, pools=tuple(replace(pool, free=0.0) for pool in view.pools))
    free, none = estimator.forecast(view, at).band, estimator.forecast(taken, at).band
    if free is not None and none is not None:
        assert free.p50 <= none.p50
        assert free.p90 <= none.p90


@given(estimators(), views, moments)
def test_estimating_changes_nothing(estimator: WaitEstimator, view: LineView, at: datetime) -> None:
    before = estimator.snapshot()
    first = estimator.forecast(view, at)
    assert estimator.forecast(view, at) == first
    assert estimator.snapshot() == before


@given(estimators(), st.lists(steps, max_size=10), views, moments)
def test_what_was_restored_goes_on_the_same(
    estimator: WaitEstimator,
    later: list[tuple[str, Line, str, float | LineView, datetime]],
    view: LineView,
    at: datetime,
) -> None:
    again = WaitEstimator.restore(json.loads(json.dumps(estimator.snapshot())), estimator.settings)
    assert again.forecast(view, at) == estimator.forecast(view, at)
    for step in later:
        apply(estimator, *step)
        apply(again, *step)
    assert again.forecast(view, at) == estimator.forecast(view, at)
    assert [again.grade(line) for line in LINES] == [estimator.grade(line) for line in LINES]


@given(estimators())
def test_a_grade_is_a_share(estimator: WaitEstimator) -> None:
    for line in LINES:
        grade = estimator.grade(line)
        if grade.share_below_p50 is not None and grade.share_below_p90 is not None:
            assert 0.0 <= grade.share_below_p50 <= grade.share_below_p90 <= 1.0
            assert grade.error is None or (grade.error >= 0.0 and isfinite(grade.error))


def test_an_ordinary_history_gets_as_far_as_a_band() -> None:
    """The properties above are about bands: one ordinary history that has one."""
    estimator = WaitEstimator(WaitSettings(enough_handled=1.0, enough_waits=0.0))
    estimator.served(LINES[0], 300.0, T0)
    view = LineView(LINES[0], 3, (Pool(frozenset({LINES[0]}), 2.0),), 3, 50.0)
    assert isinstance(estimator.estimate(view, T0), WaitBand)
