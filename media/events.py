"""What the media node tells its owner. Past-tense facts, delivered on the event loop, in order, per room.

A connection that is *replaced* by a newer one of the same participant emits nothing: the newer connection
speaks for the participant.
"""

from dataclasses import dataclass

from media.policy import MediaKind, Role


@dataclass(frozen=True, slots=True)
class ParticipantConnected:
    """ICE and DTLS are up: media can flow on this connection."""

    room_id: str
    role: Role
    connection_id: str


@dataclass(frozen=True, slots=True)
class MediaFlowing:
    """The first RTP packet of a kind that the policy lets through arrived on the participant's current
    connection.
    """

    room_id: str
    role: Role
    kind: MediaKind


@dataclass(frozen=True, slots=True)
class ParticipantDropped:
    """The connection ended, or was never established in time, without an explicit leave."""

    room_id: str
    role: Role
    connection_id: str


@dataclass(frozen=True, slots=True)
class ParticipantLeft:
    """The participant left on purpose."""

    room_id: str
    role: Role
    connection_id: str


@dataclass(frozen=True, slots=True)
class RoomClosed:
    """The room is gone: closed by its owner, or empty for too long."""

    room_id: str


MediaEvent = ParticipantConnected | MediaFlowing | ParticipantDropped | ParticipantLeft | RoomClosed
