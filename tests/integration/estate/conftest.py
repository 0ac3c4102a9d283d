"""Servers and two processes, started once for all tests of this folder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import aioice.ice
import asyncpg
import pytest

from orchestrator.main import open_back_office
from orchestrator.settings import Settings
from tests.integration.estate.world import PASSWORD, SECRET, SHOP, People, Process
from tests.servers.nats import NatsServer
from tests.servers.postgres import PostgresServer
from tests.servers.proxy import RoundRobin

AGENTS = ("claire", "marc", "jeanne")


@dataclass(frozen=True)
class Running:
    processes: list[Process]
    database: str

    async def query(self, statement: str, *values: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.database)
        try:
            return await connection.fetch(statement, *values)
        finally:
            await connection.close()

    async def until_gone(self, statement: str, *values: object) -> None:
        """Wait until the statement finds nothing any more."""
        async with asyncio.timeout(15):
            while await self.query(statement, *values):  # noqa: ASYNC110 - another process does it
                await asyncio.sleep(0.2)


@pytest.fixture(autouse=True)
def loopback_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """aioice skips 127.0.0.1; the clients of these tests use nothing else."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])


@pytest.fixture(scope="module")
def running(
    postgres: PostgresServer, nats: NatsServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """Two processes that were started at the same moment on an empty database."""
    database = asyncio.run(postgres.create(migrated=False))
    folder = tmp_path_factory.mktemp("estate")
    environment = {
        "VISAVIS_DATABASE_URL": database,
        "VISAVIS_BUS_URL": f"{nats.url}/{database.rpartition('/')[2]}",
        "VISAVIS_SECRET": SECRET,
        "VISAVIS_BOT_URL": "http://127.0.0.1:9",  # nobody: the discard port
        "VISAVIS_LOG_LEVEL": "INFO",
    }
    processes = [Process(folder / name, environment) for name in ("one", "two")]
    try:
        for process in processes:
            process.wait()
        asyncio.run(_furnish(database, folder))
        yield Running(processes, database)
    finally:
        for process in processes:
            process.child.end()
        asyncio.run(postgres.drop(database))


async def _furnish(database: str, folder: Path) -> None:
    """Accounts and a site, as the command line makes them."""
    settings = Settings(database_url=database, secret=SECRET, data_dir=folder)
    async with open_back_office(settings) as office:
        for name in AGENTS:
            await office.accounts.create_user(
                email=f"{name}@x.test", name=name.title(), role="agent", password=PASSWORD, languages=("fr",)
            )
        await office.sites.create(
            site_id="demo", key="shop", name="Shop", allowed_origins=[SHOP], language="fr", bot=False
        )


@pytest.fixture
async def people(running: Running) -> AsyncIterator[People]:
    async with RoundRobin([process.port for process in running.processes]) as proxy:
        people = People(proxy, running.processes)
        yield people
        await people.close()
