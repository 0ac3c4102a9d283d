"""Several writes sent to PostgreSQL as one statement: what an event stores takes one round trip instead of a dozen.

Each write becomes a part of one WITH. All parts see the rows as they were before the statement, so no two of them may
change the same row, and none may rely on what another one does: `Writes` keeps those apart that would. Foreign keys are
checked at the end of the statement. A write of several rows takes its values from arrays, whose text does not depend
on how many there are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.adapters.session import Append, Write
from orchestrator.adapters.statements import Translated, Translator

Given = dict[str, Any]
Part = tuple[Write | Append, list[Given]]
Shape = tuple[tuple[Translated | Append, bool], ...]

MOST_SHAPES = 1_000
_PLACE = re.compile(r"\$(\d+)(?:::(TIMESTAMP WITH(?:OUT)? TIME ZONE|DOUBLE PRECISION|[A-Z]+))?")


class Writes:
    """What is to be written, until it is sent."""

    def __init__(self) -> None:
        self._rows: dict[tuple[Write, tuple[str, ...]], list[Given]] = {}
        self._appended: dict[Append, list[Given]] = {}
        self._changed: dict[tuple[str, tuple[Any, ...]], tuple[Write, Given]] = {}

    def add(self, write: Write | Append, rows: Sequence[Given]) -> bool:
        """Whether they may be sent with the others; nothing is added otherwise."""
        if isinstance(write, Append):
            self._appended.setdefault(write, []).extend(rows)
            return True
        if write.key:
            named = {(write.table, tuple(row[name] for name in write.key)): row for row in rows}
            if write.sets and len(rows) == 1:
                (name,) = named
                before, row = self._changed.get(name, (None, {}))
                if before is write:
                    row.update(rows[0])
                    return True
            if len(named) < len(rows) or not named.keys().isdisjoint(self._changed):
                return False
            self._changed.update((name, (write, row)) for name, row in named.items())
        self._rows.setdefault((write, tuple(rows[0])), []).extend(rows)
        return True

    def take(self, *, appended: bool) -> list[Part]:
        """In the order in which each was begun. What is ``appended`` goes last, as its rows are locked last."""
        taken: list[Part] = [(write, rows) for (write, _), rows in self._rows.items()]
        self._rows, self._changed = {}, {}
        if appended:
            taken += self._appended.items()
            self._appended = {}
        return taken


@dataclass(frozen=True, slots=True)
class Folded:
    """``text`` gives one row, with the number of rows that each write of ``checked`` found."""

    text: str
    checked: tuple[int, ...]


class Folder:
    """Makes one statement of several writes, once for each combination."""

    def __init__(self, translator: Translator) -> None:
        self._translator = translator
        self._known: dict[Shape, Folded] = {}

    def fold(self, parts: Sequence[Part]) -> tuple[Folded, list[Any]]:
        """The statement and its arguments."""
        shape: list[tuple[Translated | Append, bool]] = []
        arguments: list[Any] = []
        # All of them or none from arrays, so that there are not too many different statements.
        many = any(len(rows) > 1 for write, rows in parts if isinstance(write, Write))
        for write, rows in parts:
            if isinstance(write, Append):
                shape.append((write, True))
                arguments += write.arrays(rows)
                continue
            translated = self._translator.translate(write.statement, tuple(rows[0]))
            shape.append((translated, many))
            if many:
                arguments += zip(*map(translated.arguments, rows), strict=True)
            else:
                arguments += translated.arguments(rows[0])
        found = self._known.get(tuple(shape))
        if found is None:
            checked = [
                n for n, (write, _) in enumerate(parts) if isinstance(write, Write) and write.must_find
            ]
            found = self._known[tuple(shape)] = Folded(_text(shape), tuple(checked))
        return found, arguments


def _text(shape: Sequence[tuple[Translated | Append, bool]]) -> str:
    parts: list[str] = []
    counted: list[str] = []
    before = 0
    for number, (one, many) in enumerate(shape):
        if isinstance(one, Append):
            parts += [f"{name} AS ({_numbered(text, before)})" for name, text in one.parts]
            counted.append(one.parts[-1][0])
            before += max(int(place) for _, text in one.parts for place, _ in _PLACE.findall(text))
            continue
        text = _from_arrays(one.text, before) if many else _numbered(one.text, before)
        parts.append(f"w{number} AS ({text} RETURNING 1)")
        counted.append(f"w{number}")
        before += len(one.places)
    # Asked for in this order, so that they are carried out, and rows locked, in this order.
    counts = ", ".join(f"(SELECT count(*) FROM {name})" for name in counted)  # noqa: S608 - as below
    return f"WITH {', '.join(parts)} SELECT {counts}"


def _numbered(text: str, before: int) -> str:
    return _PLACE.sub(lambda found: f"${int(found[1]) + before}{found[0][len(found[1]) + 1 :]}", text)


def _from_arrays(text: str, before: int) -> str:
    """The write for each row of some arrays, one for each place."""
    types: dict[int, str] = {}

    def column(found: re.Match[str]) -> str:
        types[int(found[1])] = found[2]
        return f"p.c{found[1]}"

    text = _PLACE.sub(column, text)
    places = sorted(types)
    arrays = ", ".join(f"${place + before}::{types[place]}[]" for place in places)
    source = f"unnest({arrays}) AS p({', '.join(f'c{place}' for place in places)})"
    if text.startswith("INSERT"):
        head, _, rest = text.partition(" VALUES (")
        values, conflict, action = rest.partition(") ON CONFLICT")
        chosen = values if conflict else rest[:-1]
        return f"{head} SELECT {chosen} FROM {source}{conflict[1:]}{action}"  # noqa: S608 - as above
    head, _, condition = text.partition(" WHERE ")
    return f"{head} {'USING' if text.startswith('DELETE') else 'FROM'} {source} WHERE {condition}"
