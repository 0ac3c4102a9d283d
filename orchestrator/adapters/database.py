"""Databases: which one an address means, and SQLite as it has to be set up to keep what it acknowledged."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool

from orchestrator.adapters.postgres import PostgresDatabase
from orchestrator.adapters.session import Session, SqliteSession
from orchestrator.adapters.statements import for_sqlite

BUSY_TIMEOUT = 10.0
BUSY_PAUSE = 0.005


class Database(Protocol):
    def transaction(self, *, write: bool) -> AbstractAsyncContextManager[Session]:
        """Commits on a clean exit, rolls back on an exception."""
        ...

    async def close(self) -> None: ...


def open_database(database_url: str) -> Database:
    url = make_url(database_url)
    return SqliteDatabase(url) if url.get_backend_name() == "sqlite" else PostgresDatabase(database_url)


class SqliteDatabase:
    """Statements run where they are called, commits in a thread, several transactions in one commit.

    A statement takes SQLite microseconds; handing it to a thread and the interpreter's lock back and forth takes
    many times that. Only a commit waits for the disk, so that is what a thread does.

    Writers take turns, each in a savepoint of its own. Those who queued up when a group began are in it, and all of
    them leave `transaction` when the group's one commit is on disk: nobody acknowledges what is not stored.
    Readers (WAL) never wait for a writer and see nothing of what is not committed.
    """

    def __init__(self, url: URL) -> None:
        self._engine = _engine(url.set(drivername="sqlite+pysqlite"))
        self._writer: Connection | None = None
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="sqlite-commit")
        self._turn = asyncio.Lock()
        self._group: asyncio.Task[None] | None = None
        self._idle_readers: list[Connection] = []
        self._translator = for_sqlite()

    @asynccontextmanager
    async def transaction(self, *, write: bool) -> AsyncIterator[Session]:
        if not write:
            connection = self._idle_readers.pop() if self._idle_readers else self._engine.connect()
            raw = _raw(connection)
            raw.execute("BEGIN")
            try:
                yield SqliteSession(raw, self._translator)
            finally:
                raw.execute("ROLLBACK")  # it wrote nothing
                self._idle_readers.append(connection)
            return
        async with self._turn:
            if self._writer is None:
                self._writer = self._engine.connect()
                _raw(self._writer).execute(
                    "PRAGMA busy_timeout=0"
                )  # `_begin` waits without holding up everybody
            raw = _raw(self._writer)
            if self._group is None:
                await _begin(raw)
                # Its turn comes after those who wait for theirs now.
                self._group = asyncio.create_task(self._commit(raw), name="sqlite-commit")
            elif not raw.in_transaction:
                raise sqlite3.OperationalError("an earlier failure ended this group of transactions")
            group = self._group
            raw.execute("SAVEPOINT one")
            try:
                yield SqliteSession(raw, self._translator)
            except BaseException:
                if raw.in_transaction:  # a full disk ends the whole group by itself
                    raw.execute("ROLLBACK TO one")
                    raw.execute("RELEASE one")
                raise
            raw.execute("RELEASE one")
        # Shielded: the others of the group are not to suffer when this task is cancelled.
        await asyncio.shield(group)

    async def _commit(self, raw: sqlite3.Connection) -> None:
        async with self._turn:
            self._group = None
            try:
                await asyncio.get_running_loop().run_in_executor(self._disk, raw.execute, "COMMIT")
            except sqlite3.Error:
                if raw.in_transaction:
                    raw.execute("ROLLBACK")
                raise

    async def close(self) -> None:
        if self._group is not None:
            # Begun by somebody who failed and did not wait for it.
            await asyncio.wait([self._group])
        async with self._turn:
            for connection in (self._writer, *self._idle_readers):
                if connection is not None:
                    connection.close()
            self._writer = None
            self._idle_readers.clear()
        self._engine.dispose()
        self._disk.shutdown(wait=True)


async def _begin(raw: sqlite3.Connection) -> None:
    """Take the write lock before reading what the write will rest upon; another process may have it for a while."""
    give_up = asyncio.get_running_loop().time() + BUSY_TIMEOUT
    while True:
        try:
            raw.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or asyncio.get_running_loop().time() > give_up:
                raise
            await asyncio.sleep(BUSY_PAUSE)
        else:
            return


def _raw(connection: Connection) -> sqlite3.Connection:
    return cast("sqlite3.Connection", connection.connection.driver_connection)


def _engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        poolclass=NullPool,
        # Neither the driver nor SQLAlchemy begins transactions: `SqliteDatabase` does.
        isolation_level="AUTOCOMMIT",
        connect_args={"timeout": BUSY_TIMEOUT, "check_same_thread": False, "cached_statements": 500},
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _: object) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "cache_size=-16000",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return engine
