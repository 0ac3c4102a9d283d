"""The reference of the policy language, written from the schema, the vocabulary and the codes themselves.

``python -m rules.reference > docs/policy-reference.md``; a test tells when the document is stale.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from rules import meanings
from rules.check.codes import CODES, SEVERITIES
from rules.compile import ROUTING_FACTS
from rules.facts import FACTS
from rules.schema.export import Schema, json_schemas
from rules.vocabulary import TIMED_WAITS

_ABOUT: Mapping[str, str] = {
    "conversation.yaml": "The lifecycle of a conversation: its states, their timers, and the rows that move it.",
    "routing.yaml": "The groups of agents, their hours, places and rules, and the rules that choose a group.",
    "escalation.yaml": "From chat to video: an agent's proposal, and the cards of the bot that announce it.",
    "cards.yaml": "The transfer cards that the bot shows by id, with their words per language.",
    "camera.yaml": "What the visitor's camera may do, per site; a group may only be stricter.",
    "engagement.yaml": "How a site invites its visitors: the notification, what it offers, and its words.",
}

_INTRODUCTION = """\
# Policy reference

<!-- Written by `python -m rules.reference`: do not edit. -->

A policy is a folder with six YAML files. `visavis policy check DIR` tells everything that is wrong with one, and
`visavis policy schema FILE` prints a JSON Schema with which editors complete and check a file while it is written:

    # yaml-language-server: $schema=../schemas/conversation.schema.json

Values have types, which are checked:

| type | how it is written |
|---|---|
| duration | with units: `30s`, `15m`, `1m30s`, `2h`, `1d` |
| language | a BCP 47 tag in its usual form: `fr`, `en`, `fr-CA`. A *primary* one has no region |
| percentage | a whole number from 1 to 100 |
| name | small letters and digits, joined by `-` or `_` |
| site | the id of a site |
| condition | CEL over the facts below: `group.open && visitor.can_video` |
| hours | `"09:00-12:30"`, up to `"24:00"`; local to the `time_zone` |
| date | `2030-12-25` |

`yes`, `no`, `on` and `off` are words, not truths: write `true` or `false`. Keys that are not named here are mistakes,
and so are keys that are written twice, or without a value.
"""


def policy_reference() -> str:
    """The whole document."""
    parts = [_INTRODUCTION, *(_file(name, schema) for name, schema in json_schemas().items())]
    parts += [_timers(), _words(), _facts(), _findings()]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = tuple(head)
    lines = [names, tuple("---" for _ in names), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


# --- files -----------------------------------------------------------------------------------------------


def _file(name: str, schema: Schema) -> str:
    definitions = cast("dict[str, Schema]", schema.get("$defs", {}))
    parts = [f"## {name}\n\n{_ABOUT[name]}\n"]
    for path, model in _models("", schema, definitions, set()):
        properties = cast("dict[str, Schema]", model.get("properties", {}))
        required = cast("list[str]", model.get("required", []))
        rows = [
            (
                f"`{key}`",
                _type(value),
                _presence(key, value, required),
                str(value.get("description", "")).split("\n")[0],
            )
            for key, value in properties.items()
        ]
        heading = f"### `{path}`\n\n" if path else ""
        parts.append(heading + _table(("key", "type", "", "meaning"), rows) + "\n")
    return "\n".join(parts)


def _models(
    path: str, model: Schema, definitions: Mapping[str, Schema], seen: set[str]
) -> Iterator[tuple[str, Schema]]:
    """The objects of a file with the path where each is first written, from the outside in."""
    yield path, model
    for key, value in cast("dict[str, Schema]", model.get("properties", {})).items():
        for step, name in _references(value):
            if name not in seen:
                seen.add(name)
                inner = f"{path}.{key}{step}" if path else f"{key}{step}"
                yield from _models(inner, definitions[name], definitions, seen)


def _references(value: Any, step: str = "") -> Iterator[tuple[str, str]]:
    """The objects that a value may hold, each with the step that leads to it: an entry of a list, a name."""
    if not isinstance(value, Mapping):
        return
    schema = cast("Schema", value)
    if "$ref" in schema:
        yield step, str(schema["$ref"]).rsplit("/", 1)[-1]
    for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _references(choice, step)
    yield from _references(schema.get("items"), step + "[]")
    for inner in (schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()):
        yield from _references(inner, step + ".NAME")


def _presence(key: str, value: Schema, required: list[str]) -> str:
    if key in required:
        return "required"
    default = value.get("default")
    return (
        ""
        if default in (None, [], {}, ()) or isinstance(default, Mapping)
        else f"default `{_written(default)}`"
    )


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(str, cast("list[object]", value))) + "]"
    return str(value)


def _type(value: Schema) -> str:
    choices = cast("list[Schema]", value.get("anyOf") or value.get("oneOf") or [])
    if choices:
        return " or ".join(dict.fromkeys(_type(choice) for choice in choices))
    if "const" in value:
        return f"`{_written(value['const'])}`"
    if "enum" in value:
        words = cast("list[str]", value["enum"])
        return " ".join(f"`{word}`" for word in words) if len(words) <= 8 else "one of the words below"
    if "$ref" in value:
        return "see below"
    match value.get("type"):
        case "array":
            entry = _type(cast("Schema", value.get("items", {})))
            return (
                "list" if entry == "one of the words below" else f"list of {entry}".replace("of see", "see")
            )
        case "object":
            return f"{_keys(value)} → {_type(_inner(value))}"
        case "integer":
            return f"whole number{_range(value)}"
        case "boolean":
            return "`true` or `false`"
        case _:
            return _text(value)


def _inner(value: Schema) -> Schema:
    patterns = cast("dict[str, Schema]", value.get("patternProperties", {}))
    if patterns:
        return next(iter(patterns.values()))
    inner = value.get("additionalProperties")
    return cast("Schema", inner) if isinstance(inner, Mapping) else {}


def _keys(value: Schema) -> str:
    names = cast("Schema", value.get("propertyNames", {}))
    if "enum" in names:
        return "weekday"
    if "fr" in names.get("examples", ()):
        return "language"
    return "name"


def _range(value: Schema) -> str:
    least, most = value.get("minimum"), value.get("maximum")
    return "" if least is None and most is None else f", {least} to {most}"


def _text(value: Schema) -> str:
    examples = cast("list[str]", value.get("examples", []))
    if "30s" in examples:
        return "duration"
    if examples == ["fr", "en"]:
        return "primary language"
    if "fr-CA" in examples:
        return "language"
    if "09:00-12:30" in examples:
        return "hours"
    if value.get("format") == "date":
        return "date"
    if str(value.get("pattern", "")).startswith("^[a-z0-9]+(?:"):
        return "name"
    return f"text, such as `{examples[0]}`" if examples else "text"


# --- words ------------------------------------------------------------------------------------------------


def _timers() -> str:
    rows = [
        (f"`{where}`", f"`{event}`", ", ".join(f"`{state}`" for state in states))
        for where, event, states in TIMED_WAITS
    ]
    about = (
        "Every wait ends by itself: its timer emits an event, which needs a row in each of these states.\n"
    )
    return f"## Timers\n\n{about}\n" + _table(("duration", "event", "states"), rows)


def _words() -> str:
    parts: list[str] = []
    for title, about, words in (
        ("States", "", meanings.STATES),
        ("Events", "What may stand at `event:`.\n\n", meanings.EVENTS),
        ("Actions", "What may stand in `do:`. They run in order, all or nothing.\n\n", meanings.ACTIONS),
        ("Notices", "What may stand in `say:`. The pages word them, in each language.\n\n", meanings.NOTICES),
    ):
        rows = [(f"`{word}`", meaning) for word, meaning in words.items()]
        parts.append(f"## {title}\n\n{about}" + _table(("word", "meaning"), rows) + "\n")
    return "\n".join(parts)


def _facts() -> str:
    rows = [
        (
            f"`{fact.name}`",
            " ".join(f'`"{word}"`' for word in fact.values if word) or fact.type,
            fact.meaning,
            "✓" if fact.name in ROUTING_FACTS else "",
        )
        for fact in FACTS
    ]
    about = (
        "What a condition may read. A fact with a closed set of values may only be compared with one of them. Rules\n"
        "of `routing.yaml` are asked before an agent, a queue or a call is known: they may read what is marked so.\n"
    )
    return f"## Facts\n\n{about}\n" + _table(("fact", "type", "meaning", "routing"), rows)


def _findings() -> str:
    about = "What `visavis policy check` may find, in the order of importance. Errors keep a policy from being used.\n"
    parts = [f"## Findings\n\n{about}"]
    for severity in SEVERITIES:
        rows = [(f"`{code.name}`", code.why) for code in CODES.values() if code.severity == severity]
        parts.append(f"### {severity.capitalize()}s\n\n" + _table(("code", "why it matters"), rows) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(policy_reference())
