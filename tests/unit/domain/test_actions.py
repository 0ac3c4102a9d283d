"""The words of a row's ``do``, each on its own: what it changes, and that a policy may use it anywhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.domain import effects as ef
from orchestrator.domain import events as ev
from orchestrator.domain.actions import ACTIONS, Draft, wants_video
from orchestrator.domain.conversation import (
    Consent,
    Conversation,
    Invitation,
    Need,
    Party,
    Purpose,
    QueueEntry,
    Role,
    State,
)
from orchestrator.domain.events import Event
from orchestrator.domain.evolve import evolve
from orchestrator.domain.facts import Facts
from orchestrator.domain.outcome import Denied, Ignored, Moved
from tests.unit.domain.story import MATCHED, PLAIN, T0, Story, agent, group, shipped

SNAPSHOTS = {
    "bot": Story().start().conversation,
    "nobody": Story(with_bot=False).start().conversation,
    "queued": Story().handed_over().conversation,
    "invited": Story().invited().conversation,
    "chat": Story().accepted(PLAIN).conversation,
    "transferring": replace(
        Story().accepted(PLAIN).conversation, invitation=Invitation("i1", "marc", Purpose.TRANSFER, T0)
    ),
    "lobby": Story().accepted().conversation,
    "video": Story().in_video().conversation,
}
EVENTS: tuple[Event, ...] = (
    ev.VisitorWrote("m"),
    ev.TransferRequested("m", MATCHED),
    ev.AgentInvited("i", "claire"),
    ev.AgentAccepted("i1", "claire", "call-9"),
    ev.VideoProposed("claire", "p"),
    ev.CameraSwitched(True),
    ev.QueueTimedOut(),
    ev.TransferFailed("nobody"),
    ev.IdleTimedOut(),
)
FACTS = (Facts(), Facts(agent=agent(), group=group()), Facts(group=group(open=False)))


def draft(c: Conversation, event: Event = EVENTS[0], facts: Facts = FACTS[1]) -> Draft:
    return Draft(before=c, event=event, facts=facts, policy=shipped(), now=T0)


@pytest.mark.parametrize("name", sorted(ACTIONS))
@pytest.mark.parametrize("where", sorted(SNAPSHOTS))
def test_no_action_fails_anywhere(name: str, where: str) -> None:
    """A policy may write any action into any row: none may stumble over what is not there."""
    before = SNAPSHOTS[where]
    as_it_was = replace(before)
    for event in EVENTS:
        for facts in FACTS:
            d = draft(before, event, facts)
            ACTIONS[name](d)
            assert before == as_it_was
            assert evolve(before, d.changes()) == d.c


@pytest.mark.parametrize(
    ("event", "facts", "reason"),
    [
        (ev.TransferFailed("full"), Facts(group=group(open=False)), "full"),
        (ev.QueueTimedOut(), Facts(group=group(open=False)), "timed_out"),
        (ev.PersonRequested(), Facts(group=group(open=False)), "closed"),
        (ev.PersonRequested(), Facts(group=group(places=1)), "full"),
        (ev.PersonRequested(), Facts(group=group(places=0)), "nobody"),
        (ev.PersonRequested(), Facts(), "nobody"),
    ],
)
def test_why_a_transfer_came_to_nothing(event: Event, facts: Facts, reason: str) -> None:
    assert draft(SNAPSHOTS["queued"], event, facts).failure == reason


def test_the_alternative_is_that_of_the_card_until_it_is_consumed() -> None:
    c = SNAPSHOTS["queued"]
    d = draft(c, ev.TransferFailed("nobody"))
    ACTIONS["show_alternative"](d)
    ACTIONS["consume_verdict"](d)
    ACTIONS["show_alternative"](d)
    assert d.effects == [
        ef.ShowAlternative("nobody", "video_advisor"),
        ef.ShowAlternative("nobody", None),
    ]
    assert d.c.verdict == replace(MATCHED, consumed=True)


def test_only_a_bot_that_is_the_party_is_told() -> None:
    for where, told in {"bot": 1, "nobody": 0, "queued": 0, "chat": 0}.items():
        d = draft(SNAPSHOTS[where], ev.TransferFailed("full"))
        ACTIONS["tell_bot_failed"](d)
        assert d.effects == [ef.TellBot("transfer_failed", "full")] * told


def test_entering_the_queue() -> None:
    d = draft(SNAPSHOTS["bot"])
    ACTIONS["enter_queue"](d)
    assert d.c.queue == QueueEntry("advisors", T0, T0, at_head=False, came_from=Party.BOT)
    assert (d.c.group, d.c.party, d.c.bot_asked) == ("advisors", Party.NONE, None)
    unknown = draft(replace(SNAPSHOTS["bot"], group="sales"), facts=Facts())
    ACTIONS["enter_queue"](unknown)
    assert unknown.c.group == "sales"
    nowhere = draft(SNAPSHOTS["bot"], facts=Facts())
    ACTIONS["enter_queue"](nowhere)
    assert nowhere.c.queue is not None
    assert nowhere.c.queue.group == ""


def test_back_to_the_head_of_the_queue() -> None:
    d = draft(replace(SNAPSHOTS["lobby"], need=Need.VIDEO))
    ACTIONS["requeue_at_head"](d)
    assert d.c.queue == QueueEntry("advisors", T0, T0, at_head=True, came_from=Party.NONE)
    assert d.c.need is Need.VIDEO
    started = draft(replace(SNAPSHOTS["video"], need=Need.VIDEO))
    ACTIONS["requeue_at_head"](started)
    assert started.c.need is Need.CHAT


@pytest.mark.parametrize(
    ("came_from", "bot_enabled", "party"),
    [
        (Party.BOT, True, Party.BOT),
        (Party.BOT, False, Party.NONE),
        (Party.NONE, True, Party.NONE),
        (None, True, Party.NONE),
    ],
)
def test_who_goes_on_after_the_queue(came_from: Party | None, bot_enabled: bool, party: Party) -> None:
    entry = None if came_from is None else QueueEntry("advisors", T0, T0, came_from=came_from)
    d = draft(replace(SNAPSHOTS["queued"], queue=entry), facts=Facts(bot_enabled=bot_enabled))
    ACTIONS["restore_party"](d)
    assert d.c.party is party


def test_refusals_are_kept_for_a_round() -> None:
    d = draft(SNAPSHOTS["invited"])
    ACTIONS["remember_refusal"](d)
    assert d.c.queue is not None
    assert (d.c.queue.declined, d.c.queue.round) == (frozenset({"claire"}), 1)
    ACTIONS["forget_refusals"](d)
    assert d.c.queue is not None
    assert (d.c.queue.declined, d.c.queue.round) == (frozenset(), 2)


def test_what_wants_video() -> None:
    assert wants_video(SNAPSHOTS["queued"])
    assert wants_video(SNAPSHOTS["lobby"])
    assert not wants_video(SNAPSHOTS["bot"])
    assert not wants_video(SNAPSHOTS["chat"])
    assert wants_video(replace(SNAPSHOTS["chat"], need=Need.VIDEO))
    assert wants_video(replace(SNAPSHOTS["video"], verdict=None))
    assert not wants_video(replace(SNAPSHOTS["queued"], verdict=replace(MATCHED, consumed=True)))


def test_an_invitation_keeps_what_it_was_made_with() -> None:
    story = Story().accepted(PLAIN)
    story.agent = agent("marc")
    story.moved(ev.AgentInvited("i2", "marc", Purpose.TRANSFER, "note-1"))
    invitation = story.conversation.invitation
    assert invitation is not None
    assert (invitation.purpose, invitation.note_message_id) == (Purpose.TRANSFER, "note-1")
    assert not invitation.holds_video
    assert invitation.expires_at == story.now + timedelta(seconds=30)


def test_an_agent_who_accepts_from_a_page_that_is_gone_is_awaited() -> None:
    story = Story().invited(PLAIN)
    story.agent = agent(connected=False)
    story.moved(ev.AgentAccepted("i1", "claire", "k"))
    c = story.conversation
    assert (c.agent_id, c.last_agent_id, c.agent_present) == ("claire", "claire", False)


def test_a_lost_agent_is_remembered_and_nobody_is_missed() -> None:
    d = draft(replace(SNAPSHOTS["chat"], agent_present=False))
    ACTIONS["release_agent"](d)
    assert (d.c.party, d.c.agent_id, d.c.agent_present) == (Party.NONE, None, True)
    assert d.c.last_agent_id == "claire"


def test_declines_are_counted() -> None:
    story = Story().accepted(PLAIN)
    for number in (1, 2):
        story.moved(ev.VideoProposed("claire", f"p{number}"), after=timedelta(minutes=2))
        story.moved(ev.VideoDeclined(f"p{number}"))
        c = story.conversation
        assert (c.proposals_made, c.proposals_declined, c.last_decline_at) == (number, number, story.now)


def test_a_room_opens_with_the_camera_as_the_rules_have_it() -> None:
    call = SNAPSHOTS["lobby"].call
    assert call is not None
    assert call.camera_on is True
    assert call.opened_at == T0 + timedelta(seconds=5)


def test_a_camera_that_is_switched_is_switched_at_the_server() -> None:
    story = Story().accepted()
    story.moved(ev.CameraSwitched(False))
    assert story.conversation.call is not None
    assert story.conversation.call.camera_on is False
    assert story.effects == [ef.SetCamera("call-1", False)]


def test_the_start_of_a_call_is_noted() -> None:
    story = Story().in_video()
    c = story.conversation
    assert c.call is not None
    assert (c.call.started_at, c.video_started, c.video_ended) == (story.now, True, False)


def test_closing_says_when_and_by_whom_and_keeps_nothing_open() -> None:
    for by in ("visitor", "agent", "system"):
        story = Story().in_video()
        story.moved(ev.ConversationClosed(by))
        c = story.conversation
        assert (c.state, c.closed_at, c.closed_by) == (State.CLOSED, story.now, by)
        assert (c.agent_id, c.call, c.queue, c.invitation, c.resume_until) == (None,) * 5
    idle = Story().start()
    idle.moved(ev.IdleTimedOut(), after=timedelta(minutes=15))
    assert idle.conversation.closed_by == "system"


def test_how_a_conversation_starts() -> None:
    story = Story(device=SNAPSHOTS["bot"].device)
    outcome = story.tell(ev.ConversationStarted("c9", "demo", "v9", "en", story.device, False, "rasa", "c8"))
    assert isinstance(outcome, Moved)
    c = story.conversation
    assert (c.id, c.site_id, c.visitor_id, c.language) == ("c9", "demo", "v9", "en")
    assert (c.can_video, c.bot_id, c.previous_id, c.version) == (False, "rasa", "c8", 1)
    assert (c.bot_asked, c.policy_revision, c.started_at) == ("greet-c9", shipped().revision, story.now)
    decision = outcome.decision
    assert (decision.event, decision.row, decision.to) == ("ConversationStarted", "start", "chat")
    assert (decision.state, decision.party, decision.revision) == ("chat", "bot", shipped().revision)


@pytest.mark.parametrize(
    ("event", "after", "reason"),
    [
        (ev.AgentAccepted("i1", "claire", "k"), 1, "accepted"),
        (ev.InvitationDeclined("i1", "claire"), 1, "declined"),
        (ev.InvitationExpired(), 30, "expired"),
        (ev.ConversationClosed("visitor"), 1, "closed"),
        (ev.InvitationRevoked("i1", "agent_gone"), 1, "revoked"),
        (ev.QueueLeft(), 1, "revoked"),
    ],
)
def test_why_an_invitation_ended(event: Event, after: int, reason: str) -> None:
    story = Story().invited()
    story.moved(event, after=timedelta(seconds=after))
    assert ef.EndInvitation("claire", "i1", reason) in story.effects


def test_what_an_event_says_of_itself_counts_whatever_the_row() -> None:
    story = Story().accepted()
    story.moved(ev.VisitorDisconnected())
    assert story.conversation.visitor_present is False
    story.moved(ev.VisitorReconnected())
    assert story.conversation.visitor_present is True
    story.moved(ev.AgentDisconnected("claire"))
    assert story.conversation.agent_present is False
    story.moved(ev.AgentReconnected("claire"))
    assert story.conversation.agent_present is True
    story.moved(ev.CapabilityChanged(False))
    assert story.conversation.can_video is False
    story.moved(ev.LanguageChosen("en"))
    assert story.conversation.language == "en"
    story.moved(ev.MediaConnected("call-1", Role.AGENT))
    story.moved(ev.MediaDropped("call-1", Role.AGENT))
    assert story.conversation.call is not None
    assert story.conversation.call.connected == frozenset()


def test_an_answer_to_something_else_leaves_the_bots_debt() -> None:
    story = Story().start()
    story.moved(ev.VisitorWrote("m1"))
    story.moved(ev.BotReplied(("r",), "greet-c1"))
    assert story.conversation.bot_asked == "m1"
    story.moved(ev.BotReplied(("r",), "m1"))
    assert story.conversation.bot_asked is None
    story.moved(ev.VisitorWrote("m2"))
    story.moved(ev.BotReplied(("r",)))
    assert story.conversation.bot_asked is None


def test_direct_video_is_consent_as_long_as_it_is_waited_for() -> None:
    story = Story().start()
    story.moved(ev.VideoRequested())
    assert (story.conversation.need, story.conversation.consent) == (Need.VIDEO, Consent.VISITOR)
    story.moved(ev.AgentInvited("i1", "claire"))
    assert story.conversation.consent is Consent.VISITOR
    story.moved(ev.QueueLeft())
    assert (story.conversation.need, story.conversation.consent) == (Need.CHAT, Consent.NONE)


def test_an_offer_to_resume_is_between_this_agent_and_the_visitor() -> None:
    story = Story().in_video()
    story.moved(ev.MediaDropped("call-1", Role.VISITOR))
    story.moved(ev.ReconnectTimedOut(), after=timedelta(seconds=20))
    story.agent = agent("marc")
    story.moved(ev.AgentInvited("i2", "marc", Purpose.TRANSFER))
    assert story.conversation.resume_until is not None
    story.moved(ev.AgentAccepted("i2", "marc", "k"))
    assert (story.conversation.agent_id, story.conversation.resume_until) == ("marc", None)


def test_before_the_start_there_is_nothing_to_decide_about() -> None:
    assert Story().tell(ev.VisitorWrote("m")) == Ignored("no_such_conversation")


def test_a_refusal_by_law_or_for_want_of_a_row_says_where_it_was() -> None:
    story = Story().accepted(PLAIN)
    by_law = story.tell(ev.BotReplied(("m",)))
    assert isinstance(by_law, Denied)
    assert (by_law.reason, by_law.decision.row) == ("bot_is_mute", None)
    assert (by_law.decision.event, by_law.decision.state, by_law.decision.party) == (
        "BotReplied",
        "chat",
        "agent",
    )
    assert by_law.decision.revision == shipped().revision
    story.agent = agent(may_propose_video=False)
    by_guard = story.tell(ev.VideoProposed("claire", "p"))
    assert isinstance(by_guard, Denied)
    assert by_guard.reason == "no_row"
