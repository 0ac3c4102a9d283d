"""A difference for programs: JSON, and the annotations that GitHub shows in a pull request."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from pydantic import BaseModel

from rules.check.formats import annotation
from rules.diff.difference import Difference, Told
from rules.diff.labels import Language
from rules.diff.tree import Change, is_mapping, is_tuple
from rules.diff.weigh import Effect
from rules.diff.words import span_words
from rules.durations import format_duration
from rules.policy import Policy
from rules.schema.routing import Span
from rules.yaml_source import Document, parse


def as_json(found: Difference, language: Language) -> str:
    """The whole difference as one JSON document."""
    return json.dumps(
        {
            "different": bool(found),
            "before": found.before,
            "after": found.after,
            "layout_only": found.layout,
            "loosens": len(found.loosening),
            "changes": [_plain(each, language) for each in found.told],
        },
        ensure_ascii=False,
        indent=2,
    )


def _plain(told: Told, language: Language) -> dict[str, Any]:
    change, weight = told.change, told.weight
    said: dict[str, Any] = {
        "section": told.section,
        "kind": change.kind,
        "file": change.file,
        "path": change.path,
        "effect": None if weight is None else weight.effect.value,
        "topic": None if weight is None else weight.topic,
        "sentence": told.sentence(language),
    }
    if isinstance(change, Change):
        said |= {"before": _written(change.before), "after": _written(change.after)}
    if told.overtaken:
        said["overtakes"] = list(told.overtaken)
    return said


def _written(value: object) -> object:
    """A value as it would be written in YAML: durations with units, stretches of hours, lists."""
    match value:
        case timedelta():
            return format_duration(value)
        case date():
            return value.isoformat()
        case Span():
            return span_words(value)
        case BaseModel():
            fields = type(value).model_fields.items()
            return {about.alias or name: _written(getattr(value, name)) for name, about in fields}
        case _ if is_mapping(value):
            return {name: _written(each) for name, each in value.items()}
        case _ if is_tuple(value):
            return [_written(each) for each in value]
        case _:
            return value


def as_github(found: Difference, after: Policy, folder: str, language: Language) -> str:
    """Workflow commands, one a line; what loosens is a warning. ``folder`` is where ``after`` is, in the repository.

    https://docs.github.com/actions/reference/workflow-commands
    """
    places = _Places(after)
    lines: list[str] = []
    for told in found.told:
        effect = None if told.weight is None else told.weight.effect
        line, column = places.of(told)
        name = told.change.file if not folder else f"{folder.rstrip('/')}/{told.change.file}"
        title = told.section if told.weight is None else f"{told.section} {told.weight.topic}"
        level = "warning" if effect is Effect.LOOSENS else "notice"
        lines.append(annotation(level, name, line, column, title, told.sentence(language)))
    return "\n".join(lines)


class _Places:
    """Where changes are written. What was removed is shown at the beginning of its file."""

    def __init__(self, after: Policy) -> None:
        self._after = {name: parse(name, text) for name, text in after.files.items()}

    def of(self, told: Told) -> tuple[int, int]:
        document = self._after.get(told.change.file)
        if not isinstance(document, Document) or told.change.kind == "removed":
            return 1, 1
        place = told.change.place
        while place and not document.has(place):
            place = place[:-1]
        return document.at_key(place) if place else (1, 1)
