"""Pass-through media rooms: two people, encoded audio and video forwarded without decoding.

See README.md in this folder. :class:`MediaNode` is the way in.
"""

from media.config import IceServer, MediaConfig
from media.errors import (
    HookMismatch,
    JoinSuperseded,
    MediaError,
    NegotiationError,
    NodeClosed,
    NoTransport,
    RoomFull,
    TooManyChecks,
    TooManyRooms,
    UnknownConnection,
    UnknownRoom,
)
from media.events import (
    MediaEvent,
    MediaFlowing,
    ParticipantConnected,
    ParticipantDropped,
    ParticipantLeft,
    RoomClosed,
    SourceSwitched,
)
from media.gates import Cause
from media.node import MediaNode
from media.policy import MediaKind, Role, RoomPolicy, Rule, Rules, Source
from media.stats import DirectionStats, RoomStats, SourceStats

__all__ = [
    "Cause",
    "DirectionStats",
    "HookMismatch",
    "IceServer",
    "JoinSuperseded",
    "MediaConfig",
    "MediaError",
    "MediaEvent",
    "MediaFlowing",
    "MediaKind",
    "MediaNode",
    "NegotiationError",
    "NoTransport",
    "NodeClosed",
    "ParticipantConnected",
    "ParticipantDropped",
    "ParticipantLeft",
    "Role",
    "RoomClosed",
    "RoomFull",
    "RoomPolicy",
    "RoomStats",
    "Rule",
    "Rules",
    "Source",
    "SourceStats",
    "SourceSwitched",
    "TooManyChecks",
    "TooManyRooms",
    "UnknownConnection",
    "UnknownRoom",
]
