"""What must hold of the repository itself."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [path for line in listed.stdout.splitlines() if (path := ROOT / line).is_file()]


def test_lock_files_pin_by_hash_and_name_no_registry() -> None:
    for lock in tracked("*requirements*.txt", "web/package-lock.json"):
        text = lock.read_text()
        assert not re.search(r"https?://[^\s\"]*(pypi|pythonhosted|npmjs|registry)", text), lock
        if lock.suffix == ".txt":
            pins = [line for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)]
            assert pins
            assert all("==" in line for line in pins), lock
            assert text.count("--hash=sha256:") >= len(pins), lock


def test_the_lock_has_every_dependency_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    locked = set(re.findall(r"^([a-z0-9._-]+)", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE))
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    names = {re.split(r"[\[<>=~! ]", line)[0].lower() for line in wanted}
    names = {re.sub(r"[-_.]+", "-", name) for name in names}
    assert names <= locked


def test_the_types_of_the_pages_come_from_the_interface_as_it_is(tmp_path: Path) -> None:
    fresh = tmp_path / "openapi.json"
    subprocess.run([sys.executable, ROOT / "web" / "export_openapi.py", fresh], check=True)
    assert fresh.read_text() == (ROOT / "web" / "openapi.json").read_text(), "run `python web/pages.py types`"


def test_links_between_documents_lead_somewhere() -> None:
    for document in tracked("*.md"):
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.relative_to(ROOT)} → {target}"


def test_make_help_names_every_target_a_person_uses() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("demo", "test", "test-deep", "check", "bench", "format", "help"):
        assert f"make {target} " in shown
