"""The picture of one process beside others: hints, lost hints, and who may distribute."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from orchestrator.adapters.bus import InProcessBus
from orchestrator.application.errors import StoreUnavailable
from orchestrator.application.handle_event import EventHandler
from orchestrator.application.lease import LASTS, Lease
from orchestrator.application.ports import Transaction
from orchestrator.domain import events as ev
from tests.fakes.application import Application, policy_with, running
from tests.fakes.clock import VirtualClock


@asynccontextmanager
async def two_processes(database: Path) -> AsyncIterator[tuple[Application, Application]]:
    """One store, one bus, one clock; each with a picture of its own and a claim to distribute."""
    clock, bus = VirtualClock(), InProcessBus()
    async with (
        running(database, clock=clock, bus=bus, node="a", ids_prefix="a") as one,
        running(database, clock=clock, bus=bus, node="b", ids_prefix="b") as two,
    ):
        for app in (one, two):
            await app.floor.start()
        yield one, two
        for app in (one, two):
            await app.floor.stop()


async def wait_until_heard() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def asks(app: Application, key: str) -> str:
    visitor, conversation = await app.chat(key)
    await app.conversations.visitor_act(visitor, conversation, "person")
    return conversation


async def test_what_one_process_commits_the_other_is_told(database: Path) -> None:
    async with two_processes(database) as (one, two):
        key = await one.site()
        claire = await one.agent("claire")
        waits = await asks(two, key)
        await wait_until_heard()
        await one.floor.refresh()
        assert [entry.id for entry in one.floor.picture.line("advisors")] == [waits]
        assert await one.distribution.run_once() == 1
        await wait_until_heard()
        await two.floor.refresh()
        assert two.floor.picture.load(claire) == (1, 0)
        assert two.floor.picture.waiting("advisors", video=False) == 0


async def test_a_hint_that_was_lost_is_made_good(database: Path) -> None:
    async with two_processes(database) as (one, two):
        key = await one.site()
        # Nobody listens any more.
        await two.floor.stop()
        claire = await one.agent("claire")
        waits = await asks(one, key)
        gone = await asks(one, key)
        await two.floor.resync()
        assert [entry.id for entry in two.floor.picture.line("advisors")] == [waits, gone]
        assert [seat.id for seat, _ in two.floor.picture.agents("advisors")] == [claire]
        await one.handler.handle(gone, ev.ConversationClosed("visitor"))
        await two.floor.resync()
        assert [entry.id for entry in two.floor.picture.line("advisors")] == [waits]


async def test_what_is_seen_in_an_older_transaction_does_not_pass_for_news(app: Application) -> None:
    """A page is rendered from a snapshot; meanwhile an agent pauses. Who asked in the snapshot is answered by it, and
    the picture is put right with the next reading, not when everything is compared half a minute later."""
    claire = await app.agent("claire")
    await app.floor.refresh()
    async with app.store.transaction(read_only=True) as page:
        assert await page.people.agent(claire) is not None  # the snapshot is taken
        await app.conversations.set_presence(claire, chat="paused", video="paused")
        app.floor.note_agents([claire])
        await app.floor.refresh(page)
        ((seat, _),) = app.floor.picture.agents("advisors")
        assert seat.chat == "available", "that is what the snapshot says"
    await app.floor.refresh()
    ((seat, _),) = app.floor.picture.agents("advisors")
    assert seat.chat == "paused"


async def test_an_invitation_that_ended_elsewhere_leaves_nothing_reserved(database: Path) -> None:
    """A page of this process is rendered from a snapshot in which the invitation is open. It must not use up the news
    that it has ended: the agent would seem to be busy until everything is compared."""
    async with two_processes(database) as (one, two):
        key = await one.site()
        claire = await one.agent("claire")
        waits = await asks(one, key)
        assert await one.distribution.run_once() == 1
        await wait_until_heard()
        await two.floor.refresh()
        assert two.floor.picture.load(claire) == (1, 0)
        async with two.store.transaction(read_only=True) as page:
            assert await page.people.agent(claire) is not None  # the snapshot is taken
            await two.floor.stop()  # what reads beside it must not be quicker here
            await one.conversations.visitor_act((await one.snapshot(waits)).visitor_id, waits, "leave_queue")
            two.floor.doubt([waits], [claire])  # as the hint says
            await two.floor.refresh(page)
        await two.floor.refresh()
        assert two.floor.picture.load(claire) == (0, 0)
        assert two.floor.line_of(waits) is None


async def test_what_was_seen_before_a_commit_that_failed_is_forgotten(app: Application) -> None:
    """SQLite's writers share a commit, so that one reads what another has written and what is lost with both."""
    key = await app.site()
    claire = await app.agent("claire")
    waits = await asks(app, key)
    await app.settle()
    assert app.floor.picture.load(claire) == (1, 0)

    class Failing:
        """The store, whose next commit fails."""

        @asynccontextmanager
        async def transaction(self) -> AsyncIterator[Transaction]:
            async with app.store.transaction() as tx:
                yield tx
                seen = await tx.conversations.load(waits)
                assert seen is not None
                app.floor.doubt([waits], [])
                await app.floor.refresh(tx)
                raise StoreUnavailable("the disk is full")

    handler = EventHandler(Failing(), app.bus, app.clock, app.policies, app.ids, app.floor)  # type: ignore[arg-type]
    with pytest.raises(StoreUnavailable):
        await handler.handle(waits, ev.ConversationClosed("visitor"))
    await app.floor.refresh()
    assert app.floor.picture.load(claire) == (1, 0)
    assert app.floor.line_of(waits) is not None


async def test_an_older_transaction_does_not_undo_what_was_read_since(app: Application) -> None:
    claire = await app.agent("claire")
    await app.floor.refresh()
    reading, go_on = asyncio.Event(), asyncio.Event()
    async with app.store.transaction(read_only=True) as page:
        assert await page.people.agent(claire) is not None
        agents = page.people.agents

        async def slowly(ids: object = None) -> object:
            found = await agents(ids)  # type: ignore[arg-type]
            reading.set()
            await go_on.wait()
            return found

        page.people.agents = slowly  # type: ignore[method-assign]
        app.floor.note_agents([claire])
        asking = asyncio.create_task(app.floor.refresh(page))
        await reading.wait()
        await app.conversations.set_presence(claire, chat="paused", video="paused")
        app.floor.note_agents([claire])
        await app.floor.refresh()
        go_on.set()
        await asking
    ((seat, _),) = app.floor.picture.agents("advisors")
    assert seat.chat == "paused"


async def test_one_process_distributes_and_another_takes_over(database: Path) -> None:
    async with two_processes(database) as (one, two):
        key = await one.site()
        await one.agent("claire")
        assert await one.distribution.run_once() == 0
        waits = await asks(two, key)
        await wait_until_heard()
        # The other one may not, and says so to the one that does.
        assert await two.distribution.run_once() == 0
        assert (await two.check(waits)).invitation is None
        # Nothing is heard of the first any more: when its lease is over, the second does its work.
        two.clock.advance(LASTS)
        assert await two.distribution.run_once() == 1
        assert (await two.check(waits)).invitation is not None
        assert await one.distribution.run_once() == 0


async def test_a_lease_that_is_given_back_is_free_at_once(database: Path) -> None:
    async with running(database) as app:
        one, two = (Lease(app.store, app.clock, "work", name) for name in ("one", "two"))
        assert [await one.held(), await two.held(), await one.held()] == [True, False, True]
        await one.release()
        assert [await two.held(), await one.held()] == [True, False]
        await one.release()
        assert await two.held()


async def test_a_lease_is_renewed_as_long_as_it_is_asked_for(database: Path) -> None:
    async with running(database) as app:
        one, two = (Lease(app.store, app.clock, "work", name) for name in ("one", "two"))
        for _ in range(8):
            assert [await one.held(), await two.held()] == [True, False]
            app.clock.advance(LASTS / 2)
        app.clock.advance(LASTS)
        assert [await two.held(), await one.held()] == [True, False]


async def test_the_picture_follows_the_policy_that_is_live(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    waits = [await asks(app, key) for _ in range(4)]
    await app.settle()
    assert app.floor.picture.load(claire) == (3, 0)
    closed = policy_with(
        {"routing.yaml": ("hours: always", "hours: { time_zone: UTC, week: { sunday: ['08:00-09:00'] } }")}
    )
    await app.policies.publish(closed, app.store, app.clock.now())
    await app.settle()
    assert app.floor.picture.waiting("advisors", video=False) == 0
    assert (await app.check(waits[3])).queue is None


async def test_it_distributes_in_the_background(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    await app.floor.start()
    await app.distribution.start()
    try:
        waits = await asks(app, key)
        for _ in range(200):
            if (await app.snapshot(waits)).invitation is not None:
                break
            await asyncio.sleep(0.01)
        c = await app.check(waits)
        assert c.invitation is not None
        assert c.invitation.agent_id == claire
    finally:
        await app.distribution.stop()
        await app.floor.stop()
