"""Small mistakes in the shipped lifecycle: a row that is missing, a guard reversed, an action left out."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

PATH = "rules/policies/conversation.yaml"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PolicyMutant:
    row: str
    what: str
    text: str

    @property
    def key(self) -> str:
        return f"{self.row}: {self.what}"


def policy_mutants(source: str) -> Iterator[PolicyMutant]:
    """Every mutant of a lifecycle, row by row."""
    policy = yaml.safe_load(source)
    rows: list[Row] = policy["transitions"]

    def mutant(index: int, what: str, *instead: Row) -> PolicyMutant:
        changed = [*rows[:index], *instead, *rows[index + 1 :]]
        text = yaml.safe_dump({**policy, "transitions": changed}, sort_keys=False, allow_unicode=True)
        return PolicyMutant(rows[index]["id"], what, text)

    for index, row in enumerate(rows):
        yield mutant(index, "row removed")
        if "when" in row:
            yield mutant(index, "guard negated", {**row, "when": f"!({row['when']})"})
            yield mutant(index, "guard dropped", {key: row[key] for key in row if key != "when"})
        for name in ("from", "party"):
            for one in row.get(name, []) if isinstance(row.get(name), list) else []:
                fewer = [other for other in row[name] if other != one]
                yield mutant(index, f"not {name} {one}", {**row, name: fewer})
        for name in ("do", "say"):
            for place, word in enumerate(row.get(name, [])):
                less = copy.deepcopy(row)
                del less[name][place]
                yield mutant(index, f"{name} without {word}", less)
