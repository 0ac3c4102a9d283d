"""The implementations that each suite runs on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator.adapters.bus import InProcessBus
from orchestrator.adapters.bus_nats import NatsBus
from orchestrator.adapters.migrations import upgrade
from orchestrator.adapters.nats_connection import NatsConnection
from orchestrator.adapters.store import SqlStore
from orchestrator.application.ports import Bus, Store, Subscription
from tests.servers.nats import NatsServer
from tests.servers.postgres import PostgresServer


@pytest.fixture(scope="session")
def sqlite_schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the newest schema and nothing else, to be copied."""
    file = tmp_path_factory.mktemp("schema") / "empty.db"
    upgrade(f"sqlite+aiosqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(sqlite_schema: Path, tmp_path: Path) -> str:
    file = tmp_path / "contract.db"
    file.write_bytes(sqlite_schema.read_bytes())
    return f"sqlite+aiosqlite:///{file}"


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, sqlite_schema: Path) -> AsyncIterator[str]:
    """The address of a database with the newest schema. ``sqlite_schema`` cannot be made where a loop runs already."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        async with server.database() as url:
            yield url


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    sql = SqlStore(database_url)
    yield sql
    await sql.close()


class Across:
    """Hints are given in one process and heard in another."""

    def __init__(self, here: Bus, there: Bus) -> None:
        self.publish = here.publish
        self.publish_ephemeral = here.publish_ephemeral
        self.subscribe = there.subscribe


Listen = Callable[..., Awaitable[Subscription]]


@dataclass(frozen=True)
class Hall:
    """A bus, and how to listen so that nothing is missed from then on."""

    bus: Bus
    listen: Listen


@pytest.fixture(params=["memory", "nats", "nats, another process"])
async def hall(request: pytest.FixtureRequest) -> AsyncIterator[Hall]:
    if request.param == "memory":
        memory = InProcessBus()

        async def listen(*streams: str) -> Subscription:
            return memory.subscribe(*streams)

        yield Hall(memory, listen)
        return
    server: NatsServer = request.getfixturevalue("nats")
    here, there = NatsConnection(server.url), NatsConnection(server.url)
    await here.start()
    await there.start()
    bus = NatsBus(here)
    if request.param == "nats, another process":
        bus = Across(bus, NatsBus(there))

    async def listen_by_nats(*streams: str) -> Subscription:
        subscription = bus.subscribe(*streams)
        # The server has taken note.
        await asyncio.wait_for(subscription.wait(), 5)
        return subscription

    yield Hall(bus, listen_by_nats)
    await here.stop()
    await there.stop()
