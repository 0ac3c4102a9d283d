"""`visavis policy …` as an admin runs it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orchestrator.cli import app

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "rules" / "policies"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["policy", *arguments], catch_exceptions=False)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A policy with a mistake in the lifecycle, and a doubtful thing besides."""
    folder = tmp_path / "policy"
    shutil.copytree(SHIPPED, folder)
    lifecycle = folder / "conversation.yaml"
    text = lifecycle.read_text(encoding="utf-8")
    wrong = text.replace("do: [close_call, end_video, want_chat]", "do: [close_call, want_chat]")
    assert wrong != text
    lifecycle.write_text(wrong, encoding="utf-8")
    return folder


def test_a_good_policy(tmp_path: Path) -> None:
    done = run("check", str(SHIPPED))
    assert done.exit_code == 0
    assert "No mistakes" in done.stdout
    assert "Revision" in done.stdout
    assert "\x1b[" not in done.stdout, "colours belong to terminals"


def test_a_mistake_is_told_with_place_reason_remedy_and_example(broken: Path) -> None:
    done = run("check", str(broken))
    assert done.exit_code == 1
    first = done.stdout.splitlines()[0]
    assert first.startswith(f"error {broken.as_posix()}/conversation.yaml:")
    assert first.endswith("model.hang_up_not_final")
    assert "transitions[" in first
    for word in (
        "why:",
        "fix: add `end_video`",
        "1. ConversationStarted",
        "HungUp",
        "this policy cannot be used",
    ):
        assert word in done.stdout


def test_for_programs(broken: Path) -> None:
    done = run("check", str(broken), "--format", "json")
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    found = report["findings"][0]
    assert (found["code"], found["severity"], found["file"]) == (
        "model.hang_up_not_final",
        "error",
        "conversation.yaml",
    )
    assert found["steps"][0]["event"] == "ConversationStarted"


def test_for_pull_requests(broken: Path) -> None:
    done = run("check", str(broken), "--format", "github")
    assert done.exit_code == 1
    assert done.stdout.startswith(f"::error file={broken.as_posix()}/conversation.yaml,line=")


def test_warnings_leave_the_exit_code_at_0(tmp_path: Path) -> None:
    folder = tmp_path / "policy"
    shutil.copytree(SHIPPED, folder)
    file = folder / "engagement.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("wait_estimate: true", "wait_estimate: false"), "utf-8"
    )
    done = run("check", str(folder))
    assert done.exit_code == 0
    assert "wait.estimate_off" in done.stdout
    assert "1 warning" in done.stdout


def test_a_folder_that_is_none() -> None:
    done = run("check", "/nonexistent")
    assert done.exit_code == 1
    assert "file.unreadable" in done.stdout
    assert "check the path and the permissions" in done.stdout


def test_mistakes_before_the_search_say_that_it_waits(tmp_path: Path) -> None:
    folder = tmp_path / "policy"
    shutil.copytree(SHIPPED, folder)
    (folder / "camera.yaml").write_text("default: allowed\n\tx: 1\n", encoding="utf-8")
    done = run("check", str(folder))
    assert done.exit_code == 1
    assert "yaml.tab" in done.stdout
    assert "has not been explored yet" in done.stdout


def test_schemas_for_editors() -> None:
    everything = json.loads(run("schema").stdout)
    one = json.loads(run("schema", "routing.yaml").stdout)
    assert everything["routing.yaml"] == one
    assert one["$schema"].startswith("https://json-schema.org/")


def test_a_schema_of_no_file() -> None:
    done = run("schema", "route.yaml")
    assert done.exit_code == 1
