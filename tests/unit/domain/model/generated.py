"""Mistakes of one kind everywhere they can be made: letters doubled, keys lost, facts misspelt, actions left out.

``python -m tests.unit.domain.model.generated`` prints how many of each kind are found.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from rich.console import Console
from rich.table import Table

from rules.schema.export import json_schemas
from tests.unit.domain.model.mistakes import FILES, Mistake, edited, read, with_file, with_row, without_action

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


@dataclass(frozen=True)
class Making:
    """A mistake that is made when it is needed: writing YAML takes longer than finding what is wrong with it."""

    layer: str
    name: str
    code: str
    files: Callable[[], Mapping[str, bytes]]

    def made(self) -> Mistake:
        return Mistake(self.layer, self.name, self.files(), self.code)


def generated() -> Iterator[Making]:
    """All of them. Those of the layer `model` take half a second each; the others some milliseconds."""
    yield from _keys()
    yield from _words()
    yield from _facts()
    yield from _cut()
    yield from _actions()


def _keys() -> Iterator[Making]:
    """Every required key of a file lost, the second level of the lifecycle too, and each with a letter doubled."""
    for name, schema in json_schemas().items():
        for key in schema["required"]:
            lost = partial(edited, name, lambda data, key=key: data.pop(key))
            yield Making("schema", f"{name} without {key}", "schema.missing", lost)
        for key, value in read(name).items():
            odd = partial(edited, name, lambda data, key=key: data.update({key + key[-1]: data.pop(key)}))
            yield Making("schema", f"{name}: {key}{key[-1]}", "schema.unknown_key", odd)
            if name == CONVERSATION and isinstance(value, dict):
                for inner in value:
                    lost = partial(edited, name, lambda data, key=key, inner=inner: data[key].pop(inner))
                    yield Making("schema", f"{name} without {key}.{inner}", "schema.missing", lost)


def _words() -> Iterator[Making]:
    """Every row with its event, its first action and its target misspelt."""
    for row in read(CONVERSATION)["transitions"]:
        for key, code in (("event", "ref.event"), ("do", "ref.action"), ("to", "ref.state")):
            word = row.get(key)
            if word:
                odd = [word[0][:-1], *word[1:]] if isinstance(word, list) else word[:-1]
                yield Making(
                    "references", f"{row['id']}: {key}", code, partial(with_row, row["id"], **{key: odd})
                )


def _facts() -> Iterator[Making]:
    """Every guard with its first fact misspelt, with a bracket too many, and compared with a text."""
    for row in read(CONVERSATION)["transitions"]:
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
            yield Making("cel", f"{row['id']}: {what}", code, partial(with_row, row["id"], when=text))


def _cut() -> Iterator[Making]:
    """Every file with a bracket that nothing closes, with a tab before its last line, and written twice."""
    for name, content in FILES.items():
        for what, more, code in (
            ("open bracket", b"more: [1, 2\n", "yaml.syntax"),
            ("tab", b"more:\n\t- 1\n", "yaml.tab"),
            ("twice", content, "yaml.duplicate_key"),
        ):
            yield Making("yaml", f"{name}: {what}", code, partial(with_file, name, content + b"\n" + more))


def _actions() -> Iterator[Making]:
    """Every row without an action that its way needs."""
    for row in read(CONVERSATION)["transitions"]:
        for action in row.get("do", ()):
            if action in _NEEDED and not (action == "requeue" and row["id"] == "requeued-while-waiting"):
                less = partial(without_action, row["id"], action)
                yield Making("model", f"{row['id']} without {action}", "model.refused_row", less)


def main() -> int:
    found: dict[str, list[bool]] = defaultdict(list)
    missed: list[str] = []
    for making in generated():
        mistake = making.made()
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
