"""What a test holds of a side that runs somewhere else."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

Json = dict[str, Any]
ROOT = Path(__file__).parents[3]
PATIENCE = 60.0


class Machine:
    """One process of `side`. ``events`` are what a node reported, in order."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._answers: asyncio.Queue[Json] = asyncio.Queue()
        self.events: list[Json] = []
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(
        cls, *arguments: str, inside: Callable[[Sequence[str]], Sequence[str]] = list, **env: str
    ) -> Machine:
        command = [sys.executable, "-m", "tests.integration.netns.side", *arguments]
        return cls(
            await asyncio.create_subprocess_exec(
                *inside(command),
                cwd=ROOT,
                env={**os.environ, **env, "PYTHONPATH": str(ROOT)},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=1 << 20,
            )
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for text in self._process.stdout:
            line = json.loads(text)
            if "event" in line:
                self.events.append(line)
            else:
                self._answers.put_nowait(line)

    async def ask(self, do: str, **values: Any) -> Json:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **values}).encode() + b"\n")
        async with asyncio.timeout(PATIENCE):
            answer = await self._answers.get()
        assert answer["answer_to"] == do, answer
        assert "error" not in answer, answer
        return answer

    def of(self, event: str) -> list[Json]:
        return [one for one in self.events if one["event"] == event]

    async def end(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)


async def until(condition: Callable[[], Awaitable[bool]], what: str, seconds: float = PATIENCE) -> float:
    """Wait until ``condition`` holds; returns how many seconds that took."""
    start = time.monotonic()
    while not await condition():
        if time.monotonic() - start > seconds:
            raise AssertionError(f"not within {seconds} s: {what}")
        await asyncio.sleep(0.05)
    return time.monotonic() - start


async def join(node: Machine, peer: Machine, room: str, role: str, connection: str) -> None:
    offer = (await peer.ask("offer"))["offer"]
    answer = (await node.ask("join", room=room, role=role, connection=connection, offer=offer))["answer"]
    await peer.ask("accept", answer=answer)


async def decodes(peer: Machine, frames: int, what: str, seconds: float = PATIENCE) -> float:
    """Wait for so many more pictures; returns how many seconds that took."""
    start = (await peer.ask("look"))["frames"]

    async def enough() -> bool:
        return (await peer.ask("look"))["frames"] >= start + frames

    return await until(enough, what, seconds)
