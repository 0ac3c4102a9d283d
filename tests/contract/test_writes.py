"""What is written in one transaction, and by events that share one, is as if each had been written by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.adapters.store import SqlStore
from orchestrator.application.errors import StoreUnavailable, VersionConflict
from orchestrator.application.handle_event import EventHandler, Moment
from orchestrator.application.ports import Store, Transaction
from orchestrator.application.records import EventRecord, NewFeedEntry, NewMessage, Site, User, Visitor
from orchestrator.application.turns import TOGETHER
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Device, State, TimerName
from rules.decision import Decision
from tests.fakes.application import Application

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DECISION = Decision("r", "VisitorWrote", "chat", "bot", "row", None, (), (), (), {})


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def conversation(name: str, version: int = 1) -> Conversation:
    return Conversation(name, "shop", "v1", "fr", Device.DESKTOP, "r", NOW, version=version)


async def furnish(store: Store, *names: str) -> None:
    async with store.transaction() as tx:
        await tx.sites.add(Site("shop", "key", "Shop", ("https://shop.example",), "fr"))
        await tx.people.add_visitor(Visitor("v1", "shop", NOW))
        for agent in ("a1", "a2"):
            await tx.people.add_user(User(agent, f"{agent}@x", agent, "agent", "hash"))
        for name in names:
            await tx.conversations.insert(conversation(name), last_position=0)


async def change(tx: Transaction, name: str, agent: str, seconds: float) -> None:
    """About what an event stores."""
    await tx.conversations.save(conversation(name, 2), expected_version=1, last_position=1)
    event = ev.VisitorWrote(f"m-{name}")
    await tx.events.append(EventRecord(name, 2, NOW, event, {"version": 2}, DECISION))
    line = NewMessage(f"m-{name}", "visitor", {"type": "text", "text": name}, client_id="one")
    await tx.messages.append(name, [line], after=0, at=NOW)
    await tx.timers.replace(name, {}, {TimerName.ROUND: later(seconds), TimerName.QUEUE: later(90)})
    await tx.people.set_idle_since(agent, later(seconds))
    await tx.keys.note(f"key-{name}", NOW)
    streams = ("visitor:v1", f"agent:{agent}", "visitor:v1")
    entries = [NewFeedEntry(stream, "message", name, str(place)) for place, stream in enumerate(streams)]
    await tx.feed.append(entries, at=NOW)


async def test_rows_of_several_in_one_go(store: Store) -> None:
    names = ("c1", "c2", "c3")
    await furnish(store, *names)
    async with store.transaction() as tx:
        for number, name in enumerate(names):
            await change(tx, name, "a1" if number else "a2", 10 + number)
    async with store.transaction(read_only=True) as tx:
        for name in names:
            loaded = await tx.conversations.load(name)
            assert loaded is not None
            assert (loaded.conversation.version, loaded.last_position) == (2, 1)
            assert [record.event for record in await tx.events.list(name)] == [ev.VisitorWrote(f"m-{name}")]
            assert [line.content["text"] for line in await tx.messages.list(name)] == [name]
        assert await tx.keys.known(["key-c1", "key-c3", "key-c4"]) == {"key-c1", "key-c3"}
        due = await tx.timers.due(later(60), limit=10)
        assert [(timer.conversation_id, timer.name) for timer in due] == [(n, TimerName.ROUND) for n in names]
        # The same agent twice: the last one counts.
        idle = {agent.id: agent.idle_since for agent in await tx.people.agents(["a1", "a2"])}
        assert idle == {"a2": later(10), "a1": later(12)}
        # The entries of a stream are numbered in the order in which they were added.
        told = await tx.feed.after("visitor:v1", 0, limit=10)
        assert [(entry.seq, entry.conversation_id, entry.ref) for entry in told] == [
            (place * 2 + offset + 1, name, ref)
            for place, name in enumerate(names)
            for offset, ref in enumerate("02")
        ]
        assert [entry.seq for entry in await tx.feed.after("agent:a1", 0, limit=10)] == [1, 2]


async def test_timers_of_several_end_in_one_go(store: Store) -> None:
    await furnish(store, "c1", "c2")
    both = {TimerName.ROUND: later(5), TimerName.QUEUE: later(6)}
    async with store.transaction() as tx:
        for name in ("c1", "c2"):
            await tx.timers.replace(name, {}, both)
    async with store.transaction() as tx:
        await tx.timers.replace("c1", both, {})
        await tx.timers.replace("c2", both, {TimerName.QUEUE: later(7)})
    async with store.transaction(read_only=True) as tx:
        due = await tx.timers.due(later(60), limit=10)
        assert [(timer.conversation_id, timer.name, timer.deadline) for timer in due] == [
            ("c2", TimerName.QUEUE, later(7))
        ]


async def test_what_is_read_is_what_was_written_before(store: Store) -> None:
    await furnish(store, "c1")
    async with store.transaction() as tx:
        await change(tx, "c1", "a1", 3)
        loaded = await tx.conversations.load("c1")
        assert loaded is not None
        assert loaded.conversation.version == 2
        assert await tx.feed.head("visitor:v1") == 2
        (agent,) = await tx.people.agents(["a1"])
        assert agent.idle_since == later(3)
        await tx.people.set_missed("a1", 2)
        await tx.people.set_idle_since("a1", later(4))
        await tx.people.set_missed("a1", 3)
    async with store.transaction(read_only=True) as tx:
        (agent,) = await tx.people.agents(["a1"])
        assert (agent.idle_since, agent.missed) == (later(4), 3)


async def test_one_old_version_among_several_is_refused_with_all(store: Store) -> None:
    await furnish(store, "c1", "c2")

    async def both() -> None:
        async with store.transaction() as tx:
            await tx.conversations.save(conversation("c1", 2), expected_version=1, last_position=0)
            await tx.conversations.save(conversation("c2", 8), expected_version=7, last_position=0)

    with pytest.raises(VersionConflict):
        await both()
    async with store.transaction(read_only=True) as tx:
        found = await tx.conversations.load_all(["c2", "c1", "c3"])
        assert {name: one.conversation.version for name, one in found.items()} == {"c1": 1, "c2": 1}


# --- events that share a transaction --------------------------------------------------------------------------


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[Application]:
    app = Application(database_url)
    await app.begin()
    yield app
    await app.store.close()


class Counted(SqlStore):
    """Counts the transactions that write."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.writers = 0
        self.failures = 0

    @asynccontextmanager
    async def transaction(self, *, read_only: bool = False) -> AsyncIterator[Transaction]:  # type: ignore[override]
        self.writers += not read_only
        async with super().transaction(read_only=read_only) as tx:
            yield tx
            if self.failures and not read_only:
                self.failures -= 1
                raise VersionConflict("somebody was faster")


async def chats(app: Application, number: int) -> list[str]:
    key = await app.site(bot=False)
    return [(await app.chat(key))[1] for _ in range(number)]


def handler_of(app: Application, store: SqlStore) -> EventHandler:
    return EventHandler(store, app.bus, app.clock, app.policies, app.ids, app.floor)


async def test_events_that_come_together_are_stored_together(app: Application, database_url: str) -> None:
    names = await chats(app, TOGETHER)
    store = Counted(database_url)
    handler = handler_of(app, store)
    handled = await asyncio.gather(*(handler.handle(name, ev.LanguageChosen("en")) for name in names))
    assert all(one.moved for one in handled)
    assert store.writers == 1
    for name in names:
        assert (await app.check(name)).language == "en"
    await store.close()


async def test_if_they_cannot_be_stored_together_each_is_tried_alone(
    app: Application, database_url: str
) -> None:
    names = await chats(app, 4)
    store = Counted(database_url)
    store.failures = 1
    handler = handler_of(app, store)
    handled = await asyncio.gather(*(handler.handle(name, ev.LanguageChosen("en")) for name in names))
    assert all(one.moved for one in handled)
    assert store.writers == 1 + 4
    for name in names:
        assert (await app.check(name)).language == "en"
    await store.close()


async def test_one_that_fails_takes_nobody_along(app: Application) -> None:
    names = await chats(app, 3)

    async def broken(moment: Moment) -> ev.Event | None:
        raise ValueError(moment.conversation.id)

    first, second, third = await asyncio.gather(
        app.handler.handle(names[0], ev.LanguageChosen("en")),
        app.handler.handle(names[1], broken, agents=("nobody",)),
        app.handler.handle(names[2], ev.LanguageChosen("en")),
        return_exceptions=True,
    )
    assert isinstance(second, ValueError)
    assert not isinstance(first, BaseException)
    assert not isinstance(third, BaseException)
    assert first.moved
    assert third.moved
    assert [(await app.check(name)).language for name in names] == ["en", "fr", "en"]


async def test_nobody_tries_again_what_may_be_stored(app: Application, database_url: str) -> None:
    names = await chats(app, 2)

    class Unknown(Counted):
        @asynccontextmanager
        async def transaction(self, *, read_only: bool = False) -> AsyncIterator[Transaction]:  # type: ignore[override]
            async with super().transaction(read_only=read_only) as tx:
                yield tx
            if not read_only:
                raise StoreUnavailable("nobody knows")

    store = Unknown(database_url)
    handler = handler_of(app, store)
    failed = await asyncio.gather(
        *(handler.handle(name, ev.LanguageChosen("en")) for name in names), return_exceptions=True
    )
    assert all(isinstance(one, StoreUnavailable) for one in failed)
    assert store.writers == 1
    # It was stored; the picture, which was not told, is read anew.
    await app.floor.refresh()
    for name in names:
        assert (await app.check(name)).language == "en"
    await store.close()


async def test_one_agent_is_given_no_more_by_events_that_share_a_transaction(app: Application) -> None:
    """Three slots, and six supervisors' assignments at once."""
    names = await chats(app, 6)
    for name in names:
        await app.handler.handle(name, ev.PersonRequested())
    claire = await app.agent("claire")
    await asyncio.gather(
        *(app.handler.handle(name, ev.AgentAssigned(claire, f"call-{name}", "sue")) for name in names)
    )
    held = [name for name in names if (await app.check(name)).agent_id == claire]
    assert len(held) == app.policy.group("advisors").capacity.chat == 3
    assert app.floor.picture.load(claire) == (3, 0)


async def test_what_was_begun_is_finished_for_who_went_away(app: Application) -> None:
    """Also in the picture: otherwise an agent would stay reserved by what is long over."""
    (name,) = await chats(app, 1)
    await app.handler.handle(name, ev.PersonRequested())
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def closed(_: Moment) -> ev.Event | None:
        inside.set()
        await go_on.wait()
        return ev.ConversationClosed("visitor")

    asking = asyncio.create_task(app.handler.handle(name, closed))
    await inside.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    go_on.set()
    for _ in range(200):
        if app.floor.line_of(name) is None:
            break
        await asyncio.sleep(0.01)
    assert app.floor.line_of(name) is None
    assert (await app.check(name)).state is State.CLOSED
