"""``visavis policy diagram``."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from typer.testing import CliRunner

from orchestrator.adapters.store import SqlStore
from orchestrator.application.records import Site, Visitor
from orchestrator.cli import app
from orchestrator.domain.conversation import Conversation, Device, Party, QueueEntry, State
from orchestrator.main import upgrade_database
from orchestrator.settings import Settings
from tests.unit.rules.shipped import FOLDER

BANK = FOLDER.parents[1] / "docs" / "examples" / "bank"


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["policy", "diagram", *arguments])
    return result.exit_code, result.output


def test_a_picture_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "chart.svg"
    assert run(str(FOLDER), "-o", str(file), "--language", "fr") == (0, "")
    text = file.read_text(encoding="utf-8")
    assert ElementTree.fromstring(text).tag.endswith("svg")  # noqa: S314 - our own
    assert "Cycle de vie" in text


def test_what_is_different_from_another_folder() -> None:
    code, said = run(str(FOLDER), "--diff", str(BANK), "--format", "mermaid")
    assert code == 0
    assert "~ QueueTimedOut (15m → 10m) [waited-too-long]" in said


def test_conversations_of_the_store_are_counted(tmp_path: Path) -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    plain = Conversation("c", "shop", "v1", "fr", Device.DESKTOP, "r", now, version=1)
    queue = QueueEntry("advisors", now, rank_at=now)
    kept = [
        replace(plain, id="c1", state=State.QUEUED, queue=queue),
        replace(plain, id="c2", party=Party.BOT),
        replace(plain, id="c3", party=Party.BOT),
        replace(plain, id="c4", state=State.CLOSED, closed_at=now),
    ]

    async def put() -> None:
        settings = Settings(data_dir=tmp_path)
        await upgrade_database(settings)
        store = SqlStore(settings.database)
        async with store.transaction() as tx:
            await tx.sites.add(Site("shop", "key", "Shop", ("https://shop.example",), "fr"))
            await tx.people.add_visitor(Visitor("v1", "shop", now))
            for one in kept:
                await tx.conversations.insert(one, last_position=0)
        await store.close()

    asyncio.run(put())
    code, said = run(str(FOLDER), "--counts", "--format", "mermaid", "--data-dir", str(tmp_path))
    assert code == 0
    assert '"queued, waiting for an agent: 1 now"' in said
    assert '"chat, with the bot: 2 now"' in said
    assert '"in_video, on video: 0 now"' in said
    assert '"closed, over"' in said


def test_what_cannot_be_read_or_written(tmp_path: Path) -> None:
    code, said = run("no/such/folder")
    assert code == 1
    assert "There is no folder no/such/folder" in said
    code, said = run(str(FOLDER), "-o", str(tmp_path / "none" / "chart.svg"))
    assert code == 1
    assert "cannot be written" in said
