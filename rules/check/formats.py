"""A report for programs: JSON for editors and pipelines, and the annotations that GitHub shows in a pull request."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from rules.check.report import Diagnosis, Report

_GITHUB = {"error": "error", "warning": "warning", "note": "notice"}
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def plain(text: str) -> str:
    """A text that was quoted from a file, on one line and without what a terminal would obey."""
    return _BREAKS.sub(" ", text)


def as_json(report: Report) -> str:
    """The whole report as one JSON document."""
    return json.dumps(
        {
            "ok": report.ok,
            "revision": report.revision,
            "explored": report.explored,
            "errors": len(report.of("error")),
            "warnings": len(report.of("warning")),
            "findings": [_plain(each) for each in report.diagnoses],
        },
        ensure_ascii=False,
        indent=2,
    )


def _plain(diagnosis: Diagnosis) -> Mapping[str, Any]:
    found, code = diagnosis.finding, diagnosis.code
    return {
        "code": code.name,
        "severity": code.severity,
        "layer": code.layer,
        "file": plain(found.file),
        "line": found.line,
        "column": found.column,
        "path": plain(found.path),
        "problem": plain(found.problem),
        "why": code.why,
        "fix": plain(found.advice),
        **({"steps": list(diagnosis.steps)} if diagnosis.steps else {}),
    }


def as_github(report: Report, folder: str) -> str:
    """Workflow commands, one a line: https://docs.github.com/actions/reference/workflow-commands."""
    return "\n".join(_command(each, folder) for each in report.diagnoses)


def _command(diagnosis: Diagnosis, folder: str) -> str:
    found, code = diagnosis.finding, diagnosis.code
    where = found.file if not folder else f"{folder.rstrip('/')}/{found.file}"
    message = f"{found.path}: {found.problem}. {code.why}. Fix: {found.advice}".removeprefix(": ")
    return annotation(_GITHUB[code.severity], where, found.line, found.column, code.name, message)


def annotation(level: str, file: str, line: int, column: int, title: str, message: str) -> str:
    """One workflow command: a line that GitHub shows beside the code."""
    properties = {"file": file, "line": str(line), "col": str(column), "title": title}
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {told}::{_data(message)}"


def _data(text: str) -> str:
    return plain(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
