"""Which timers a conversation needs, as a function of what it is waiting for.

Deriving them keeps invariant 5 (no wait without a timer) out of the policy's reach: a row cannot forget one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from orchestrator.domain import events
from orchestrator.domain.conversation import Conversation, Party, State, TimerName
from orchestrator.domain.events import Event
from orchestrator.domain.evolve import changed
from rules.policy import Policy

EVENT_OF_TIMER: Mapping[TimerName, Callable[[], Event]] = {
    TimerName.BOT: lambda: events.BotFailed("timeout"),
    TimerName.IDLE: events.IdleTimedOut,
    TimerName.QUEUE: events.QueueTimedOut,
    TimerName.ROUND: events.RoundStarted,
    TimerName.INVITATION: events.InvitationExpired,
    TimerName.LOBBY: events.LobbyTimedOut,
    TimerName.RECONNECT: events.ReconnectTimedOut,
    TimerName.RESUME: events.ResumeOfferEnded,
    TimerName.PROPOSAL: events.ProposalExpired,
    TimerName.HANDOVER: events.HandoverTimedOut,
    TimerName.VISITOR_AWAY: events.VisitorAwayTimedOut,
    TimerName.AGENT_AWAY: events.AgentAwayTimedOut,
}

TIMER_OF_EVENT: Mapping[str, TimerName] = {
    type(make()).__name__: name for name, make in EVENT_OF_TIMER.items() if name is not TimerName.BOT
}


def timer_of(event: Event) -> TimerName | None:
    """The timer that emits this event, if a timer does."""
    if event == events.BotFailed("timeout"):
        return TimerName.BOT
    return TIMER_OF_EVENT.get(type(event).__name__)


def waits_of(conversation: Conversation) -> frozenset[TimerName]:
    """What the conversation is waiting for now, each by the timer that ends the wait."""
    state = conversation.state
    waits = {
        TimerName.IDLE: state is State.CHAT,
        TimerName.QUEUE: state is State.QUEUED,
        TimerName.ROUND: conversation.queue is not None and conversation.queue.resting,
        TimerName.LOBBY: state is State.VIDEO_LOBBY,
        TimerName.RECONNECT: state is State.IN_VIDEO
        and (conversation.call is None or len(conversation.call.connected) < 2),
        TimerName.INVITATION: conversation.invitation is not None,
        TimerName.PROPOSAL: conversation.proposal is not None,
        TimerName.HANDOVER: conversation.handover is not None,
        TimerName.RESUME: conversation.resume_until is not None,
        TimerName.BOT: conversation.bot_asked is not None,
        TimerName.VISITOR_AWAY: not conversation.visitor_present
        and state in (State.QUEUED, State.VIDEO_LOBBY),
        TimerName.AGENT_AWAY: conversation.party is Party.AGENT
        and not conversation.agent_present
        and state is not State.CLOSED,
    }
    return frozenset(name for name, waiting in waits.items() if waiting)


def duration_of(timer: TimerName, policy: Policy) -> timedelta:
    """How long this wait may last under the policy."""
    rules = policy.conversation
    match timer:
        case TimerName.BOT:
            return rules.timers.bot_reply
        case TimerName.IDLE:
            return _required(rules.states["chat"].idle_timeout)
        case TimerName.QUEUE:
            return _required(rules.states["queued"].max_wait)
        case TimerName.ROUND:
            return _required(rules.states["queued"].next_round)
        case TimerName.LOBBY:
            return _required(rules.states["video_lobby"].max_wait)
        case TimerName.RECONNECT:
            return _required(rules.states["in_video"].reconnect_grace)
        case TimerName.INVITATION:
            return rules.timers.invitation
        case TimerName.RESUME:
            return rules.timers.resume
        case TimerName.PROPOSAL:
            return rules.timers.proposal
        case TimerName.HANDOVER:
            return rules.timers.handover
        case TimerName.VISITOR_AWAY:
            return rules.timers.visitor_away
        case TimerName.AGENT_AWAY:
            return rules.timers.agent_away


_LASTING = frozenset(
    {
        TimerName.VISITOR_AWAY,
        TimerName.AGENT_AWAY,
        TimerName.BOT,
        TimerName.INVITATION,
        TimerName.HANDOVER,
    }
)


def _required(duration: timedelta | None) -> timedelta:
    # The schema refuses a policy whose waiting states lack their duration.
    if duration is None:
        raise ValueError("a waiting state has no duration")
    return duration


def with_timers(
    before: Conversation | None,
    after: Conversation,
    policy: Policy,
    now: datetime,
    restart: frozenset[TimerName],
) -> Conversation:
    """``after`` with exactly the timers of its waits.

    A wait that went on keeps its deadline, unless it is in ``restart`` or what is awaited was replaced.
    """
    kept: Mapping[TimerName, datetime] = before.timers if before is not None else {}
    if before is not None and before.state is not after.state:
        # Absences, the bot's debt, invitations and handovers are about people, not the state: they outlive a move.
        kept = {name: deadline for name, deadline in kept.items() if name in _LASTING}
    timers: dict[TimerName, datetime] = {}
    for name in sorted(waits_of(after)):
        if name is TimerName.INVITATION and after.invitation is not None:
            timers[name] = after.invitation.expires_at
        elif name is TimerName.PROPOSAL and after.proposal is not None:
            timers[name] = after.proposal.expires_at
        elif name is TimerName.RESUME and after.resume_until is not None:
            timers[name] = after.resume_until
        elif name in kept and name not in restart:
            timers[name] = kept[name]
        else:
            timers[name] = now + duration_of(name, policy)
    return changed(after, timers=timers)
