"""The migrations make exactly the tables that the code knows, once, whoever else tries."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from orchestrator.adapters.bot_tables import metadata
from orchestrator.adapters.migrations import upgrade
from tests.servers.postgres import PostgresServer

ROOT = Path(__file__).parents[2]
UPGRADE = "import sys; from orchestrator.adapters.migrations import upgrade; upgrade(sys.argv[1])"


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'a % b.db'}"
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        async with server.database(migrated=False) as url:
            yield url


async def test_migrations_and_tables_agree(empty_database: str) -> None:
    await asyncio.to_thread(upgrade, empty_database)
    # Again: nothing left to do.
    await asyncio.to_thread(upgrade, empty_database)

    def compare(connection: Connection) -> None:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []

    if empty_database.startswith("sqlite"):
        engine = create_async_engine(empty_database)
    else:
        connect = partial(asyncpg.connect, empty_database)
        engine = create_async_engine("postgresql+asyncpg://", async_creator=connect)
    async with engine.connect() as connection:
        await connection.run_sync(compare)
    await engine.dispose()


async def test_processes_that_start_together_migrate_once(empty_database: str) -> None:
    # Processes, because Alembic can only be run once at a time in one.
    starting = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", UPGRADE, empty_database, cwd=ROOT, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    said = [(await process.communicate())[1].decode() for process in starting]
    assert [process.returncode for process in starting] == [0, 0, 0], said
