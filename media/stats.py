"""What passed through a room, and what did not."""

from copy import deepcopy
from dataclasses import dataclass, field

from media.policy import Source


@dataclass(slots=True)
class SourceStats:
    """Counters of one source of one participant."""

    packets_forwarded: int = 0
    """RTP packets handed to the other side."""
    bytes_forwarded: int = 0
    """RTP bytes handed to the other side, headers included, before encryption."""
    dropped_by_policy: int = 0
    """RTP packets that a rule, a source that is off, or a room on hold stopped."""


def _sources() -> dict[Source, SourceStats]:
    return {source: SourceStats() for source in Source}


@dataclass(slots=True)
class DirectionStats:
    """Counters of what one participant sent, over all its connections to the room."""

    sources: dict[Source, SourceStats] = field(default_factory=_sources)
    rtcp_forwarded: int = 0
    """RTCP compounds handed to the other side."""
    malformed: int = 0
    """RTP packets and RTCP compounds that could not be read."""
    unnegotiated: int = 0
    """RTP packets of a stream, payload type or direction that was not agreed."""
    over_limit: int = 0
    """RTP packets and RTCP compounds beyond what one participant may send."""
    undeliverable: int = 0
    """RTP packets with nobody on the other side to take them."""
    keyframe_requests: int = 0
    """Keyframe requests (PLI) sent *to* this participant."""

    @property
    def packets_forwarded(self) -> int:
        """RTP packets of all sources handed to the other side."""
        return sum(one.packets_forwarded for one in self.sources.values())

    @property
    def bytes_forwarded(self) -> int:
        """RTP bytes of all sources handed to the other side."""
        return sum(one.bytes_forwarded for one in self.sources.values())

    @property
    def dropped_by_policy(self) -> int:
        """RTP packets of all sources that were stopped on purpose."""
        return sum(one.dropped_by_policy for one in self.sources.values())

    def copy(self) -> "DirectionStats":
        """The counters as they are now."""
        return deepcopy(self)


@dataclass(frozen=True, slots=True)
class RoomStats:
    """A snapshot of both directions."""

    visitor: DirectionStats
    """What the visitor sent."""
    agent: DirectionStats
    """What the agent sent."""
