"""How much one participant may send: judged by a plain retelling over any times and sizes."""

from hypothesis import given
from hypothesis import strategies as st

from media.limits import Budget

STEPS = st.lists(st.tuples(st.floats(0, 2), st.integers(0, 1500)), max_size=60)


@given(STEPS)
def test_never_more_than_the_rate_and_a_seconds_worth(steps: list[tuple[float, int]]) -> None:
    budget = Budget(bytes_per_second=3000, packets_per_second=5)
    now, taken = 0.0, list[tuple[float, int]]()
    for pause, size in steps:
        now += pause
        refused = budget.refused
        if budget.take(size, now):
            taken.append((now, size))
        else:
            assert budget.refused == refused + 1
    for index, (since, _) in enumerate(taken):
        for last in range(index, len(taken)):
            span = taken[last][0] - since
            inside = taken[index : last + 1]
            assert len(inside) <= 5 + 5 * span + 1e-6
            assert sum(size for _, size in inside) <= 3000 + 3000 * span + 1e-6


@given(st.lists(st.integers(0, 1000), max_size=50))
def test_who_stays_below_the_rate_is_never_refused(sizes: list[int]) -> None:
    budget = Budget(bytes_per_second=1000, packets_per_second=2)
    now = 0.0
    for size in sizes:
        now += 1.0
        assert budget.take(size, now)


def test_a_pause_fills_it_again() -> None:
    budget = Budget(bytes_per_second=1000, packets_per_second=1000)
    assert budget.take(999, 0.0)
    assert not budget.take(2, 0.0)
    assert budget.take(400, 0.5)
    assert not budget.take(400, 0.5)
    assert not budget.take(2000, 100.0), "more than a second's worth is never there"
