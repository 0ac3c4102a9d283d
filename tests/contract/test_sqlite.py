"""SQLite's groups of transactions: one commit for several, and yet each stands for itself."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from orchestrator.adapters.database import Database, open_database

INSERT = text("INSERT INTO line VALUES (:number)")


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    return tmp_path / "lines.db"


@pytest.fixture
async def database(file: Path) -> AsyncIterator[Database]:
    database = open_database(f"sqlite:///{file}")
    async with database.transaction(write=True) as session:
        await session.write(text("CREATE TABLE line (number INTEGER PRIMARY KEY)"))
        await session.write(text("CREATE TABLE owed (number REFERENCES line DEFERRABLE INITIALLY DEFERRED)"))
    yield database
    await database.close()


def stored(file: Path) -> list[int]:
    """What somebody else finds in the file: only what is committed."""
    with sqlite3.connect(file) as other:
        return [row[0] for row in other.execute("SELECT number FROM line ORDER BY number")]


async def write(database: Database, number: int) -> None:
    async with database.transaction(write=True) as session:
        await session.write(INSERT, {"number": number})


async def test_who_failed_takes_nobody_along(database: Database, file: Path) -> None:
    await write(database, 3)
    results = await asyncio.gather(*(write(database, n) for n in range(1, 6)), return_exceptions=True)
    assert [number for number, result in enumerate(results, start=1) if result is not None] == [3]
    assert stored(file) == [1, 2, 3, 4, 5]


async def test_nobody_goes_on_before_the_commit(database: Database, file: Path) -> None:
    hold = asyncio.Event()

    async def slow() -> None:
        async with database.transaction(write=True) as session:
            await session.write(INSERT, {"number": 2})
            await hold.wait()

    first = asyncio.create_task(write(database, 1))
    second = asyncio.create_task(slow())
    await asyncio.sleep(0.05)
    assert not first.done()
    assert stored(file) == []
    hold.set()
    await first
    assert stored(file) == [1, 2]
    await second


async def test_a_commit_that_fails_is_told_to_everybody_in_it(database: Database, file: Path) -> None:
    async def unpaid() -> None:
        async with database.transaction(write=True) as session:
            await session.write(text("INSERT INTO owed VALUES (99)"))

    results = await asyncio.gather(write(database, 1), unpaid(), write(database, 2), return_exceptions=True)
    assert all(isinstance(result, sqlite3.IntegrityError) for result in results)
    assert stored(file) == []
    await write(database, 3)
    assert stored(file) == [3]


async def test_one_who_goes_away_takes_nobody_along(database: Database, file: Path) -> None:
    tasks = [asyncio.create_task(write(database, number)) for number in (1, 2, 3)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert results[1:] == [None, None]
    assert {2, 3} <= set(stored(file))


async def test_waits_for_another_process_without_holding_up_this_one(database: Database, file: Path) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(write(database, 1))
    ticks = 0
    while ticks < 10:
        await asyncio.sleep(0.005)
        ticks += 1
    assert not waiting.done()
    other.execute("COMMIT")
    other.close()
    await waiting
    assert stored(file) == [1]


async def test_readers_see_only_what_is_committed(database: Database) -> None:
    async with database.transaction(write=True) as session:
        await session.write(INSERT, {"number": 1})
        async with database.transaction(write=False) as reader:
            assert (await reader.read(text("SELECT number FROM line"))).values() == []
    async with database.transaction(write=False) as reader:
        assert (await reader.read(text("SELECT number FROM line"))).values() == [1]
