"""What a room allows: the camera rule, and who takes part.

The words are those of the product ("forbidden" and so on); the mechanics that follow from them are in
:mod:`media.negotiation` (what is agreed in SDP) and :mod:`media.room` (what is forwarded). Both must hold:
SDP binds honest clients only.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """Which of the two people of a room a connection belongs to."""

    VISITOR = "visitor"
    AGENT = "agent"

    @property
    def other(self) -> "Role":
        """The person at the far end of the room."""
        return Role.AGENT if self is Role.VISITOR else Role.VISITOR


class MediaKind(StrEnum):
    """The kinds of RTP media a room carries (the `media` field of an m-line, RFC 8866 §5.14)."""

    AUDIO = "audio"
    VIDEO = "video"


class CameraPolicy(StrEnum):
    """The rule for the *visitor's* camera."""

    ALLOWED = "allowed"
    """The camera may be on from the start."""
    OFF_BY_DEFAULT = "off_by_default"
    """Nothing is forwarded until the visitor turned the camera on."""
    FORBIDDEN = "forbidden"
    """The visitor's video is neither negotiated nor forwarded, whatever the client does."""


_STRICTNESS: Final = {CameraPolicy.ALLOWED: 0, CameraPolicy.OFF_BY_DEFAULT: 1, CameraPolicy.FORBIDDEN: 2}


@dataclass(frozen=True, slots=True)
class RoomPolicy:
    """The rules of one room, which is one call."""

    camera: CameraPolicy = CameraPolicy.ALLOWED

    def tightened_by(self, other: "RoomPolicy") -> "RoomPolicy":
        """The stricter of the two rules, field by field.

        A running call may only become stricter: a restriction applies at once, a relaxation from the next
        call.
        """
        return RoomPolicy(camera=max(self.camera, other.camera, key=_STRICTNESS.__getitem__))
