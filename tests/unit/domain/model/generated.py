"""Mistakes of one kind everywhere they can be made: letters doubled, keys lost, facts misspelt, actions left out.

``python -m tests.unit.domain.model.generated`` prints how many of each kind are found.
"""

from __future__ import annotations

import copy
import re
import sys
from collections import defaultdict
from collections.abc import Iterator

import yaml
from rich.console import Console
from rich.table import Table

from rules.schema.export import json_schemas
from tests.unit.domain.model.mistakes import FILES, Data, Mistake, with_file, without_action

CONVERSATION = "conversation.yaml"

# Without these, a row leads to what no policy may produce, and the law that says so is named with it.
_NEEDED = (
    "enter_queue",
    "leave_queue",
    "requeue_at_head",
    "requeue",
    "open_call",
    "start_call",
    "release_agent",
)


def generated() -> Iterator[Mistake]:
    """All of them. Those of the layer `model` take half a second each; the others some milliseconds."""
    yield from _keys()
    yield from _words()
    yield from _facts()
    yield from _cut()
    yield from _actions()


def _dumped(name: str, data: Data) -> dict[str, bytes]:
    return with_file(name, yaml.safe_dump(data, sort_keys=False, allow_unicode=True))


def _keys() -> Iterator[Mistake]:
    """Every required key of a file's first two levels lost, and every key there with a letter doubled."""
    schemas = json_schemas()
    for name, schema in schemas.items():
        data = yaml.safe_load(FILES[name])
        for key in schema["required"]:
            less = {other: value for other, value in data.items() if other != key}
            yield Mistake("schema", f"{name} without {key}", _dumped(name, less), "schema.missing")
        for key, value in data.items():
            odd = {(other + other[-1] if other == key else other): held for other, held in data.items()}
            yield Mistake("schema", f"{name}: {key}{key[-1]}", _dumped(name, odd), "schema.unknown_key")
            if name == CONVERSATION and isinstance(value, dict):
                for inner in value:
                    less = copy.deepcopy(data)
                    del less[key][inner]
                    yield Mistake(
                        "schema", f"{name} without {key}.{inner}", _dumped(name, less), "schema.missing"
                    )


def _words() -> Iterator[Mistake]:
    """Every row with its event, its first state and its first action misspelt."""
    data = yaml.safe_load(FILES[CONVERSATION])
    for index, row in enumerate(data["transitions"]):
        for key, code in (("event", "ref.event"), ("do", "ref.action"), ("to", "ref.state")):
            if not row.get(key):
                continue
            odd = copy.deepcopy(data)
            word = odd["transitions"][index][key]
            odd["transitions"][index][key] = (
                [word[0][:-1], *word[1:]] if isinstance(word, list) else word[:-1]
            )
            yield Mistake("references", f"{row['id']}: {key}", _dumped(CONVERSATION, odd), code)


def _facts() -> Iterator[Mistake]:
    """Every guard with its first fact misspelt, with a bracket too many, and with its first fact as a text."""
    data = yaml.safe_load(FILES[CONVERSATION])
    for index, row in enumerate(data["transitions"]):
        guard = row.get("when")
        if not guard:
            continue
        fact = re.search(r"[a-z]+\.[a-z_]+", guard)
        assert fact is not None
        for what, text, code in (
            ("fact", guard.replace(fact[0], fact[0] + "s", 1), "cel.fact"),
            ("bracket", f"({guard}", "cel.syntax"),
            ("type", f'({guard}) == "yes"', "cel.type"),
        ):
            odd = copy.deepcopy(data)
            odd["transitions"][index]["when"] = text
            yield Mistake("cel", f"{row['id']}: {what}", _dumped(CONVERSATION, odd), code)


def _cut() -> Iterator[Mistake]:
    """Every file with a bracket that nothing closes, and with a tab before its last line."""
    for name, content in FILES.items():
        yield Mistake(
            "yaml", f"{name}: open bracket", with_file(name, content + b"\nmore: [1, 2\n"), "yaml.syntax"
        )
        yield Mistake("yaml", f"{name}: tab", with_file(name, content + b"\nmore:\n\t- 1\n"), "yaml.tab")
        yield Mistake(
            "yaml", f"{name}: twice", with_file(name, content + b"\n" + content), "yaml.duplicate_key"
        )


def _actions() -> Iterator[Mistake]:
    """Every row without an action that its way needs."""
    for row in yaml.safe_load(FILES[CONVERSATION])["transitions"]:
        for action in row.get("do", ()):
            if action in _NEEDED and not (action == "requeue" and row["id"] == "requeued-while-waiting"):
                name = f"{row['id']} without {action}"
                yield Mistake("model", name, without_action(row["id"], action), "model.refused_row")


def main() -> int:
    found: dict[str, list[bool]] = defaultdict(list)
    missed: list[str] = []
    for mistake in generated():
        caught = mistake.caught(mistake.report())
        found[mistake.layer].append(caught)
        if not caught:
            missed.append(mistake.name)
    table = Table("layer", "mistakes", "found", title="mistakes made everywhere")
    for layer, caught in found.items():
        table.add_row(layer, str(len(caught)), str(sum(caught)))
    console = Console()
    console.print(table)
    console.print(*missed, sep="\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
