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

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from orchestrator.domain import events as ev
from orchestrator.domain.actions import ACTIONS, Draft
from orchestrator.domain.conversation import Consent, Conversation, Need, Party, Purpose, State, TimerName
from orchestrator.domain.effects import GreetVisitor, OpenCall
from orchestrator.domain.events import Event
from orchestrator.domain.evolve import difference
from orchestrator.domain.facts import Facts
from orchestrator.domain.follow_up import effects_of_change
from orchestrator.domain.guard_facts import camera_policy, camera_rule, connected_after, guard_facts
from orchestrator.domain.invariants import LIVE_VIDEO, broken_law
from orchestrator.domain.laws import refusal
from orchestrator.domain.notices import notices_of
from orchestrator.domain.outcome import Denied, Ignored, Illegal, Moved, Outcome
from orchestrator.domain.timers import timer_of, timers_after
from rules.decision import Decision
from rules.policy import Policy, stricter_camera
from rules.vocabulary import CameraPolicy


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

    camera = camera_policy(conversation, camera_rule(conversation, facts, policy))
    if isinstance(event, ev.CameraRestricted):
        return _restrict(conversation, event, facts, policy, camera, now)
    refused = refusal(conversation, event, facts, camera, now)
    if refused is not None:
        if refused.kind == "ignored":
            return Ignored(refused.reason)
        return Denied(refused.reason, _without_row(conversation, event, policy))

    name, state, party = type(event).__name__, conversation.state.value, conversation.party.value
    reads = policy.lifecycle.reads(name, state, party) or ()
    decision = policy.decide(
        event=name,
        state=state,
        party=party,
        facts=guard_facts(conversation, event, facts, policy, now, reads),
    )
    if decision.row is None:
        timer = timer_of(event)
        if timer is not None:
            return _rearm(Draft(conversation, event, facts, policy, now, restart={timer}), timer, decision)
        return Denied("no_row", decision) if decision.known else Illegal(conversation.state, decision.event)
    return _move(conversation, event, facts, policy, decision, now)


def _restrict(
    c: Conversation,
    event: ev.CameraRestricted,
    facts: Facts,
    policy: Policy,
    camera: CameraPolicy,
    now: datetime,
) -> Moved | Ignored:
    """A law and no row's affair: what a visitor was promised must not depend on an older chart."""
    call = c.call
    if call is None or c.state is State.CLOSED:
        return Ignored("no_call")
    tightened = stricter_camera(event.camera, camera)
    if tightened == call.camera:
        return Ignored("not_stricter")
    draft = Draft(c, event, facts, policy, now)
    # A camera that was turned on under the old rule has to be turned on again under the new one, if it may be at all.
    on = call.camera_on and tightened == "allowed"
    draft.set(version=c.version + 1, call=replace(call, camera=tightened, camera_on=on))
    return Moved(_without_row(c, event, policy), draft.changes(), (OpenCall(call.id),))


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
    started = replace(started, timers=timers_after(None, started, policy, now, ()))
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


def _rearm(d: Draft, timer: TimerName, decision: Decision) -> Moved:
    d.set(version=d.before.version + 1)
    _set_timers(d)
    if timer in d.c.timers and d.c.timers[timer] <= d.now:
        # What is awaited carries its own deadline (an invitation, a proposal): end it rather than ask for ever.
        _end_awaited(d, timer)
        _set_timers(d)
    return Moved(decision, d.changes(), effects_of_change(d.before, d.c, "expired"))


def _set_timers(d: Draft) -> None:
    d.set(timers=timers_after(d.before, d.c, d.policy, d.now, d.restart))


def _end_awaited(d: Draft, timer: TimerName) -> None:
    match timer:
        case TimerName.INVITATION:
            d.set(invitation=None)
        case TimerName.PROPOSAL:
            d.set(proposal=None)
        case TimerName.RESUME:
            d.set(resume_until=None)
        case _:
            pass


def _move(
    c: Conversation, event: Event, facts: Facts, policy: Policy, decision: Decision, now: datetime
) -> Moved | Denied:
    draft = Draft(c, event, facts, policy, now)
    _absorb(draft, event)
    fired = timer_of(event)
    if fired is not None:
        draft.restart.add(fired)
    for action in decision.actions:
        ACTIONS[action](draft)
    _settle(draft, State(decision.to) if decision.to is not None else c.state)
    _set_timers(draft)
    law = broken_law(draft.c)
    if law is not None:
        return Denied(f"law:{law}", decision)
    follow_up = effects_of_change(c, draft.c, _END_REASONS.get(type(event), "revoked"))
    return Moved(
        decision,
        draft.changes(),
        (*follow_up, *draft.effects),
        notices_of(decision.say, c, event, facts, policy),
    )


def _absorb(d: Draft, event: Event) -> None:
    """What the event says of itself, whatever row takes it."""
    c = d.c
    match event:
        case ev.VisitorDisconnected() | ev.VisitorReconnected():
            d.set(visitor_present=isinstance(event, ev.VisitorReconnected))
        case ev.AgentDisconnected() | ev.AgentReconnected():
            d.set(agent_present=isinstance(event, ev.AgentReconnected))
        case ev.CapabilityChanged():
            d.set(can_video=event.can_video)
        case ev.LanguageChosen():
            d.set(language=event.language)
        case ev.MediaConnected() | ev.MediaDropped() | ev.MediaLost() if c.call is not None:
            d.set(call=replace(c.call, connected=connected_after(c, event)))
        case ev.BotReplied() if event.in_reply_to in (None, c.bot_asked):
            d.set(bot_asked=None)
        case ev.BotFailed() | ev.TransferRequested():
            d.set(bot_asked=None)
        case ev.VideoAccepted() | ev.VideoResumed() | ev.VideoRequested():
            d.set(consent=Consent.VISITOR)
        case _:
            pass


def _settle(d: Draft, state: State) -> None:
    """The draft in its new state, without what cannot outlive the move."""
    c = d.c
    same_agent = c.party is Party.AGENT and c.agent_id == d.before.agent_id
    if state is not State.CHAT or not same_agent:
        if c.proposal is not None:
            d.set(proposal=None)
        if c.resume_until is not None:
            d.set(resume_until=None)
    if c.handover is not None and not same_agent:
        d.set(handover=None)
    if c.invitation is not None:
        lost = (
            state is not State.QUEUED if c.invitation.purpose is Purpose.OFFER else c.party is not Party.AGENT
        )
        if lost:
            d.set(invitation=None)
    if c.bot_asked is not None and not (state is State.CHAT and c.party is Party.BOT):
        d.set(bot_asked=None)
    d.set(state=state, version=d.before.version + 1, consent=_consent(c, state))


def _consent(c: Conversation, state: State) -> Consent:
    if state in LIVE_VIDEO:
        return c.consent
    if state is not State.QUEUED:
        return Consent.NONE
    if c.need is Need.VIDEO:
        return Consent.VISITOR
    shown = c.verdict is not None and c.verdict.escalates and not c.verdict.consumed
    return Consent.CARD if shown else Consent.NONE


_END_REASONS: Mapping[type[Event], str] = {
    ev.AgentAccepted: "accepted",
    ev.InvitationDeclined: "declined",
    ev.InvitationExpired: "expired",
    ev.ConversationClosed: "closed",
    ev.IdleTimedOut: "closed",
}
"""Why an invitation that is gone after an event ended; after any other it was revoked."""
