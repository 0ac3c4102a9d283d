"""A small load on a service of its own, through the command: nothing is broken, and the numbers add up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from orchestrator.commands.load_compare import compare
from orchestrator.simulation.recorded import read_arrivals
from tests.integration.load.broken import serving_with_broken_rule

AGENTS, VISITORS = 4, 16


def demo_load(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "orchestrator", "demo-load", *arguments],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
        env=os.environ | environment,
    )


@pytest.fixture(scope="module")
def arrivals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("arrivals") / "arrivals.json"


@pytest.fixture(scope="module")
def run(
    tmp_path_factory: pytest.TempPathFactory, arrivals: Path
) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    file = tmp_path_factory.mktemp("load") / "report.json"
    done = demo_load(
        f"--agents={AGENTS}",
        f"--visitors={VISITORS}",
        "--seed=3",
        "--speed=40",
        "--minutes=6",
        "--handle=120",
        # The machine may be busy with other tests: how quick it is, is not the question here.
        "--grace=15",
        f"--report={file}",
        f"--arrivals-out={arrivals}",
    )
    return done, json.loads(file.read_text("utf-8")) if file.exists() else {}


def test_a_small_load_breaks_nothing(run: tuple[subprocess.CompletedProcess[str], dict[str, Any]]) -> None:
    done, report = run
    assert done.returncode == 0, done.stdout + done.stderr
    assert report["judge"]["violations"] == []
    assert report["judge"]["supervisor_readings"] > 0
    assert report["service"]["errors"] == {}
    assert report["service"]["mishaps"] == {}
    assert report["service"]["errors_in_its_log"] == 0
    assert report["service"]["held_up_by_limits"] == 0


def test_the_numbers_add_up(run: tuple[subprocess.CompletedProcess[str], dict[str, Any]]) -> None:
    _, report = run
    visitors, waits, agents, messages = (report[part] for part in ("visitors", "waits", "agents", "messages"))
    assert visitors["arrived"] == VISITORS == sum(n for name, n in visitors.items() if name != "arrived")
    assert visitors["unfinished"] == 0
    assert waits["all"]["asked"] == waits["chat"]["asked"] + waits["video"]["asked"] == VISITORS
    assert waits["all"]["answered"] == visitors["served"] > 0
    assert 0 <= waits["all"]["p50"] <= waits["all"]["p90"] <= waits["all"]["longest"]
    assert 0 < agents["occupancy"] <= 1
    ended = sum(n for name, n in agents.items() if name.startswith("invitations_"))
    assert ended == agents["invitations"] >= visitors["served"]
    assert agents["invitations_accepted"] >= visitors["served"]
    assert 0 < messages["delivered"] <= messages["sent"]
    assert 0 < messages["latency_p50"] <= messages["latency_p99"]


def test_the_service_counted_the_same(
    run: tuple[subprocess.CompletedProcess[str], dict[str, Any]],
) -> None:
    _, report = run
    own, visitors = report["service"]["own_count"], report["visitors"]
    # Words that meet the end of a conversation begin another one, which is offered too.
    assert own["offered"] >= VISITORS - visitors["turned_away"]
    assert own["answered"] >= visitors["served"]


def test_a_simulation_can_play_what_happened(
    run: tuple[subprocess.CompletedProcess[str], dict[str, Any]], arrivals: Path
) -> None:
    _, report = run
    record = read_arrivals(arrivals)
    assert len(record.conversations) == VISITORS
    outcomes = Counter(one.outcome for one in record.conversations)
    assert outcomes["answered"] == report["visitors"]["served"]
    assert {shift.agent for shift in record.staffing} == {f"Load agent {n:03}" for n in range(AGENTS)}
    assert all(shift.capacity == 3 for shift in record.staffing)
    waits = [one.waited_s for one in record.conversations if one.outcome == "answered"]
    mean = sum(wait for wait in waits if wait is not None) / len(waits)
    assert mean == pytest.approx(report["waits"]["all"]["mean"] * record.speed, rel=0.01)
    played = compare(json.loads(arrivals.read_text("utf-8")))
    assert all(one.simulated >= 0 for one in played)


def test_a_service_that_breaks_a_rule_is_found_out(tmp_path: Path) -> None:
    """Visitors are not told everything that agents write, and the report says so."""
    file = tmp_path / "report.json"
    with serving_with_broken_rule(tmp_path / "data") as service:
        done = demo_load(
            "--agents=2",
            "--visitors=4",
            "--speed=60",
            "--minutes=1",
            "--grace=15",
            f"--url={service.url}",
            f"--admin={service.email}",
            f"--report={file}",
            VISAVIS_LOAD_PASSWORD=service.password,
        )
    assert done.returncode == 1, done.stdout + done.stderr
    report = json.loads(file.read_text("utf-8"))
    assert {one["rule"] for one in report["judge"]["violations"]} == {"messages_arrive_once"}
    assert "VIOLATED" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--url", "ftp://nowhere"], "is no address of a service"),
        (["--url", "http://127.0.0.1:9"], "--admin"),
        (["--url", "http://127.0.0.1:9", "--admin", "a@b.example"], "could not begin"),
        (["--report", "report.pdf"], "neither a .json nor a .html file"),
        (["--url", "http://127.0.0.1:9", "--compare-simulation"], "leave out --url"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: list[str], words: str) -> None:
    done = demo_load(*arguments, VISAVIS_LOAD_PASSWORD="not that it matters")
    assert done.returncode == 1
    assert words in done.stderr
