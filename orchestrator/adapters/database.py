"""Engines: SQLite as it has to be set up to keep what it acknowledged, PostgreSQL as it comes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

BUSY_TIMEOUT_MS = 10_000


def create_engines(database_url: str) -> tuple[AsyncEngine, AsyncEngine]:
    """An engine for writing and one for reading.

    SQLite has one writer at a time. One connection for all writers makes them queue up in order in this process,
    instead of polling the file's lock; readers (WAL) never wait for it.
    """
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return _sqlite(database_url, write=True), _sqlite(database_url, write=False)
    engine = create_async_engine(url, pool_size=20, max_overflow=10, pool_pre_ping=True)
    return engine, engine


def _sqlite(database_url: str, *, write: bool) -> AsyncEngine:
    engine = create_async_engine(
        database_url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=1 if write else 4,
        max_overflow=0,
        pool_timeout=60,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
    )

    @event.listens_for(engine.sync_engine, "connect")
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

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        # IMMEDIATE: take the write lock before reading what the write will rest upon.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine
