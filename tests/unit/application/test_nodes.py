"""Several processes on one store: who is alive, and what happens when one is not. Virtual time, no sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest

from orchestrator.adapters.bus import InProcessBus
from orchestrator.application.nodes import BEAT, BURIAL, LIFE, Nodes
from orchestrator.application.records import NewEffect
from orchestrator.domain import effects as fx
from orchestrator.domain.conversation import State, TimerName
from tests.fakes.application import Application
from tests.fakes.clock import VirtualClock


@dataclass
class Process:
    """A process of the estate, and how often it was taken for dead."""

    app: Application
    nodes: Nodes
    name: str
    neighbours: list[str]
    taken_for_dead: int = 0


Start = Callable[[str], Awaitable[Process]]


@pytest.fixture
async def start(database: Path) -> AsyncIterator[Start]:
    """Starts another process on the same database, bus and clock."""
    clock, bus = VirtualClock(), InProcessBus()
    running: list[Process] = []

    async def begin(name: str) -> Process:
        app = Application(database, clock=clock, bus=bus, node=name, ids_prefix=f"{name}-")
        process: Process
        neighbours: list[str] = []

        async def taken_for_dead() -> None:
            process.taken_for_dead += 1

        nodes = Nodes(
            app.store,
            bus,
            clock,
            app.handler,
            app.presence,
            node=name,
            on_taken_for_dead=taken_for_dead,
            on_trouble=neighbours.append,
        )
        process = Process(app, nodes, name, neighbours)
        running.append(process)
        await app.begin()
        await nodes.join()
        return process

    yield begin
    for process in running:
        await process.app.store.close()


async def pass_time(by: timedelta, *beating: Process) -> None:
    """Time passes for everybody; those named beat as they should."""
    clock = beating[0].app.clock
    end = clock.now() + by
    while clock.now() < end:
        clock.advance(min(BEAT, end - clock.now()))
        for process in beating:
            await process.nodes.beat()


async def living(process: Process) -> list[str]:
    async with process.app.store.transaction(read_only=True) as tx:
        return await tx.nodes.living(process.app.clock.now())


async def talk(here: Process, what: Literal["person", "video"] = "person") -> tuple[str, str, str]:
    """A visitor with an agent whose desk is open at this process; the visitor's page is not noted anywhere."""
    app = here.app
    key = await app.site(bot=False)
    agent = await app.agent("claire")
    visitor, conversation = await app.chat(key)
    await app.conversations.visitor_act(visitor, conversation, what)
    await app.settle()
    invitation = (await app.snapshot(conversation)).invitation
    assert invitation is not None
    await app.conversations.accept(agent, conversation, invitation.id)
    await app.settle()
    await app.presence.agent_came(agent, "desk", can_video=True)
    await app.presence.agent_left(agent, "socket-claire")
    await app.settle()
    return visitor, agent, conversation


async def count(process: Process, conversation: str, event: str) -> int:
    return (await process.app.events(conversation)).count(event)


async def test_the_sockets_of_a_dead_process_are_gone_once(start: Start) -> None:
    dead, one, two = await start("dead"), await start("one"), await start("two")
    visitor, agent, conversation = await talk(one)
    await one.app.presence.agent_left(agent, "desk")
    before = await count(one, conversation, "AgentDisconnected")
    await dead.app.presence.agent_came(agent, "page", can_video=True)
    await dead.app.presence.visitor_came(visitor, "page-of-visitor")
    await pass_time(LIFE - BEAT, one, two)
    assert (await one.app.check(conversation)).visitor_present
    await pass_time(BEAT * 2, one, two)
    c = await one.app.check(conversation)
    assert (c.visitor_present, c.agent_present) == (False, False)
    assert await count(one, conversation, "VisitorDisconnected") == 1
    assert await count(one, conversation, "AgentDisconnected") == before + 1
    assert await living(one) == ["one", "two"]
    async with one.app.store.transaction(read_only=True) as tx:
        assert await tx.people.open_sockets("dead") == []
        found = await tx.people.agent(agent)
        assert await tx.nodes.dead(one.app.clock.now()) == []
    assert found is not None
    assert found.seen_until is not None
    assert found.seen_until > one.app.clock.now(), "a page that reconnects is a reload"


async def test_two_who_notice_at_once_do_it_once(start: Start) -> None:
    dead, one, two = await start("dead"), await start("one"), await start("two")
    visitor, _, conversation = await talk(one)
    await dead.app.presence.visitor_came(visitor, "page")
    await pass_time(LIFE - BEAT / 2, one, two)
    one.app.clock.advance(BEAT)
    await asyncio.gather(one.nodes.beat(), two.nodes.beat())
    await asyncio.gather(one.nodes.beat(), two.nodes.beat())
    assert await count(one, conversation, "VisitorDisconnected") == 1
    assert await living(one) == ["one", "two"]


async def test_who_came_back_to_another_process_is_not_gone(start: Start) -> None:
    dead, one = await start("dead"), await start("one")
    visitor, agent, conversation = await talk(one)
    await dead.app.presence.visitor_came(visitor, "old")
    await dead.app.presence.agent_came(agent, "old-desk", can_video=True)
    await one.app.presence.visitor_came(visitor, "new")
    await pass_time(LIFE * 2, one)
    c = await one.app.check(conversation)
    assert (c.visitor_present, c.agent_present) == (True, True)
    assert await count(one, conversation, "VisitorDisconnected") == 0
    await one.app.presence.visitor_left(visitor, "new")
    assert not (await one.app.check(conversation)).visitor_present


async def test_who_comes_back_while_the_dead_is_buried_is_there(start: Start) -> None:
    dead, one = await start("dead"), await start("one")
    visitor, _, conversation = await talk(one)
    await dead.app.presence.visitor_came(visitor, "old")
    await one.app.presence._visitor_gone(conversation, visitor, besides="dead")
    assert not (await one.app.check(conversation)).visitor_present
    # The old socket is still noted.
    await one.app.presence.visitor_came(visitor, "new")
    assert (await one.app.check(conversation)).visitor_present
    await one.app.presence.forget_all(node="dead")
    assert (await one.app.check(conversation)).visitor_present


async def test_whoever_dies_while_burying_is_succeeded(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    dead, one, two = await start("dead"), await start("one"), await start("two")
    visitor, agent, conversation = await talk(one)
    await dead.app.presence.visitor_came(visitor, "page")
    await one.app.presence.agent_left(agent, "desk")
    await dead.app.presence.agent_came(agent, "page-of-agent", can_video=True)
    before = await count(two, conversation, "AgentDisconnected")

    async def killed(*_: object, **__: object) -> None:
        raise ConnectionError("this process is no more")

    monkeypatch.setattr(one.app.presence, "_forget_visitor", killed)
    one.app.clock.advance(LIFE)
    await two.nodes.beat()
    # Regular again, and the first to notice.
    await pass_time(LIFE - BEAT, one)
    with pytest.raises(ConnectionError):
        await pass_time(BEAT * 2, one)
    assert await count(two, conversation, "VisitorDisconnected") == 0
    await pass_time(BURIAL + LIFE * 2, two)
    assert await count(two, conversation, "VisitorDisconnected") == 1
    assert await count(two, conversation, "AgentDisconnected") == before + 1
    assert await living(two) == ["two"]


async def test_claims_leases_and_rooms_of_the_dead_are_free(start: Start) -> None:
    dead, one = await start("dead"), await start("one")
    app = one.app
    now = app.clock.now()
    _, _, conversation = await talk(one)
    async with dead.app.store.transaction() as tx:
        await tx.outbox.add([NewEffect("k", "lane", conversation, fx.CloseCall("call_x", "over"))], at=now)
        claimed = await tx.outbox.claim("dead", now, until=now + timedelta(minutes=2), limit=9)
        assert await tx.leases.acquire("a task", "dead", now, now + timedelta(minutes=2))
        await tx.rooms.claim("nobody's call", "dead", now)
        await tx.rooms.claim("ours", "one", now)
    assert len(claimed) == 1
    await pass_time(LIFE * 2, one)
    now = app.clock.now()
    async with app.store.transaction() as tx:
        (item,) = await tx.outbox.claim("one", now, until=now + timedelta(minutes=2), limit=9)
        assert item.key == "k"
        assert await tx.leases.acquire("a task", "one", now, now + timedelta(minutes=2))
        assert await tx.rooms.owner("nobody's call") is None
        assert await tx.rooms.owner("ours") == "one"


async def test_a_call_whose_process_died_is_opened_again(start: Start) -> None:
    dead, one = await start("dead"), await start("one")
    visitor, agent, conversation = await talk(one, "video")
    app = one.app
    c = await app.check(conversation)
    assert c.call is not None
    await app.join(conversation, "visitor", visitor)
    await app.join(conversation, "agent", agent)
    assert (await app.check(conversation)).state is State.IN_VIDEO
    async with dead.app.store.transaction() as tx:
        await tx.rooms.claim(c.call.id, "dead", app.clock.now())
    app.media.rooms.clear()
    await pass_time(LIFE * 2, one)
    await app.settle()
    assert await count(one, conversation, "MediaLost") == 1
    assert c.call.id in app.media.rooms
    async with app.store.transaction(read_only=True) as tx:
        assert await tx.rooms.owner(c.call.id) is None


async def test_a_process_that_was_only_slow_begins_anew(start: Start) -> None:
    slow, one = await start("slow"), await start("one")
    visitor, _, conversation = await talk(one)
    await slow.app.presence.visitor_came(visitor, "page")
    await pass_time(LIFE * 2, one)
    assert await living(one) == ["one"]
    await slow.nodes.beat()
    assert slow.taken_for_dead == 1
    assert await living(one) == ["one", "slow"]
    # Its page went with it, and comes back.
    await slow.app.presence.visitor_left(visitor, "page")
    await slow.app.presence.visitor_came(visitor, "page again")
    assert (await one.app.check(conversation)).visitor_present
    await slow.nodes.beat()
    assert slow.taken_for_dead == 1


async def test_whoever_stood_still_judges_nobody_at_once(start: Start) -> None:
    """A store that was away looks to every process as if all the others were dead."""
    one, two = await start("one"), await start("two")
    await pass_time(LIFE * 2, one, two)
    one.app.clock.advance(LIFE * 3)
    await one.nodes.beat()
    await two.nodes.beat()
    await pass_time(LIFE * 2, one, two)
    assert await living(one) == ["one", "two"]
    assert (one.taken_for_dead, two.taken_for_dead) == (0, 0)


async def test_leaving_is_no_death(start: Start) -> None:
    leaving, one = await start("leaving"), await start("one")
    visitor, _, conversation = await talk(one)
    await leaving.app.presence.visitor_came(visitor, "page")
    await leaving.nodes.stop()
    assert await living(one) == ["one"]
    assert not (await one.app.check(conversation)).visitor_present
    await pass_time(LIFE * 2, one)
    assert await count(one, conversation, "VisitorDisconnected") == 1


async def test_neighbours_are_noticed(start: Start) -> None:
    one, two = await start("one"), await start("two")
    assert one.neighbours == []
    assert two.neighbours == ["one"]


async def test_sockets_that_closed_while_the_store_was_away_are_swept(start: Start) -> None:
    one = await start("one")
    visitor, _, conversation = await talk(one)
    await one.app.presence.visitor_came(visitor, "page")
    one.app.presence._open.discard("page")
    await pass_time(timedelta(minutes=1), one)
    assert not (await one.app.check(conversation)).visitor_present
    assert (await one.app.check(conversation)).agent_present, "its page is open"


async def test_starting_takes_nothing_from_the_living(start: Start) -> None:
    one = await start("one")
    visitor, agent, conversation = await talk(one)
    app = one.app
    await app.presence.visitor_came(visitor, "page")
    now = app.clock.now()
    async with app.store.transaction() as tx:
        await tx.outbox.add([NewEffect("k", "lane", conversation, fx.CloseCall("x", ""))], at=now)
        await tx.outbox.claim("one", now, until=now + timedelta(minutes=2), limit=9)
    two = await start("two")
    await two.app.recovery.run()
    async with two.app.store.transaction() as tx:
        assert await tx.outbox.claim("two", now, until=now + timedelta(minutes=2), limit=9) == []
    c = await two.app.check(conversation)
    assert (c.visitor_present, c.agent_present, c.agent_id) == (True, True, agent)


async def test_a_timer_that_two_processes_fire_rings_once(start: Start) -> None:
    one, two = await start("one"), await start("two")
    app = one.app
    key = await app.site(bot=False)
    await app.agent("claire")
    await app.agent("marc")
    visitor, conversation = await app.chat(key)
    await app.conversations.visitor_act(visitor, conversation, "person")
    await app.settle()
    first = (await app.snapshot(conversation)).invitation
    assert first is not None
    deadline = (await app.snapshot(conversation)).timers[TimerName.INVITATION]
    app.clock.advance(deadline - app.clock.now())
    async with two.app.store.transaction(read_only=True) as tx:
        due = await tx.timers.due(app.clock.now(), limit=9)
    # One fires, and the next agent is invited; the other one read the same timer before that, and fires it late.
    await app.timers.fire_due()
    await app.settle()
    second = (await app.snapshot(conversation)).invitation
    assert second is not None
    assert second.agent_id != first.agent_id
    async with app.store.transaction(read_only=True) as tx:
        trace = len(await tx.events.trace(conversation))
    for timer in due:
        await two.app.timers._fire(timer)
    assert (await two.app.check(conversation)).invitation == second
    async with app.store.transaction(read_only=True) as tx:
        assert len(await tx.events.trace(conversation)) == trace
    await asyncio.gather(one.app.timers.fire_due(), two.app.timers.fire_due())
    assert await count(one, conversation, "InvitationExpired") == 1
