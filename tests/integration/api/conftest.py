"""A running service for each test (or module), on a SQLite file in a temporary folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from orchestrator.api.limits import Limiter
from tests.integration.api.world import OWN, World, build_for


@asynccontextmanager
async def running(data_dir: Path, *, limiter: Limiter | None = None) -> AsyncIterator[World]:
    runtime = build_for(data_dir, limiter=limiter)
    await runtime.start()
    transport = httpx.ASGITransport(app=runtime.app, raise_app_exceptions=False)
    try:
        async with httpx.AsyncClient(transport=transport, base_url=OWN) as client:
            world = World(runtime, client)
            await world.make_sites()
            yield world
    finally:
        await runtime.stop()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running(tmp_path) as world:
        yield world
