"""A gatekeeper that answers at once, and that a test can keep waiting."""

from __future__ import annotations

import asyncio

from orchestrator.application.revisions.records import Gate, PolicySet

PASSED = (Gate("check", "passed", "no mistakes"), Gate("test", "passed", "1 passed"))
FAILED = (Gate("check", "failed", "1 error", ("error: camera.yaml:1:1: is wrong - mend it",)),)


class FakeGates:
    """See `ports.Gatekeeper`. ``opened``: cleared, whoever asks waits."""

    def __init__(self) -> None:
        self.answer: tuple[Gate, ...] = PASSED
        self.asked = asyncio.Event()
        self.opened = asyncio.Event()
        self.opened.set()

    async def examine(self, policy_set: PolicySet, *, had_scenarios: bool) -> tuple[Gate, ...]:
        self.asked.set()
        await self.opened.wait()
        return self.answer
