"""The guide for bot designers, as a reader follows it: its files and its commands, in order, in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guides" / "bot-designers.md"
SAID = {
    "visavis policy check policy": "No mistakes",
    "visavis policy test policy || true": "no_phrase",
    "visavis policy test policy": "passed",
    "visavis policy simulate policy --config load.yaml --report report.html": "all day",
    "visavis policy diff live policy || true": "`contract_video` now takes to video: fr",
    'visavis policy push policy --note "A card for contracts"': "Saved as draft",
    "visavis policy revisions": "Questions about a contract",
}
"""What the reader is promised to see."""
FILE = re.compile(r"# (at the end of )?(\S+)\n(.*)", re.DOTALL)

pytestmark = pytest.mark.timeout(600)


def steps() -> Iterator[tuple[str, str]]:
    """(kind, text) of every block to follow: `yaml` is a file that names itself, `sh` are commands."""
    yield from re.findall(r"```(sh|yaml)\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


def write(folder: Path, block: str) -> None:
    found = FILE.fullmatch(block)
    assert found is not None, block
    path = folder / found[2]
    before = path.read_text(encoding="utf-8") if found[1] else ""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(before + found[3], encoding="utf-8")


def test_every_step_of_the_guide(tmp_path: Path) -> None:
    programs, desk = tmp_path / "bin", tmp_path / "desk"
    programs.mkdir()
    desk.mkdir()
    script = programs / "visavis"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m orchestrator "$@"\n')
    script.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VISAVIS_")} | {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "VISAVIS_DATA_DIR": str(tmp_path / "data"),
        "COLUMNS": "300",
        "NO_COLOR": "1",
    }
    missing = dict(SAID)
    for kind, text in steps():
        if kind == "yaml":
            write(desk, text)
            continue
        for command in text.splitlines():
            done = subprocess.run(
                ["/bin/sh", "-c", command],
                cwd=desk,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
            assert missing.pop(command, "") in done.stdout, f"{command}\n{done.stdout}"
    assert missing == {}
    assert "contract_video" in (desk / "compare.html").read_text("utf-8")
