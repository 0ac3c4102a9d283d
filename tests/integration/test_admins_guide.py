"""The guide for admins, as a reader follows it: each of its commands, in order, in a shell and in an empty folder."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestrator.cli import app

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guides" / "admins.md"
SAID = {
    "visavis policy pull rules": "number 1",
    "visavis policy check rules": "No mistakes",
    "visavis policy test rules": "passed",
    "visavis policy diff live rules || true": "6 instead of 10",
    "visavis policy replay rules": "0 conversations",
    'visavis policy push rules --note "Lunch"': "Saved as draft",
    "visavis policy drafts": "Lunch",
    'visavis policy publish rules --message "Fewer visitors wait at lunch time"': "number 2",
    "visavis policy revisions": "Fewer visitors wait at lunch time",
    "visavis policy revisions 2 --language fr": "6 au lieu de 10",
    'visavis policy rollback 1 --message "Too many were turned away"': "back to what number 1 was",
}
"""What the reader is promised to see, of the first time that a command is given."""

pytestmark = pytest.mark.timeout(240)


def commands() -> list[str]:
    return [
        line
        for block in re.findall(r"```sh\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
        for line in block.splitlines()
    ]


def given(command: str, place: Path) -> tuple[bool, str]:
    """Whether it worked, and what it said. `visavis` runs in this process: loading it anew each time takes minutes."""
    if command.startswith("visavis "):
        words = command.removeprefix("visavis ").removesuffix(" || true")
        result = CliRunner().invoke(app, shlex.split(words))
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code == 0 or command.endswith("|| true"), result.output
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0, done.stdout + done.stderr


def test_every_command_of_the_guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "desk"
    place.mkdir()
    monkeypatch.chdir(place)
    for name in [name for name in os.environ if name.startswith(("VISAVIS_", "GIT_"))]:
        monkeypatch.delenv(name)
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "ada@x.test")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("VISAVIS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    missing = dict(SAID)
    for command in commands():
        worked, said = given(command, place)
        assert worked, f"{command}\n{said}"
        wanted = missing.pop(command, "")
        assert wanted in said, f"{command}\n{said}"
    assert missing == {}
