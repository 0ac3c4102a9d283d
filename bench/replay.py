"""20,000 recorded conversations through a draft: conversations a second and the memory that it takes.

The conversations are a simulated day's, those who talk with the bot alone left out, written to a SQLite file as the
service writes them. The peer, in the same run, reads and folds them and asks nothing: what a replay costs at least.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from unittest.mock import patch

from rich.console import Console
from rich.table import Table
from sqlalchemy import create_engine, insert

from orchestrator.adapters.codec import dump_changes, dump_decision, dump_event, dump_facts
from orchestrator.adapters.migrations import upgrade
from orchestrator.adapters.sql_recordings import SqlRecordings
from orchestrator.adapters.tables import ConversationRow, EventRow, PolicyRow
from orchestrator.application.replay import replay
from orchestrator.domain.evolve import evolve
from orchestrator.domain.outcome import Moved
from orchestrator.simulation import run as simulation
from orchestrator.simulation.estate import Estate, Happened
from orchestrator.simulation.load import read_load
from rules.load import compile_policy, load_policy

ROOT = Path(__file__).parents[1]
CONVERSATIONS = 20_000
RENAMED = ("  - id: card-escalates-to-video\n", "  - id: straight-to-video\n")
MB = 1024.0  # of the kilobytes that the system counts in


def run(console: Console) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "replay.db"
        url = f"sqlite+aiosqlite:///{file}"
        upgrade(url)
        events = _write(file)
        table = Table("what", "conversations/s", "events/s", "memory at most", "beside the peer")
        peer = _measure("fold", url)
        for name, shown in (
            ("fold", "read and fold (peer)"),
            ("same", "the same policy"),
            ("renamed", "one row renamed"),
        ):
            seconds, memory = peer if name == "fold" else _measure(name, url)
            table.add_row(
                shown,
                f"{CONVERSATIONS / seconds:,.0f}",
                f"{events / seconds:,.0f}",
                f"{memory:.0f} MB",
                f"{peer[0] / seconds:.2f}",
            )
        console.print(table)


def _measure(name: str, url: str) -> tuple[float, float]:
    """Seconds of one core and megabytes, in a process of its own."""
    command = [sys.executable, "-m", "bench.replay", name, url]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    seconds, memory = done.stdout.split()
    return float(seconds), float(memory)


def _measured(name: str, url: str) -> None:
    shipped = load_policy(ROOT / "rules" / "policies")
    files = dict(shipped.files)
    if name == "renamed":
        files["conversation.yaml"] = files["conversation.yaml"].replace(*RENAMED)
    draft = compile_policy(files)

    async def act() -> None:
        recordings = SqlRecordings(url)
        try:
            if name == "fold":
                async for recording in recordings.read():
                    c = None
                    for step in recording.steps:
                        c = evolve(c, step.changes)
            else:
                report = await replay(draft, recordings.read(), recordings.policy_files)
                if (
                    report.conversations != CONVERSATIONS
                    or report.unclear
                    or (name == "same") != report.passes
                ):
                    raise AssertionError(report)
        finally:
            await recordings.close()

    started = time.process_time()
    asyncio.run(act())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MB
    sys.stdout.write(f"{time.process_time() - started} {memory}\n")


# --- what is recorded ---------------------------------------------------------------------------------------


def _day() -> dict[str, list[Happened]]:
    """A day's conversations with what happened in them."""
    policy = load_policy(ROOT / "rules" / "policies")
    found: dict[str, list[Happened]] = {}

    class Heard(Estate):
        def __init__(self, *given: Any, **more: Any) -> None:
            super().__init__(*given, **more)
            self.listen(self._keep)

        def _keep(self, one: Happened) -> None:
            if isinstance(one.outcome, Moved):
                found.setdefault(one.conversation_id, []).append(one)

    with patch.object(simulation, "Estate", Heard):
        simulation.simulate(policy, read_load(ROOT / "docs" / "guides" / "load.yaml"), seed=1)
    return found


def _rows(day: dict[str, list[Happened]]) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """The rows of a conversation and of its events; the day again and again, under other names."""
    number = 0
    while True:
        for happened in day.values():
            number += 1
            name = f"c_{number:06}"
            after = happened[-1].after
            if after is None:
                continue
            row = {
                "id": name,
                "site_id": after.site_id,
                "visitor_id": name,
                "version": after.version,
                "last_position": 0,
                "state": after.state.value,
                "agent_video": False,
                "invited_video": False,
                "queue_at_head": False,
                "queue_video": False,
                "started_at": after.started_at,
                "snapshot": "{}",
            }
            yield row, [_event(name, one) for one in happened]


def _event(name: str, one: Happened) -> dict[str, Any]:
    if not isinstance(one.outcome, Moved) or one.after is None:
        raise TypeError(one)
    kind, body = dump_event(one.event)
    return {
        "conversation_id": name,
        "version": one.after.version,
        "at": one.at,
        "name": kind,
        "body": body,
        "changes": dump_changes(one.outcome.changes),
        "decision": dump_decision(one.outcome.decision),
        "facts": dump_facts(one.facts),
    }


def _write(file: Path) -> int:
    """Write the conversations; returns how many events they have."""
    policy, day, events = load_policy(ROOT / "rules" / "policies"), _day(), 0
    # Neither the service's settings nor its foreign keys: sites and visitors are no part of this.
    engine = create_engine(f"sqlite+pysqlite:///{file}")
    moment = next(iter(day.values()))[0].at
    kept = {"revision": policy.revision, "files": json.dumps(dict(policy.files)), "added_at": moment}
    rows = islice(_rows(day), CONVERSATIONS)
    with engine.begin() as connection:
        connection.execute(insert(PolicyRow), kept)
        while page := list(islice(rows, 500)):
            happened = [one for _, steps in page for one in steps]
            connection.execute(insert(ConversationRow), [row for row, _ in page])
            connection.execute(insert(EventRow), happened)
            events += len(happened)
    engine.dispose()
    return events


if __name__ == "__main__":
    if len(sys.argv) == 3:
        _measured(sys.argv[1], sys.argv[2])
    else:
        run(Console(width=110))
