"""The queue model against exact results: single lines, abandonment, and agents shared by two lines."""

from __future__ import annotations

from itertools import islice, pairwise
from math import inf

import pytest

from orchestrator.domain.wait_time.capacity import Capacity, capacity_of
from orchestrator.domain.wait_time.patience import STARTS, Patience
from orchestrator.domain.wait_time.queue_model import STOPS, QueueModel, Wait, quantile
from orchestrator.domain.wait_time.terms import Line
from orchestrator.domain.wait_time.view import Pool

SALES, CARE, SPARE = Line("sales", "chat"), Line("care", "chat"), Line("spare", "chat")
HANDLE = 480.0


def alone(slots: float) -> Capacity:
    return Capacity((0.0,), (0.0,), slots)


def giving_up_after(mean: float) -> Patience:
    """The same rate at every age."""
    stretches = [100 * mean] * len(STARTS)
    return Patience([seconds / mean for seconds in stretches], stretches)


def waits(line: QueueModel, count: int) -> list[Wait]:
    """At the first ``count`` of `STOPS`."""
    return [Wait(mean, shape) for mean, shape in islice(line.walk(), count)]


def model(slots: float, patience: Patience, dispersion: float = 1.0, reaction: float = 0.0) -> QueueModel:
    return QueueModel(10, 120.0, HANDLE, dispersion, patience, alone(slots), reaction)


@pytest.mark.parametrize(
    ("shape", "median", "ninth"), [(1.0, 0.6931, 2.3026), (3.0, 2.6741, 5.3223), (10.0, 9.6687, 14.2060)]
)
def test_quantiles_are_those_of_the_gamma_distribution(shape: float, median: float, ninth: float) -> None:
    assert quantile(shape, shape, 0.0) == pytest.approx(median, rel=0.015)
    assert quantile(shape, shape, 1.28155) == pytest.approx(ninth, rel=0.015)


@pytest.mark.parametrize("z", [-1.0, 0.0, 1.3, 3.0])
def test_a_score_is_the_inverse_of_a_quantile(z: float) -> None:
    assert Wait(200.0, 4.0).score(quantile(200.0, 4.0, z)) == pytest.approx(z)


def test_without_abandonment_the_wait_is_a_sum_of_exponentials() -> None:
    """n + 1 ends of conversations at slots / handle each: mean (n + 1) handle / slots, and shape n + 1."""
    for ahead, wait in zip(STOPS, waits(model(6, Patience()), 20), strict=False):
        assert wait.mean == pytest.approx((ahead + 1) * HANDLE / 6)
        assert wait.shape == pytest.approx(ahead + 1)


@pytest.mark.parametrize("slots", [2, 5, 20])
@pytest.mark.parametrize("patience", [120.0, 300.0, 1200.0])
def test_with_exponential_patience_the_wait_is_that_of_the_markovian_queue(
    slots: int, patience: float
) -> None:
    """QLm: the sum over j = 0..n of 1 / (slots / handle + j / patience)."""
    for ahead, wait in zip(STOPS, waits(model(slots, giving_up_after(patience)), 16), strict=False):
        rates = [slots / HANDLE + j / patience for j in range(ahead + 1)]
        exact = sum(1 / rate for rate in rates)
        spread = sum(1 / rate**2 for rate in rates)
        assert wait.mean == pytest.approx(exact, rel=0.03 if slots >= 5 and patience >= 300 else 0.055)
        assert wait.mean**2 / wait.shape == pytest.approx(spread, rel=0.15)


def test_those_who_have_long_lost_patience_shorten_the_wait_less_than_those_about_to() -> None:
    """Whoever gives up in the first minute, or not at all, has already decided at the head of an old line."""
    hasty = Patience()
    for i in range(1000):
        hasty.add(i * 0.12 if i < 500 else 600.0, gave_up=i < 500)
    young = QueueModel(12, 10.0, HANDLE, 1.0, hasty, alone(10))
    old = QueueModel(12, 900.0, HANDLE, 1.0, hasty, alone(10))
    places = STOPS.index(12) + 1
    assert waits(young, places)[-1].mean < 0.8 * waits(old, places)[-1].mean


def test_regular_conversations_narrow_a_long_wait_but_not_that_for_the_next_end() -> None:
    plain = waits(model(5, Patience()), 12)
    regular = waits(model(5, Patience(), dispersion=0.2), 12)
    assert regular[0].shape == plain[0].shape
    assert regular[-1].shape > 3 * plain[-1].shape
    assert [wait.mean for wait in regular] == [wait.mean for wait in plain]


def test_an_agent_s_reaction_is_waited_for_once() -> None:
    plain, slow = (waits(model(5, Patience(), reaction=seconds), 1)[0] for seconds in (0.0, 30.0))
    assert slow.mean == pytest.approx(plain.mean + 30.0)
    assert slow.mean**2 / slow.shape == pytest.approx(plain.mean**2 / plain.shape + 900.0)


# -- agents who serve several lines -----------------------------------------------------------------------


def pools(sales: float, care: float, both: float) -> list[Pool]:
    return [
        Pool(frozenset({SALES}), sales),
        Pool(frozenset({CARE}), care),
        Pool(frozenset({SALES, CARE}), both),
    ]


@pytest.mark.parametrize(
    ("own", "rival", "expected"),
    [
        pytest.param(100.0, 0.0, 100 / 7, id="nobody else: all who can"),
        pytest.param(100.0, 30.0, 100 / 7, id="the other line's own agents manage alone"),
        pytest.param(100.0, 110.0, 210 / 12, id="level: all agents for both lines"),
        pytest.param(20.0, 300.0, 20 / 4, id="the other line has waited longer: only our own agents"),
    ],
)
def test_shared_agents_go_where_the_longest_wait_is(own: float, rival: float, expected: float) -> None:
    capacity = capacity_of(SALES, pools(4, 5, 3), {CARE: rival})
    assert capacity is not None
    assert capacity.time_for(own) == pytest.approx(expected)


def test_without_agents_of_its_own_a_line_waits_for_its_turn() -> None:
    capacity = capacity_of(SALES, pools(0, 2, 3), {CARE: 100.0})
    assert capacity is not None
    assert capacity.time_for(1e-9) == pytest.approx(100 / 5)
    assert capacity.time_for(50.0) == pytest.approx(150 / 5)


def test_two_rivals_on_the_same_agents_both_come_first() -> None:
    shared = [Pool(frozenset({SALES, CARE, SPARE}), 4.0), Pool(frozenset({CARE}), 1.0)]
    capacity = capacity_of(SALES, shared, {CARE: 50.0, SPARE: 30.0})
    assert capacity is not None
    assert capacity.time_for(40.0) == pytest.approx((40 + 50 + 30) / 5)


def test_a_rival_that_shares_nobody_does_not_matter() -> None:
    separate = [Pool(frozenset({SALES}), 2.0), Pool(frozenset({CARE}), 3.0)]
    assert capacity_of(SALES, separate, {CARE: 500.0}) == alone(2.0)


def test_more_work_never_takes_less_time() -> None:
    capacity = capacity_of(SALES, pools(1, 5, 3), {CARE: 200.0})
    assert capacity is not None
    times = [capacity.time_for(work / 4) for work in range(2000)]
    assert all(early < late for early, late in pairwise(times))
    assert times[-1] < inf


def test_a_line_that_nobody_serves_has_no_capacity() -> None:
    assert capacity_of(SPARE, pools(1, 1, 1), {}) is None
    assert capacity_of(SALES, pools(0, 1, 0), {}) is None
