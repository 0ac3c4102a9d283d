"""A simulated load: deterministic, in balance, and as queueing theory has it where theory knows the answer."""

from __future__ import annotations

import json
import math
import shutil
import statistics
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestrator.cli import app
from orchestrator.simulation.compare import deltas, replicate
from orchestrator.simulation.load import Load, read_load
from orchestrator.simulation.plan import plan_of
from orchestrator.simulation.run import simulate
from rules.findings import PolicyError
from rules.load import load_policy
from rules.policy import Policy

ROOT = Path(__file__).parents[3]
POLICIES = ROOT / "rules" / "policies"
EXAMPLE = ROOT / "docs" / "guides" / "load.yaml"


def variant(tmp_path: Path, *edits: tuple[str, str, str]) -> Path:
    folder = Path(shutil.copytree(POLICIES, tmp_path / f"policy-{len(list(tmp_path.iterdir()))}"))
    for file, old, new in edits:
        text = (folder / file).read_text("utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new), "utf-8")
    return folder


def one_at_a_time(tmp_path: Path) -> Policy:
    return load_policy(
        variant(
            tmp_path,
            ("routing.yaml", "capacity: { chat: 3,", "capacity: { chat: 1,"),
            ("routing.yaml", "places: { chat: 10, video: 5 }", "places: { chat: 1000, video: 5 }"),
            ("conversation.yaml", "max_wait: 10m", "max_wait: 10h"),
        )
    )


def chats(agents: int, per_hour: float | tuple[float, ...], patience: str | None = None) -> Load:
    mean = {"mean": "3m", "exponential": True}
    stream: dict[str, object] = {"per_hour": per_hour, "wishes": {"person": 1.0}}
    if patience is not None:
        stream["patience"] = {"mean": patience, "exponential": True}
    return Load.model_validate(
        {
            "streams": (stream,),
            "handling": {"chat": mean},
            "crews": ({"groups": ("advisors",), "on_duty": agents},),
            "warm_up": "2h",
        }
    )


def erlang_c(servers: int, load: float) -> float:
    """The share who wait in M/M/c. Source: Erlang 1917."""
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


@pytest.mark.parametrize(("servers", "per_hour"), [(3, 36.0), (1, 8.0)])
def test_waits_are_those_of_the_queue_with_many_servers(
    tmp_path: Path, servers: int, per_hour: float
) -> None:
    """M/M/c, by Erlang C: within three standard errors of eight days, which are a tenth of the value or so."""
    load = per_hour * 180 / 3600
    waits = erlang_c(servers, load)
    policy = one_at_a_time(tmp_path)
    days = [simulate(policy, chats(servers, per_hour), seed=seed).total() for seed in range(1, 9)]
    figures = [day.figures() for day in days]
    close([one["wait_mean"] for one in figures], waits * 180 / (servers - load))
    close([sum(wait > 0 for wait in day.waits) / len(day.waits) for day in days], waits)
    close([one["occupancy"] for one in figures], load / servers)
    assert {day.abandoned + sum(day.failed.values()) for day in days} == {0}


def close(found: list[float], expected: float) -> None:
    error = statistics.stdev(found) / math.sqrt(len(found))
    assert error < 0.2 * expected
    assert abs(statistics.fmean(found) - expected) < 3 * error


def test_everybody_who_is_offered_is_answered_gives_up_or_fails(tmp_path: Path) -> None:
    crowded = load_policy(
        variant(tmp_path, ("routing.yaml", "places: { chat: 10, video: 5 }", "places: { chat: 2, video: 1 }"))
    )
    total = simulate(crowded, chats(1, 60.0, patience="1m"), days=1).total()
    assert total.abandoned > 0
    assert total.failed["full"] > 0
    assert total.offered == len(total.waits) + total.abandoned + sum(total.failed.values())


def test_the_same_seed_gives_the_same_day_and_another_another() -> None:
    policy, load = load_policy(POLICIES), read_load(EXAMPLE)
    once, again = simulate(policy, load, seed=3), simulate(policy, load, seed=3)
    assert once.plain() == again.plain()
    assert simulate(policy, load, seed=4).plain()["hours"] != once.plain()["hours"]


def test_a_policy_compared_with_itself_does_not_differ() -> None:
    policy, load = load_policy(POLICIES), chats(3, (0.0,) * 8 + (20.0,) * 4 + (0.0,) * 12)
    found = deltas(replicate([policy, policy], partial(plan_of, load, days=1), seed=1, times=2))
    assert {one.mean for one in found} == {0.0}
    assert not any(one.certain for one in found)


def test_a_policy_that_makes_visitors_wait_is_told_apart(tmp_path: Path) -> None:
    load = chats(3, (0.0,) * 8 + (40.0,) * 4 + (0.0,) * 12)
    runs = replicate(
        [load_policy(POLICIES), one_at_a_time(tmp_path)], partial(plan_of, load, days=1), seed=1, times=3
    )
    by_figure = {one.figure: one for one in deltas(runs) if one.scope == "all"}
    assert by_figure["offered"].mean == 0
    assert by_figure["wait_mean"].certain
    assert by_figure["wait_mean"].mean > 0


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
    assert "sellers" in refused.output


def test_a_mistake_in_a_load_is_told_with_its_line(tmp_path: Path) -> None:
    wrong = tmp_path / "load.yaml"
    wrong.write_text(EXAMPLE.read_text("utf-8").replace("mobile: 0.55", "mobil: 0.55"), "utf-8")
    with pytest.raises(PolicyError) as caught:
        read_load(wrong)
    assert "load.yaml:8:" in str(caught.value)
    assert "mobile" in str(caught.value)
