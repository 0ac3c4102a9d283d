"""Locks on what is no row."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select

from orchestrator.adapters.session import Session

_LOCK = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name"), 0)))


async def lock_name(session: Session, name: str) -> None:
    """Keep others who lock the same name waiting until the transaction ends. SQLite has one writer at a time anyway."""
    if session.dialect == "postgresql":
        await session.read(_LOCK, {"name": name})
