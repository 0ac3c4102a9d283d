"""INSERT … ON CONFLICT, which both databases spell alike and SQLAlchemy keeps in two places."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from orchestrator.adapters.session import Session


def upsert(session: Session, table: Any) -> Any:
    """An insert for the session's database that knows ``on_conflict_do_update`` and ``…_nothing``."""
    return sqlite.insert(table) if session.dialect == "sqlite" else postgresql.insert(table)
