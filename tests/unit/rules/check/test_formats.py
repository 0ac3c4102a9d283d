"""A report for programs."""

from __future__ import annotations

import json

from rules.check.formats import as_github, as_json
from rules.check.report import Diagnosis, Report, report_of
from rules.findings import Finding

ERROR = Finding("cards.yaml", 7, 3, "cards.a,b: c", "has 100%\nno text", "write one", "ref.text")
WARNING = Finding("routing.yaml", 1, 1, "", "is unused", "remove it", "group.unused")
NOTE = Finding("cards.yaml", 2, 1, "cards.x", "escalates", "nothing", "card.escalates_elsewhere")
GRAVE = Finding(
    "conversation.yaml", 90, 9, "transitions[3].id", "leads to video", "do not", "model.video_without_consent"
)


def report(*findings: Finding, revision: str | None = None) -> Report:
    return report_of((Diagnosis(finding) for finding in findings), revision, explored=revision is not None)


def test_the_most_important_comes_first() -> None:
    told = report(NOTE, WARNING, ERROR, GRAVE, ERROR)
    assert [each.finding for each in told.diagnoses] == [GRAVE, ERROR, WARNING, NOTE]


def test_warnings_and_notes_leave_a_policy_usable() -> None:
    assert report(WARNING, NOTE, revision="abc").ok
    assert not report(ERROR, revision="abc").ok
    assert not report(WARNING).ok


def test_json_says_everything() -> None:
    steps = ({"event": "VisitorWrote"},)
    told = json.loads(as_json(report_of([Diagnosis(GRAVE, steps), Diagnosis(ERROR)])))
    assert told["ok"] is False
    assert (told["errors"], told["warnings"]) == (2, 0)
    grave, error = told["findings"]
    assert grave["steps"] == [{"event": "VisitorWrote"}]
    assert grave["why"]
    assert error == {
        "code": "ref.text",
        "severity": "error",
        "layer": "references",
        "file": "cards.yaml",
        "line": 7,
        "column": 3,
        "path": "cards.a,b: c",
        "problem": "has 100% no text",
        "why": error["why"],
        "fix": "write one",
    }


def test_github_annotations_are_one_line_each_and_escaped() -> None:
    lines = as_github(report(ERROR, WARNING, NOTE), "my/policy/").splitlines()
    assert lines[0].startswith("::error file=my/policy/cards.yaml,line=7,col=3,title=ref.text::")
    assert "100%25 no text" in lines[0]
    assert lines[1].startswith("::warning file=my/policy/routing.yaml,")
    assert lines[2].startswith("::notice ")


def test_a_shadowed_row_is_told_once_with_its_example() -> None:
    plain = Finding(
        "conversation.yaml", 5, 1, "transitions[0].id", "never wins", "move it", "model.shadowed_row"
    )
    found = Finding(
        "conversation.yaml", 5, 1, "transitions[0].id", "`a` never wins", "move it", "model.shadowed_row"
    )
    told = report_of([Diagnosis(plain), Diagnosis(found, ({"event": "VisitorWrote"},))])
    assert [each.finding for each in told.diagnoses] == [found]
