"""A day of 20,000 conversations through `decide` and the floor under virtual time, on one core.

Half of them the bot serves alone; the others go to people, so that each costs a handful of decisions and a search.
"""

from __future__ import annotations

import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from orchestrator.simulation.load import Load, read_load
from orchestrator.simulation.run import simulate
from rules.load import load_policy

ROOT = Path(__file__).parents[1]
CONVERSATIONS = 20_000
LIMIT = 60.0


def busy_day() -> Load:
    """The example of the guide with as many visitors, and agents in proportion."""
    load = read_load(ROOT / "docs" / "guides" / "load.yaml")
    stream, crew = load.streams[0], load.crews[0]
    factor = CONVERSATIONS / sum(stream.per_hour)
    return load.model_copy(
        update={
            "streams": (stream.model_copy(update={"per_hour": tuple(r * factor for r in stream.per_hour)}),),
            "crews": (
                crew.model_copy(update={"on_duty": tuple(round(n * factor * 0.8) for n in crew.on_duty)}),
            ),
        }
    )


def run(console: Console) -> None:
    policy, load = load_policy(ROOT / "rules" / "policies"), busy_day()
    start = time.process_time(), time.perf_counter()
    results = simulate(policy, load, seed=1)
    core, wall = time.process_time() - start[0], time.perf_counter() - start[1]
    table = Table("conversations", "with an agent", "s of one core", "s by the clock", "limit")
    table.add_row(
        f"{results.visitors:,}",
        f"{results.total().offered:,}",
        f"{core:.1f}",
        f"{wall:.1f}",
        f"{LIMIT:.0f} s: {'kept' if core < LIMIT else 'MISSED'}",
    )
    console.print(table)


if __name__ == "__main__":
    run(Console(width=110))
