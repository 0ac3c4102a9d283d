"""Everything that can happen to a conversation, in the past tense.

Events are small frozen facts. They carry identifiers made by the shell and never the text of a message,
so that erasing texts breaks neither the history nor a replay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from orchestrator.domain.conversation import Device, Purpose, Role, Verdict

Restriction = Literal["off_by_default", "forbidden"]
FailureReason = Literal["closed", "full", "nobody", "declined_by_all", "timed_out"]


@dataclass(frozen=True, slots=True)
class Sought:
    """What was asked of an agent. ``skills`` are (skill, least level); ``language`` None: any."""

    group: str
    language: str | None
    skills: tuple[tuple[str, int], ...]
    chat: bool
    video: bool


@dataclass(frozen=True, slots=True)
class Search:
    """How the distribution looked for an agent, kept with the event as its why.

    ``wants`` were tried in this order, ``chosen`` is the one that somebody fits. ``relaxed`` are codes of what was no
    longer insisted on (``skill_levels``, ``skills``, ``language``, ``overflow:<group>``). ``left_out`` counts those who
    could not be asked, by reason; ``examples`` names some of them.
    """

    wants: tuple[Sought, ...] = ()
    chosen: Sought | None = None
    relaxed: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict[str, int])
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


# --- the visitor -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConversationStarted:
    """A visitor opened the chat. ``bot_id`` is None on a site without a bot."""

    conversation_id: str
    site_id: str
    visitor_id: str
    language: str
    device: Device
    can_video: bool
    bot_id: str | None = None
    previous_id: str | None = None


@dataclass(frozen=True, slots=True)
class VisitorWrote:
    message_id: str


@dataclass(frozen=True, slots=True)
class PersonRequested:
    """The visitor asked for a person without a bot's card."""


@dataclass(frozen=True, slots=True)
class VideoRequested:
    """The visitor asked for a video conversation (V4)."""


@dataclass(frozen=True, slots=True)
class QueueLeft:
    """The visitor gave up the place in the queue, not the conversation."""


@dataclass(frozen=True, slots=True)
class LobbyLeft:
    """A participant chose to stay in chat instead of joining the call."""

    by: Role


@dataclass(frozen=True, slots=True)
class VideoAccepted:
    """The visitor accepted an agent's proposal; ``call_id`` names the room to open."""

    proposal_id: str
    call_id: str


@dataclass(frozen=True, slots=True)
class VideoDeclined:
    proposal_id: str


@dataclass(frozen=True, slots=True)
class HungUp:
    """An explicit end of the video by one side; the chat goes on (V8)."""

    by: Role


@dataclass(frozen=True, slots=True)
class VideoResumed:
    """The visitor resumed a call that dropped; ``call_id`` names the room to open."""

    call_id: str


@dataclass(frozen=True, slots=True)
class CameraSwitched:
    """The visitor turned the camera on or off."""

    on: bool


@dataclass(frozen=True, slots=True)
class CameraRestricted:
    """A stricter rule for the visitor's camera was published: it holds in the running call, at once, without a row."""

    camera: Restriction


@dataclass(frozen=True, slots=True)
class CapabilityChanged:
    """The visitor's page found out whether it can do video at all."""

    can_video: bool


@dataclass(frozen=True, slots=True)
class LanguageChosen:
    """An explicit choice by the visitor (a BCP 47 tag)."""

    language: str


@dataclass(frozen=True, slots=True)
class VisitorDisconnected:
    """The last socket of the visitor went away."""


@dataclass(frozen=True, slots=True)
class VisitorReconnected:
    """A socket of the visitor came back."""


@dataclass(frozen=True, slots=True)
class MessageLeft:
    """The visitor left a message instead of waiting; it is kept apart from the history under this id."""

    left_message_id: str


@dataclass(frozen=True, slots=True)
class ConversationClosed:
    """Somebody closed the conversation: ``visitor``, ``agent``, ``bot`` or ``system``."""

    by: Literal["visitor", "agent", "bot", "system"]


# --- the bot ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BotReplied:
    """One turn of the bot ended, perhaps without words. ``in_reply_to`` names the delivery it answers."""

    message_ids: tuple[str, ...]
    in_reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class TransferRequested:
    """The bot showed a transfer card. ``verdict`` was judged on the text actually shown (V10, V11).

    ``give_up_after``: how long the bot lets the visitor wait, when that is less than the policy does.
    ``bot_goes_on``: should nobody come, the bot has words of its own, which take the place of the alternative's.
    """

    message_id: str
    verdict: Verdict
    group: str | None = None
    give_up_after: timedelta | None = None
    bot_goes_on: bool = False


@dataclass(frozen=True, slots=True)
class BotFailed:
    """The bot gave no usable answer: ``starting``, ``unreachable``, ``timeout``, ``malformed``, ``error``."""

    reason: Literal["starting", "unreachable", "timeout", "malformed", "error"]


# --- distribution ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AgentInvited:
    invitation_id: str
    agent_id: str
    purpose: Purpose = Purpose.OFFER
    note_message_id: str | None = None
    search: Search | None = None


@dataclass(frozen=True, slots=True)
class AgentAccepted:
    """``call_id`` names the room to open should the policy go to video at once."""

    invitation_id: str
    agent_id: str
    call_id: str


@dataclass(frozen=True, slots=True)
class InvitationDeclined:
    invitation_id: str
    agent_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class InvitationExpired:
    """Timer ``invitation``."""


@dataclass(frozen=True, slots=True)
class InvitationRevoked:
    """The invited agent became unable to take it (disconnected, switched off)."""

    invitation_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class RoundExhausted:
    """Everybody who may be asked has refused; the visitor waits for the next round."""

    search: Search | None = None


@dataclass(frozen=True, slots=True)
class RoundReopened:
    """Something changed (``presence``) before the next round: those who declined may be asked again."""

    cause: str


@dataclass(frozen=True, slots=True)
class RoundStarted:
    """Timer ``round``: those who declined may be asked again."""


@dataclass(frozen=True, slots=True)
class TransferFailed:
    """Distribution found nobody and the visitor cannot be parked."""

    reason: FailureReason
    search: Search | None = None


@dataclass(frozen=True, slots=True)
class AgentAssigned:
    """Somebody gave the conversation to an agent, at once and without an invitation.

    ``by`` is the user who did: a supervisor, or the agent, answering a message that was left. ``call_id`` names the
    room to open should the policy go to video.
    """

    agent_id: str
    call_id: str
    by: str
    by_role: Literal["supervisor", "agent"] = "supervisor"


@dataclass(frozen=True, slots=True)
class Requeued:
    """A supervisor sent the conversation to the head of a line. None: of the group, with the priority, it has."""

    by: str
    group: str | None = None
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class HandoverEnded:
    """The search of a handover is over: ``nobody`` takes it, it was ``withdrawn``, or the group ``closed``."""

    reason: Literal["nobody", "withdrawn", "closed"]
    search: Search | None = None


# --- the agent -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AgentWrote:
    agent_id: str
    message_id: str


@dataclass(frozen=True, slots=True)
class HandoverRequested:
    """An agent hands over to whoever of a group takes it, and stays until then."""

    agent_id: str
    group: str
    note_message_id: str | None = None


@dataclass(frozen=True, slots=True)
class VideoProposed:
    """An agent offered video (V9)."""

    agent_id: str
    proposal_id: str


@dataclass(frozen=True, slots=True)
class ProposalWithdrawn:
    agent_id: str
    proposal_id: str


@dataclass(frozen=True, slots=True)
class AgentDisconnected:
    """The agent's last socket went away."""

    agent_id: str


@dataclass(frozen=True, slots=True)
class AgentReconnected:
    agent_id: str


# --- the media server ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MediaConnected:
    call_id: str
    role: Role


@dataclass(frozen=True, slots=True)
class MediaDropped:
    call_id: str
    role: Role


@dataclass(frozen=True, slots=True)
class MediaLost:
    """The room itself is gone (the media process ended); nobody is connected any more."""

    call_id: str


# --- timers ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IdleTimedOut:
    """Timer ``idle``."""


@dataclass(frozen=True, slots=True)
class QueueTimedOut:
    """Timer ``queue``."""


@dataclass(frozen=True, slots=True)
class LobbyTimedOut:
    """Timer ``lobby``."""


@dataclass(frozen=True, slots=True)
class ReconnectTimedOut:
    """Timer ``reconnect``: the grace after a drop has passed."""


@dataclass(frozen=True, slots=True)
class ResumeOfferEnded:
    """Timer ``resume``: a dropped call can no longer be resumed."""


@dataclass(frozen=True, slots=True)
class ProposalExpired:
    """Timer ``proposal``."""


@dataclass(frozen=True, slots=True)
class HandoverTimedOut:
    """Timer ``handover``."""


@dataclass(frozen=True, slots=True)
class VisitorAwayTimedOut:
    """Timer ``visitor_away``."""


@dataclass(frozen=True, slots=True)
class AgentAwayTimedOut:
    """Timer ``agent_away``: the return window of a lost agent has passed."""


Event = (
    ConversationStarted
    | VisitorWrote
    | PersonRequested
    | VideoRequested
    | QueueLeft
    | LobbyLeft
    | VideoAccepted
    | VideoDeclined
    | HungUp
    | VideoResumed
    | CameraSwitched
    | CameraRestricted
    | CapabilityChanged
    | LanguageChosen
    | VisitorDisconnected
    | VisitorReconnected
    | MessageLeft
    | ConversationClosed
    | BotReplied
    | TransferRequested
    | BotFailed
    | AgentInvited
    | AgentAccepted
    | InvitationDeclined
    | InvitationExpired
    | InvitationRevoked
    | RoundExhausted
    | RoundReopened
    | RoundStarted
    | TransferFailed
    | AgentAssigned
    | Requeued
    | HandoverEnded
    | AgentWrote
    | HandoverRequested
    | VideoProposed
    | ProposalWithdrawn
    | AgentDisconnected
    | AgentReconnected
    | MediaConnected
    | MediaDropped
    | MediaLost
    | IdleTimedOut
    | QueueTimedOut
    | LobbyTimedOut
    | ReconnectTimedOut
    | ResumeOfferEnded
    | ProposalExpired
    | HandoverTimedOut
    | VisitorAwayTimedOut
    | AgentAwayTimedOut
)
