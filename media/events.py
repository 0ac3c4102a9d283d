"""What the media node tells its owner. Past-tense facts, delivered on the event loop, in order, per room.

A connection that is *replaced* by a newer one of the same participant emits nothing: the newer connection
speaks for the participant.
"""

from dataclasses import dataclass

from media.gates import Cause
from media.policy import Role, Source
from media.quality import Quality


@dataclass(frozen=True, slots=True)
class ParticipantConnected:
    """ICE and DTLS are up: media can flow on this connection."""

    room_id: str
    role: Role
    connection_id: str


@dataclass(frozen=True, slots=True)
class MediaFlowing:
    """The first RTP packet of a source that the rules let through arrived on the participant's current
    connection.
    """

    room_id: str
    role: Role
    source: Source


@dataclass(frozen=True, slots=True)
class MediaStalled:
    """Nothing has come of a source that was flowing, though nothing stops it here. It flows again with the next
    :class:`MediaFlowing`.
    """

    room_id: str
    role: Role
    source: Source


@dataclass(frozen=True, slots=True)
class QualityMeasured:
    """How well what a participant sends got through to the other one over the last seconds."""

    room_id: str
    role: Role
    source: Source
    quality: Quality


@dataclass(frozen=True, slots=True)
class SourceSwitched:
    """What a participant sends of a source is forwarded from now on, or no longer.

    `forbidden` says that they cannot turn it on.
    """

    room_id: str
    role: Role
    source: Source
    on: bool
    cause: Cause
    forbidden: bool


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


MediaEvent = (
    ParticipantConnected
    | ParticipantDropped
    | ParticipantLeft
    | MediaFlowing
    | MediaStalled
    | QualityMeasured
    | SourceSwitched
    | RoomClosed
)
