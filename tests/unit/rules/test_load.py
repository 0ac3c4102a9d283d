"""Loading a folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from rules.load import PolicyError, load_policy
from tests.unit.rules.shipped import FOLDER


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in FOLDER.glob("*.yaml"):
        shutil.copy(path, tmp_path)
    return tmp_path


def problems(folder: Path) -> list[tuple[str, str]]:
    with pytest.raises(PolicyError) as caught:
        load_policy(folder)
    return [(finding.file, finding.problem) for finding in caught.value.findings]


def test_the_shipped_folder() -> None:
    policy = load_policy(FOLDER)
    assert len(policy.revision) == 12
    assert len(policy.files) == 6


def test_scenarios_notes_hidden_files_and_backups_may_lie_beside(folder: Path) -> None:
    (folder / "tests").mkdir()
    for name in ("README.md", ".gitkeep", "cards.yaml~"):
        (folder / name).write_text("x")
    assert load_policy(folder).revision == load_policy(FOLDER).revision


def test_unknown_and_missing_files_are_told_together(folder: Path) -> None:
    (folder / "cards.yaml").rename(folder / "cards.yml")
    (folder / "notes.txt").write_text("x")
    (folder / "camera.yaml").write_bytes(b"default: caf\xe9")
    assert problems(folder) == [
        ("camera.yaml", "holds a byte that is not UTF-8 (0xe9)"),
        ("cards.yaml", "the file is missing"),
        ("cards.yml", "is no file of a policy"),
        ("notes.txt", "is no file of a policy"),
    ]


def test_no_folder(tmp_path: Path) -> None:
    assert "cannot be read" in problems(tmp_path / "nowhere")[0][1]
    (tmp_path / "file").write_text("x")
    assert "cannot be read" in problems(tmp_path / "file")[0][1]
    assert "is no path" in problems(Path("a\0b"))[0][1]


def test_an_empty_folder_misses_six_files(tmp_path: Path) -> None:
    assert [problem for _, problem in problems(tmp_path)] == ["the file is missing"] * 6


def test_what_is_no_plain_file(folder: Path) -> None:
    (folder / "cards.yaml").unlink()
    (folder / "cards.yaml").mkdir()
    (folder / "camera.yaml").unlink()
    os.mkfifo(folder / "camera.yaml")  # reading it would wait for ever
    assert problems(folder) == [("camera.yaml", "is not a plain file"), ("cards.yaml", "is not a plain file")]


def test_a_huge_file_is_not_read_to_its_end(folder: Path) -> None:
    with (folder / "cards.yaml").open("wb") as file:
        file.truncate(10 * 2**30)  # sparse
    assert problems(folder) == [("cards.yaml", "is larger than 1 MiB")]
