"""INSERT … ON CONFLICT, which both databases spell alike and SQLAlchemy keeps in two places."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


def upsert(connection: AsyncConnection, table: Any) -> Any:
    """An insert for the connection's database that knows ``on_conflict_do_update`` and ``…_nothing``."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
