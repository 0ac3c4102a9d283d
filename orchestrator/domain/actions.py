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
    Handover,
    Invitation,
    Need,
    Party,
    Proposal,
    Purpose,
    QueueEntry,
    TimerName,
    rank_of,
    wants_video,
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
from orchestrator.domain.evolve import copy_of
from orchestrator.domain.facts import Facts
from orchestrator.domain.guard_facts import camera_rule
from rules.policy import Policy
from rules.vocabulary import CameraPolicy


@dataclass(slots=True)
class Draft:
    """A decision in the making. ``before`` is what was, ``c`` what will be.

    ``c`` is the draft's own until the decision is made, so `set` changes it in place: a conversation made anew for
    every field would be half the cost of a decision. Nothing may keep it; what comes of a draft is `changes`.
    """

    before: Conversation
    event: Event
    facts: Facts
    policy: Policy
    now: datetime
    effects: list[Effect] = field(default_factory=list[Effect])
    restart: set[TimerName] = field(default_factory=set[TimerName])
    c: Conversation = field(init=False)
    _touched: dict[str, None] = field(default_factory=dict[str, None], init=False)

    def __post_init__(self) -> None:
        self.c = copy_of(self.before)

    def set(self, **values: Any) -> None:
        """Other values for some fields.

        Raises:
            AttributeError: a field that a conversation does not have.
        """
        for name, value in values.items():
            object.__setattr__(self.c, name, value)
            self._touched[name] = None

    def changes(self) -> dict[str, object]:
        """The fields in which the draft differs from what was: `evolve` folds them."""
        before, after = self.before, self.c
        return {
            name: new
            for name in self._touched
            if (new := getattr(after, name)) is not (old := getattr(before, name)) and new != old
        }

    @property
    def camera(self) -> CameraPolicy:
        """The rule for the visitor's camera in the next call."""
        return camera_rule(self.c, self.facts, self.policy)

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
    waited, card_shown = d.before.queue, d.event
    goes_on = (waited is not None and waited.bot_goes_on) or (
        isinstance(card_shown, ev.TransferRequested) and card_shown.bot_goes_on
    )
    if goes_on and d.c.party is Party.BOT:
        return
    card = d.c.verdict.card_id if d.c.verdict is not None and not d.c.verdict.consumed else None
    d.effects.append(ShowAlternative(d.failure, card))


def tell_bot_failed(d: Draft) -> None:
    if d.c.party is Party.BOT:
        d.effects.append(TellBot("transfer_failed", d.failure))


# --- the queue ----------------------------------------------------------------------------------------


def _enter(d: Draft, **values: Any) -> None:
    """Into the line of the group that was chosen, with the rank and the skills that the routing rules give."""
    group = d.facts.group
    name = group.name if group is not None else d.c.group or ""
    entered_at = values.pop("entered_at", d.now)
    priority = values.pop("priority", None)
    if priority is None:
        priority = group.priority if group is not None else 0
    entry = QueueEntry(
        group=name,
        entered_at=entered_at,
        rank_at=rank_of(entered_at, priority, group.ageing if group is not None else None),
        priority=priority,
        skills=group.skills if group is not None else (),
        **values,
    )
    d.set(queue=entry, group=name, party=Party.NONE, bot_asked=None)


def enter_queue(d: Draft) -> None:
    sticky = d.facts.group.sticky_agent if d.facts.group is not None else None
    card = d.event if isinstance(d.event, ev.TransferRequested) else None
    _enter(
        d,
        came_from=d.c.party,
        sticky_agent=sticky,
        give_up_after=card.give_up_after if card is not None else None,
        bot_goes_on=card is not None and card.bot_goes_on,
    )


def requeue_at_head(d: Draft) -> None:
    _enter(d, at_head=True)
    _want_what_is_left(d)


def requeue(d: Draft) -> None:
    """As a supervisor said. Who held the conversation is not the first to be asked again."""
    if isinstance(d.event, ev.Requeued):
        old, holder = d.before.queue, d.before.agent_id
        _enter(
            d,
            at_head=True,
            entered_at=old.entered_at if old is not None else d.now,
            priority=d.event.priority if d.event.priority is not None else old.priority if old else None,
            came_from=old.came_from if old is not None else Party.NONE,
            declined=frozenset({holder}) if holder is not None else frozenset[str](),
        )
        _want_what_is_left(d)


def _want_what_is_left(d: Draft) -> None:
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
    elif d.c.handover is not None:
        d.effects.append(FindAgent(d.c.handover.group))


def remember_refusal(d: Draft) -> None:
    invitation = d.before.invitation
    if invitation is None:
        return
    if d.c.queue is not None:
        d.set(queue=replace(d.c.queue, declined=d.c.queue.declined | {invitation.agent_id}))
    if d.c.handover is not None:
        d.set(handover=replace(d.c.handover, declined=d.c.handover.declined | {invitation.agent_id}))


def rest(d: Draft) -> None:
    if d.c.queue is not None:
        d.set(queue=replace(d.c.queue, resting=True))
        d.restart.add(TimerName.ROUND)


def forget_refusals(d: Draft) -> None:
    if d.c.queue is not None:
        entry = replace(d.c.queue, declined=frozenset(), round=d.c.queue.round + 1, resting=False)
        d.set(queue=entry)


# --- agents -------------------------------------------------------------------------------------------


def invite_agent(d: Draft) -> None:
    if isinstance(d.event, ev.AgentInvited):
        agent, handover = d.facts.agent, d.c.handover
        note = d.event.note_message_id
        chosen = d.event.search.chosen if d.event.search is not None else None
        if note is None and handover is not None:
            note = handover.note_message_id
        d.set(
            invitation=Invitation(
                id=d.event.invitation_id,
                agent_id=d.event.agent_id,
                purpose=d.event.purpose,
                expires_at=d.now + d.policy.conversation.timers.invitation,
                # Without free video capacity the agent may still be invited, for the chat alone.
                holds_video=wants_video(d.c) and agent is not None and agent.free_video,
                note_message_id=note,
                group=chosen.group if chosen is not None else None,
            )
        )


def end_invitation(d: Draft) -> None:
    d.set(invitation=None)


def assign_agent(d: Draft) -> None:
    if isinstance(d.event, ev.AgentAccepted | ev.AgentAssigned):
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


def open_handover(d: Draft) -> None:
    if isinstance(d.event, ev.HandoverRequested):
        handover = Handover(d.event.agent_id, d.event.group, d.now, d.event.note_message_id)
        d.set(handover=handover)


def end_handover(d: Draft) -> None:
    """With the invitation it may have open."""
    transferring = d.c.invitation is not None and d.c.invitation.purpose is Purpose.TRANSFER
    d.set(handover=None, invitation=None if transferring else d.c.invitation)


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
        rule = d.camera
        d.set(call=Call(id=call_id, opened_at=d.now, camera_on=rule == "allowed", camera=rule))


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
        handover=None,
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
        requeue,
        leave_queue,
        restore_party,
        want_video,
        want_chat,
        find_agent,
        remember_refusal,
        rest,
        forget_refusals,
        invite_agent,
        end_invitation,
        assign_agent,
        release_agent,
        open_handover,
        end_handover,
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
