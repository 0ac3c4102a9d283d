"""What the shell must do after a decision was committed, in the imperative.

Effects run at least once. Each is stored with a key (conversation, version, index), and doing one twice is harmless.
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.domain.conversation import Purpose, Role


@dataclass(frozen=True, slots=True)
class GreetVisitor:
    """Open the bot's session, so that it speaks first."""


@dataclass(frozen=True, slots=True)
class AskBot:
    """Deliver a visitor's message to the bot."""

    message_id: str


@dataclass(frozen=True, slots=True)
class TellBot:
    """Deliver an outside event to the bot: ``transfer_failed``, ``video_ended``, ``visitor_returned`` …"""

    name: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EchoToBot:
    """Deliver to the bot what it said itself: a connected bot is told of every message."""

    message_id: str


@dataclass(frozen=True, slots=True)
class PlayScript:
    """Go on with what a connected bot answered: words, pauses, a transfer, the end."""

    script_id: str


@dataclass(frozen=True, slots=True)
class ShowAlternative:
    """Show the alternative of the transfer card (or of the group), because the transfer failed."""

    reason: str
    card_id: str | None = None


@dataclass(frozen=True, slots=True)
class FindAgent:
    """Ask the distribution for the next agent of this waiting conversation."""

    group: str


@dataclass(frozen=True, slots=True)
class InviteAgent:
    agent_id: str
    invitation_id: str
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class EndInvitation:
    """Tell the invited agent that the invitation is over: accepted, declined, expired, revoked."""

    agent_id: str
    invitation_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class DrainQueue:
    """An agent got free: offer the oldest waiting conversations again."""

    agent_id: str


@dataclass(frozen=True, slots=True)
class OpenCall:
    """Open the room on the media server."""

    call_id: str


@dataclass(frozen=True, slots=True)
class CloseCall:
    call_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class SetCamera:
    """Open or shut the media server's gate for the visitor's camera."""

    call_id: str
    on: bool


@dataclass(frozen=True, slots=True)
class DisconnectMedia:
    """Take one participant out of a call that goes on."""

    call_id: str
    role: Role


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """An account was changed. If it was closed, what the user holds goes back; in any case who waits is offered again.

    ``by``: the admin who did it, or the operator.
    """

    user_id: str
    by: str


@dataclass(frozen=True, slots=True)
class SendMail:
    """Send the answer to a left message by e-mail."""

    left_message_id: str


Effect = (
    AccountChanged
    | GreetVisitor
    | AskBot
    | TellBot
    | EchoToBot
    | PlayScript
    | ShowAlternative
    | FindAgent
    | InviteAgent
    | EndInvitation
    | DrainQueue
    | OpenCall
    | CloseCall
    | SetCamera
    | DisconnectMedia
    | SendMail
)
