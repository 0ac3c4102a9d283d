"""What only a bus between processes can get wrong: interruptions, and what is nobody else's business."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from orchestrator.adapters.bus_nats import NatsBus
from orchestrator.adapters.nats_connection import NatsAddress, NatsConnection, NoAnswer
from orchestrator.adapters.unreachable import Unreachable
from orchestrator.application.notify import WORK_TOPIC
from orchestrator.application.ports import Subscription
from tests.servers.child import free_port
from tests.servers.nats import NatsServer


@pytest.fixture
async def connections(nats: NatsServer) -> AsyncIterator[tuple[NatsConnection, NatsConnection]]:
    both = NatsConnection(nats.url), NatsConnection(nats.url)
    for connection in both:
        await connection.start()
    yield both
    for connection in both:
        await connection.stop()


async def woken(listener: Subscription) -> None:
    await asyncio.wait_for(listener.wait(), 10)


async def test_what_was_missed_in_an_interruption_is_looked_for(
    nats: NatsServer, connections: tuple[NatsConnection, NatsConnection]
) -> None:
    here, there = (NatsBus(connection) for connection in connections)
    listener = there.subscribe("a")
    await woken(listener)
    nats.stop()
    try:
        # Nobody can say anything; those who listen look for themselves.
        await woken(listener)
        await here.publish(["a"])
    finally:
        nats.start()
    async with asyncio.timeout(10):
        while True:
            await here.publish_ephemeral("a", {"back": True})
            if {"back": True} in await listener.wait():
                return


async def test_within_a_process_nothing_needs_the_server(nats: NatsServer) -> None:
    connection = NatsConnection(nats.url)
    bus = NatsBus(connection)
    listener = bus.subscribe("a")
    await bus.publish_ephemeral("a", {"n": 1})
    assert await asyncio.wait_for(listener.wait(), 5) == [{"n": 1}]


async def test_work_stays_where_it_was_decided(connections: tuple[NatsConnection, NatsConnection]) -> None:
    here, there = (NatsBus(connection) for connection in connections)
    near, far = here.subscribe(WORK_TOPIC), there.subscribe(WORK_TOPIC, "end")
    await woken(far)
    await here.publish([WORK_TOPIC])
    await woken(near)
    await here.publish_ephemeral("end", {"end": True})
    assert await asyncio.wait_for(far.wait(), 5) == [{"end": True}]


async def test_estates_on_one_server_do_not_hear_each_other(nats: NatsServer) -> None:
    ours, theirs = NatsConnection(f"{nats.url}/shop"), NatsConnection(f"{nats.url}/bank")
    await ours.start()
    await theirs.start()
    here, there = NatsBus(ours), NatsBus(theirs)
    listener = there.subscribe("a")
    await woken(listener)
    await here.publish_ephemeral("a", {"from": "shop"})
    again = NatsConnection(f"{nats.url}/bank")
    await again.start()
    await NatsBus(again).publish_ephemeral("a", {"from": "bank"})
    assert await asyncio.wait_for(listener.wait(), 5) == [{"from": "bank"}]
    for connection in (ours, theirs, again):
        await connection.stop()


async def test_questions_are_answered_or_nobody_is_there(
    connections: tuple[NatsConnection, NatsConnection],
) -> None:
    here, there = connections
    with pytest.raises(NoAnswer) as caught:
        await here.ask("questions", b"?", within=5)
    assert caught.value.nobody
    ready = asyncio.Event()

    async def answer(message: object) -> None:
        data = message.data  # type: ignore[attr-defined]
        if data != b"silence":
            await message.respond(b"echo " + data)  # type: ignore[attr-defined]

    there.listen("questions", answer, held=ready.set)
    await ready.wait()
    assert await here.ask("questions", b"hello", within=5) == b"echo hello"
    with pytest.raises(NoAnswer) as caught:
        await here.ask("questions", b"silence", within=0.1)
    assert not caught.value.nobody


async def test_a_question_ends_with_its_connection(
    nats: NatsServer, connections: tuple[NatsConnection, NatsConnection]
) -> None:
    here, there = connections
    asked = asyncio.Event()

    async def hear(_: object) -> None:
        asked.set()

    ready = asyncio.Event()
    there.listen("questions", hear, held=ready.set)
    await ready.wait()
    asking = asyncio.create_task(here.ask("questions", b"?", within=60))
    await asked.wait()
    nats.stop()
    try:
        with pytest.raises(NoAnswer):
            await asyncio.wait_for(asking, 10)
    finally:
        nats.start()


@pytest.mark.parametrize(
    "url", ["", "nats", "nats://", "redis://host", "nats://host?x=1", "nats://host/a.b", "nats://host/a b"]
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ValueError, match="NATS"):
        NatsAddress.parse(url)


def test_addresses() -> None:
    cluster = NatsAddress.parse("nats://u:secret@one:4222, tls://two/shop")
    assert cluster.servers == ("nats://u:secret@one:4222", "tls://two")
    assert cluster.prefix == "shop"
    assert cluster.where == "one:4222, two"


async def test_what_is_wrong_is_said_without_secrets(tmp_path: Path) -> None:
    nobody = free_port()
    with pytest.raises(Unreachable) as caught:
        await NatsConnection(f"nats://u:hidden@127.0.0.1:{nobody}").start()
    assert f"127.0.0.1:{nobody} cannot be reached" in str(caught.value)
    assert "hidden" not in str(caught.value)
    guarded = NatsServer(tmp_path, token="the token")
    try:
        with pytest.raises(Unreachable) as caught:
            await NatsConnection(f"nats://hidden@127.0.0.1:{guarded.port}").start()
        assert "VISAVIS_BUS_URL" in str(caught.value)
        assert "let this process in" in str(caught.value)
        assert "hidden" not in str(caught.value)
    finally:
        guarded.stop()
