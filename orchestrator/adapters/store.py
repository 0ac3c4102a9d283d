"""The store over SQLAlchemy's statements: SQLite by default, PostgreSQL with the same ones."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.adapters.database import open_database
from orchestrator.adapters.session import Session
from orchestrator.adapters.sql_bots import SqlConnectedBots
from orchestrator.adapters.sql_conversations import SqlConversations
from orchestrator.adapters.sql_history import SqlEvents, SqlMessages
from orchestrator.adapters.sql_inbox import SqlInbox
from orchestrator.adapters.sql_ledger import SqlLedger
from orchestrator.adapters.sql_nodes import SqlLeases, SqlNodes, SqlRooms
from orchestrator.adapters.sql_people import SqlContext, SqlPeople, SqlSites
from orchestrator.adapters.sql_revisions import SqlActivations, SqlDrafts, SqlPolicies
from orchestrator.adapters.sql_spells import SqlSpells
from orchestrator.adapters.sql_work import SqlFeed, SqlKeys, SqlOutbox, SqlTimers
from orchestrator.application.errors import StoreUnavailable


class SqlTransaction:
    """One transaction; see `ports.Transaction`."""

    def __init__(self, session: Session, *, write: bool) -> None:
        self.conversations = SqlConversations(session, lock=write)
        self.events = SqlEvents(session)
        self.messages = SqlMessages(session)
        self.outbox = SqlOutbox(session)
        self.timers = SqlTimers(session)
        self.feed = SqlFeed(session)
        self.people = SqlPeople(session)
        self.spells = SqlSpells(session)
        self.sites = SqlSites(session)
        self.context = SqlContext(session)
        self.keys = SqlKeys(session)
        self.policies = SqlPolicies(session)
        self.activations = SqlActivations(session)
        self.drafts = SqlDrafts(session)
        self.ledger = SqlLedger(session)
        self.inbox = SqlInbox(session)
        self.nodes = SqlNodes(session)
        self.leases = SqlLeases(session)
        self.rooms = SqlRooms(session)
        self.bots = SqlConnectedBots(session, lock=write)


class SqlStore:
    """See `ports.Store`. The schema must be there: `migrations.upgrade` makes it."""

    def __init__(self, database_url: str) -> None:
        self._database = open_database(database_url)

    @asynccontextmanager
    async def transaction(self, *, read_only: bool = False) -> AsyncIterator[SqlTransaction]:
        async with self._database.transaction(write=not read_only) as session:
            yield SqlTransaction(session, write=not read_only)

    async def ready(self) -> bool:
        try:
            async with self._database.transaction(write=False) as session:
                await session.read(text("SELECT 1"))
        except (StoreUnavailable, SQLAlchemyError, sqlite3.Error, OSError):
            return False
        return True

    async def close(self) -> None:
        await self._database.close()
