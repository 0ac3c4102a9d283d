"""What a broken or hostile sender can do to the call: nothing."""

import asyncio
import random
import socket
import struct
import time
from collections.abc import Callable

import pytest

import media.room
from media import MediaConfig, MediaNode, ParticipantDropped, Role, RoomPolicy, Source
from media.hooks import QUEUE_LIMIT
from media.rewrite_rtcp import keyframe_request
from tests.integration.media.conftest import BOTH_MODES
from tests.integration.media.peers import Events, Peer, until

MakePeer = Callable[..., Peer]


async def call(node: MediaNode, peer: MakePeer) -> tuple[Peer, Peer]:
    node.open_room("r", RoomPolicy())
    visitor = await peer(luma=60).join(node, "r", Role.VISITOR, "v")
    agent = await peer(luma=190).join(node, "r", Role.AGENT, "a")
    await until(lambda: visitor.got.frames > 5 and agent.got.frames > 5, "the call is up")
    return visitor, agent


@BOTH_MODES
async def test_encrypted_garbage_is_counted_and_the_call_goes_on(
    node: MediaNode, events: Events, peer: MakePeer
) -> None:
    visitor, agent = await call(node, peer)
    dice = random.Random(7)
    sender = visitor.pc.getSenders()[1]
    for _ in range(300):
        # Version 2, an agreed payload type and SSRC, then anything: extension lengths, padding, CSRCs.
        seq = dice.randrange(1 << 16)
        head = struct.pack(
            "!BBHLL", 0x80 | dice.randrange(0x40), 97, seq, dice.randrange(1 << 32), sender._rtx_ssrc
        )
        await visitor.send_raw(head + dice.randbytes(dice.randrange(60)))
        kind = dice.choice((200, 201, 202, 203, 204, 205, 206, 207))
        body = dice.randbytes(4 * dice.randrange(1, 12))
        words = dice.choice((len(body) // 4, dice.randrange(1 << 16)))
        await visitor.send_raw(struct.pack("!BBH", 0x80 | dice.randrange(0x40), kind, words) + body)
    await until(lambda: node.room_stats("r").visitor.malformed > 20, "malformed packets are counted")
    seen = agent.got.frames
    await until(lambda: agent.got.frames > seen + 15, "the agent still sees the visitor")
    seen = visitor.got.frames
    await until(lambda: visitor.got.frames > seen + 15, "the visitor still sees the agent")
    assert not events.of(ParticipantDropped)


@BOTH_MODES
async def test_datagrams_from_strangers_do_no_harm(node: MediaNode, events: Events, peer: MakePeer) -> None:
    visitor, _ = await call(node, peer)
    member = node._rooms["r"].members[Role.VISITOR]
    port = member.transport.candidates[0].port
    dice = random.Random(8)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(b"", ("127.0.0.1", port))
        stranger.sendto(b"\x80" * 9000, ("127.0.0.1", port))
        for _ in range(QUEUE_LIMIT // 4):
            first = dice.choice((0x00, 0x14, 0x16, 0x17, 0x80, 0x90, 0xFF))
            stranger.sendto(bytes((first,)) + dice.randbytes(dice.randrange(200)), ("127.0.0.1", port))
    seen = visitor.got.frames
    await until(lambda: visitor.got.frames > seen + 15, "the call goes on")
    assert member.transport.discarded >= 2
    assert not events.of(ParticipantDropped)


@BOTH_MODES
async def test_keyframe_requests_are_limited(node: MediaNode, peer: MakePeer) -> None:
    visitor, _ = await call(node, peer)
    section = visitor.answer[visitor.answer.index("m=video") :]
    ssrc = int(section.split("a=ssrc:")[1].split()[0])
    before = node.room_stats("r").agent.keyframe_requests
    for _ in range(200):
        await visitor.send_raw(keyframe_request(1, ssrc))
    seen = visitor.got.frames
    await until(lambda: visitor.got.frames > seen + 10, "two thirds of a second pass")
    # One at once and one at the end of each half second.
    assert 1 <= node.room_stats("r").agent.keyframe_requests - before <= 4


@BOTH_MODES
async def test_lost_packets_are_asked_for_and_sent_again(
    node: MediaNode, peer: MakePeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor, agent = await call(node, peer)
    agent_leg = node._rooms["r"].members[Role.AGENT]
    real, sent, seen_rtx = agent_leg.transport.send, [0], [0]
    real_now = agent_leg.transport.send_now
    lane = agent_leg.receiving.lanes[Source.CAMERA]
    assert lane.rtx is not None

    def is_lost(data: bytes) -> bool:
        """Lose every tenth video packet to the agent; let repairs through."""
        ssrc = int.from_bytes(data[8:12], "big")
        if ssrc == lane.primary.ssrc:
            sent[0] += 1
            if sent[0] % 10 == 0:
                return True
        seen_rtx[0] += lane.rtx is not None and ssrc == lane.rtx.ssrc
        return False

    async def lossy(data: bytes) -> bool:
        return is_lost(data) or await real(data)

    monkeypatch.setattr(agent_leg.transport, "send", lossy)
    monkeypatch.setattr(agent_leg.transport, "send_now", lambda data: is_lost(data) or real_now(data))
    frames = agent.got.frames
    await until(lambda: sent[0] > 60, "some packets are lost")
    assert seen_rtx[0] >= 4
    # Five of sixty were lost, and (nearly) all pictures are there: they were repaired.
    assert agent.got.frames - frames > 45
    assert abs(agent.got.luma[-1] - visitor.luma) < 15


@pytest.mark.parametrize("fast", [False, True])
async def test_a_participants_flood_is_bounded_and_disturbs_no_other_room(
    fast: bool, events: Events, peer: MakePeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media.room, "MAX_REFUSED", 1500)
    config = MediaConfig(host_addresses=("127.0.0.1",), fast=fast, max_packet_rate=400, max_rtcp_rate=50)
    node = MediaNode(config, events.append)
    await node.start()
    node.open_room("flooded", RoomPolicy())
    hostile = await peer(luma=60).join(node, "flooded", Role.VISITOR, "v")
    victim = await peer(luma=190).join(node, "flooded", Role.AGENT, "a")
    await until(lambda: victim.got.frames > 3 and hostile.got.frames > 3, "the flooded call is up")
    _, bystander = await call(node, peer)

    before, since = bystander.got.frames, time.monotonic()
    begun = node.room_stats("flooded").visitor.packets_forwarded
    header = struct.pack("!BB", 0x80, hostile.pc.getTransceivers()[0]._codecs[0].payloadType)
    ssrc = hostile.pc.getTransceivers()[0].sender._ssrc
    seq = 30000
    while not events.of(ParticipantDropped):
        assert time.monotonic() - since < 20, node.room_stats("flooded").visitor
        for _ in range(40):
            seq += 1
            await hostile.send_raw(header + struct.pack("!HLL", seq & 0xFFFF, seq * 960, ssrc) + b"flood")
            await hostile.send_raw(keyframe_request(1, 7))
        await asyncio.sleep(0.005)
    took = time.monotonic() - since

    stats = node.room_stats("flooded").visitor
    assert stats.over_limit > 1500
    assert stats.packets_forwarded - begun <= 400 * (took + 1) + 50
    assert events.of(ParticipantDropped) == [ParticipantDropped("flooded", Role.VISITOR, "v")]
    await until(lambda: bystander.got.frames - before > 8 * took, "the other room saw all of its pictures")
    assert node.room_stats("r").visitor.over_limit == 0
    await node.close()
