"""The camera rule holds on the server, whatever the client does."""

import struct
from collections.abc import Callable

import pytest

from media import Cause, MediaFlowing, MediaNode, Role, RoomPolicy, Rule, Rules, Source, SourceSwitched
from tests.integration.media.conftest import BOTH_MODES
from tests.integration.media.peers import Events, Peer, until

MakePeer = Callable[..., Peer]


OPEN = Rules(screen=Rule.ALLOWED)


def switched(events: Events) -> list[tuple[Role, Source, bool, Cause]]:
    return [(e.role, e.source, e.on, e.cause) for e in events if isinstance(e, SourceSwitched)]


def video_section(sdp: str) -> str:
    return sdp[sdp.index("m=video") :]


async def test_forbidden_is_answered_sendonly_and_an_honest_client_only_receives(
    node: MediaNode, peer: MakePeer
) -> None:
    node.open_room("r", RoomPolicy(visitor=Rules(camera=Rule.FORBIDDEN)))
    visitor = await peer().join(node, "r", Role.VISITOR, "v")
    agent = await peer(luma=190).join(node, "r", Role.AGENT, "a")
    assert "a=sendonly" in video_section(visitor.answer)
    assert "a=sendrecv" in video_section(agent.answer)

    await until(lambda: visitor.got.frames > 10 and agent.got.samples > 9600, "the agent is seen, both heard")

    assert agent.got.frames == 0
    assert node.room_stats("r").agent.packets_forwarded > 0


@BOTH_MODES
async def test_forbidden_stops_and_counts_what_a_tampered_client_sends(
    node: MediaNode, events: Events, peer: MakePeer
) -> None:
    node.open_room("r", RoomPolicy(visitor=Rules(camera=Rule.FORBIDDEN)))
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
    flowing = {(e.role, e.source) for e in events.of(MediaFlowing)}
    assert (Role.VISITOR, Source.CAMERA) not in flowing
    assert (Role.VISITOR, Source.MICROPHONE) in flowing


async def test_off_by_default_forwards_nothing_until_the_camera_is_turned_on(
    node: MediaNode, peer: MakePeer
) -> None:
    node.open_room("r", RoomPolicy(visitor=Rules(camera=Rule.OFF_BY_DEFAULT)))
    visitor = await peer(luma=60).join(node, "r", Role.VISITOR, "v")
    agent = await peer().join(node, "r", Role.AGENT, "a")
    await until(lambda: node.room_stats("r").visitor.dropped_by_policy > 20, "video is held back")
    await until(lambda: visitor.got.frames > 5, "the agent is seen all the time")
    assert agent.got.frames == 0

    node.turn("r", Role.VISITOR, Source.CAMERA, True)
    await until(lambda: agent.got.frames > 10, "the camera is seen")
    assert abs(agent.got.luma[-1] - 60) < 15

    node.turn("r", Role.VISITOR, Source.CAMERA, False)
    dropped = node.room_stats("r").visitor.dropped_by_policy
    await until(lambda: node.room_stats("r").visitor.dropped_by_policy > dropped + 20, "dropped again")
    seen = agent.got.frames

    node.turn("r", Role.VISITOR, Source.CAMERA, True)
    await until(lambda: agent.got.frames > seen + 10, "decoding goes on after the pause")


@pytest.mark.parametrize("tighter", [Rule.OFF_BY_DEFAULT, Rule.FORBIDDEN])
async def test_tightening_applies_at_once_and_loosening_not_in_this_call(
    node: MediaNode, peer: MakePeer, tighter: Rule
) -> None:
    node.open_room("r", RoomPolicy())
    await peer().join(node, "r", Role.VISITOR, "v")
    agent = await peer().join(node, "r", Role.AGENT, "a")
    await until(lambda: agent.got.frames > 5, "the camera is seen")

    node.restrict("r", RoomPolicy(visitor=Rules(camera=tighter)))
    video_before = node.room_stats("r").visitor.dropped_by_policy
    await until(lambda: node.room_stats("r").visitor.dropped_by_policy > video_before + 20, "it is stopped")
    # Frames already in the agent's jitter buffer may still come out; then no more.
    seen = agent.got.frames
    node.open_room("r", RoomPolicy(visitor=Rules(camera=Rule.ALLOWED)))
    dropped = node.room_stats("r").visitor.dropped_by_policy
    await until(lambda: node.room_stats("r").visitor.dropped_by_policy > dropped + 20, "still stopped")
    assert agent.got.frames <= seen + 2

    node.turn("r", Role.VISITOR, Source.CAMERA, True)
    if tighter is Rule.OFF_BY_DEFAULT:
        await until(lambda: agent.got.frames > seen + 10, "the visitor may turn it on")
    else:
        dropped = node.room_stats("r").visitor.dropped_by_policy
        await until(lambda: node.room_stats("r").visitor.dropped_by_policy > dropped + 20, "forbidden stays")


async def test_a_screen_is_a_picture_of_its_own(node: MediaNode, peer: MakePeer) -> None:
    node.open_room("r", RoomPolicy(OPEN, OPEN))
    visitor = await peer(luma=60, screen=120).join(node, "r", Role.VISITOR, "v")
    agent = await peer(luma=190, screen=230).join(node, "r", Role.AGENT, "a")
    await until(
        lambda: all(got.frames > 10 for one in (visitor, agent) for got in (one.got, one.got_screen)),
        "both see both pictures",
    )
    seen = [got.luma[-1] for got in (agent.got, agent.got_screen, visitor.got, visitor.got_screen)]
    assert all(abs(is_ - should) < 15 for is_, should in zip(seen, (60, 120, 190, 230), strict=True)), seen
    sources = node.room_stats("r").visitor.sources
    assert sources[Source.SCREEN].packets_forwarded > 10
    assert node.room_stats("r").visitor.unnegotiated == 0


async def test_a_forbidden_screen_is_dropped_and_counted_while_the_camera_is_seen(
    node: MediaNode, peer: MakePeer
) -> None:
    node.open_room("r", RoomPolicy())
    tampered = peer(luma=60, screen=120)
    await tampered.pc.setLocalDescription(await tampered.pc.createOffer())
    answer = await node.join(
        "r", role=Role.VISITOR, connection_id="v", offer_sdp=tampered.pc.localDescription.sdp
    )
    assert answer.count("a=sendonly") == 1
    await tampered.accept(answer.replace("a=sendonly", "a=sendrecv"))
    agent = await peer(luma=190, screen=230).join(node, "r", Role.AGENT, "a")
    stats = lambda: node.room_stats("r").visitor.sources  # noqa: E731
    await until(lambda: stats()[Source.SCREEN].dropped_by_policy > 30, "the screen is dropped")
    await until(lambda: agent.got.frames > 10, "the camera is seen")
    assert agent.got_screen.frames == stats()[Source.SCREEN].packets_forwarded == 0
    assert stats()[Source.CAMERA].dropped_by_policy == 0


@BOTH_MODES
async def test_a_tampered_client_cannot_pass_its_screen_off_as_its_camera(
    node: MediaNode, peer: MakePeer
) -> None:
    """With the camera forbidden and the screen allowed, packets of the camera's m-line stay where they are, whatever
    SSRC they use.
    """
    rules = Rules(camera=Rule.FORBIDDEN, screen=Rule.ALLOWED)
    node.open_room("r", RoomPolicy(visitor=rules, agent=OPEN))
    tampered = peer(luma=60, screen=120)
    await tampered.pc.setLocalDescription(await tampered.pc.createOffer())
    answer = await node.join(
        "r", role=Role.VISITOR, connection_id="v", offer_sdp=tampered.pc.localDescription.sdp
    )
    await tampered.accept(answer.replace("a=sendonly", "a=sendrecv"))
    agent = await peer(luma=190, screen=230).join(node, "r", Role.AGENT, "a")
    await until(lambda: agent.got_screen.frames > 10, "the screen is seen")
    sources = node.room_stats("r").visitor.sources
    assert sources[Source.CAMERA].dropped_by_policy > 10
    assert sources[Source.CAMERA].packets_forwarded == agent.got.frames == 0
    # Under an SSRC that nobody announced, and without a MID, a picture is nobody's.
    before = node.room_stats("r").visitor.unnegotiated
    payload_type = tampered.pc.getTransceivers()[1]._codecs[0].payloadType
    for seq in range(20):
        await tampered.send_raw(struct.pack("!BBHLL", 0x80, payload_type, seq, 1, 424242) + b"\x10picture")
    await until(lambda: node.room_stats("r").visitor.unnegotiated >= before + 20, "they are counted")


async def test_a_forbidden_microphone_is_silent_and_everybody_is_told(
    node: MediaNode, events: Events, peer: MakePeer
) -> None:
    node.open_room("r", RoomPolicy())
    await peer().join(node, "r", Role.VISITOR, "v")
    agent = await peer(luma=190).join(node, "r", Role.AGENT, "a")
    await until(lambda: agent.got.samples > 9600 and agent.got.frames > 5, "the visitor is heard and seen")

    node.restrict("r", RoomPolicy(visitor=Rules(microphone=Rule.FORBIDDEN)))
    assert switched(events) == [(Role.VISITOR, Source.MICROPHONE, False, Cause.RULE)]
    assert [e.forbidden for e in events if isinstance(e, SourceSwitched)] == [True]
    forwarded = node.room_stats("r").visitor.sources[Source.MICROPHONE].packets_forwarded
    seen = agent.got.frames
    await until(
        lambda: node.room_stats("r").visitor.sources[Source.MICROPHONE].dropped_by_policy > 30, "dropped"
    )
    assert node.room_stats("r").visitor.sources[Source.MICROPHONE].packets_forwarded == forwarded
    await until(lambda: agent.got.frames > seen + 5, "the picture goes on")


@BOTH_MODES
async def test_on_hold_nothing_passes_and_then_everything_goes_on(
    node: MediaNode, events: Events, peer: MakePeer
) -> None:
    node.open_room("r", RoomPolicy())
    visitor = await peer(luma=60).join(node, "r", Role.VISITOR, "v")
    agent = await peer(luma=190).join(node, "r", Role.AGENT, "a")
    await until(lambda: agent.got.frames > 5 and visitor.got.frames > 5, "both are seen")

    node.hold("r", True)
    before = node.room_stats("r")
    await until(
        lambda: (
            min(
                now.dropped_by_policy - was.dropped_by_policy
                for now, was in (
                    (node.room_stats("r").visitor, before.visitor),
                    (node.room_stats("r").agent, before.agent),
                )
            )
            > 40
        ),
        "nothing passes",
    )
    held = node.room_stats("r")
    assert held.visitor.packets_forwarded == before.visitor.packets_forwarded
    assert held.agent.packets_forwarded == before.agent.packets_forwarded
    assert {change[:3] for change in switched(events)} == {
        (role, source, False) for role in Role for source in (Source.MICROPHONE, Source.CAMERA)
    }
    frames = agent.got.frames, visitor.got.frames
    node.hold("r", False)
    await until(
        lambda: agent.got.frames > frames[0] + 10 and visitor.got.frames > frames[1] + 10,
        "both are seen again",
    )
