"""A circuit breaker under virtual time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.adapters.connected.breaker import FAILURES, Breaker

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def opened() -> Breaker:
    breaker = Breaker()
    for _ in range(FAILURES):
        assert breaker.may_pass(NOW)
        breaker.failed(NOW)
    return breaker


def test_a_failure_now_and_then_does_not_open_it() -> None:
    breaker = Breaker()
    for _ in range(3):
        for _ in range(FAILURES - 1):
            breaker.failed(NOW)
        breaker.succeeded()
    assert breaker.state(NOW) == "closed"


def test_open_nothing_passes_and_then_one_call_tries() -> None:
    breaker = opened()
    assert breaker.state(after(4.9)) == "open"
    assert not breaker.may_pass(after(4.9))
    assert breaker.state(after(5)) == "half_open"
    assert breaker.may_pass(after(5))
    # One at a time.
    assert not breaker.may_pass(after(5))
    breaker.succeeded()
    assert breaker.may_pass(after(5))
    assert breaker.may_pass(after(5))


def test_each_time_the_trial_fails_it_waits_longer_up_to_a_minute() -> None:
    breaker, at = opened(), 0.0
    for pause in (5, 15, 30, 60, 60):
        assert breaker.state(after(at + pause - 0.1)) == "open"
        at += pause
        assert breaker.may_pass(after(at))
        breaker.failed(after(at))


def test_a_trial_that_was_given_up_lets_the_next_one_try() -> None:
    breaker = opened()
    assert breaker.may_pass(after(5))
    breaker.let_go()
    assert breaker.may_pass(after(5))


@pytest.mark.parametrize(("asked", "left_alone"), [(2, 2), (3600, 60)])
def test_who_asks_to_be_left_alone_is(asked: float, left_alone: float) -> None:
    breaker = Breaker()
    breaker.failed(NOW, retry_after=timedelta(seconds=asked))
    assert not breaker.may_pass(after(left_alone - 0.1))
    assert breaker.may_pass(after(left_alone))
