"""The store over SQLAlchemy: SQLite by default, PostgreSQL with the same statements."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.adapters.database import create_engines
from orchestrator.adapters.sql_conversations import SqlConversations
from orchestrator.adapters.sql_history import SqlEvents, SqlMessages
from orchestrator.adapters.sql_people import SqlContext, SqlPeople, SqlPolicies, SqlSites
from orchestrator.adapters.sql_work import SqlFeed, SqlKeys, SqlOutbox, SqlTimers


class SqlTransaction:
    """One transaction; see `ports.Transaction`."""

    def __init__(self, connection: AsyncConnection, *, write: bool) -> None:
        self.conversations = SqlConversations(connection, lock=write)
        self.events = SqlEvents(connection)
        self.messages = SqlMessages(connection)
        self.outbox = SqlOutbox(connection)
        self.timers = SqlTimers(connection)
        self.feed = SqlFeed(connection)
        self.people = SqlPeople(connection)
        self.sites = SqlSites(connection)
        self.context = SqlContext(connection)
        self.keys = SqlKeys(connection)
        self.policies = SqlPolicies(connection)


class SqlStore:
    """See `ports.Store`. The schema must be there: `migrations.upgrade` makes it."""

    def __init__(self, database_url: str) -> None:
        self._writer, self._reader = create_engines(database_url)

    @asynccontextmanager
    async def transaction(self, *, read_only: bool = False) -> AsyncIterator[SqlTransaction]:
        engine = self._reader if read_only else self._writer
        async with engine.begin() as connection:
            yield SqlTransaction(connection, write=not read_only)

    async def ready(self) -> bool:
        try:
            async with self._reader.begin() as connection:
                await connection.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError):
            return False
        return True

    async def close(self) -> None:
        await self._writer.dispose()
        await self._reader.dispose()
