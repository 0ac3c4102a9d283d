"""Recorded arrivals: read strictly, played as they came, and set beside what really happened."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from orchestrator.cli import app
from orchestrator.simulation.assumed import assumed_in_record
from orchestrator.simulation.recorded import MONDAY, plan_of_record, read_arrivals, unknown_groups
from orchestrator.simulation.run import play
from rules.findings import PolicyError
from rules.load import load_policy
from tests.unit.simulation.loads import POLICIES, one_at_a_time

POLICY = load_policy(POLICIES)


def conversation(at: float, **changes: Any) -> dict[str, Any]:
    return {
        "at_s": at,
        "group": "advisors",
        "language": "fr",
        "need": "chat",
        "handle_s": 120.0,
        "patience_s": None,
        "waited_s": 4.0,
        "outcome": "answered",
        **changes,
    }


def record(*conversations: dict[str, Any], **changes: Any) -> dict[str, Any]:
    shift = {
        "agent": "claire",
        "group": ["advisors"],
        "capacity": 1,
        "languages": ["fr"],
        "video": True,
        "from_s": 0,
        "until_s": 3600,
    }
    return {"seed": 1, "speed": 10, "staffing": [shift], "conversations": list(conversations), **changes}


def written(tmp_path: Path, data: object) -> Path:
    path = tmp_path / "arrivals.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data), "utf-8")
    return path


def played(tmp_path: Path, data: dict[str, Any]) -> Any:
    path = written(tmp_path, data)
    policy = one_at_a_time(tmp_path)
    return play(policy, plan_of_record(read_arrivals(path), policy, str(path), seed=1))


def test_visitors_come_and_are_handled_as_recorded(tmp_path: Path) -> None:
    """One agent, two minutes each: who comes 10 and 20 seconds after the first waits for those before."""
    found = played(tmp_path, record(conversation(20.0), conversation(0.0), conversation(10.0)))
    assert sorted(found.total().waits) == [0.0, 110.0, 220.0]
    assert found.cells["advisors", MONDAY.hour].offered == 3
    assert found.total().staffed == 3600.0
    assert found.total().busy == 360.0


def test_patience_and_the_time_to_accept_are_those_recorded(tmp_path: Path) -> None:
    found = played(
        tmp_path, record(conversation(0.0, answer_s=7.5), conversation(10.0, patience_s=30.0, outcome="left"))
    )
    assert found.total().waits == [7.5]
    assert found.total().abandoned == 1


def test_an_agent_who_has_gone_takes_nobody(tmp_path: Path) -> None:
    data = record(conversation(0.0), conversation(100.0, patience_s=60.0))
    data["staffing"][0]["until_s"] = 50.0
    total = played(tmp_path, data).total()
    assert (len(total.waits), total.abandoned) == (1, 1)


def test_what_wants_video_gets_it(tmp_path: Path) -> None:
    assert played(tmp_path, record(conversation(0.0, need="video"))).total().to_video == 1


def test_what_happened_is_set_beside_it(tmp_path: Path) -> None:
    found = played(
        tmp_path,
        record(
            conversation(0.0, waited_s=2.0, need="video"),
            conversation(300.0, waited_s=100.0),
            conversation(600.0, waited_s=None, outcome="left"),
            conversation(900.0, waited_s=600.0, outcome="timed_out"),
        ),
    )
    figures = found.recorded.total.figures()
    assert (figures["offered"], figures["answered"], figures["wait_mean"]) == (4, 2, 51.0)
    assert (figures["abandonment"], figures["failed"], figures["service_level"]) == (0.25, 0.25, 0.25)
    assert figures["to_video"] == 1
    assert found.plain()["recorded"]["wait_p90"] == pytest.approx(90.2)


def test_without_a_group_the_rules_lead(tmp_path: Path) -> None:
    assert played(tmp_path, record(conversation(0.0, group=None))).of_group("advisors").offered == 1


@pytest.mark.parametrize(
    ("data", "place", "said"),
    [
        ("{", "1:1", "no JSON"),
        ("[]", "", "object"),
        (record(), "conversations", "at least 1"),
        (record(conversation(0.0, at_s=-1)), "conversations[0].at_s", "greater than or equal to 0"),
        (
            record(conversation(0.0), conversation(0.0, need="fax")),
            "conversations[1].need",
            "'chat' or 'video'",
        ),
        (record(conversation(0.0, handle_s="120")), "conversations[0].handle_s", "number"),
        (record(conversation(0.0, handle_s=1e300)), "conversations[0].handle_s", "less than"),
        (record(conversation(0.0, wait_s=3)), "conversations[0].wait_s", "not known here"),
        (record(conversation(0.0, language="french")), "conversations[0].language", "language"),
        (record(conversation(0.0), speed=0), "speed", "greater than 0"),
        (record({"at_s": 1.0}), "conversations[0].group", "required"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path: Path, data: Any, place: str, said: str) -> None:
    with pytest.raises(PolicyError) as caught:
        read_arrivals(written(tmp_path, data))
    assert f"arrivals.json:{place if place[:1].isdigit() else f'1:1 {place}'.rstrip()}" in str(caught.value)
    assert said in str(caught.value)


def test_a_shift_ends_after_it_begins_and_numbers_are_numbers(tmp_path: Path) -> None:
    data = record(conversation(0.0))
    data["staffing"][0] |= {"from_s": 10, "until_s": 10}
    with pytest.raises(PolicyError, match=r"staffing\[0\]: ends before it begins"):
        read_arrivals(written(tmp_path, data))
    nan = json.dumps(record(conversation(math.nan)))
    with pytest.raises(PolicyError):
        read_arrivals(written(tmp_path, nan))
    with pytest.raises(PolicyError, match="cannot be read"):
        read_arrivals(tmp_path / "nowhere.json")


def test_groups_that_the_policy_lacks_are_told_once_each(tmp_path: Path) -> None:
    data = record(*(conversation(float(at), group="sellers") for at in range(3)))
    path = written(tmp_path, data)
    (found,) = unknown_groups(read_arrivals(path), POLICY, str(path))
    assert "conversations[2].group" in str(found)
    assert "`sellers`" in str(found)


@given(st.binary(max_size=300) | st.builds(lambda data: json.dumps(data).encode(), st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["seed", "speed", "staffing", "conversations", "at_s", "x"]), inner, max_size=4),
)))  # fmt: skip
def test_any_bytes_are_a_record_or_a_clear_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_bytes(content)
    with pytest.raises(PolicyError) as caught:
        read_arrivals(path)
    assert str(caught.value)


def test_the_command_plays_a_record_and_sets_both_beside_each_other(tmp_path: Path) -> None:
    path = written(tmp_path, record(*(conversation(at * 200.0, waited_s=8.0) for at in range(10))))
    command = ["policy", "simulate", str(POLICIES), "--arrivals", str(path)]
    told = CliRunner().invoke(app, [*command, "--report", str(tmp_path / "report.html")])
    assert told.exit_code == 0, told.output
    assert "Simulated against recorded waits: mean -100 %" in told.output
    assert "Against what happened" in (tmp_path / "report.html").read_text("utf-8")
    compared = CliRunner().invoke(app, [*command, "--compare", str(POLICIES), "--json"])
    assert {one["half_width_95"] for one in json.loads(compared.stdout)["compared"]} == {None}


def test_the_command_wants_exactly_one_load(tmp_path: Path) -> None:
    for more in ([], ["--config", "a.yaml", "--arrivals", "b.json"]):
        refused = CliRunner().invoke(app, ["policy", "simulate", str(POLICIES), *more])
        assert refused.exit_code == 1
        assert "either --config" in refused.output


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ((None, None), "takes no time"),
        ((5.0, 6.0), "takes as long as recorded"),
        ((5.0, None), "takes as long as recorded; no time for 1 conversations of which it is not known"),
    ],
)
def test_what_is_not_recorded_is_said_to_be_assumed(
    tmp_path: Path, answers: tuple[float | None, ...], said: str
) -> None:
    data = record(*(conversation(0.0, answer_s=answer) for answer in answers))
    assert dict(assumed_in_record(read_arrivals(written(tmp_path, data))))["Accepting"] == said
