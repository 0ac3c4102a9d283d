"""INSERT … ON CONFLICT, which both databases spell alike and SQLAlchemy keeps in two places."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite


def upsert(dialect: str, table: Any) -> Any:
    """An insert for this database that knows ``on_conflict_do_update`` and ``…_nothing``."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
