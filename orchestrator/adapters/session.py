"""How statements reach the database: a narrow seam under the tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection, CursorResult, Executable

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


class SqliteSession:
    """Over a connection in this very thread (`SqliteDatabase` says why)."""

    dialect = "sqlite"

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def read(self, statement: Executable, parameters: Parameters = None) -> Rows:
        return _rows(self._connection.execute(statement, parameters))

    async def write(
        self, statement: Executable, parameters: Parameters = None, *, only_if_found: bool = False
    ) -> None:
        _check(self._connection.execute(statement, parameters), only_if_found)


def _rows(result: CursorResult[Any]) -> Rows:
    if result.returns_rows:
        return Rows(result.all())
    return Rows((), result.rowcount)


def _check(result: CursorResult[Any], only_if_found: bool) -> None:
    if only_if_found and result.rowcount != 1:
        raise VersionConflict("the row was changed or is gone")
