"""The implementations that each suite runs on. Another database joins by one more line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from orchestrator.adapters.bus import InProcessBus
from orchestrator.adapters.store import SqlStore
from orchestrator.application.ports import Bus, Store
from tests.fakes.application import migrated


@pytest.fixture(params=["sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    assert request.param == "sqlite"
    sql = SqlStore(await asyncio.to_thread(migrated, tmp_path / "contract.db"))
    yield sql
    await sql.close()


@pytest.fixture(params=["memory"])
async def bus(request: pytest.FixtureRequest) -> Bus:
    assert request.param == "memory"
    return InProcessBus()
