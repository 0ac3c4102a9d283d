"""Which timers a conversation needs, as a function of what it is waiting for.

Deriving them keeps invariant 5 (no wait without a timer) out of the policy's reach: a row cannot forget one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from orchestrator.domain import events
from orchestrator.domain.conversation import Conversation, Party, State, TimerName
from orchestrator.domain.events import Event
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
    if isinstance(event, events.BotFailed):
        return TimerName.BOT if event.reason == "timeout" else None
    return TIMER_OF_EVENT.get(type(event).__name__)


def waits_of(conversation: Conversation) -> frozenset[TimerName]:
    """What the conversation is waiting for now, each by the timer that ends the wait."""
    return frozenset(_waits(conversation))


def _waits(c: Conversation) -> list[TimerName]:
    """The waits in the order of their names."""
    state = c.state
    waits: list[TimerName] = []
    if c.party is Party.AGENT and not c.agent_present and state is not State.CLOSED:
        waits.append(TimerName.AGENT_AWAY)
    if c.bot_asked is not None:
        waits.append(TimerName.BOT)
    if c.handover is not None:
        waits.append(TimerName.HANDOVER)
    if state is State.CHAT:
        waits.append(TimerName.IDLE)
    if c.invitation is not None:
        waits.append(TimerName.INVITATION)
    if state is State.VIDEO_LOBBY:
        waits.append(TimerName.LOBBY)
    if c.proposal is not None:
        waits.append(TimerName.PROPOSAL)
    if state is State.QUEUED:
        waits.append(TimerName.QUEUE)
    if state is State.IN_VIDEO and (c.call is None or len(c.call.connected) < 2):
        waits.append(TimerName.RECONNECT)
    if c.resume_until is not None:
        waits.append(TimerName.RESUME)
    if c.queue is not None and c.queue.resting:
        waits.append(TimerName.ROUND)
    if not c.visitor_present and state in (State.QUEUED, State.VIDEO_LOBBY):
        waits.append(TimerName.VISITOR_AWAY)
    return waits


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


def timers_after(
    before: Conversation | None,
    after: Conversation,
    policy: Policy,
    now: datetime,
    restart: Collection[TimerName],
) -> dict[TimerName, datetime]:
    """Exactly the timers of the waits of ``after``, in the order of their names.

    A wait that went on keeps its deadline, unless it is in ``restart`` or what is awaited was replaced.
    """
    kept: Mapping[TimerName, datetime] = before.timers if before is not None else {}
    # Absences, the bot's debt, invitations and handovers are about people, not the state: they outlive a move.
    moved = before is not None and before.state is not after.state
    timers: dict[TimerName, datetime] = {}
    for name in _waits(after):
        if name is TimerName.INVITATION and after.invitation is not None:
            timers[name] = after.invitation.expires_at
        elif name is TimerName.PROPOSAL and after.proposal is not None:
            timers[name] = after.proposal.expires_at
        elif name is TimerName.RESUME and after.resume_until is not None:
            timers[name] = after.resume_until
        elif name in kept and name not in restart and (not moved or name in _LASTING):
            timers[name] = kept[name]
        else:
            duration = duration_of(name, policy)
            if name is TimerName.QUEUE and after.queue is not None and after.queue.give_up_after is not None:
                duration = min(duration, after.queue.give_up_after)
            timers[name] = now + duration
    return timers
