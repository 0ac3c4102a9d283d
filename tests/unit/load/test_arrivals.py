"""What a run was, as a simulation can play it again."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from orchestrator.load.arrivals import ABSENCE, record, shifts
from orchestrator.load.judge import Judge
from orchestrator.load.run import Result, Wish
from orchestrator.load.score import Attendance, Score, Visit
from orchestrator.load.wire import Traffic
from orchestrator.simulation.recorded import Arrivals

BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)


def attendance(*changes: tuple[float, bool, bool]) -> Attendance:
    day = Attendance("Ann", ("fr",), video=True, capacity=3)
    for at, available, connected in changes:
        day.note(at, available=available, connected=connected)
    return day


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([], []),
        ([(0, False, True), (1, True, True)], [(1, 100)]),
        ([(0, True, True), (20, False, True), (30, True, True)], [(0, 20), (30, 100)]),
        # A page is reloaded: work is offered all the same.
        ([(0, True, True), (20, True, False), (23, True, True)], [(0, 100)]),
        # Away for too long, and back.
        ([(0, True, True), (20, True, False), (45, True, True)], [(0, 20 + ABSENCE), (45, 100)]),
        # Cut off at the end.
        ([(0, True, True), (95, True, False)], [(0, 100)]),
        ([(0, True, True), (60, True, False)], [(0, 60 + ABSENCE)]),
        # Switched on while no page is there: nobody is offered anything.
        ([(0, False, False), (10, True, False), (50, True, True)], [(50, 100)]),
        ([(0, True, True), (20, True, False), (25, False, False)], [(0, 25)]),
    ],
)
def test_work_is_offered_while_available_and_there(
    changes: list[tuple[float, bool, bool]], expected: list[tuple[float, float]]
) -> None:
    assert shifts(attendance(*changes), 100.0) == expected


def result() -> Result:
    score = Score()
    score.visits += [
        Visit(1, video=False, arrived_at=4.0, conversation="c1", queued_at=4.5, answered_at=6.0, outcome="served",
              language="en", patience=90.0, ended_at=30.0),
        Visit(0, video=True, arrived_at=2.0, conversation="c0", queued_at=2.5, gave_up_at=12.0, outcome="vanished",
              language="fr", patience=47.5),
        Visit(2, video=False, arrived_at=9.0, conversation="c2", outcome="turned_away", language="fr", patience=10.0),
    ]  # fmt: skip
    score.attendances.append(attendance((0, True, True)))
    score.accepted_after["c1"] = 0.75
    score.groups |= {"c1": "advisors", "c0": "advisors"}
    return Result(
        wish=Wish(seed=3, speed=4.0, site="shop"), began=BEGAN, score=score, judge=Judge(), traffic=Traffic(),
        mishaps=Counter(), seconds=50.0, span=20.0, worst_lag=0.0, starved=0.0, excused=0.0, readings=1,
        target_seconds=30.0, target_share=80, own_count=None,
    )  # fmt: skip


def test_seconds_are_those_of_people() -> None:
    found = record(result())
    assert (found["seed"], found["speed"], found["begins"]) == (3, 4.0, "2026-03-02T09:00:00+00:00")
    assert found["staffing"] == [
        {
            "agent": "Ann",
            "group": [],
            "capacity": 3,
            "languages": ["fr"],
            "video": True,
            "from_s": 0,
            "until_s": 200,
        }
    ]
    first, second, third = found["conversations"]
    assert first == {
        "at_s": 10.0,
        "group": "advisors",
        "language": "fr",
        "need": "video",
        "handle_s": 96.0,
        "patience_s": 47.5,
        "waited_s": 38.0,
        "outcome": "away",
        "answer_s": 3.0,
        "site": "shop",
    }
    assert (second["at_s"], second["handle_s"], second["waited_s"], second["answer_s"]) == (18, 96, 6, 3)
    assert (second["outcome"], third["outcome"]) == ("answered", "failed_full")
    assert (third["at_s"], third["group"], third["waited_s"]) == (36, None, None)


def test_a_simulation_reads_it() -> None:
    arrivals = Arrivals.model_validate_json(json.dumps(record(result())))
    assert [one.outcome for one in arrivals.conversations] == ["away", "answered", "failed_full"]
    assert arrivals.begins == BEGAN
