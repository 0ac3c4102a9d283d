"""Has sets examined by a process of its own: seconds of computing, on files that may be hostile, beside live calls.

``python -m orchestrator.adapters.policy_gates`` is that process: a question on standard input, gates on its output.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
from itertools import islice
from typing import Any

import structlog

from orchestrator.application.revisions.records import Gate, PolicySet

log = structlog.get_logger(__name__)

SECONDS = 120
MOST_MEMORY = 3 * 1024**3
"""Bytes of address space; a check is held to 500 MB in use by its own bounds, this is the wall behind them."""
MOST_REPLAYED = 1_000
"""The newest so many recorded conversations are replayed."""
MOST_LINES = 50


class ChildGates:
    """See `ports.Gatekeeper`, and `publishing.Rehearse`. One set at a time."""

    def __init__(self, database_url: str) -> None:
        """``database_url``: where recorded conversations are."""
        self._database_url = database_url
        self._turn = asyncio.Lock()

    async def examine(self, policy_set: PolicySet, *, had_scenarios: bool) -> tuple[Gate, ...]:
        """The check and the scenarios."""
        question = _plain(policy_set) | {"had_scenarios": had_scenarios}
        try:
            return await self._ask(question)
        except TimeoutError:
            return (Gate("check", "failed", f"not finished within {SECONDS} s: make the policy smaller"),)
        except ChildProcessError:
            return (Gate("check", "failed", "could not be checked: the process that does it ended early"),)

    async def rehearse(self, policy_set: PolicySet) -> Gate:
        """The replay of recorded conversations."""
        try:
            return (await self._ask(_plain(policy_set) | {"database": self._database_url}))[0]
        except TimeoutError:
            return Gate(
                "replay", "absent", f"not finished within {SECONDS} s: `visavis policy replay` has time"
            )
        except ChildProcessError:
            return Gate("replay", "absent", "could not be done: the process that does it ended early")

    async def _ask(self, question: dict[str, Any]) -> tuple[Gate, ...]:
        """Raises:
        TimeoutError: it takes too long.
        ChildProcessError: the process ended without an answer.
        """
        async with self._turn:
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "orchestrator.adapters.policy_gates",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
                # It computes on what it is given: it needs no secret.
                env={name: value for name, value in os.environ.items() if not name.startswith("VISAVIS_")},
            )
            try:
                async with asyncio.timeout(SECONDS):
                    answer, _ = await child.communicate(json.dumps(question).encode())
            finally:
                if child.returncode is None:
                    child.kill()
                    await child.wait()
        if child.returncode != 0:
            log.error("policy.gates_failed", returncode=child.returncode)
            raise ChildProcessError
        return tuple(
            Gate(name, state, summary, tuple(details)) for name, state, summary, details in json.loads(answer)
        )


def _plain(policy_set: PolicySet) -> dict[str, Any]:
    return {"files": dict(policy_set.files), "scenarios": dict(policy_set.scenarios)}


# --- the process ------------------------------------------------------------------------------------------------


async def _replayed(policy_set: PolicySet, database_url: str) -> Gate:
    from orchestrator.adapters.sql_recordings import SqlRecordings  # noqa: PLC0415 - the child's part, slow to load
    from orchestrator.application.replay import replay  # noqa: PLC0415
    from orchestrator.domain.replay.telling import lines, summary  # noqa: PLC0415
    from rules.compile import compile_policy  # noqa: PLC0415

    recordings = SqlRecordings(database_url)
    try:
        found = recordings.read(limit=MOST_REPLAYED)
        report = await replay(compile_policy(policy_set.files), found, recordings.policy_files)
    finally:
        await recordings.close()
    if not report.conversations:
        return Gate("replay", "absent", "there are no recorded conversations")
    return Gate("replay", "passed", summary(report), tuple(islice(lines(report), MOST_LINES)))


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    os.nice(5)  # live conversations come first
    asked = json.load(sys.stdin)
    policy_set = PolicySet(asked["files"], asked["scenarios"])
    if "database" in asked:
        gates = (asyncio.run(_replayed(policy_set, asked["database"])),)
    else:
        from orchestrator.application.revisions.gates import examine  # noqa: PLC0415 - slow to load

        gates = examine(policy_set, had_scenarios=asked["had_scenarios"])
    json.dump([[gate.name, gate.state, gate.summary, gate.details] for gate in gates], sys.stdout)


if __name__ == "__main__":
    _main()
