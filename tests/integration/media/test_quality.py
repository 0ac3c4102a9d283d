"""What the node tells of a running call's streams."""

from collections.abc import AsyncIterator, Callable

import pytest

from media import (
    Grade,
    MediaConfig,
    MediaFlowing,
    MediaNode,
    MediaStalled,
    QualityMeasured,
    Role,
    RoomPolicy,
    Source,
)
from tests.integration.media.peers import Events, Peer, until

MakePeer = Callable[..., Peer]


@pytest.fixture
async def node(events: Events) -> AsyncIterator[MediaNode]:
    node = MediaNode(MediaConfig(host_addresses=("127.0.0.1",), quality_interval=2.0), events.append)
    await node.start()
    yield node
    await node.close()


def measured(events: Events) -> dict[tuple[Role, Source], QualityMeasured]:
    """The last of each stream in which the receiver had its say."""
    return {
        (e.role, e.source): e for e in events if isinstance(e, QualityMeasured) and e.quality.loss is not None
    }


async def test_each_stream_is_measured_and_what_stops_is_told(
    node: MediaNode, events: Events, peer: MakePeer
) -> None:
    node.open_room("r", RoomPolicy())
    visitor = await peer(luma=60).join(node, "r", Role.VISITOR, "v")
    agent = await peer(luma=190).join(node, "r", Role.AGENT, "a")
    await until(lambda: agent.got.frames > 5 and visitor.got.frames > 5, "the call is up")
    streams = {(role, source) for role in Role for source in (Source.MICROPHONE, Source.CAMERA)}
    await until(lambda: set(measured(events)) == streams, "all four streams are measured")
    sound = measured(events)[Role.VISITOR, Source.MICROPHONE].quality
    assert 8_000 < sound.bitrate < 200_000
    assert sound.loss == 0
    await until(
        lambda: any(e.quality.round_trip is not None for e in measured(events).values()), "a round trip"
    )
    trips = [e.quality.round_trip for e in measured(events).values() if e.quality.round_trip is not None]
    assert all(0 <= trip < 0.5 for trip in trips)
    assert {e.quality.grade for e in measured(events).values()} <= {Grade.GOOD, Grade.FAIR}

    assert not events.of(MediaStalled)
    flowing = len(events.of(MediaFlowing))
    sender = visitor.pc.getSenders()[1]
    track = sender.track
    sender.replaceTrack(None)
    await until(lambda: bool(events.of(MediaStalled)), "the camera that stopped is told")
    assert events.of(MediaStalled) == [MediaStalled("r", Role.VISITOR, Source.CAMERA)]
    sender.replaceTrack(track)
    await until(lambda: len(events.of(MediaFlowing)) == flowing + 1, "and that it goes on")


async def test_a_camera_that_may_not_pass_has_not_stalled(
    node: MediaNode, events: Events, peer: MakePeer
) -> None:
    node.open_room("r", RoomPolicy())
    visitor = await peer().join(node, "r", Role.VISITOR, "v")
    agent = await peer().join(node, "r", Role.AGENT, "a")
    await until(lambda: agent.got.frames > 5 and visitor.got.frames > 5, "the call is up")
    node.turn("r", Role.VISITOR, Source.CAMERA, False)
    heard = agent.got.samples
    await until(lambda: agent.got.samples > heard + 4 * 48000, "four seconds pass")
    assert not events.of(MediaStalled)
