"""The same work over and over: what is done leaves nothing behind."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aioice.ice
import pytest

from orchestrator.domain.conversation import State
from tests.deep.resources import descriptors_of, held, memory_of
from tests.deep.visits import desk
from tests.integration.media.peers import Peer, until
from tests.integration.netns.machine import Json, Machine


async def conversations(database: Path, *, count: int, at_once: int, objects_each: float) -> None:
    """Warm up, then two rounds of ``count`` conversations; the second one may not make the process grow."""
    before = asyncio.all_tasks()
    async with desk(database, agents=at_once) as place:
        await place.visits(0, count, at_once)
        await place.quiet()
        middle = held()
        await place.visits(count, count, at_once)
        await place.quiet()
        end = held()
        growth = end.grown_since(middle)
        print(growth, dict(place.reached))

        assert place.reached["closed"] == 2 * count
        # Three of four wait for an agent, and nearly all of those find one with a camera.
        assert place.reached["in video"] == place.reached["hung up"] >= count // 2
        assert await place.pending() == 0
        assert place.app.media.rooms == {}
        assert end.tasks <= middle.tasks, growth
        assert end.descriptors <= middle.descriptors + 4, growth
        assert end.objects - middle.objects < 2_000 + objects_each * count, growth
        assert end.rss - middle.rss < 24_000_000, growth
        for conversation in place.conversations:
            c = await place.app.check(conversation)
            assert c.state is State.CLOSED
        async with place.app.store.transaction(read_only=True) as tx:
            assert await tx.timers.next_deadline() is None
    assert asyncio.all_tasks() <= before


async def test_conversations_leave_nothing_behind(tmp_path: Path) -> None:
    await conversations(tmp_path / "visavis.db", count=12, at_once=4, objects_each=60)


@pytest.mark.deep
@pytest.mark.timeout(1800)
async def test_a_thousand_conversations_leave_nothing_behind(tmp_path: Path) -> None:
    await conversations(tmp_path / "visavis.db", count=500, at_once=8, objects_each=3)


# --- the media node -------------------------------------------------------------------------------------------


async def one_call(node: Machine, number: int) -> None:
    """Two people come, see each other, and go: on purpose, or by the end of the room."""
    room = f"room-{number}"
    await node.ask("open", room=room)
    peers = {"visitor": Peer(luma=60), "agent": Peer(luma=190)}
    try:
        for role, peer in peers.items():
            await peer.pc.setLocalDescription(await peer.pc.createOffer())
            offer = peer.pc.localDescription.sdp
            joined = await node.ask("join", room=room, role=role, connection=f"{role}-{number}", offer=offer)
            await peer.accept(joined["answer"])
        await until(lambda: all(peer.got.frames > 2 for peer in peers.values()), "pictures", 60)
        if number % 2:
            for role in peers:
                await node.ask("leave", room=room, connection=f"{role}-{number}")
        await node.ask("close", room=room)
    finally:
        for peer in peers.values():
            await peer.close()


async def calls(count: int, mode: str, *, objects_each: float) -> None:
    """Warm up, then two rounds of calls. The node is a process of its own: the peers' memory is not its."""
    node = await Machine.start("node", "127.0.0.1", mode)

    async def now() -> Json:
        # Closing goes on in the background for a moment.
        await asyncio.sleep(1)
        held = await node.ask("held")
        return held | {"rss": memory_of(node.pid), "descriptors": descriptors_of(node.pid)}

    try:
        for number in range(count):
            await one_call(node, number)
        middle = await now()
        for number in range(count, 2 * count):
            await one_call(node, number)
        end = await now()
    finally:
        await node.end()
    print(middle, end)
    assert end["rooms"] == 0
    assert len(node.of("RoomClosed")) == 2 * count
    assert end["tasks"] <= middle["tasks"], (middle, end)
    assert end["descriptors"] <= middle["descriptors"], (middle, end)
    assert end["objects"] - middle["objects"] < 500 + objects_each * count, (middle, end)
    assert end["rss"] - middle["rss"] < 16_000_000, (middle, end)


@pytest.fixture
def loopback_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """aioice skips 127.0.0.1; the clients of these tests use nothing else."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])


@pytest.mark.usefixtures("loopback_clients")
@pytest.mark.parametrize("mode", ["default", "fast"])
async def test_calls_leave_nothing_behind(mode: str) -> None:
    await calls(3, mode, objects_each=100)


@pytest.mark.deep
@pytest.mark.timeout(1800)
@pytest.mark.usefixtures("loopback_clients")
@pytest.mark.parametrize("mode", ["default", "fast"])
async def test_a_hundred_calls_leave_nothing_behind(mode: str) -> None:
    await calls(60, mode, objects_each=5)
