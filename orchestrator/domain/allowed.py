"""What each side may do now, found by asking `decide` itself: pages show these and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Purpose, Role, State
from orchestrator.domain.decide import decide
from orchestrator.domain.events import Event
from orchestrator.domain.facts import AgentFacts, Facts, GroupFacts
from orchestrator.domain.outcome import Moved
from rules.policy import Policy

_PROBE = "probe"
_ABLE = AgentFacts(
    _PROBE, free_chat=True, can_video=True, free_video=True, video_present=True, connected=True
)


@dataclass(frozen=True, slots=True)
class VisitorActions:
    write: bool = False
    request_person: bool = False
    request_video: bool = False
    leave_queue: bool = False
    accept_video: bool = False
    decline_video: bool = False
    leave_lobby: bool = False
    hang_up: bool = False
    resume_video: bool = False
    leave_message: bool = False
    close: bool = False


@dataclass(frozen=True, slots=True)
class AgentActions:
    write: bool = False
    propose_video: bool = False
    withdraw_video: bool = False
    transfer: bool = False
    transfer_to_group: bool = False
    withdraw_transfer: bool = False
    leave_lobby: bool = False
    hang_up: bool = False
    close: bool = False


def visitor_actions(c: Conversation, facts: Facts, policy: Policy, now: datetime) -> VisitorActions:
    """The visitor's possible acts. ``facts`` are those of the conversation's own agent and group."""

    def may(event: Event) -> bool:
        return isinstance(decide(c, event, facts, policy, now), Moved)

    if c.state is State.CLOSED:
        return VisitorActions()
    proposal = c.proposal.id if c.proposal is not None else None
    return VisitorActions(
        write=may(ev.VisitorWrote(_PROBE)),
        request_person=may(ev.PersonRequested()),
        request_video=may(ev.VideoRequested()),
        leave_queue=may(ev.QueueLeft()),
        accept_video=proposal is not None and may(ev.VideoAccepted(proposal, _PROBE)),
        decline_video=proposal is not None and may(ev.VideoDeclined(proposal)),
        leave_lobby=may(ev.LobbyLeft(Role.VISITOR)),
        hang_up=c.state is State.IN_VIDEO and may(ev.HungUp(Role.VISITOR)),
        resume_video=may(ev.VideoResumed(_PROBE)),
        leave_message=may(ev.MessageLeft(_PROBE)),
        close=may(ev.ConversationClosed("visitor")),
    )


def _may_withdraw_invitation(c: Conversation, may: Callable[[Event], bool]) -> bool:
    invitation = c.invitation
    if invitation is None or invitation.purpose is not Purpose.TRANSFER:
        return False
    return may(ev.InvitationRevoked(invitation.id, "withdrawn"))


def agent_actions(
    c: Conversation, agent_id: str, facts: Facts, policy: Policy, now: datetime
) -> AgentActions:
    """The possible acts of ``agent_id``; all False unless the conversation is theirs."""

    def may(event: Event, known: Facts = facts) -> bool:
        return isinstance(decide(c, event, known, policy, now), Moved)

    if c.state is State.CLOSED or c.agent_id != agent_id:
        return AgentActions()
    proposal = c.proposal.id if c.proposal is not None else None
    to_somebody = replace(facts, agent=_ABLE)
    to_some_group = replace(facts, group=GroupFacts(_PROBE))
    return AgentActions(
        write=may(ev.AgentWrote(agent_id, _PROBE)),
        propose_video=may(ev.VideoProposed(agent_id, _PROBE)),
        withdraw_video=proposal is not None and may(ev.ProposalWithdrawn(agent_id, proposal)),
        transfer=c.handover is None and may(ev.AgentInvited(_PROBE, _PROBE, Purpose.TRANSFER), to_somebody),
        transfer_to_group=may(ev.HandoverRequested(agent_id, _PROBE), to_some_group),
        withdraw_transfer=may(ev.HandoverEnded("withdrawn")) or _may_withdraw_invitation(c, may),
        leave_lobby=may(ev.LobbyLeft(Role.AGENT)),
        hang_up=c.state is State.IN_VIDEO and may(ev.HungUp(Role.AGENT)),
        close=may(ev.ConversationClosed("agent")),
    )
