"""What a room allows: what each of the two people may send, and who takes part.

The words are those of the product ("forbidden" and so on); the mechanics that follow from them are in
:mod:`media.negotiation` (what is agreed in SDP) and :mod:`media.gates` (what is forwarded). Both must hold: SDP
binds honest clients only.
"""

from dataclasses import dataclass, field
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


class Source(StrEnum):
    """Where a stream comes from. Each has an m-line of its own, so that a rule about one binds that one alone."""

    MICROPHONE = "microphone"
    CAMERA = "camera"
    SCREEN = "screen"

    @property
    def kind(self) -> MediaKind:
        """The kind of media of this source."""
        return MediaKind.AUDIO if self is Source.MICROPHONE else MediaKind.VIDEO


class Rule(StrEnum):
    """What may be done with one source of one person."""

    ALLOWED = "allowed"
    """It may be on from the start."""
    OFF_BY_DEFAULT = "off_by_default"
    """Nothing is forwarded until the person turned it on."""
    FORBIDDEN = "forbidden"
    """It is neither negotiated nor forwarded, whatever the client does."""

    def tightened_by(self, other: "Rule") -> "Rule":
        """The stricter of the two."""
        return max(self, other, key=_STRICTNESS.__getitem__)


_STRICTNESS: Final = {Rule.ALLOWED: 0, Rule.OFF_BY_DEFAULT: 1, Rule.FORBIDDEN: 2}


@dataclass(frozen=True, slots=True)
class Rules:
    """What one person may send. A screen is shared only where somebody said that it may be."""

    microphone: Rule = Rule.ALLOWED
    camera: Rule = Rule.ALLOWED
    screen: Rule = Rule.FORBIDDEN

    def of(self, source: Source) -> Rule:
        """The rule for a source."""
        match source:
            case Source.MICROPHONE:
                return self.microphone
            case Source.CAMERA:
                return self.camera
            case Source.SCREEN:
                return self.screen

    def tightened_by(self, other: "Rules") -> "Rules":
        """The stricter of the two, source by source."""
        return Rules(
            microphone=self.microphone.tightened_by(other.microphone),
            camera=self.camera.tightened_by(other.camera),
            screen=self.screen.tightened_by(other.screen),
        )


@dataclass(frozen=True, slots=True)
class RoomPolicy:
    """The rules of one room, which is one call."""

    visitor: Rules = field(default_factory=Rules)
    agent: Rules = field(default_factory=Rules)

    def of(self, role: Role) -> Rules:
        """The rules for one of the two people."""
        return self.visitor if role is Role.VISITOR else self.agent

    def tightened_by(self, other: "RoomPolicy") -> "RoomPolicy":
        """The stricter of the two, person by person and source by source.

        A running call may only become stricter: a restriction applies at once, a relaxation from the next call.
        """
        return RoomPolicy(
            visitor=self.visitor.tightened_by(other.visitor), agent=self.agent.tightened_by(other.agent)
        )
