"""The example policies: complete, without mistakes, and with the rows of the shipped lifecycle.

``python -m tests.unit.rules.test_examples`` brings the shipped rows to them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from orchestrator.domain.model.check import check
from rules.load import load_policy
from rules.schema import FILES

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "rules" / "policies" / "conversation.yaml"
FOLDERS = sorted(path.parent for path in (ROOT / "docs" / "examples").glob("*/conversation.yaml"))
ROWS = "\ntransitions:\n"


def rows_of(file: Path) -> str:
    return file.read_text(encoding="utf-8").split(ROWS)[1]


def test_there_are_examples() -> None:
    assert {folder.name for folder in FOLDERS} >= {"shop", "bank", "hospital"}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_is_complete_and_has_no_mistakes(folder: Path) -> None:
    files = {path.name: path.read_bytes() for path in folder.glob("*.yaml")}
    assert set(files) == set(FILES)
    report = check(files)
    assert report.ok
    told = [str(each.finding) for each in report.diagnoses if each.severity != "note"]
    assert told == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_has_the_shipped_rows(folder: Path) -> None:
    assert rows_of(folder / "conversation.yaml") == rows_of(SHIPPED), "run this module"


def test_in_the_hospital_no_camera_is_ever_on() -> None:
    policy = load_policy(ROOT / "docs" / "examples" / "hospital")
    for site in ("appointments", "anything"):
        for group in policy.routing.groups:
            assert policy.camera_for(site, group) == "forbidden"
            assert not policy.screen_share_for(site, group)


def test_in_the_bank_a_loan_asks_for_who_knows_it() -> None:
    policy = load_policy(ROOT / "docs" / "examples" / "bank")
    chosen = policy.route({"site.id": "loans", "conversation.language": "en"}, "chat")
    assert (chosen.group, chosen.skills) == ("loans", (("mortgage", 3),))
    assert policy.route({"conversation.language": "en"}, "chat").group == "english"
    assert policy.route({}, "video").priority == 5


if __name__ == "__main__":
    for example in FOLDERS:
        file = example / "conversation.yaml"
        head = file.read_text(encoding="utf-8").split(ROWS)[0]
        file.write_text(head + ROWS + rows_of(SHIPPED), encoding="utf-8")
    sys.stdout.write(f"{len(FOLDERS)} examples have the shipped rows\n")
