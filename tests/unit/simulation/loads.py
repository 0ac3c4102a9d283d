"""Policies and loads that the tests of the simulation share."""

from __future__ import annotations

import shutil
from pathlib import Path

from orchestrator.simulation.load import Load, read_load
from rules.load import load_policy
from rules.policy import Policy

ROOT = Path(__file__).parents[3]
POLICIES = ROOT / "rules" / "policies"
EXAMPLE = ROOT / "docs" / "guides" / "load.yaml"


def variant(tmp_path: Path, *edits: tuple[str, str, str]) -> Path:
    """The shipped policy with edits: (file, what is there, what is to be there)."""
    folder = Path(shutil.copytree(POLICIES, tmp_path / f"policy-{len(list(tmp_path.iterdir()))}"))
    for file, old, new in edits:
        text = (folder / file).read_text("utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new), "utf-8")
    return folder


def one_at_a_time(tmp_path: Path, *edits: tuple[str, str, str]) -> Policy:
    """Agents who hold one conversation, and a line in which everybody may wait as long as they like."""
    return load_policy(
        variant(
            tmp_path,
            ("routing.yaml", "capacity: { chat: 3,", "capacity: { chat: 1,"),
            ("routing.yaml", "places: { chat: 10, video: 5 }", "places: { chat: 1000, video: 5 }"),
            ("conversation.yaml", "max_wait: 10m", "max_wait: 10h"),
            *edits,
        )
    )


def chats(agents: int, per_hour: float | tuple[float, ...], patience: str | None = None) -> Load:
    """A queue of the textbooks: exponential conversations of 3 minutes, counted from two hours on."""
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


def for_hours(rate: float, first: int, count: int) -> tuple[float, ...]:
    """A rate for some hours of the day, and nobody in the others."""
    return tuple(rate if first <= hour < first + count else 0.0 for hour in range(24))


def part_of_the_example(share: float) -> Load:
    """The load of the guide with fewer visitors."""
    load = read_load(EXAMPLE)
    fewer = tuple(
        stream.model_copy(update={"per_hour": tuple(rate * share for rate in stream.per_hour)})
        for stream in load.streams
    )
    return load.model_copy(update={"streams": fewer})
