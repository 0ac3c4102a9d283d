"""The numbers of a report that are more than a count."""

from __future__ import annotations

import pytest

from orchestrator.load.report import within


def test_the_share_of_waits_that_ended_within_a_band() -> None:
    waits = [(0.2, True), (0.8, True), (1.5, True), (3.0, True)]
    assert within(1.0, waits) == pytest.approx(0.5)
    assert within(2.0, waits) == pytest.approx(0.75)
    assert within(1.0, []) is None


def test_who_gave_up_would_have_waited_longer() -> None:
    """Two gave up early: of the three that were left, one ended by p50, and one by p90."""
    waits = [(0.1, False), (0.2, False), (0.8, True), (1.5, True), (3.0, True)]
    assert within(1.0, waits) == pytest.approx(1 / 3)
    assert within(2.0, waits) == pytest.approx(2 / 3)
    assert within(1.0, [(0.5, False), (0.5, False)]) == 0.0
