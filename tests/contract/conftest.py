"""The implementations that each suite runs on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from orchestrator.adapters.bus import InProcessBus
from orchestrator.adapters.migrations import upgrade
from orchestrator.adapters.store import SqlStore
from orchestrator.application.ports import Bus, Store
from tests.servers.postgres import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a database with the newest schema."""
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path / 'contract.db'}"
        await asyncio.to_thread(upgrade, url)
        yield url
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        async with server.database() as url:
            yield url


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    sql = SqlStore(database_url)
    yield sql
    await sql.close()


@pytest.fixture(params=["memory"])
async def bus(request: pytest.FixtureRequest) -> Bus:
    assert request.param == "memory"
    return InProcessBus()
