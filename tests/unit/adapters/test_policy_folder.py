"""A folder that follows what is live: nothing of its owner's is written over, and nothing is half written."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.adapters.policies import configured_folder, read_set
from orchestrator.adapters.policy_folder import NOTE, Followed, follow, followed, take
from orchestrator.application.errors import Conflict, Invalid
from orchestrator.application.revisions.records import MOST_SCENARIO_FILES, PolicySet
from rules.findings import PolicyError

FIRST = PolicySet({"camera.yaml": "default: allowed\n"}, {"tests/a.yaml": "scenarios: []\n"})
SECOND = PolicySet({"camera.yaml": "default: forbidden\n"}, {"tests/b.yaml": "scenarios: []\n"})


def taken(folder: Path, policy_set: PolicySet, number: int, *, force: bool = False) -> bool:
    return take(folder, policy_set, number=number, revision=f"r{number}", force=force)


def test_what_is_taken_is_what_is_read_again(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert taken(folder, FIRST, 1)
    assert read_set(folder).digest == FIRST.digest
    assert followed(folder) == Followed(1, "r1", FIRST.digest)
    assert not taken(folder, FIRST, 4)  # the same files under another number
    assert followed(folder) == Followed(4, "r4", FIRST.digest)


def test_files_that_are_gone_go_and_others_stay(tmp_path: Path) -> None:
    taken(tmp_path, FIRST, 1)
    (tmp_path / "README.md").write_text("ours")
    assert taken(tmp_path, SECOND, 2)
    names = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert names == [NOTE, "README.md", "camera.yaml", "tests/b.yaml"]


def test_changes_are_not_written_over_unless_asked(tmp_path: Path) -> None:
    taken(tmp_path, FIRST, 1)
    (tmp_path / "camera.yaml").write_text("default: off_by_default\n")
    with pytest.raises(Conflict) as refused:
        taken(tmp_path, SECOND, 2)
    assert refused.value.code == "folder_changed"
    assert (tmp_path / "camera.yaml").read_text() == "default: off_by_default\n"
    assert followed(tmp_path) == Followed(1, "r1", FIRST.digest)
    assert taken(tmp_path, SECOND, 2, force=True)
    assert read_set(tmp_path).digest == SECOND.digest


def test_a_folder_of_somebody_else_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "camera.yaml").write_text("default: forbidden\n")
    with pytest.raises(Conflict):
        taken(tmp_path, FIRST, 1)


def test_what_cannot_be_read_is_written_over_only_by_force(tmp_path: Path) -> None:
    taken(tmp_path, FIRST, 1)
    (tmp_path / "camera.yaml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "tests" / "old.yaml").write_text("scenarios: []\n")
    with pytest.raises(PolicyError):
        taken(tmp_path, SECOND, 2)
    assert taken(tmp_path, SECOND, 2, force=True)
    assert read_set(tmp_path).digest == SECOND.digest


@pytest.mark.parametrize("note", ["", "{", "[]", '{"number": "x"}', '{"number": 1}', "\udcff"])
def test_a_note_that_was_spoilt_is_told(tmp_path: Path, note: str) -> None:
    (tmp_path / NOTE).write_bytes(note.encode(errors="surrogateescape"))
    with pytest.raises(Invalid) as refused:
        followed(tmp_path)
    assert refused.value.code == "note_unreadable"
    follow(tmp_path, Followed(2, "r2", "d"))
    assert followed(tmp_path) == Followed(2, "r2", "d")


def test_line_ends_and_marks_of_editors_are_no_difference(tmp_path: Path) -> None:
    taken(tmp_path, FIRST, 1)
    (tmp_path / "camera.yaml").write_bytes(b"\xef\xbb\xbfdefault: allowed\r\n")
    assert read_set(tmp_path).digest == FIRST.digest


@pytest.mark.parametrize(
    "name", ["camera.yml", "../camera.yaml", "tests/../camera.yaml", "tests/x.txt", "/etc/x", ""]
)
def test_names_that_have_no_place_in_a_policy(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        PolicySet.of({name: ""})
    assert refused.value.code == "unknown_file"


def test_a_folder_with_too_much_in_it_is_no_start(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    for number in range(MOST_SCENARIO_FILES + 1):
        (tmp_path / "tests" / f"s{number}.yaml").write_text("scenarios: []\n")
    found = configured_folder(tmp_path)
    assert found.policy is None
    assert found.error is not None
    missing = configured_folder(tmp_path / "nowhere")
    assert missing.error is not None
