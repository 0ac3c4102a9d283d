"""``visavis policy diff``."""

from __future__ import annotations

import asyncio
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestrator.adapters.store import SqlStore
from orchestrator.cli import app
from orchestrator.main import upgrade_database
from orchestrator.settings import Settings
from rules.load import load_policy
from tests.unit.rules.shipped import FOLDER

SHOP = FOLDER.parents[1] / "docs" / "examples" / "shop"


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["policy", "diff", *arguments])
    return result.exit_code, result.output


@pytest.fixture
def looser(tmp_path: Path) -> Path:
    """The shipped policy with one thing looser, and one more timer."""
    folder = tmp_path / "looser"
    shutil.copytree(FOLDER, folder)
    for name, old, new in (
        ("camera.yaml", "screen_share_when_forbidden: false", "screen_share_when_forbidden: true"),
        ("conversation.yaml", "max_wait: 10m", "max_wait: 20m"),
    ):
        file = folder / name
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")
    return folder


def test_the_same_rules() -> None:
    code, said = run(str(FOLDER), str(FOLDER))
    assert code == 0
    assert said.startswith("No difference")


def test_only_a_comment(tmp_path: Path) -> None:
    folder = tmp_path / "commented"
    shutil.copytree(FOLDER, folder)
    file = folder / "cards.yaml"
    file.write_text("# new\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    code, said = run(str(FOLDER), str(folder), "--language", "fr")
    assert code == 0
    assert said.startswith("Les règles sont les mêmes")


def test_what_loosens_is_told_first(looser: Path) -> None:
    code, said = run(str(FOLDER), str(looser))
    assert code == 1
    lines = said.splitlines()
    assert lines[0] == "Loosens what protects visitors: look twice"
    assert lines[1] == "  ~ Screen sharing where the camera is forbidden: yes instead of no. [camera]"
    assert "  ~ State `queued`, longest wait for an agent: 20 min instead of 10 min." in lines
    assert lines[-1].startswith("2 difference(s) from ")
    assert lines[-1].endswith(", 1 of them loosening.")


def test_for_programs_and_for_pull_requests(looser: Path) -> None:
    code, said = run(str(FOLDER), str(looser), "--format", "json")
    assert code == 1
    assert [change["path"] for change in json.loads(said)["changes"]] == [
        "screen_share_when_forbidden",
        "states.queued.max_wait",
    ]
    code, said = run(str(FOLDER), str(looser), "--format", "github")
    assert code == 1
    assert f"::warning file={looser.as_posix()}/camera.yaml,line=" in said
    assert run(str(FOLDER), str(FOLDER), "--format", "github") == (0, "")


def test_two_examples_in_french() -> None:
    code, said = run(str(FOLDER), str(SHOP), "--language", "fr")
    assert code == 1
    assert "différence(s) de" in said


def test_a_revision_of_the_store(tmp_path: Path, looser: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    policy = load_policy(looser)

    async def keep() -> None:
        settings = Settings(data_dir=data)
        await upgrade_database(settings)
        store = SqlStore(settings.database)
        async with store.transaction() as tx:
            await tx.policies.add(policy.revision, policy.files, datetime(2030, 1, 1, tzinfo=UTC))
        await store.close()

    asyncio.run(keep())
    assert run(policy.revision, str(looser), "--data-dir", str(data))[0] == 0
    assert run(str(FOLDER), policy.revision, "--data-dir", str(data))[0] == 1
    code, said = run(str(FOLDER), "0123456789ab", "--data-dir", str(data))
    assert code == 2
    assert "has no policy 0123456789ab" in said
    code, said = run("live", str(FOLDER), "--data-dir", str(data))
    assert code == 2
    assert "has no policy live" in said  # nothing was published yet


def test_what_is_live_and_what_was(tmp_path: Path) -> None:
    data, folder = str(tmp_path / "data"), tmp_path / "edited"
    shutil.copytree(FOLDER, folder)
    cards = folder / "cards.yaml"
    text = cards.read_text(encoding="utf-8")
    cards.write_text(text.replace("title: Un conseiller prend le relais", "title: À vous"), encoding="utf-8")
    publish = [
        "policy",
        "publish",
        str(folder),
        "--message",
        "a shorter title",
        "--base",
        "1",
        "--data-dir",
        data,
    ]
    done = CliRunner().invoke(app, publish)
    assert done.exit_code == 0, done.output
    assert run("live", str(folder), "--data-dir", data)[0] == 0
    assert run("2", str(folder), "--data-dir", data)[0] == 0
    assert run("1", str(FOLDER), "--data-dir", data)[0] == 0  # where it began
    code, said = run("1", "live", "--data-dir", data)
    assert code == 1
    assert "Card `advisor` (fr), title: “À vous” instead of “Un conseiller prend le relais”." in said
    assert run("3", "live", "--data-dir", data)[0] == 2


@pytest.mark.parametrize("name", ["no/such/folder", "0123456789aZ", "0"])
def test_neither_a_folder_nor_a_revision(name: str) -> None:
    code, said = run(str(FOLDER), name)
    assert code == 2
    assert f"no folder {name}" in said


def test_a_policy_with_mistakes(tmp_path: Path) -> None:
    code, said = run(str(FOLDER), str(tmp_path))
    assert code == 2
    assert "conversation.yaml:1:1: the file is missing" in said
