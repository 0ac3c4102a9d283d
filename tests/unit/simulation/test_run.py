"""A simulated load: deterministic, in balance, and as queueing theory has it where theory knows the answer."""

from __future__ import annotations

import heapq
import json
import math
import os
import statistics
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestrator.cli import app
from orchestrator.simulation.compare import deltas, replicate
from orchestrator.simulation.load import Load, read_load
from orchestrator.simulation.people import visitors
from orchestrator.simulation.plan import plan_of
from orchestrator.simulation.run import simulate
from rules.findings import PolicyError
from rules.load import load_policy
from tests.unit.simulation.loads import (
    EXAMPLE,
    POLICIES,
    ROOT,
    chats,
    for_hours,
    one_at_a_time,
    part_of_the_example,
    variant,
)


def erlang_c(servers: int, load: float) -> float:
    """The share who wait in M/M/c. Source: Erlang 1917."""
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def first_come_first_served(load: Load, servers: int, seed: int) -> list[float]:
    """The waits of the load's visitors, by the recursion of Kiefer and Wolfowitz (1955)."""
    free, waits = [0.0] * servers, list[float]()
    for who in visitors(load, seed, 1):
        at = (who.arrives - load.begins).total_seconds()
        begins = max(at, heapq.heappop(free))
        heapq.heappush(free, begins + who.chats_for)
        if who.arrives >= load.counted_from:
            waits.append(begins - at)
    return waits


SERVERS = pytest.mark.parametrize(("servers", "per_hour"), [(3, 36.0), (1, 8.0)])


@SERVERS
def test_every_wait_is_that_of_a_line_first_come_first_served(
    tmp_path: Path, servers: int, per_hour: float
) -> None:
    load = chats(servers, per_hour)
    day = simulate(one_at_a_time(tmp_path), load, seed=1).total()
    expected = sorted(first_come_first_served(load, servers, 1))
    assert len(expected) > 150
    assert sorted(day.waits) == pytest.approx(expected, abs=0.001)
    assert day.abandoned + day.failed.total() == 0
    share = sum(who.chats_for for who in visitors(load, 1, 1) if who.arrives >= load.counted_from) / (
        servers * 22 * 3600
    )
    assert day.figures()["occupancy"] == pytest.approx(share, abs=0.02)


@SERVERS
def test_visitors_are_those_of_the_queue_with_many_servers(servers: int, per_hour: float) -> None:
    """M/M/c, by Erlang C: the mean wait and the share who wait, within three standard errors of a hundred days."""
    load = per_hour * 180 / 3600
    waiting = erlang_c(servers, load)
    days = [first_come_first_served(chats(servers, per_hour), servers, seed) for seed in range(1001, 1101)]
    close([statistics.fmean(waits) for waits in days], waiting * 180 / (servers - load))
    close([sum(wait > 0 for wait in waits) / len(waits) for waits in days], waiting)


def close(found: list[float], expected: float) -> None:
    error = statistics.stdev(found) / math.sqrt(len(found))
    assert error < 0.06 * expected
    assert abs(statistics.fmean(found) - expected) < 3 * error


def test_everybody_who_is_offered_is_answered_gives_up_or_fails(tmp_path: Path) -> None:
    crowded = load_policy(
        variant(tmp_path, ("routing.yaml", "places: { chat: 10, video: 5 }", "places: { chat: 2, video: 1 }"))
    )
    total = simulate(crowded, chats(1, for_hours(60.0, 3, 5), patience="1m")).total()
    assert total.abandoned > 0
    assert total.failed["full"] > 0
    assert total.offered == len(total.waits) + total.abandoned + sum(total.failed.values())


def test_the_same_seed_gives_the_same_day_and_another_another() -> None:
    policy, load = load_policy(POLICIES), part_of_the_example(0.3)
    once, again = simulate(policy, load, seed=3), simulate(policy, load, seed=3)
    assert once.plain() == again.plain()
    assert simulate(policy, load, seed=4).plain()["hours"] != once.plain()["hours"]


_SAY = """
import json, sys
from pathlib import Path
from orchestrator.simulation.load import Load
from orchestrator.simulation.run import simulate
from rules.load import load_policy
load = {
    "day": "2026-01-06",
    "streams": ({"per_hour": 25, "wishes": {"person": 6.0, "video": 2.0, "card": {"adviser": 2.0}},
                 "languages": {"fr": 6.0, "en": 4.0}, "patience": {"mean": "5m"}},),
    "handling": {"chat": {"mean": "5m"}, "video": {"mean": "7m"}},
    "crews": ({"groups": ("branch", "loans"), "on_duty": 3, "languages": ("fr",), "declines": 0.1},
              {"groups": ("english", "loans", "branch"), "on_duty": 2, "languages": ("en", "fr")}),
}
found = simulate(load_policy(Path(sys.argv[1])), Load.model_validate(load), seed=7)
print(json.dumps(found.plain(), sort_keys=True))
"""


def test_a_seed_gives_the_same_day_in_every_process() -> None:
    """Of a policy with several groups that share agents: sets are in another order in each of these processes."""
    bank = ROOT / "docs" / "examples" / "bank"
    said = {
        subprocess.run(
            [sys.executable, "-c", _SAY, str(bank)],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "20")
    }
    assert len(said) == 1
    assert json.loads(said.pop())["total"]["answered"] > 50


def test_a_policy_compared_with_itself_does_not_differ() -> None:
    policy, load = load_policy(POLICIES), chats(3, for_hours(20.0, 8, 3))
    found = deltas(replicate([policy, policy], partial(plan_of, load, days=1), seed=1, times=2))
    assert {one.mean for one in found} == {0.0}
    assert not any(one.certain for one in found)


def test_a_policy_that_makes_visitors_wait_is_told_apart(tmp_path: Path) -> None:
    load = chats(3, for_hours(40.0, 8, 3))
    policies = [load_policy(POLICIES), one_at_a_time(tmp_path)]
    runs = replicate(policies, partial(plan_of, load, days=1), seed=1, times=3)
    by_figure = {one.figure: one for one in deltas(runs) if one.scope == "all"}
    assert by_figure["offered"].mean == 0
    assert by_figure["wait_mean"].certain
    assert by_figure["wait_mean"].mean > 0


def test_staffed_time_is_that_of_the_shifts_and_busy_time_is_within_it() -> None:
    load = chats(2, for_hours(30.0, 20, 4))
    total = simulate(load_policy(POLICIES), load, days=2).total()
    assert total.staffed == 2 * (48 - 2) * 3600
    assert 0 < total.busy < total.staffed


def test_the_command_tells_programs_and_refuses_unknown_groups(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["policy", "simulate", str(POLICIES), "--config", str(EXAMPLE), "--json"])
    assert told.exit_code == 0
    said = json.loads(told.stdout)
    assert said["total"]["offered"] == sum(hour["offered"] for hour in said["hours"])
    assert not any(math.isnan(value) for value in said["total"].values() if isinstance(value, float))

    wrong = tmp_path / "load.yaml"
    wrong.write_text(EXAMPLE.read_text("utf-8").replace("[advisors]", "[sellers]"), "utf-8")
    refused = CliRunner().invoke(app, ["policy", "simulate", str(POLICIES), "--config", str(wrong)])
    assert refused.exit_code == 1
    assert "names the group `sellers`" in refused.output


def test_a_warm_up_that_leaves_nobody_to_count_is_refused(tmp_path: Path) -> None:
    long = tmp_path / "load.yaml"
    long.write_text("warm_up: 24h\n" + EXAMPLE.read_text("utf-8"), "utf-8")
    refused = CliRunner().invoke(app, ["policy", "simulate", str(POLICIES), "--config", str(long)])
    assert refused.exit_code == 1
    assert "--days" in refused.output


def test_a_mistake_in_a_load_is_told_with_its_line(tmp_path: Path) -> None:
    wrong = tmp_path / "load.yaml"
    wrong.write_text(EXAMPLE.read_text("utf-8").replace("mobile: 0.55", "mobil: 0.55"), "utf-8")
    with pytest.raises(PolicyError) as caught:
        read_load(wrong)
    assert "load.yaml:8:" in str(caught.value)
    assert "mobile" in str(caught.value)
