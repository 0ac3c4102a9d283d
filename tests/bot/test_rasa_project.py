"""The bot's files, judged by Rasa itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bot import environment


def _rasa(python: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(python), str(environment.PROJECT / "rasa_main.py"), *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=150,
        cwd=cwd,
        env=environment.rasa_environ(),
    )


@pytest.mark.rasa
def test_rasa_finds_nothing_to_warn_about(rasa_python: Path, tmp_path: Path) -> None:
    project = environment.PROJECT
    done = _rasa(
        rasa_python,
        *("data", "validate", "--fail-on-warnings"),
        *("--domain", str(project / "domain.yml"), "--config", str(project / "config.yml")),
        *("--data", str(project / "data")),
        cwd=tmp_path,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


@pytest.mark.rasa
def test_stories(rasa_python: Path, rasa_model: Path, tmp_path: Path) -> None:
    done = _rasa(
        rasa_python,
        *("test", "core", "--stories", str(environment.PROJECT / "tests"), "--model", str(rasa_model)),
        *("--out", str(tmp_path / "results"), "--no-plot", "--fail-on-prediction-errors"),
        *("--endpoints", str(environment.PROJECT / "endpoints.yml")),
        cwd=tmp_path,
    )
    failed = tmp_path / "results" / "failed_test_stories.yml"
    report = failed.read_text(encoding="utf-8") if failed.exists() else ""
    assert done.returncode == 0, report[-3000:] + (done.stdout + done.stderr)[-3000:]
