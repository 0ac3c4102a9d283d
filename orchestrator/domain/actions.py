"""The words of a row's ``do``: small changes of the draft that a decision builds.

Most effects are not asked for here: `decide` derives them from what changed (a room that is there now was
opened, an invitation that is gone ended), so that a row cannot change one without the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import (
    Call,
    Consent,
    Conversation,
    Invitation,
    Need,
    Party,
    Proposal,
    QueueEntry,
    TimerName,
)
from orchestrator.domain.effects import (
    AskBot,
    Effect,
    FindAgent,
    OpenCall,
    SetCamera,
    ShowAlternative,
    TellBot,
)
from orchestrator.domain.events import Event
from orchestrator.domain.facts import Facts
from orchestrator.domain.guard_facts import camera_policy
from rules.policy import Policy


@dataclass(slots=True)
class Draft:
    """A decision in the making. ``before`` is what was, ``c`` what will be."""

    before: Conversation
    c: Conversation
    event: Event
    facts: Facts
    policy: Policy
    now: datetime
    effects: list[Effect] = field(default_factory=list[Effect])
    restart: set[TimerName] = field(default_factory=set[TimerName])

    def set(self, **values: Any) -> None:
        self.c = replace(self.c, **values)

    @property
    def camera(self) -> str:
        return camera_policy(self.c, self.policy, self.facts.group.name if self.facts.group else self.c.group)

    @property
    def failure(self) -> str:
        """Why a transfer came to nothing, for the alternative and for the bot."""
        match self.event:
            case ev.TransferFailed():
                return self.event.reason
            case ev.QueueTimedOut():
                return "timed_out"
            case _:
                group = self.facts.group
                if group is not None and not group.open:
                    return "closed"
                return "full" if group is not None and group.places > 0 else "nobody"


Action = Callable[[Draft], None]


# --- the bot ------------------------------------------------------------------------------------------


def restart_idle(d: Draft) -> None:
    d.restart.add(TimerName.IDLE)


def ask_bot(d: Draft) -> None:
    message_id = getattr(d.event, "message_id", None)
    if message_id is not None:
        d.set(bot_asked=message_id)
        d.restart.add(TimerName.BOT)
        d.effects.append(AskBot(message_id))


def keep_verdict(d: Draft) -> None:
    if isinstance(d.event, ev.TransferRequested):
        d.set(verdict=d.event.verdict)


def consume_verdict(d: Draft) -> None:
    if d.c.verdict is not None and not d.c.verdict.consumed:
        d.set(verdict=replace(d.c.verdict, consumed=True))


def show_alternative(d: Draft) -> None:
    card = d.c.verdict.card_id if d.c.verdict is not None and not d.c.verdict.consumed else None
    d.effects.append(ShowAlternative(d.failure, card))


def tell_bot_failed(d: Draft) -> None:
    if d.c.party is Party.BOT:
        d.effects.append(TellBot("transfer_failed", d.failure))


# --- the queue ----------------------------------------------------------------------------------------


def _enter(d: Draft, *, at_head: bool, came_from: Party) -> None:
    group = d.facts.group.name if d.facts.group is not None else d.c.group or ""
    entry = QueueEntry(group=group, entered_at=d.now, rank_at=d.now, at_head=at_head, came_from=came_from)
    d.set(queue=entry, group=group, party=Party.NONE, bot_asked=None)


def enter_queue(d: Draft) -> None:
    _enter(d, at_head=False, came_from=d.c.party)


def requeue_at_head(d: Draft) -> None:
    _enter(d, at_head=True, came_from=Party.NONE)
    if d.c.video_started:
        # The need for video survives the loss of an agent only if the video never began.
        d.set(need=Need.CHAT)


def leave_queue(d: Draft) -> None:
    d.set(queue=None, invitation=None)


def restore_party(d: Draft) -> None:
    entry = d.before.queue
    back_to_bot = entry is not None and entry.came_from is Party.BOT and d.facts.bot_enabled
    d.set(party=Party.BOT if back_to_bot else Party.NONE)


def want_video(d: Draft) -> None:
    d.set(need=Need.VIDEO)


def want_chat(d: Draft) -> None:
    d.set(need=Need.CHAT)


def find_agent(d: Draft) -> None:
    if d.c.queue is not None:
        d.effects.append(FindAgent(d.c.queue.group))


def remember_refusal(d: Draft) -> None:
    if d.c.queue is not None and d.before.invitation is not None:
        declined = d.c.queue.declined | {d.before.invitation.agent_id}
        d.set(queue=replace(d.c.queue, declined=declined))


def forget_refusals(d: Draft) -> None:
    if d.c.queue is not None:
        d.set(queue=replace(d.c.queue, declined=frozenset(), round=d.c.queue.round + 1))


# --- agents -------------------------------------------------------------------------------------------


def wants_video(c: Conversation) -> bool:
    """Whether an agent who takes this conversation should be able to do video at once."""
    escalating = c.verdict is not None and c.verdict.escalates and not c.verdict.consumed
    return c.call is not None or c.need is Need.VIDEO or escalating


def invite_agent(d: Draft) -> None:
    if isinstance(d.event, ev.AgentInvited):
        agent = d.facts.agent
        d.set(
            invitation=Invitation(
                id=d.event.invitation_id,
                agent_id=d.event.agent_id,
                purpose=d.event.purpose,
                expires_at=d.now + d.policy.conversation.timers.invitation,
                # Without free video capacity the agent may still be invited, for the chat alone.
                holds_video=wants_video(d.c) and agent is not None and agent.free_video,
                note_message_id=d.event.note_message_id,
            )
        )


def end_invitation(d: Draft) -> None:
    d.set(invitation=None)


def assign_agent(d: Draft) -> None:
    if isinstance(d.event, ev.AgentAccepted):
        present = d.facts.agent is not None and d.facts.agent.connected
        agent_id = d.event.agent_id
        d.set(
            party=Party.AGENT,
            agent_id=agent_id,
            last_agent_id=agent_id,
            agent_present=present,
            queue=None,
            invitation=None,
        )
        d.restart.add(TimerName.AGENT_AWAY)


def release_agent(d: Draft) -> None:
    d.set(party=Party.NONE, agent_id=None, agent_present=True)


# --- video ----------------------------------------------------------------------------------------------


def open_proposal(d: Draft) -> None:
    if isinstance(d.event, ev.VideoProposed):
        expires_at = d.now + d.policy.conversation.timers.proposal
        d.set(
            proposal=Proposal(d.event.proposal_id, d.event.agent_id, expires_at),
            proposals_made=d.c.proposals_made + 1,
        )


def close_proposal(d: Draft) -> None:
    d.set(proposal=None)


def count_decline(d: Draft) -> None:
    d.set(proposals_declined=d.c.proposals_declined + 1, last_decline_at=d.now)


def open_call(d: Draft) -> None:
    call_id = getattr(d.event, "call_id", None)
    if call_id is not None:
        d.set(call=Call(id=call_id, opened_at=d.now, camera_on=d.camera == "allowed"))


def close_call(d: Draft) -> None:
    d.set(call=None)


def start_call(d: Draft) -> None:
    if d.c.call is not None:
        d.set(call=replace(d.c.call, started_at=d.now), video_started=True)


def reopen_room(d: Draft) -> None:
    if d.c.call is not None:
        d.effects.append(OpenCall(d.c.call.id))


def end_video(d: Draft) -> None:
    d.set(video_ended=True)


def offer_resume(d: Draft) -> None:
    d.set(resume_until=d.now + d.policy.conversation.timers.resume)


def end_resume_offer(d: Draft) -> None:
    d.set(resume_until=None)


def set_camera(d: Draft) -> None:
    if isinstance(d.event, ev.CameraSwitched) and d.c.call is not None:
        d.set(call=replace(d.c.call, camera_on=d.event.on))
        d.effects.append(SetCamera(d.c.call.id, d.event.on))


# --- the end --------------------------------------------------------------------------------------------


def close(d: Draft) -> None:
    by = getattr(d.event, "by", "system")
    d.set(
        closed_at=d.now,
        closed_by=str(by),
        party=Party.NONE,
        agent_id=None,
        queue=None,
        invitation=None,
        proposal=None,
        call=None,
        resume_until=None,
        bot_asked=None,
        consent=Consent.NONE,
    )


ACTIONS: Mapping[str, Action] = {
    action.__name__: action
    for action in (
        restart_idle,
        ask_bot,
        keep_verdict,
        consume_verdict,
        show_alternative,
        tell_bot_failed,
        enter_queue,
        requeue_at_head,
        leave_queue,
        restore_party,
        want_video,
        want_chat,
        find_agent,
        remember_refusal,
        forget_refusals,
        invite_agent,
        end_invitation,
        assign_agent,
        release_agent,
        open_proposal,
        close_proposal,
        count_decline,
        open_call,
        close_call,
        start_call,
        reopen_room,
        end_video,
        offer_resume,
        end_resume_offer,
        set_camera,
        close,
    )
}
