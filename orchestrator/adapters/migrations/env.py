"""Run by Alembic. Uses the same asynchronous drivers as the service, so that none other has to be installed."""

from __future__ import annotations

import asyncio
from functools import partial

import asyncpg
from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from orchestrator.adapters.bot_tables import metadata
from orchestrator.adapters.postgres import address

# Any number: all processes of all versions must take the same one.
ONE_AT_A_TIME = 7_482_913_550


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        # SQLite changes a table by making it anew.
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            # Processes that start together: the first one migrates, the others find nothing left to do.
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ONE_AT_A_TIME})
        context.run_migrations()


def _engine(url: str) -> AsyncEngine:
    if url.startswith("sqlite"):
        return create_async_engine(url)
    # Addresses are read by asyncpg itself, as the service reads them.
    return create_async_engine("postgresql+asyncpg://", async_creator=partial(asyncpg.connect, address(url)))


async def _connect() -> None:
    url = context.config.get_main_option("sqlalchemy.url")
    if url is None:
        raise RuntimeError("no database address")
    engine = _engine(url)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_run)
            await connection.commit()
    finally:
        await engine.dispose()


asyncio.run(_connect())
