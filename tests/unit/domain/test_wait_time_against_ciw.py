"""A quick slice of ``python -m bench wait_time``: three settings, fewer days. The bench judges them all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.queues import JUDGED, Setting
from bench.wait_time import LINES, replayed, score
from orchestrator.domain.wait_time import WaitBand

SLICE = {"M/M/10": 8, "Mt/LN/12+LN, 4 h swing": 6, "two skills, M+M": 8}


def settings() -> list[Setting]:
    found = [replace(each, days=SLICE[each.name]) for each in JUDGED if each.name in SLICE]
    assert len(found) == len(SLICE)
    return found


@pytest.mark.parametrize("setting", settings(), ids=lambda setting: setting.name)
def test_bands_hold_and_no_simpler_estimate_is_better(setting: Setting) -> None:
    """Coverage is allowed a standard error more than in the bench: waits of one rush hour are hardly independent."""
    replay = replayed(setting, seed=1)
    got = score(replay.judged)
    assert got.waits > 2000
    assert 0.43 <= got.below_p50 <= 0.57
    assert 0.85 <= got.below_p90 <= 0.95
    assert got.to_best <= 1.05
    assert got.withheld < 0.1


def test_the_grade_of_censored_waits_is_the_share_of_all_waits() -> None:
    """What the estimator says of itself, not knowing how long those would have waited who gave up, is what the
    simulator, who knows, says of it."""
    setting = next(each for each in settings() if each.patience)
    replay = replayed(setting, seed=2)
    last = replay.judged[-1000:]
    bands = [(each.quote.forecast.band, each.waited) for each in last]
    share = sum(band is not None and waited <= band.p90 for band, waited in bands) / len(last)
    grade = replay.estimator.grade(LINES["A"])
    assert grade.share_below_p90 == pytest.approx(share, abs=0.04)


def test_the_first_bands_of_a_line_are_honest() -> None:
    """From cold, over several shops: what is said of the first 150 waits holds as what is said later does; of the
    first twenty nothing is said."""
    first: list[tuple[bool, bool]] = []
    for setting in JUDGED[:6]:
        for seed in (1, 2, 3):
            replay = replayed(replace(setting, days=1, from_day=0), seed)
            judged = sorted(replay.judged, key=lambda each: each.quote.at)[:150]
            bands = [(each.quote.forecast.estimate, each.waited) for each in judged]
            assert not any(isinstance(told, WaitBand) for told, _ in bands[:15])
            first += [
                (waited <= told.p50, waited <= told.p90)
                for told, waited in bands
                if isinstance(told, WaitBand)
            ]
    assert len(first) > 1000
    assert 0.43 <= sum(half for half, _ in first) / len(first) <= 0.57
    assert 0.85 <= sum(most for _, most in first) / len(first) <= 0.95
