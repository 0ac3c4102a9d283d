"""Databases: SQLite as it has to be set up to keep what it acknowledged, PostgreSQL as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from orchestrator.adapters.session import AsyncSession, Session, Thread, ThreadSession

BUSY_TIMEOUT_MS = 10_000
READERS = 4


class Database(Protocol):
    def transaction(self, *, write: bool) -> AbstractAsyncContextManager[Session]:
        """Commits on a clean exit, rolls back on an exception."""
        ...

    async def close(self) -> None: ...


def open_database(database_url: str) -> Database:
    url = make_url(database_url)
    return SqliteDatabase(url) if url.get_backend_name() == "sqlite" else ServerDatabase(url)


class SqliteDatabase:
    """One connection for all writers and a few for readers, each in a thread of its own.

    SQLite has one writer at a time: here they queue up in order, instead of polling the file's lock. Readers (WAL)
    never wait for a writer.
    """

    def __init__(self, url: URL) -> None:
        url = url.set(drivername="sqlite+pysqlite")
        self._engines = (_engine(url, write=True), _engine(url, write=False))
        self._writer = Thread(self._engines[0], "sqlite-writer")
        self._turn = asyncio.Lock()
        self._readers = [Thread(self._engines[1], f"sqlite-reader-{number}") for number in range(READERS)]
        self._idle: asyncio.LifoQueue[Thread] = asyncio.LifoQueue()
        for reader in self._readers:
            self._idle.put_nowait(reader)

    @asynccontextmanager
    async def transaction(self, *, write: bool) -> AsyncIterator[Session]:
        if write:
            async with self._turn, _in(self._writer) as session:
                yield session
            return
        reader = await self._idle.get()
        try:
            async with _in(reader) as session:
                yield session
        finally:
            self._idle.put_nowait(reader)

    async def close(self) -> None:
        for thread in (self._writer, *self._readers):
            await thread.close()
        for engine in self._engines:
            engine.dispose()


@asynccontextmanager
async def _in(thread: Thread) -> AsyncIterator[Session]:
    session = ThreadSession(thread)
    try:
        yield session
        await session.commit()
    except BaseException:
        await session.rollback()
        raise


def _engine(url: URL, *, write: bool) -> Engine:
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _: object) -> None:
        # None: the driver must not begin transactions by itself; `_begin` does, and says of which kind.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "cache_size=-16000",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # IMMEDIATE: take the write lock before reading what the write will rest upon.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


class ServerDatabase:
    """A database server that many processes share."""

    def __init__(self, url: URL) -> None:
        self._engine = create_async_engine(url, pool_size=20, max_overflow=10, pool_pre_ping=True)

    @asynccontextmanager
    async def transaction(self, *, write: bool) -> AsyncIterator[Session]:
        async with self._engine.begin() as connection:
            yield AsyncSession(connection)

    async def close(self) -> None:
        await self._engine.dispose()
