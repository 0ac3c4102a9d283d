"""How statements reach the database: a narrow seam under the tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Executable

from orchestrator.adapters.statements import Translated, Translator
from orchestrator.application.errors import VersionConflict

Parameters = dict[str, Any] | Sequence[dict[str, Any]] | None


@dataclass(frozen=True, slots=True)
class Rows:
    """What a statement gave, read to the end. ``count``: how many rows it changed."""

    rows: Sequence[Any]
    count: int = 0

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)

    def one(self) -> Any | None:
        """The only row, or None when there is none."""
        return self.rows[0] if self.rows else None

    def values(self) -> list[Any]:
        """The first column."""
        return [row[0] for row in self.rows]

    def value(self) -> Any:
        """The first column of the first row, or None."""
        return self.rows[0][0] if self.rows else None


@dataclass(frozen=True, slots=True, eq=False)
class Write:
    """A statement that changes rows which nobody needs to see changed before the transaction reads or ends.

    It may be sent together with others. ``table`` and ``key``, the values that name a row in it, tell which of them may
    not: those that change the same row. Rows of an insert without a ``key`` are all different ones.
    """

    statement: Executable
    table: str
    key: tuple[str, ...] = ()
    must_find: bool = False
    """Every row must be there: otherwise somebody else was faster."""
    sets: bool = False
    """It gives columns of the row their values, so that the last one counts."""


@dataclass(frozen=True, slots=True, eq=False)
class Append:
    """An insert for PostgreSQL of any number of rows that takes more than one part of a statement.

    It is sent at the end of the transaction, so that what it locks is locked once and in one order. ``parts`` are names
    and texts whose places are numbered from 1, one for each of ``arrays``.
    """

    parts: tuple[tuple[str, str], ...]
    arrays: Callable[[Sequence[dict[str, Any]]], list[list[Any]]]


class Session(Protocol):
    """The statements of one transaction, in order."""

    dialect: str

    async def read(self, statement: Executable, parameters: Parameters = None) -> Rows:
        """Run a statement and give what it finds."""
        ...

    async def write(
        self, statement: Executable, parameters: Parameters = None, *, only_if_found: bool = False
    ) -> None:
        """Run a statement that changes something.

        Raises:
            VersionConflict: ``only_if_found``, and it changed no row.
        """
        ...

    async def put(self, write: Write | Append, rows: Sequence[dict[str, Any]]) -> None:
        """Change rows, all with the same values given: now, or before anything else is read, written or committed.

        Raises:
            VersionConflict: now or then, a row that must be there is not.
        """
        ...

    async def send(self) -> None:
        """Carry out all that was put, for those who read what was appended."""
        ...


class SqliteSession:
    """Over a connection in this very thread (`SqliteDatabase` says why), without SQLAlchemy in between."""

    dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection, translator: Translator) -> None:
        self._connection = connection
        self._translator = translator

    async def read(self, statement: Executable, parameters: Parameters = None) -> Rows:
        given = parameters if isinstance(parameters, dict) else {}
        translated = self._translator.translate(statement, tuple(given))
        cursor = self._connection.execute(translated.text, translated.arguments(given))
        if cursor.description is None:
            return Rows((), cursor.rowcount)
        return Rows(_rows(cursor, translated))

    async def write(
        self, statement: Executable, parameters: Parameters = None, *, only_if_found: bool = False
    ) -> None:
        given = [parameters or {}] if parameters is None or isinstance(parameters, dict) else parameters
        if not given:
            return
        translated = self._translator.translate(statement, tuple(given[0]))
        count = 0
        for one in given:
            count += self._connection.execute(translated.text, translated.arguments(one)).rowcount
        if only_if_found and count != len(given):
            raise VersionConflict("the row was changed or is gone")

    async def put(self, write: Write | Append, rows: Sequence[dict[str, Any]]) -> None:
        if isinstance(write, Append):
            raise NotImplementedError("this is for PostgreSQL")
        await self.write(write.statement, rows, only_if_found=write.must_find)

    async def send(self) -> None:
        """It has been carried out."""


class Row:
    """A row whose columns are attributes."""

    __slots__ = ("_places", "_values")

    def __init__(self, values: Sequence[Any], places: dict[str, int]) -> None:
        self._values = values
        self._places = places

    def __getitem__(self, place: int) -> Any:
        return self._values[place]

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[self._places[name]]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def _mapping(self) -> dict[str, Any]:
        return dict(zip(self._places, self._values, strict=True))


def _rows(cursor: sqlite3.Cursor, translated: Translated) -> list[Row]:
    columns = translated.columns or tuple((column[0], None) for column in cursor.description)
    places = {name: place for place, (name, _) in enumerate(columns)}
    found: list[Row] = []
    converted: list[tuple[int, Callable[[Any], Any]]] = [
        (place, convert) for place, (_, convert) in enumerate(columns) if convert is not None
    ]
    for values in cursor.fetchall():
        if not converted:
            found.append(Row(values, places))
            continue
        whole = list(values)
        for place, convert in converted:
            whole[place] = convert(whole[place])
        found.append(Row(whole, places))
    return found
