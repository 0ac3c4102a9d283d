"""The conversation as the core sees it: an immutable snapshot, folded from its events.

The lifecycle is (``state``, ``party``, ``need``). Which moves are legal is the policy's
business (`rules`); what must hold whatever the policy says is in `invariants`.
Texts of messages never appear here: only their identifiers do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from rules.vocabulary import CameraPolicy


class State(StrEnum):
    """The closed set of lifecycle states."""

    CHAT = "chat"
    QUEUED = "queued"
    VIDEO_LOBBY = "video_lobby"
    IN_VIDEO = "in_video"
    CLOSED = "closed"


class Party(StrEnum):
    """Who the visitor is talking with."""

    NONE = "none"
    BOT = "bot"
    AGENT = "agent"


class Need(StrEnum):
    """The channel the visitor asked for."""

    CHAT = "chat"
    VIDEO = "video"


class Device(StrEnum):
    """The visitor's class of device; a tablet counts as mobile."""

    DESKTOP = "desktop"
    MOBILE = "mobile"


class Role(StrEnum):
    """A participant of a call."""

    VISITOR = "visitor"
    AGENT = "agent"


class Consent(StrEnum):
    """What entitles the conversation to video: nothing, the visitor's act, or the bot card they were shown."""

    NONE = "none"
    VISITOR = "visitor"
    CARD = "card"


class Purpose(StrEnum):
    """Why an agent is invited: to take a waiting visitor, or to take over from a colleague."""

    OFFER = "offer"
    TRANSFER = "transfer"


class TimerName(StrEnum):
    """Every wait has one of these; each emits the event of the same row in `domain.timers.EVENT_OF_TIMER`."""

    BOT = "bot"
    IDLE = "idle"
    QUEUE = "queue"
    ROUND = "round"
    INVITATION = "invitation"
    LOBBY = "lobby"
    RECONNECT = "reconnect"
    RESUME = "resume"
    PROPOSAL = "proposal"
    HANDOVER = "handover"
    VISITOR_AWAY = "visitor_away"
    AGENT_AWAY = "agent_away"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a bot's transfer card escalates to video, judged once, when the card was shown.

    ``reason`` is a stable code: ``matched``, ``no_phrase``, ``language``, ``device``, ``disabled``.
    Once ``consumed`` it only explains what happened.
    """

    escalates: bool
    reason: str
    card_id: str | None = None
    phrase: str | None = None
    field: str | None = None
    consumed: bool = False


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """A place in the waiting line of a group.

    The line is ordered by ``at_head``, then ``rank_at``: the moment of entry, put forward by the priority (`rank_of`).
    ``sticky_agent`` is the agent who knows the visitor, asked alone for a while. While ``resting``, everybody who could
    take the conversation has refused it: the next round starts by a timer, or when somebody's presence changes.
    The wait ends after ``give_up_after``, where that is less than the policy allows; then, if ``bot_goes_on``, the bot
    has words of its own.
    """

    group: str
    entered_at: datetime
    rank_at: datetime
    priority: int = 0
    skills: tuple[tuple[str, int], ...] = ()
    at_head: bool = False
    came_from: Party = Party.NONE
    declined: frozenset[str] = frozenset()
    round: int = 1
    resting: bool = False
    sticky_agent: str | None = None
    give_up_after: timedelta | None = None
    bot_goes_on: bool = False


STRICTLY = timedelta(days=400)
"""What one priority is worth without ageing: longer than anybody waits."""


def rank_of(entered_at: datetime, priority: int, ageing: timedelta | None) -> datetime:
    """Where an entry stands in its line, as the moment at which an entry without priority would stand there.

    With ``ageing`` a waiting visitor gains one priority per such stretch, so one priority is worth one stretch of
    waiting. Without it, any priority goes before any waiting.
    """
    return entered_at - priority * (STRICTLY if ageing is None else ageing)


@dataclass(frozen=True, slots=True)
class Invitation:
    """An expiring reservation of one agent. While open it holds the agent's capacity.

    ``group`` is the one by whose capacity the agent was found free; None: that of the conversation.
    """

    id: str
    agent_id: str
    purpose: Purpose
    expires_at: datetime
    holds_video: bool = False
    note_message_id: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Handover:
    """An agent's transfer to a group: it looks for a taker beside the state, and ``by_agent`` stays until then.

    ``declined`` are those who were asked and refused.
    """

    by_agent: str
    group: str
    started_at: datetime
    note_message_id: str | None = None
    declined: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Proposal:
    """An agent's open offer to go to video; it reserves video capacity until it ends."""

    id: str
    agent_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """A video call: a room of the media server, and who is connected to it now.

    ``camera`` is the rule for the visitor's camera: that of its beginning, or a stricter one that was published since.
    None in a call of an earlier version, where it is the policy's.
    """

    id: str
    opened_at: datetime
    connected: frozenset[Role] = frozenset()
    started_at: datetime | None = None
    camera_on: bool = False
    camera: CameraPolicy | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation, from bot to agent to video and back, under one id.

    ``version`` counts the events that changed it; the store refuses a commit against an older one.
    ``resume_until`` is set after a drop (not a hang-up) while the visitor may resume the video.
    ``bot_asked`` is the delivery the bot still owes an answer to.
    ``video_started`` / ``video_ended`` record that a call has been live / was hung up (V8).
    """

    id: str
    site_id: str
    visitor_id: str
    language: str
    device: Device
    policy_revision: str
    started_at: datetime
    state: State = State.CHAT
    party: Party = Party.NONE
    need: Need = Need.CHAT
    version: int = 0
    bot_id: str | None = None
    bot_asked: str | None = None
    previous_id: str | None = None
    can_video: bool = True
    visitor_present: bool = True
    agent_id: str | None = None
    agent_present: bool = True
    consent: Consent = Consent.NONE
    verdict: Verdict | None = None
    group: str | None = None
    queue: QueueEntry | None = None
    invitation: Invitation | None = None
    handover: Handover | None = None
    proposal: Proposal | None = None
    proposals_declined: int = 0
    proposals_made: int = 0
    last_decline_at: datetime | None = None
    call: Call | None = None
    video_started: bool = False
    video_ended: bool = False
    resume_until: datetime | None = None
    last_agent_id: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    timers: Mapping[TimerName, datetime] = field(default_factory=dict[TimerName, datetime])


def wants_video(c: Conversation) -> bool:
    """Whether an agent who takes this conversation should be able to do video at once."""
    escalating = c.verdict is not None and c.verdict.escalates and not c.verdict.consumed
    return c.call is not None or c.need is Need.VIDEO or escalating
