"""What passed through a room, and what did not."""

from dataclasses import dataclass


@dataclass(slots=True)
class DirectionStats:
    """Counters of what one participant sent, over all its connections to the room."""

    packets_forwarded: int = 0
    """RTP packets handed to the other side."""
    bytes_forwarded: int = 0
    """RTP bytes handed to the other side, headers included, before encryption."""
    rtcp_forwarded: int = 0
    """RTCP compounds handed to the other side."""
    dropped_by_policy: int = 0
    """RTP packets the camera rule stopped."""
    malformed: int = 0
    """RTP packets and RTCP compounds that could not be read."""
    unnegotiated: int = 0
    """RTP packets of a payload type or direction that was not agreed."""
    undeliverable: int = 0
    """RTP packets with nobody on the other side to take them."""
    keyframe_requests: int = 0
    """Keyframe requests (PLI) sent *to* this participant."""


@dataclass(frozen=True, slots=True)
class RoomStats:
    """A snapshot of both directions."""

    visitor: DirectionStats
    """What the visitor sent."""
    agent: DirectionStats
    """What the agent sent."""
