"""What was acknowledged survives ``kill -9``: nothing is lost, nothing is doubled, ten times in a row."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from tests.fakes.application import running
from tests.integration.recovery.child import BLOCK

ROOT = Path(__file__).parents[3]
TIMES = 10


async def child(
    database: Path, deliveries: Path, step: str, turn: int, environment: dict[str, str]
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.integration.recovery.child",
        str(database),
        str(deliveries),
        step,
        str(turn),
        cwd=ROOT,
        env=os.environ | environment | {"PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )


async def said(process: asyncio.subprocess.Process, word: str) -> str:
    """The rest of the line that begins with ``word``; logs in between are passed over."""
    assert process.stdout is not None
    async with asyncio.timeout(60):
        async for line in process.stdout:
            found, _, rest = line.decode().strip().partition(" ")
            if found == word:
                return rest
    raise AssertionError(f"the child ended without saying {word}")


async def test_killed_between_acknowledgement_and_effects(tmp_path: Path) -> None:
    database, deliveries = tmp_path / "visavis.db", tmp_path / "deliveries.jsonl"
    async with running(database) as app:
        visitor, conversation = await app.chat(await app.site())
    environment = {"VISITOR": visitor, "CONVERSATION": conversation}
    acknowledged: list[str] = []
    for turn in range(TIMES):
        doomed = await child(database, deliveries, "write", turn, environment | {BLOCK: "1"})
        acknowledged.append(await said(doomed, "acknowledged"))
        doomed.send_signal(signal.SIGKILL)
        assert await doomed.wait() == -signal.SIGKILL
        heir = await child(database, deliveries, "recover", turn, environment)
        # The page never got its answer and sends the message again: it is the one that is there.
        assert await said(heir, "posted") == acknowledged[-1]
        assert await heir.wait() == 0

    delivered = [json.loads(line) for line in deliveries.read_text().splitlines()]
    assert delivered == [[acknowledged[turn], f"words {turn}"] for turn in range(TIMES)]
    async with running(database) as app:
        await app.check(conversation)
        lines = await app.lines(conversation)
        assert [words for author, words in lines if author == "visitor"] == [
            f"words {turn}" for turn in range(TIMES)
        ]
        events = await app.events(conversation)
        assert events.count("VisitorWrote") == TIMES
