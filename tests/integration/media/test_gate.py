"""The camera rule holds on the server, whatever the client does."""

from collections.abc import Callable

import pytest

from media import CameraPolicy, MediaFlowing, MediaKind, MediaNode, Role, RoomPolicy
from tests.integration.media.peers import Events, Peer, until

MakePeer = Callable[..., Peer]


def video_section(sdp: str) -> str:
    return sdp[sdp.index("m=video") :]


async def test_forbidden_is_answered_sendonly_and_an_honest_client_only_receives(
    node: MediaNode, peer: MakePeer
) -> None:
    node.open_room("r", RoomPolicy(CameraPolicy.FORBIDDEN))
    visitor = await peer().join(node, "r", Role.VISITOR, "v")
    agent = await peer(luma=190).join(node, "r", Role.AGENT, "a")
    assert "a=sendonly" in video_section(visitor.answer)
    assert "a=sendrecv" in video_section(agent.answer)

    await until(lambda: visitor.got.frames > 10 and agent.got.samples > 9600, "the agent is seen, both heard")

    assert agent.got.frames == 0
    assert node.room_stats("r").agent.packets_forwarded > 0


async def test_forbidden_stops_and_counts_what_a_tampered_client_sends(
    node: MediaNode, events: Events, peer: MakePeer
) -> None:
    node.open_room("r", RoomPolicy(CameraPolicy.FORBIDDEN))
    tampered = peer()
    # The client reads "sendrecv" where the server said "sendonly", and so sends its camera.
    await tampered.pc.setLocalDescription(await tampered.pc.createOffer())
    answer = await node.join(
        "r", role=Role.VISITOR, connection_id="v", offer_sdp=tampered.pc.localDescription.sdp
    )
    await tampered.accept(answer.replace("a=sendonly", "a=sendrecv"))
    agent = await peer(luma=190).join(node, "r", Role.AGENT, "a")

    await until(lambda: node.room_stats("r").visitor.dropped_by_policy > 30, "the camera is dropped")
    await until(lambda: agent.got.samples > 9600, "the visitor is still heard")

    assert agent.got.frames == 0
    flowing = {(e.role, e.kind) for e in events.of(MediaFlowing)}
    assert (Role.VISITOR, MediaKind.VIDEO) not in flowing
    assert (Role.VISITOR, MediaKind.AUDIO) in flowing


async def test_off_by_default_forwards_nothing_until_the_camera_is_turned_on(
    node: MediaNode, peer: MakePeer
) -> None:
    node.open_room("r", RoomPolicy(CameraPolicy.OFF_BY_DEFAULT))
    visitor = await peer(luma=60).join(node, "r", Role.VISITOR, "v")
    agent = await peer().join(node, "r", Role.AGENT, "a")
    await until(lambda: node.room_stats("r").visitor.dropped_by_policy > 20, "video is held back")
    await until(lambda: visitor.got.frames > 5, "the agent is seen all the time")
    assert agent.got.frames == 0

    node.set_camera("r", Role.VISITOR, True)
    await until(lambda: agent.got.frames > 10, "the camera is seen")
    assert abs(agent.got.luma[-1] - 60) < 15

    node.set_camera("r", Role.VISITOR, False)
    dropped = node.room_stats("r").visitor.dropped_by_policy
    await until(lambda: node.room_stats("r").visitor.dropped_by_policy > dropped + 20, "dropped again")
    seen = agent.got.frames

    node.set_camera("r", Role.VISITOR, True)
    await until(lambda: agent.got.frames > seen + 10, "decoding goes on after the pause")


@pytest.mark.parametrize("tighter", [CameraPolicy.OFF_BY_DEFAULT, CameraPolicy.FORBIDDEN])
async def test_tightening_applies_at_once_and_loosening_not_in_this_call(
    node: MediaNode, peer: MakePeer, tighter: CameraPolicy
) -> None:
    node.open_room("r", RoomPolicy())
    await peer().join(node, "r", Role.VISITOR, "v")
    agent = await peer().join(node, "r", Role.AGENT, "a")
    await until(lambda: agent.got.frames > 5, "the camera is seen")

    node.set_policy("r", RoomPolicy(tighter))
    video_before = node.room_stats("r").visitor.dropped_by_policy
    await until(lambda: node.room_stats("r").visitor.dropped_by_policy > video_before + 20, "it is stopped")
    # Frames already in the agent's jitter buffer may still come out; then no more.
    seen = agent.got.frames
    node.open_room("r", RoomPolicy(CameraPolicy.ALLOWED))
    dropped = node.room_stats("r").visitor.dropped_by_policy
    await until(lambda: node.room_stats("r").visitor.dropped_by_policy > dropped + 20, "still stopped")
    assert agent.got.frames <= seen + 2

    node.set_camera("r", Role.VISITOR, True)
    if tighter is CameraPolicy.OFF_BY_DEFAULT:
        await until(lambda: agent.got.frames > seen + 10, "the visitor may turn it on")
    else:
        dropped = node.room_stats("r").visitor.dropped_by_policy
        await until(lambda: node.room_stats("r").visitor.dropped_by_policy > dropped + 20, "forbidden stays")
