"""What only a server that several processes share can get wrong."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from orchestrator.adapters.postgres import PostgresDatabase, reach
from orchestrator.adapters.store import SqlStore
from orchestrator.adapters.unreachable import Unreachable
from orchestrator.application.errors import StoreUnavailable, VersionConflict
from orchestrator.application.handle_event import EventMaker, Moment
from orchestrator.application.ports import Store
from orchestrator.application.records import NewEffect, NewFeedEntry, OutboxItem, Site, User, Visitor
from orchestrator.domain import effects as fx
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Device
from tests.fakes.application import Application
from tests.servers.child import free_port
from tests.servers.postgres import PASSWORD, PostgresServer

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
INSERT = text("INSERT INTO line VALUES (:number)")
LINES = text("SELECT number FROM line ORDER BY number")


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
async def url(postgres: PostgresServer) -> AsyncIterator[str]:
    async with postgres.database() as url:
        yield url


@pytest.fixture
async def here(url: str) -> AsyncIterator[SqlStore]:
    """The store of one process."""
    store = SqlStore(url)
    yield store
    await store.close()


@pytest.fixture
async def there(url: str) -> AsyncIterator[SqlStore]:
    """The store of another process."""
    store = SqlStore(url)
    yield store
    await store.close()


@pytest.fixture
async def database(url: str) -> AsyncIterator[PostgresDatabase]:
    database = PostgresDatabase(url)
    async with database.transaction(write=True) as session:
        await session.write(text("CREATE TABLE line (number INTEGER PRIMARY KEY)"))
    yield database
    await database.close()


async def lines(database: PostgresDatabase) -> list[int]:
    async with database.transaction(write=False) as session:
        return (await session.read(LINES)).values()


async def write(database: PostgresDatabase, number: int) -> None:
    async with database.transaction(write=True) as session:
        await session.write(INSERT, {"number": number})


async def write_and(database: PostgresDatabase, statement: str) -> None:
    async with database.transaction(write=True) as session:
        await session.write(INSERT, {"number": 1})
        await session.write(text(statement))


async def people(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.sites.add(Site("shop", "key", "Shop", ("https://shop.example",), "fr"))
        await tx.people.add_visitor(Visitor("v1", "shop", NOW))
        await tx.people.add_user(User("a1", "a1@x", "a1", "agent", "hash"))
        one = Conversation("c1", "shop", "v1", "fr", Device.DESKTOP, "r", NOW, version=1)
        await tx.conversations.insert(one, last_position=0)


def effects(lanes: int, each: int) -> list[NewEffect]:
    return [
        NewEffect(f"{lane}:{number}", f"lane{lane}", "c1", fx.AskBot(str(number)))
        for number in range(each)
        for lane in range(lanes)
    ]


# --- the outbox ------------------------------------------------------------------------------------------


async def test_what_another_process_is_claiming_is_passed_over(here: SqlStore, there: SqlStore) -> None:
    async with here.transaction() as tx:
        await tx.outbox.add(effects(4, 2), at=NOW)
    async with here.transaction() as mine:
        first = await mine.outbox.claim("here", NOW, until=later(60), limit=2)
        async with asyncio.timeout(5), there.transaction() as yours:
            second = await yours.outbox.claim("there", NOW, until=later(60), limit=10)
    assert [item.key for item in first] == ["0:0", "1:0"]
    assert [item.key for item in second] == ["2:0", "3:0"]


async def test_two_owners_share_the_work_and_keep_the_order_of_lanes(here: SqlStore, there: SqlStore) -> None:
    lanes, each = 6, 8
    async with here.transaction() as tx:
        await tx.outbox.add(effects(lanes, each), at=NOW)
    done: dict[str, list[str]] = defaultdict(list)
    by: dict[str, int] = defaultdict(int)
    running: set[str] = set()

    async def run(owner: str, store: SqlStore, chance: random.Random) -> None:
        finished: list[int] = []
        while True:
            async with store.transaction() as tx:
                await tx.outbox.settle(done=finished, retry={})
                finished = []
                items = await tx.outbox.claim(owner, NOW, until=later(60), limit=chance.randint(1, 3))
                left = await tx.outbox.pending()
            if not left:
                return
            await asyncio.gather(*(perform(item, chance) for item in items))
            finished = [item.id for item in items]
            by[owner] += len(items)

    async def perform(item: OutboxItem, chance: random.Random) -> None:
        assert item.lane not in running, "two effects of one lane at the same time"
        running.add(item.lane)
        await asyncio.sleep(chance.random() / 200)
        done[item.lane].append(item.key)
        running.discard(item.lane)

    async with asyncio.timeout(30):
        await asyncio.gather(
            run("a", here, random.Random(1)),
            run("b", there, random.Random(2)),
            run("c", here, random.Random(3)),
        )
    assert dict(done) == {
        f"lane{lane}": [f"{lane}:{number}" for number in range(each)] for lane in range(lanes)
    }
    assert all(by.values())


# --- order and locks -------------------------------------------------------------------------------------


async def test_a_conversation_is_locked_until_the_commit(here: SqlStore, there: SqlStore) -> None:
    await people(here)
    seen: list[int] = []

    async def bump(store: SqlStore) -> None:
        async with store.transaction() as tx:
            loaded = await tx.conversations.load("c1")
            assert loaded is not None
            c = loaded.conversation
            seen.append(c.version)
            await asyncio.sleep(0.01)
            await tx.conversations.save(
                replace(c, version=c.version + 1), expected_version=c.version, last_position=0
            )

    await asyncio.gather(*(bump(store) for store in (here, there) * 5))
    assert seen == list(range(1, 11))


async def test_an_agent_is_locked_until_the_commit(here: SqlStore, there: SqlStore) -> None:
    await people(here)
    order: list[str] = []
    async with here.transaction() as tx:
        await tx.people.agent("a1", lock=True)

        async def wait() -> None:
            async with there.transaction() as other:
                agent = await other.people.agent("a1", lock=True)
                assert agent is not None
                order.append(f"missed {agent.missed}")

        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0.05)
        order.append("commit")
        await tx.people.set_missed("a1", 2)
    await waiting
    assert order == ["commit", "missed 2"]


async def test_a_stream_shows_no_number_before_the_one_below_it(here: SqlStore, there: SqlStore) -> None:
    """Sockets resume after the last number they saw: a lower one that appears later would never be sent."""
    writers, each = 4, 15
    chance = random.Random(7)
    seen: list[int] = []

    async def append(store: SqlStore, name: str) -> None:
        for _ in range(each):
            async with store.transaction() as tx:
                own = NewFeedEntry(f"agent:{name}", "agent")
                await tx.feed.append([own, NewFeedEntry("visitor:1", "agent")], at=NOW)
                await asyncio.sleep(chance.random() / 200)

    async def follow() -> None:
        while len(seen) < writers * each:
            async with there.transaction(read_only=True) as tx:
                seen.extend(
                    entry.seq for entry in await tx.feed.after("visitor:1", seen[-1] if seen else 0, limit=3)
                )

    async with asyncio.timeout(30):
        await asyncio.gather(follow(), *(append((here, there)[n % 2], str(n)) for n in range(writers)))
    assert seen == list(range(1, writers * each + 1))


async def test_a_reader_sees_one_moment(database: PostgresDatabase) -> None:
    async with database.transaction(write=False) as reader:
        assert (await reader.read(LINES)).values() == []
        await write(database, 1)
        assert (await reader.read(LINES)).values() == []
    assert await lines(database) == [1]


async def test_a_key_is_added_once_by_whoever_commits_first(here: SqlStore, there: SqlStore) -> None:
    async def add(store: SqlStore) -> bool:
        async with store.transaction() as tx:
            added = await tx.keys.add("k", NOW)
            await asyncio.sleep(0.01)
            return added

    assert sorted(await asyncio.gather(*(add(store) for store in (here, there) * 3))) == [False] * 5 + [True]


# --- who was faster ----------------------------------------------------------------------------------------


async def test_a_deadlock_is_a_conflict_for_one_of_two(database: PostgresDatabase) -> None:
    for number in (1, 2):
        await write(database, number)
    touch = text("UPDATE line SET number = number WHERE number = :number")
    both = asyncio.Barrier(2)

    async def lock(first: int, second: int) -> None:
        async with database.transaction(write=True) as session:
            await session.write(touch, {"number": first})
            await both.wait()
            await session.write(touch, {"number": second})

    results = await asyncio.gather(lock(1, 2), lock(2, 1), return_exceptions=True)
    assert sorted(type(result) for result in results if result is not None) == [VersionConflict]
    assert results.count(None) == 1


async def test_an_event_that_met_a_deadlock_is_decided_anew(url: str) -> None:
    app = Application(url)
    await app.begin()
    key = await app.site(bot=False)
    (_, one), (_, other) = await app.chat(key), await app.chat(key)
    both, attempts = asyncio.Barrier(2), Counter[str]()

    def needing(neighbour: str) -> EventMaker:
        async def make(moment: Moment) -> ev.LanguageChosen:
            attempts[moment.conversation.id] += 1
            if attempts[moment.conversation.id] == 1:
                await both.wait()
            # Each holds its own conversation and wants the one that the other holds.
            await moment.tx.conversations.load(neighbour)
            return ev.LanguageChosen("en")

        return make

    handled = await asyncio.gather(
        app.handler.handle(one, needing(other)), app.handler.handle(other, needing(one))
    )
    assert [result.moved for result in handled] == [True, True]
    assert sorted(attempts.values()) == [1, 2]
    for conversation in (one, other):
        assert (await app.check(conversation)).language == "en"
    await app.store.close()


@pytest.mark.parametrize("state", ["40001", "40P01"])
async def test_what_the_server_rolled_back_is_a_conflict(database: PostgresDatabase, state: str) -> None:
    with pytest.raises(VersionConflict):
        await write_and(database, f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$")
    assert await lines(database) == []


async def test_the_same_row_of_two_is_a_conflict(here: SqlStore) -> None:
    await people(here)
    with pytest.raises(VersionConflict):
        await people(here)


async def test_other_failures_are_what_they_are(database: PostgresDatabase) -> None:
    with pytest.raises(Exception, match="no_such_table"):
        await write_and(database, "INSERT INTO no_such_table VALUES (1)")
    assert await lines(database) == []


async def test_a_failure_that_was_passed_over_is_not_taken_for_a_commit(database: PostgresDatabase) -> None:
    async def careless() -> None:
        async with database.transaction(write=True) as session:
            await session.write(INSERT, {"number": 1})
            with pytest.raises(Exception, match="no_such_table"):
                await session.write(text("INSERT INTO no_such_table VALUES (1)"))

    with pytest.raises(RuntimeError):
        await careless()
    assert await lines(database) == []


async def test_whoever_is_cancelled_keeps_no_lock(database: PostgresDatabase) -> None:
    inside = asyncio.Event()

    async def slow() -> None:
        async with database.transaction(write=True) as session:
            await session.write(INSERT, {"number": 1})
            inside.set()
            await session.read(text("SELECT pg_sleep(60)"))

    task = asyncio.create_task(slow())
    await inside.wait()
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(5):
        await write(database, 1)


# --- a server that goes away ---------------------------------------------------------------------------------


@pytest.mark.parametrize("crash", [False, True], ids=["restart", "crash"])
async def test_what_was_acknowledged_survives_a_restart(
    postgres: PostgresServer, database: PostgresDatabase, crash: bool
) -> None:
    acknowledged: list[int] = []
    numbers = iter(range(1_000_000))
    back = asyncio.Event()

    async def talk() -> None:
        rest = 20
        while rest:
            number = next(numbers)
            # What fails was acknowledged to nobody.
            with contextlib.suppress(VersionConflict, StoreUnavailable):
                await write(database, number)
                acknowledged.append(number)
            rest -= back.is_set()

    async def interrupted() -> None:
        async with database.transaction(write=True) as session:
            await session.write(INSERT, {"number": -1})
            await back.wait()
            await session.write(INSERT, {"number": -2})

    talking = [asyncio.create_task(talk()) for _ in range(4)]
    in_the_middle = asyncio.create_task(interrupted())
    await asyncio.sleep(0.2)
    before = len(acknowledged)
    await asyncio.to_thread(postgres.stop, now=crash)
    # Here and not in a thread: the server ends with the thread that started it.
    postgres.start()
    back.set()
    async with asyncio.timeout(30):
        await asyncio.gather(*talking)
        with pytest.raises(VersionConflict):
            await in_the_middle
    stored = await lines(database)
    assert 0 < before < len(acknowledged)
    assert set(acknowledged) <= set(stored)
    assert min(stored) >= 0


async def test_connections_that_broke_while_idle_harm_nobody(
    postgres: PostgresServer, database: PostgresDatabase
) -> None:
    await asyncio.gather(*(write(database, number) for number in range(5)))
    postgres.stop()
    postgres.start()
    await asyncio.gather(*(write(database, number) for number in range(5, 10)))
    assert await lines(database) == list(range(10))


async def test_a_server_that_stays_away_is_said_to_be_unavailable(postgres: PostgresServer) -> None:
    async with postgres.database() as url:
        store = SqlStore(url)
        database = PostgresDatabase(url, patience=0.3)
        assert await store.ready()
        postgres.stop()
        try:
            with pytest.raises(StoreUnavailable):
                await lines(database)
        finally:
            postgres.start()
        assert await store.ready()
        await store.close()
        await database.close()


async def test_too_many_at_once_wait_for_their_turn_and_not_for_ever(url: str) -> None:
    database = PostgresDatabase(url, connections=1, patience=0.2)
    async with database.transaction(write=False):
        with pytest.raises(StoreUnavailable):
            await lines(database)
    await asyncio.gather(*(_look(database) for _ in range(20)))
    await database.close()


async def _look(database: PostgresDatabase) -> None:
    async with database.transaction(write=False) as session:
        assert (await session.read(text("SELECT 1"))).value() == 1


# --- values ----------------------------------------------------------------------------------------------------


async def test_a_character_that_the_server_cannot_keep_is_replaced(here: SqlStore) -> None:
    await people(here)
    async with here.transaction() as tx:
        await tx.people.save_visitor(Visitor("v1", "shop", NOW, page_url="a\0b"))
        visitor = await tx.people.visitor("v1")
    assert visitor is not None
    assert visitor.page_url == "a\N{REPLACEMENT CHARACTER}b"


# --- what an operator is told ------------------------------------------------------------------------------------


async def test_what_is_wrong_with_an_address_is_said_without_its_secrets(postgres: PostgresServer) -> None:
    where = f"127.0.0.1:{postgres.port}"
    nobody = free_port()
    cases = {
        postgres.url("postgres", password="not this one"): (where, "'visavis'", "password"),
        postgres.url("nowhere"): (where, "nowhere", "Create it"),
        f"postgresql://visavis:hidden@127.0.0.1:{nobody}/visavis": (f"127.0.0.1:{nobody}", "running"),
        "postgresql://visavis:hidden@no-such-host.invalid/visavis": ("no-such-host.invalid:5432", "running"),
        "postgresql://visavis:hidden@127.0.0.1/visavis?sslmode=sometimes": ("VISAVIS_DATABASE_URL",),
        "postgresql://visavis:hidden@127.0.0.1:port/visavis": ("VISAVIS_DATABASE_URL",),
        "postgresql:hidden": ("VISAVIS_DATABASE_URL",),
    }
    for address, parts in cases.items():
        with pytest.raises(Unreachable) as caught:
            await reach(address)
        said = str(caught.value)
        assert all(part in said for part in parts), said
        for secret in ("hidden", "not this one", PASSWORD):
            assert secret not in said
    await reach(postgres.url("postgres"))
    await reach(postgres.url("postgres").replace("postgresql://", "postgresql+asyncpg://"))
