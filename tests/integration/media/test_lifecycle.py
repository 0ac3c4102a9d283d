"""Connections come, break, come back and end; nothing is left behind."""

import asyncio
import gc
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from media import (
    JoinSuperseded,
    MediaConfig,
    MediaError,
    MediaNode,
    NegotiationError,
    NodeClosed,
    NoTransport,
    ParticipantConnected,
    ParticipantDropped,
    ParticipantLeft,
    Role,
    RoomClosed,
    RoomFull,
    RoomPolicy,
    Rule,
    Rules,
    Source,
    TooManyRooms,
    UnknownConnection,
    UnknownRoom,
)
from media.demux import MAX_SSRCS
from media.participant import Participant
from media.room import MAX_JOINS
from tests.integration.media.conftest import BOTH_MODES
from tests.integration.media.peers import Events, Peer, until
from tests.unit.media.offers import Offer

MakePeer = Callable[..., Peer]


async def test_a_visitor_who_vanishes_is_noticed_and_decoding_goes_on_when_back(
    node: MediaNode, events: Events, peer: MakePeer
) -> None:
    node.open_room("r", RoomPolicy())
    visitor = await peer(luma=60).join(node, "r", Role.VISITOR, "v1")
    agent = await peer(luma=190).join(node, "r", Role.AGENT, "a")
    await until(lambda: agent.got.frames > 10 and visitor.got.frames > 10, "the call is up")

    visitor.vanish()
    start = time.monotonic()
    await until(lambda: bool(events.of(ParticipantDropped)), "the drop is noticed", 8)
    assert time.monotonic() - start < 6.5
    assert events.of(ParticipantDropped) == [ParticipantDropped("r", Role.VISITOR, "v1")]

    seen, heard = agent.got.frames, agent.got.samples
    back = await peer(luma=120).join(node, "r", Role.VISITOR, "v2")
    await until(lambda: agent.got.frames > seen + 10 and agent.got.samples > heard + 9600, "seen again")
    await until(lambda: back.got.frames > 10, "sees again")
    assert abs(agent.got.luma[-1] - 120) < 15
    assert len(events.of(ParticipantDropped)) == 1


async def test_a_silent_but_living_participant_is_not_dropped(events: Events, peer: MakePeer) -> None:
    node = MediaNode(MediaConfig(host_addresses=("127.0.0.1",), silence_timeout=1.5), events.append)
    await node.start()
    node.open_room("r", RoomPolicy())
    # Receives only, and alone in the room: it has nothing to send, not even RTCP.
    quiet = await peer(audio=False, video="recvonly").join(node, "r", Role.VISITOR, "v")
    await quiet.connected()
    member = node._rooms["r"].members[Role.VISITOR]
    heard = member.last_heard
    await until(lambda: member.last_heard > heard + 4, "it answers probes for longer than the time-out")
    assert not events.of(ParticipantDropped)
    await node.close()


@BOTH_MODES
async def test_closing_the_page_is_noticed_at_once(node: MediaNode, events: Events, peer: MakePeer) -> None:
    node.open_room("r", RoomPolicy())
    visitor = await peer().join(node, "r", Role.VISITOR, "v")
    await until(lambda: bool(events.of(ParticipantConnected)), "connected")
    await visitor.pc.close()
    await until(lambda: bool(events.of(ParticipantDropped)), "dropped", 2)


@BOTH_MODES
async def test_a_newer_connection_replaces_the_older(node: MediaNode, events: Events, peer: MakePeer) -> None:
    node.open_room("r", RoomPolicy())
    old = await peer().join(node, "r", Role.VISITOR, "v1")
    agent = await peer().join(node, "r", Role.AGENT, "a")
    await until(lambda: agent.got.frames > 5, "the first connection is seen")
    await peer(luma=150).join(node, "r", Role.VISITOR, "v2")
    await until(lambda: old.pc.connectionState == "closed", "the older one is closed")
    await until(lambda: agent.got.luma[-1:] != [] and abs(agent.got.luma[-1] - 150) < 15, "the newer is seen")
    assert not events.of(ParticipantDropped)
    assert not events.of(ParticipantLeft)
    # A late word about the older connection does not touch the newer one.
    await node.leave("r", "v1")
    assert not events.of(ParticipantLeft)


@BOTH_MODES
async def test_leaving_and_closing(node: MediaNode, events: Events, peer: MakePeer) -> None:
    node.open_room("r", RoomPolicy())
    visitor = await peer().join(node, "r", Role.VISITOR, "v")
    agent = await peer().join(node, "r", Role.AGENT, "a")
    await until(lambda: visitor.got.frames > 3 and agent.got.frames > 3, "the call is up")
    await node.leave("r", "v")
    await node.leave("r", "v")
    assert events.of(ParticipantLeft) == [ParticipantLeft("r", Role.VISITOR, "v")]
    await until(lambda: visitor.pc.connectionState == "closed", "the leaver is disconnected")
    await node.close_room("r")
    await node.close_room("r")
    assert events.of(RoomClosed) == [RoomClosed("r")]
    await until(lambda: agent.pc.connectionState == "closed", "the other one too")
    assert not events.of(ParticipantDropped)
    with pytest.raises(UnknownRoom):
        node.room_stats("r")


def udp_sockets() -> int:
    """UDP sockets of this process."""
    count = 0
    for fd in Path("/proc/self/fd").iterdir():
        try:
            with socket.socket(fileno=os.dup(int(fd.name))) as sock:
                count += sock.type == socket.SOCK_DGRAM
        except OSError:
            continue
    return count


def decoder_threads() -> int:
    """aiortc decoder threads; the clients have some, the node none."""
    return sum(thread.name.endswith("-decoder") for thread in threading.enumerate())


async def test_nothing_is_left_behind(events: Events, peer: MakePeer) -> None:
    tasks, sockets = asyncio.all_tasks(), udp_sockets()
    node = MediaNode(MediaConfig(host_addresses=("127.0.0.1",)), events.append)
    await node.start()
    for call in range(3):
        room = f"r{call}"
        node.open_room(room, RoomPolicy())
        visitor = await peer().join(node, room, Role.VISITOR, "v")
        agent = await peer().join(node, room, Role.AGENT, "a")
        await until(lambda v=visitor, a=agent: v.got.frames > 3 and a.got.frames > 3, "the call is up")
        if call == 0:
            await node.close_room(room)
        elif call == 1:
            await visitor.close()
            await agent.close()
    # One that never connects.
    node.open_room("r9", RoomPolicy())
    lonely = peer()
    await lonely.pc.setLocalDescription(await lonely.pc.createOffer())
    await node.join("r9", role=Role.VISITOR, connection_id="v", offer_sdp=lonely.pc.localDescription.sdp)
    await node.close()
    for one in (visitor, agent, lonely):
        await one.close()
    await until(lambda: asyncio.all_tasks() <= tasks | {asyncio.current_task()}, "no task is left")
    await until(lambda: decoder_threads() == 0, "no decoder thread is left")

    def freed() -> bool:
        gc.collect()
        return udp_sockets() <= sockets and not [o for o in gc.get_objects() if type(o) is Participant]

    await until(freed, "no socket and no participant is left")


async def test_a_connection_that_is_never_made_is_given_up(events: Events, peer: MakePeer) -> None:
    node = MediaNode(MediaConfig(host_addresses=("127.0.0.1",), connect_timeout=0.5), events.append)
    await node.start()
    node.open_room("r", RoomPolicy())
    one = peer()
    await one.pc.setLocalDescription(await one.pc.createOffer())
    await node.join("r", role=Role.VISITOR, connection_id="v", offer_sdp=one.pc.localDescription.sdp)
    await until(
        lambda: events.of(ParticipantDropped) == [ParticipantDropped("r", Role.VISITOR, "v")], "given up", 3
    )
    await node.close()


async def test_an_empty_room_is_closed_in_the_end(events: Events) -> None:
    node = MediaNode(MediaConfig(empty_room_timeout=0.2), events.append)
    await node.start()
    node.open_room("r", RoomPolicy())
    await until(lambda: events == [RoomClosed("r")], "closed", 3)
    assert node.room_count == 0
    await node.close()


async def test_trickled_candidates_are_taken(events: Events, node: MediaNode, peer: MakePeer) -> None:
    node.open_room("r", RoomPolicy())
    visitor = peer()
    await visitor.pc.setLocalDescription(await visitor.pc.createOffer())
    lines = visitor.pc.localDescription.sdp.split("\r\n")
    ufrag = next(line for line in lines if line.startswith("a=ice-ufrag"))
    mid = next(line for line in lines if line.startswith("a=mid"))
    candidates = sorted({line for line in lines if line.startswith("a=candidate")})
    offer = "\r\n".join(line for line in lines if not line.startswith(("a=candidate", "a=end-of-candidates")))
    answer = await node.join("r", role=Role.VISITOR, connection_id="v", offer_sdp=offer)

    with pytest.raises(UnknownConnection):
        await node.add_candidates("r", "x", "a=mid:0")
    with pytest.raises(NegotiationError, match="ICE restart"):
        await node.add_candidates("r", "v", "a=ice-ufrag:other\r\n" + candidates[0])
    many = [f"a=candidate:1 1 udp 1 127.0.0.1 {port} typ host" for port in range(2000, 2100)]
    with pytest.raises(NegotiationError, match="more than"):
        await node.add_candidates("r", "v", "\r\n".join(many))
    await node.add_candidates("r", "v", "\r\n".join([ufrag, mid, *candidates, "a=end-of-candidates"]))

    await visitor.accept(answer)
    await until(lambda: bool(events.of(ParticipantConnected)), "connected")


async def test_bounds_and_misuse(events: Events, peer: MakePeer) -> None:
    node = MediaNode(MediaConfig(host_addresses=("127.0.0.1",), max_rooms=1), events.append)
    with pytest.raises(NodeClosed):
        node.open_room("r", RoomPolicy())
    await node.start()
    await node.start()
    node.open_room("r", RoomPolicy())
    node.open_room("r", RoomPolicy())
    with pytest.raises(TooManyRooms):
        node.open_room("r2", RoomPolicy())
    with pytest.raises(UnknownRoom):
        await node.join("nowhere", role=Role.AGENT, connection_id="a", offer_sdp="v=0")
    with pytest.raises(NegotiationError):
        await node.join("r", role=Role.AGENT, connection_id="a", offer_sdp="v=0")
    await node.close()
    with pytest.raises(NodeClosed):
        node.turn("r", Role.VISITOR, Source.CAMERA, True)


async def test_of_two_joins_at_once_the_later_wins(node: MediaNode, peer: MakePeer) -> None:
    node.open_room("r", RoomPolicy())
    offers = []
    for _ in range(2):
        one = peer()
        await one.pc.setLocalDescription(await one.pc.createOffer())
        offers.append(one.pc.localDescription.sdp)
    results = await asyncio.gather(
        *(
            node.join("r", role=Role.VISITOR, connection_id=f"v{i}", offer_sdp=offer)
            for i, offer in enumerate(offers)
        ),
        return_exceptions=True,
    )
    assert isinstance(results[0], JoinSuperseded)
    assert isinstance(results[1], str)
    assert node._rooms["r"].find("v1") is not None


async def test_connections_being_set_up_in_one_room_are_bounded(node: MediaNode) -> None:
    node.open_room("r", RoomPolicy())
    results = await asyncio.gather(
        *(
            node.join("r", role=Role.VISITOR, connection_id=f"v{i}", offer_sdp=str(Offer()))
            for i in range(MAX_JOINS + 1)
        ),
        return_exceptions=True,
    )
    assert [type(r) for r in results] == [JoinSuperseded] * (MAX_JOINS - 1) + [str, RoomFull]
    with pytest.raises(MediaError, match="in use by the visitor"):
        await node.join("r", role=Role.AGENT, connection_id=f"v{MAX_JOINS - 1}", offer_sdp=str(Offer()))


async def test_a_room_closed_while_somebody_joins(node: MediaNode) -> None:
    node.open_room("r", RoomPolicy())
    joining = asyncio.ensure_future(
        node.join("r", role=Role.VISITOR, connection_id="v", offer_sdp=str(Offer()))
    )
    await asyncio.sleep(0)
    await node.close_room("r")
    with pytest.raises(UnknownRoom):
        await joining


async def test_a_rule_tightened_while_somebody_joins_is_in_the_answer(node: MediaNode) -> None:
    node.open_room("r", RoomPolicy())
    joining = asyncio.ensure_future(
        node.join("r", role=Role.VISITOR, connection_id="v", offer_sdp=str(Offer()))
    )
    await asyncio.sleep(0)
    node.restrict("r", RoomPolicy(visitor=Rules(camera=Rule.FORBIDDEN)))
    assert "a=sendonly" in await joining


async def test_ports_run_out(events: Events) -> None:
    node = MediaNode(MediaConfig(host_addresses=("127.0.0.1",), udp_ports=(41100, 41100)), events.append)
    await node.start()
    node.open_room("r", RoomPolicy())
    await node.join("r", role=Role.VISITOR, connection_id="v", offer_sdp=str(Offer()))
    with pytest.raises(NoTransport, match="no free UDP port"):
        await node.join("r", role=Role.AGENT, connection_id="a", offer_sdp=str(Offer()))
    await node.leave("r", "v")
    await node.join("r", role=Role.AGENT, connection_id="a", offer_sdp=str(Offer()))
    await node.close()
    unbound = MediaNode(MediaConfig(host_addresses=("192.0.2.250",)), events.append)
    await unbound.start()
    unbound.open_room("r", RoomPolicy())
    with pytest.raises(NoTransport, match="could be bound"):
        await unbound.join("r", role=Role.VISITOR, connection_id="v", offer_sdp=str(Offer()))
    await unbound.close()


async def test_a_failing_event_handler_does_no_harm(peer: MakePeer) -> None:
    def fail(event: object) -> None:
        raise RuntimeError("the owner's mistake")

    node = MediaNode(MediaConfig(host_addresses=("127.0.0.1",)), fail)
    await node.start()
    node.open_room("r", RoomPolicy())
    visitor = await peer().join(node, "r", Role.VISITOR, "v")
    agent = await peer().join(node, "r", Role.AGENT, "a")
    await until(lambda: visitor.got.frames > 3 and agent.got.frames > 3, "the call is up all the same")
    await node.close()


async def test_udp_ports_and_public_address(events: Events, peer: MakePeer) -> None:
    config = MediaConfig(
        host_addresses=("127.0.0.1",), udp_ports=(41000, 41009), public_address="203.0.113.7"
    )
    node = MediaNode(config, events.append)
    await node.start()
    node.open_room("r", RoomPolicy())
    visitor = await peer().join(node, "r", Role.VISITOR, "v")
    ports = {int(line.split()[5]) for line in visitor.answer.split("\r\n") if line.startswith("a=candidate")}
    assert ports <= set(range(41000, 41010))
    await until(lambda: bool(events.of(ParticipantConnected)), "connected")
    await node.close()


@BOTH_MODES
async def test_a_flood_of_ssrcs_ends_the_connection(node: MediaNode, events: Events, peer: MakePeer) -> None:
    node.open_room("r", RoomPolicy())
    visitor = await (await peer().join(node, "r", Role.VISITOR, "v")).connected()
    for ssrc in range(1, MAX_SSRCS + 4):
        await visitor.send_raw(b"\x80\x60\x00\x01\x00\x00\x00\x00" + ssrc.to_bytes(4, "big") + b"x")
    await until(lambda: bool(events.of(ParticipantDropped)), "dropped", 3)
