"""What no policy can change: refusals that come before any row is looked at.

Each law is a small function of what is known before the decision. They protect the visitor (consent, the
camera, one conversation), the agents (nobody holds what they cannot) and the bot's silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Party, Purpose, State
from orchestrator.domain.events import Event
from orchestrator.domain.facts import Facts
from orchestrator.domain.timers import timer_of


@dataclass(frozen=True, slots=True)
class Refusal:
    """``denied``: somebody asked for what may not be. ``ignored``: it came too late or twice, nobody did wrong."""

    kind: Literal["denied", "ignored"]
    reason: str


def _denied(reason: str) -> Refusal:
    return Refusal("denied", reason)


def _ignored(reason: str) -> Refusal:
    return Refusal("ignored", reason)


def refusal(c: Conversation, event: Event, facts: Facts, camera: str, now: datetime) -> Refusal | None:
    """The law that refuses this event, if one does. ``camera`` is the visitor's camera policy in force."""
    if c.state is State.CLOSED:
        return _ignored("closed")
    timer = timer_of(event)
    if timer is not None and (timer not in c.timers or c.timers[timer] > now):
        return _ignored("stale_timer")
    return (
        _bot_is_mute(c, event)
        or _invitations(c, event, facts)
        or _rounds(c, event)
        or _supervision(c, event, facts)
        or _handovers(c, event, facts)
        or _proposals(c, event)
        or _agents(c, event)
        or _video(c, event, camera, now)
    )


def _bot_is_mute(c: Conversation, event: Event) -> Refusal | None:
    speaks = c.state is State.CHAT and c.party is Party.BOT
    match event:
        case ev.BotReplied() | ev.TransferRequested() | ev.ConversationClosed(by="bot") if not speaks:
            return _denied("bot_is_mute")
        case ev.BotFailed() if not speaks or c.bot_asked is None:
            return _ignored("nothing_asked")
        case _:
            return None


def _invitations(c: Conversation, event: Event, facts: Facts) -> Refusal | None:
    match event:
        case ev.AgentInvited():
            if c.invitation is not None:
                return _denied("already_invited")
            if (event.purpose is Purpose.TRANSFER) != (c.party is Party.AGENT):
                return _denied("wrong_purpose")
            if event.agent_id == c.agent_id:
                return _denied("already_holds")
            return _must_have_room(event.agent_id, facts)
        case ev.AgentAccepted():
            if c.invitation is None or c.invitation.id != event.invitation_id:
                return _denied("invitation_over")
            if c.invitation.agent_id != event.agent_id:
                return _denied("not_yours")
            return _must_have_room(event.agent_id, facts)
        case ev.InvitationDeclined():
            if c.invitation is None or c.invitation.id != event.invitation_id:
                return _ignored("invitation_over")
            return None if c.invitation.agent_id == event.agent_id else _denied("not_yours")
        case ev.InvitationRevoked():
            over = c.invitation is None or c.invitation.id != event.invitation_id
            return _ignored("invitation_over") if over else None
        case _:
            return None


def _rounds(c: Conversation, event: Event) -> Refusal | None:
    match event:
        case ev.RoundExhausted() if c.invitation is not None:
            return _ignored("already_invited")
        case ev.RoundExhausted() if c.queue is not None and c.queue.resting:
            return _ignored("resting")
        case ev.RoundReopened() if c.queue is None or not c.queue.resting:
            return _ignored("not_resting")
        case _:
            return None


def _supervision(c: Conversation, event: Event, facts: Facts) -> Refusal | None:
    match event:
        case ev.AgentAssigned():
            if event.agent_id == c.agent_id:
                return _denied("already_holds")
            full = _must_have_room(event.agent_id, facts)
            if full is not None:
                return full
            there = event.agent_id == event.by or (facts.agent is not None and facts.agent.connected)
            return None if there else _denied("agent_away")
        case ev.Requeued():
            return _must_be_known(event.group, facts)
        case _:
            return None


def _handovers(c: Conversation, event: Event, facts: Facts) -> Refusal | None:
    match event:
        case ev.HandoverRequested():
            if event.agent_id != c.agent_id:
                return _denied("not_yours")
            if c.handover is not None:
                return _denied("handover_open")
            if c.invitation is not None:
                return _denied("already_invited")
            return _must_be_known(event.group, facts)
        case ev.HandoverEnded() if c.handover is None:
            return _ignored("handover_over")
        case _:
            return None


def _must_be_known(group: str | None, facts: Facts) -> Refusal | None:
    known = group is None or (facts.group is not None and facts.group.name == group)
    return None if known else _denied("unknown_group")


def _must_have_room(agent_id: str, facts: Facts) -> Refusal | None:
    agent = facts.agent
    if agent is None or agent.id != agent_id:
        return _denied("unknown_agent")
    return None if agent.free_chat else _denied("agent_full")


def _proposals(c: Conversation, event: Event) -> Refusal | None:
    match event:
        case ev.VideoProposed() if c.proposal is not None:
            return _denied("proposal_open")
        case ev.VideoAccepted() | ev.VideoDeclined() | ev.ProposalWithdrawn():
            over = c.proposal is None or c.proposal.id != event.proposal_id
            return _denied("proposal_over") if over else None
        case _:
            return None


def _agents(c: Conversation, event: Event) -> Refusal | None:
    match event:
        case ev.AgentWrote() | ev.VideoProposed() | ev.ProposalWithdrawn() if event.agent_id != c.agent_id:
            return _denied("not_yours")
        case ev.AgentDisconnected() | ev.AgentReconnected() if event.agent_id != c.agent_id:
            return _ignored("not_yours")
        case _:
            return None


def _video(c: Conversation, event: Event, camera: str, now: datetime) -> Refusal | None:
    match event:
        case ev.VideoRequested() if c.video_ended:
            return _denied("video_ended")
        case ev.VideoResumed() if c.resume_until is None or c.resume_until <= now:
            return _denied("resume_over")
        case ev.CameraSwitched(on=True) if camera == "forbidden":
            return _denied("camera_forbidden")
        case ev.MediaConnected() | ev.MediaDropped() | ev.MediaLost() if (
            c.call is None or c.call.id != event.call_id
        ):
            return _ignored("stale_call")
        case _:
            return None
