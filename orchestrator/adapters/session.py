"""How statements reach the database: a narrow seam under the tables.

`read` waits for rows. `write` does not wait: what a transaction writes goes to the database together with its commit
(or with its next read). Over SQLite, where every wait is a change of threads and the database itself takes
microseconds, that is most of the time an acknowledged message costs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, CursorResult, Engine, Executable
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.application.errors import VersionConflict

T = TypeVar("T")
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
        """Run a statement and wait for what it gives."""
        ...

    async def write(
        self, statement: Executable, parameters: Parameters = None, *, only_if_found: bool = False
    ) -> None:
        """Run a statement by the end of the transaction.

        With ``only_if_found`` a statement that changes no row ends the transaction with `VersionConflict`.
        """
        ...


def _rows(result: CursorResult[Any]) -> Rows:
    if result.returns_rows:
        return Rows(result.all())
    return Rows((), result.rowcount)


@dataclass(frozen=True, slots=True)
class _Write:
    statement: Executable
    parameters: Parameters
    only_if_found: bool


def _check(write: _Write, changed: int) -> None:
    if write.only_if_found and changed != 1:
        raise VersionConflict("the row was changed or is gone")


class AsyncSession:
    """Over an asynchronous driver (PostgreSQL)."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self.dialect = connection.dialect.name

    async def read(self, statement: Executable, parameters: Parameters = None) -> Rows:
        return _rows(await self._connection.execute(statement, parameters))

    async def write(
        self, statement: Executable, parameters: Parameters = None, *, only_if_found: bool = False
    ) -> None:
        result = await self._connection.execute(statement, parameters)
        _check(_Write(statement, parameters, only_if_found), result.rowcount)


class Thread:
    """One connection and the one thread that uses it."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._connection: Connection | None = None

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Do something with the connection, in its thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._with_connection, work)

    def _with_connection(self, work: Callable[[Connection], T]) -> T:
        if self._connection is None:
            self._connection = self._engine.connect()
        return work(self._connection)

    async def close(self) -> None:
        if self._connection is not None:
            await self.run(lambda connection: connection.close())
        self._executor.shutdown(wait=True)


class ThreadSession:
    """Over a synchronous connection in its own thread (SQLite)."""

    dialect = "sqlite"

    def __init__(self, thread: Thread) -> None:
        self._thread = thread
        self._pending: list[_Write] = []

    async def read(self, statement: Executable, parameters: Parameters = None) -> Rows:
        pending, self._pending = self._pending, []

        def work(connection: Connection) -> Rows:
            _flush(connection, pending)
            return _rows(connection.execute(statement, parameters))

        return await self._thread.run(work)

    async def write(
        self, statement: Executable, parameters: Parameters = None, *, only_if_found: bool = False
    ) -> None:
        self._pending.append(_Write(statement, parameters, only_if_found))

    async def commit(self) -> None:
        pending, self._pending = self._pending, []

        def work(connection: Connection) -> None:
            _flush(connection, pending)
            connection.commit()

        await self._thread.run(work)

    async def rollback(self) -> None:
        # Shielded: the connection must be clean before the next one gets it, whatever happens to this task.
        await asyncio.shield(
            asyncio.ensure_future(self._thread.run(lambda connection: connection.rollback()))
        )


def _flush(connection: Connection, pending: Sequence[_Write]) -> None:
    for write in pending:
        _check(write, connection.execute(write.statement, write.parameters).rowcount)
