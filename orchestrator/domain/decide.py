"""The decision: from a conversation, an event, the facts, the policy and the clock to an outcome.

Theory of operation. Pure, total, deterministic:

1. **Laws** that no policy can change refuse the event, or let it pass (`laws`).
2. The **policy** chooses the first row whose event, state, party and guard match (`rules`).
3. The event's own plain consequences are **absorbed** (who is connected, what was chosen), then the row's
   actions run in order on a draft (`actions`).
4. The draft is **settled**: what cannot outlive the move ends, consent is derived, timers are derived.
5. The **invariants** refuse a result that no policy may produce (`invariants`).
6. The **effects** that follow from what changed are added to those the row asked for.

A timer's event that no row takes re-arms its timer: a wait never lasts for ever because of a guard.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from orchestrator.domain import events as ev
from orchestrator.domain.actions import ACTIONS, Draft
from orchestrator.domain.conversation import Consent, Conversation, Need, Party, Purpose, State, TimerName
from orchestrator.domain.effects import GreetVisitor
from orchestrator.domain.events import Event
from orchestrator.domain.evolve import changed, difference
from orchestrator.domain.facts import Facts
from orchestrator.domain.follow_up import effects_of_change
from orchestrator.domain.guard_facts import camera_policy, connected_after, guard_facts
from orchestrator.domain.invariants import LIVE_VIDEO, broken_law
from orchestrator.domain.laws import refusal
from orchestrator.domain.notices import notices_of
from orchestrator.domain.outcome import Denied, Ignored, Illegal, Moved, Outcome
from orchestrator.domain.timers import timer_of, with_timers
from rules.decision import Decision
from rules.policy import Policy


def decide(
    conversation: Conversation | None, event: Event, facts: Facts, policy: Policy, now: datetime
) -> Outcome:
    """What ``event`` does to ``conversation`` under ``policy``, and why.

    Args:
        conversation: the snapshot; None before its first event, `ConversationStarted`.
        facts: what is known of the world outside, read in the transaction that will commit the outcome.
        now: the time of the event, in UTC.
    """
    if isinstance(event, ev.ConversationStarted):
        return _start(event, policy, now) if conversation is None else Ignored("already_started")
    if conversation is None:
        return Ignored("no_such_conversation")

    camera = camera_policy(conversation, policy, facts.group.name if facts.group else conversation.group)
    refused = refusal(conversation, event, facts, camera, now)
    if refused is not None:
        if refused.kind == "ignored":
            return Ignored(refused.reason)
        return Denied(refused.reason, _without_row(conversation, event, policy))

    decision = policy.decide(
        event=type(event).__name__,
        state=conversation.state.value,
        party=conversation.party.value,
        facts=guard_facts(conversation, event, facts, policy, now),
    )
    if decision.row is None:
        timer = timer_of(event)
        if timer is not None:
            return _rearm(conversation, timer, decision, policy, now)
        return Denied("no_row", decision) if decision.known else Illegal(conversation.state, decision.event)
    return _move(conversation, event, facts, policy, decision, now)


def _start(event: ev.ConversationStarted, policy: Policy, now: datetime) -> Moved:
    with_bot = event.bot_id is not None
    started = Conversation(
        id=event.conversation_id,
        site_id=event.site_id,
        visitor_id=event.visitor_id,
        language=event.language,
        device=event.device,
        policy_revision=policy.revision,
        started_at=now,
        state=State(policy.conversation.initial),
        party=Party.BOT if with_bot else Party.NONE,
        version=1,
        bot_id=event.bot_id,
        bot_asked=greeting_id(event.conversation_id) if with_bot else None,
        previous_id=event.previous_id,
        can_video=event.can_video,
    )
    started = with_timers(None, started, policy, now, frozenset())
    decision = Decision(
        revision=policy.revision,
        event="ConversationStarted",
        state=started.state.value,
        party=started.party.value,
        row="start",
        to=started.state.value,
        actions=(),
        say=(),
        near_misses=(),
        facts={},
    )
    return Moved(decision, difference(None, started), (GreetVisitor(),) if with_bot else ())


def greeting_id(conversation_id: str) -> str:
    """The delivery by which the bot is asked to speak first."""
    return f"greet-{conversation_id}"


def _without_row(c: Conversation, event: Event, policy: Policy) -> Decision:
    return Decision(
        revision=policy.revision,
        event=type(event).__name__,
        state=c.state.value,
        party=c.party.value,
        row=None,
        to=None,
        actions=(),
        say=(),
        near_misses=(),
        facts={},
    )


def _rearm(c: Conversation, timer: TimerName, decision: Decision, policy: Policy, now: datetime) -> Moved:
    again = with_timers(c, changed(c, version=c.version + 1), policy, now, frozenset({timer}))
    if timer in again.timers and again.timers[timer] <= now:
        # What is awaited carries its own deadline (an invitation, a proposal): end it rather than ask for ever.
        again = _without_expired(again, timer)
        again = with_timers(c, again, policy, now, frozenset({timer}))
    return Moved(decision, difference(c, again), effects_of_change(c, again, "expired"))


def _without_expired(c: Conversation, timer: TimerName) -> Conversation:
    match timer:
        case TimerName.INVITATION:
            return changed(c, invitation=None)
        case TimerName.PROPOSAL:
            return changed(c, proposal=None)
        case TimerName.RESUME:
            return changed(c, resume_until=None)
        case _:
            return c


def _move(
    c: Conversation, event: Event, facts: Facts, policy: Policy, decision: Decision, now: datetime
) -> Moved | Denied:
    draft = Draft(before=c, c=_absorb(c, event), event=event, facts=facts, policy=policy, now=now)
    fired = timer_of(event)
    if fired is not None:
        draft.restart.add(fired)
    for action in decision.actions:
        ACTIONS[action](draft)
    settled = _settle(draft, State(decision.to) if decision.to is not None else c.state)
    settled = with_timers(c, settled, policy, now, frozenset(draft.restart))
    law = broken_law(settled)
    if law is not None:
        return Denied(f"law:{law}", decision)
    follow_up = effects_of_change(c, settled, _end_reason(event))
    return Moved(
        decision,
        difference(c, settled),
        (*follow_up, *draft.effects),
        notices_of(decision.say, c, event, facts, policy),
    )


def _absorb(c: Conversation, event: Event) -> Conversation:
    """What the event says of itself, whatever row takes it."""
    match event:
        case ev.VisitorDisconnected() | ev.VisitorReconnected():
            return changed(c, visitor_present=isinstance(event, ev.VisitorReconnected))
        case ev.AgentDisconnected() | ev.AgentReconnected():
            return changed(c, agent_present=isinstance(event, ev.AgentReconnected))
        case ev.CapabilityChanged():
            return changed(c, can_video=event.can_video)
        case ev.LanguageChosen():
            return changed(c, language=event.language)
        case ev.MediaConnected() | ev.MediaDropped() | ev.MediaLost() if c.call is not None:
            return changed(c, call=replace(c.call, connected=connected_after(c, event)))
        case ev.BotReplied() if event.in_reply_to in (None, c.bot_asked):
            return changed(c, bot_asked=None)
        case ev.BotFailed() | ev.TransferRequested():
            return changed(c, bot_asked=None)
        case ev.VideoAccepted() | ev.VideoResumed() | ev.VideoRequested():
            return changed(c, consent=Consent.VISITOR)
        case _:
            return c


def _settle(d: Draft, state: State) -> Conversation:
    """The draft in its new state, without what cannot outlive the move."""
    c = d.c
    same_agent = c.party is Party.AGENT and c.agent_id == d.before.agent_id
    over: dict[str, object] = {}
    if state is not State.CHAT or not same_agent:
        over |= {"proposal": None, "resume_until": None}
    if not same_agent:
        over["handover"] = None
    if c.invitation is not None:
        lost = (
            state is not State.QUEUED if c.invitation.purpose is Purpose.OFFER else c.party is not Party.AGENT
        )
        if lost:
            over["invitation"] = None
    if not (state is State.CHAT and c.party is Party.BOT):
        over["bot_asked"] = None
    return changed(c, state=state, version=d.before.version + 1, consent=_consent(c, state), **over)


def _consent(c: Conversation, state: State) -> Consent:
    if state in LIVE_VIDEO:
        return c.consent
    if state is not State.QUEUED:
        return Consent.NONE
    if c.need is Need.VIDEO:
        return Consent.VISITOR
    shown = c.verdict is not None and c.verdict.escalates and not c.verdict.consumed
    return Consent.CARD if shown else Consent.NONE


def _end_reason(event: Event) -> str:
    """Why an invitation that is gone after this event ended."""
    match event:
        case ev.AgentAccepted():
            return "accepted"
        case ev.InvitationDeclined():
            return "declined"
        case ev.InvitationExpired():
            return "expired"
        case ev.ConversationClosed() | ev.IdleTimedOut():
            return "closed"
        case _:
            return "revoked"
