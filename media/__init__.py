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
    MediaStalled,
    ParticipantConnected,
    ParticipantDropped,
    ParticipantLeft,
    QualityMeasured,
    RoomClosed,
    SourceSwitched,
)
from media.gates import Cause
from media.node import MediaNode
from media.policy import MediaKind, Role, RoomPolicy, Rule, Rules, Source
from media.quality import Grade, Quality
from media.stats import DirectionStats, RoomStats, SourceStats

__all__ = [
    "Cause",
    "DirectionStats",
    "Grade",
    "HookMismatch",
    "IceServer",
    "JoinSuperseded",
    "MediaConfig",
    "MediaError",
    "MediaEvent",
    "MediaFlowing",
    "MediaKind",
    "MediaNode",
    "MediaStalled",
    "NegotiationError",
    "NoTransport",
    "NodeClosed",
    "ParticipantConnected",
    "ParticipantDropped",
    "ParticipantLeft",
    "Quality",
    "QualityMeasured",
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
