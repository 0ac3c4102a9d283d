"""`visavis policy replay` as an admin runs it, and as a gate does."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orchestrator.application.bot_replies import BotTransfer
from orchestrator.cli import app
from tests.fakes.application import TRIGGER, running

SHIPPED = Path(__file__).parents[3] / "rules" / "policies"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with one conversation that a card led to video."""
    folder = tmp_path / "data"
    folder.mkdir()

    async def record() -> None:
        async with running(folder / "visavis.db") as product:
            _, conversation = await product.chat(await product.site())
            claire = await product.agent("claire")
            await product.say(conversation, BotTransfer("r1", text=TRIGGER))
            invitation = (await product.snapshot(conversation)).invitation
            assert invitation is not None
            await product.conversations.accept(claire, conversation, invitation.id)

    asyncio.run(record())
    return folder


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    folder = tmp_path / "draft"
    shutil.copytree(SHIPPED, folder)
    return folder


def edit(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def run(draft: Path, data: Path, *arguments: str) -> Result:
    command = ["policy", "replay", str(draft), "--data-dir", str(data), *arguments]
    return CliRunner().invoke(app, command, catch_exceptions=False)


def test_nothing_changes(draft: Path, data: Path) -> None:
    done = run(draft, data, "--fail-on-change")
    assert done.exit_code == 0, done.output
    assert "1 conversation: 1 the same, 0 changed." in done.output


def test_a_change_is_told_with_its_example_and_fails_the_gate(draft: Path, data: Path) -> None:
    edit(draft, "conversation.yaml", "card.escalates && escalation.bot_enabled", "false && card.escalates")
    done = run(draft, data)
    assert done.exit_code == 0, "only a gate fails"
    assert "leads elsewhere: 1" in done.output
    told = "AgentAccepted: card-escalates-to-video to video_lobby → card-cannot-escalate to chat (agent)"
    assert told in done.output
    assert run(draft, data, "--fail-on-change").exit_code == 1
    plain = json.loads(run(draft, data, "--format", "json").output)
    (change,) = plain["changes"]
    assert change["kind"] == "other_target"
    assert change["was"] == {"row": "card-escalates-to-video", "target": "video_lobby", "reason": None}
    assert change["examples"][0]["conversation"] in done.output
    assert plain["passes"] is False


def test_what_cannot_be_told_fails_the_gate_otherwise(draft: Path, data: Path) -> None:
    edit(draft, "escalation.yaml", "      - Vous allez être mis en relation par vidéo\n", "")
    done = run(draft, data, "--fail-on-change")
    assert done.exit_code == 3, done.output
    assert "the text of the card was not recorded" in done.output
    assert "1 of which it cannot be told" in done.output


def test_which_conversations(draft: Path, data: Path) -> None:
    # The clock of the recording stands in March 2026.
    assert "0 conversations" in run(draft, data, "--since", "1s").output
    assert "1 conversation:" in run(draft, data, "--limit", "1").output
    assert run(draft, data, "--limit", "0").exit_code == 2
    wrong = run(draft, data, "--since", "yesterday")
    assert wrong.exit_code == 1
    assert "7d, 12h or 30m" in wrong.output


def test_a_draft_that_is_none(draft: Path, data: Path) -> None:
    edit(draft, "conversation.yaml", "event: VisitorWrote", "event: VisitorSang")
    done = run(draft, data)
    assert done.exit_code == 1
    assert "VisitorSang" in done.output
    assert "There is no folder" in run(draft / "nowhere", data).output


def test_a_revision_of_the_store_is_a_draft_too(data: Path) -> None:
    from rules.load import load_policy

    done = run(Path(load_policy(SHIPPED).revision), data)
    assert "1 the same" in done.output
