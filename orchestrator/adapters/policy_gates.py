"""Has sets examined by a process of its own: seconds of computing, on files that may be hostile, beside live calls.

``python -m orchestrator.adapters.policy_gates`` is that process: a set on standard input, its gates on standard output.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys

import structlog

from orchestrator.application.revisions.records import Gate, PolicySet

log = structlog.get_logger(__name__)

SECONDS = 120
MOST_MEMORY = 3 * 1024**3
"""Bytes of address space; a check is held to 500 MB in use by its own bounds, this is the wall behind them."""


class ChildGates:
    """See `ports.Gatekeeper`. One set at a time."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def examine(self, policy_set: PolicySet, *, had_scenarios: bool) -> tuple[Gate, ...]:
        asked = json.dumps({
            "files": dict(policy_set.files),
            "scenarios": dict(policy_set.scenarios),
            "had_scenarios": had_scenarios,
        }).encode()  # fmt: skip
        async with self._turn:
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "orchestrator.adapters.policy_gates",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
                # It computes on what it is given: it needs no address of a database, and no secret.
                env={name: value for name, value in os.environ.items() if not name.startswith("VISAVIS_")},
            )
            try:
                async with asyncio.timeout(SECONDS):
                    answer, _ = await child.communicate(asked)
            except TimeoutError:
                return (Gate("check", "failed", f"not finished within {SECONDS} s: make the policy smaller"),)
            finally:
                if child.returncode is None:
                    child.kill()
                    await child.wait()
        if child.returncode != 0:
            log.error("policy.gates_failed", returncode=child.returncode)
            return (Gate("check", "failed", "could not be checked: the process that does it ended early"),)
        return tuple(
            Gate(name, state, summary, tuple(details)) for name, state, summary, details in json.loads(answer)
        )


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    os.nice(5)  # live conversations come first
    from orchestrator.application.revisions.gates import examine  # noqa: PLC0415 - the child's part, slow to load

    asked = json.load(sys.stdin)
    gates = examine(PolicySet(asked["files"], asked["scenarios"]), had_scenarios=asked["had_scenarios"])
    json.dump([[gate.name, gate.state, gate.summary, gate.details] for gate in gates], sys.stdout)


if __name__ == "__main__":
    _main()
