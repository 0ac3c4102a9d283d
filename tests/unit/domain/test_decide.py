"""The lifecycle of the shipped policy, as stories: what moves, what is refused and what follows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orchestrator.domain import effects as ef
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Consent, Need, Party, Purpose, Role, State, TimerName
from orchestrator.domain.outcome import Denied, Ignored, Illegal
from tests.unit.domain.story import MATCHED, PLAIN, Story, agent, group


def test_the_bot_is_greeted_and_owes_an_answer() -> None:
    story = Story().start()
    assert (story.conversation.state, story.conversation.party) == (State.CHAT, Party.BOT)
    assert story.effect_names() == ["GreetVisitor"]
    assert set(story.conversation.timers) == {TimerName.BOT, TimerName.IDLE}


def test_a_site_without_bot_starts_with_nobody_and_the_first_words_queue() -> None:
    story = Story(with_bot=False).start()
    assert story.conversation.party is Party.NONE
    story.moved(ev.VisitorWrote("m1"))
    assert story.conversation.state is State.QUEUED
    assert story.effects == [ef.FindAgent("advisors")]


def test_a_card_with_the_phrase_goes_straight_from_chat_to_video() -> None:
    story = Story().handed_over(MATCHED)
    c = story.conversation
    assert (c.state, c.party, c.consent) == (State.QUEUED, Party.NONE, Consent.CARD)
    story.moved(ev.AgentInvited("i1", "claire"))
    assert story.effects == [ef.InviteAgent("claire", "i1", Purpose.OFFER)]
    story.moved(ev.AgentAccepted("i1", "claire", "call-1"))
    c = story.conversation
    assert (c.state, c.party, c.agent_id) == (State.VIDEO_LOBBY, Party.AGENT, "claire")
    assert story.effects == [ef.OpenCall("call-1"), ef.EndInvitation("claire", "i1", "accepted")]
    assert story.said == ["agent_joined", "video_starts"]
    story.moved(ev.MediaConnected("call-1", Role.AGENT))
    assert story.conversation.state is State.VIDEO_LOBBY
    story.moved(ev.MediaConnected("call-1", Role.VISITOR))
    c = story.conversation
    assert c.state is State.IN_VIDEO
    assert c.video_started
    assert c.verdict is not None
    assert c.verdict.consumed
    assert c.id == "c1"


def test_a_card_without_the_phrase_ends_in_chat_with_the_agent() -> None:
    story = Story().accepted(PLAIN)
    c = story.conversation
    assert (c.state, c.party, c.call) == (State.CHAT, Party.AGENT, None)
    assert story.said == ["agent_joined"]


@pytest.mark.parametrize(
    ("lacking", "reason"),
    [
        ({"can_video": False}, "agent_device"),
        ({"video_present": False}, "agent_presence"),
        ({"free_video": False}, "agent_busy"),
    ],
)
def test_an_agent_without_video_takes_the_chat_and_both_are_told_why(
    lacking: dict[str, bool], reason: str
) -> None:
    story = Story().invited(MATCHED)
    story.agent = agent(**lacking)
    story.moved(ev.AgentAccepted("i1", "claire", "call-1"))
    assert (story.conversation.state, story.conversation.call) == (State.CHAT, None)
    assert story.said == ["agent_joined", "video_unavailable"]
    assert story.notices[1].params == {"reason": reason}
    story.agent = agent()
    assert story.moved(ev.VideoProposed("claire", "p1"))


def test_a_visitor_who_cannot_do_video_stays_in_chat() -> None:
    story = Story().handed_over(MATCHED)
    story.moved(ev.CapabilityChanged(can_video=False))
    story.moved(ev.AgentInvited("i1", "claire"))
    story.moved(ev.AgentAccepted("i1", "claire", "call-1"))
    assert story.conversation.state is State.CHAT
    assert story.notices[1].params == {"reason": "visitor_device"}


def test_the_bot_is_mute_after_the_hand_over() -> None:
    story = Story().handed_over()
    for event in (ev.BotReplied(("m9",)), ev.TransferRequested("m9", PLAIN), ev.ConversationClosed("bot")):
        outcome = story.tell(event)
        assert isinstance(outcome, Denied)
        assert outcome.reason == "bot_is_mute"


def test_nobody_and_no_place_gives_the_alternative_and_never_queues() -> None:
    story = Story()
    story.group = group(places=0, has_free_agent=False)
    story.start()
    story.moved(ev.TransferRequested("m2", MATCHED))
    assert (story.conversation.state, story.conversation.party) == (State.CHAT, Party.BOT)
    assert story.effects == [
        ef.ShowAlternative("nobody", "video_advisor"),
        ef.TellBot("transfer_failed", "nobody"),
    ]
    assert story.conversation.consent is Consent.NONE


def test_a_full_queue_and_a_closed_group_are_told_apart() -> None:
    story = Story()
    story.group = group(places=2, waiting=2, has_free_agent=False)
    story.start()
    story.moved(ev.TransferRequested("m2", PLAIN))
    assert story.effects[0] == ef.ShowAlternative("full", "advisor")
    story.group = group(open=False)
    story.moved(ev.TransferRequested("m3", PLAIN))
    assert story.effects[0] == ef.ShowAlternative("closed", "advisor")


def test_declined_and_expired_invitations_are_remembered_until_the_next_round() -> None:
    story = Story().invited()
    story.moved(ev.InvitationDeclined("i1", "claire"))
    queue = story.conversation.queue
    assert queue is not None
    assert queue.declined == {"claire"}
    assert ef.FindAgent("advisors") in story.effects
    assert ef.EndInvitation("claire", "i1", "declined") in story.effects
    story.agent = agent("marc")
    story.moved(ev.AgentInvited("i2", "marc"))
    story.moved(ev.InvitationExpired(), after=timedelta(seconds=30))
    queue = story.conversation.queue
    assert queue is not None
    assert queue.declined == {"claire", "marc"}
    story.moved(ev.RoundExhausted())
    story.moved(ev.RoundStarted(), after=timedelta(seconds=30))
    queue = story.conversation.queue
    assert queue is not None
    assert (queue.declined, queue.round) == (frozenset(), 2)


def test_only_the_invited_agent_accepts_and_only_once() -> None:
    story = Story().invited()
    story.agent = agent("marc")
    other = story.tell(ev.AgentAccepted("i1", "marc", "x"))
    assert isinstance(other, Denied)
    assert other.reason == "not_yours"
    story.agent = agent(free_chat=False)
    refused = story.tell(ev.AgentAccepted("i1", "claire", "x"))
    assert isinstance(refused, Denied)
    assert refused.reason == "agent_full"
    story.agent = agent()
    story.moved(ev.AgentAccepted("i1", "claire", "x"))
    again = story.tell(ev.AgentAccepted("i1", "claire", "x"))
    assert isinstance(again, Denied)
    assert again.reason in {"invitation_over", "already_holds"}


def test_hanging_up_ends_the_video_for_good_and_the_chat_goes_on() -> None:
    story = Story().in_video()
    story.moved(ev.HungUp(Role.VISITOR))
    c = story.conversation
    assert (c.state, c.party, c.agent_id, c.video_ended) == (State.CHAT, Party.AGENT, "claire", True)
    assert ef.CloseCall("call-1", "revoked") in story.effects
    assert ef.DrainQueue("claire") in story.effects
    refused = story.tell(ev.VideoRequested())
    assert isinstance(refused, Denied)
    assert refused.reason == "video_ended"
    story.moved(ev.VisitorWrote("m7"))
    story.moved(ev.ConversationClosed("agent"))
    assert story.conversation.state is State.CLOSED


def test_a_drop_is_no_hang_up_and_can_be_resumed_for_two_minutes() -> None:
    story = Story().in_video()
    story.moved(ev.MediaDropped("call-1", Role.VISITOR))
    assert TimerName.RECONNECT in story.conversation.timers
    story.moved(ev.ReconnectTimedOut(), after=timedelta(seconds=20))
    c = story.conversation
    assert (c.state, c.video_ended) == (State.CHAT, False)
    assert c.resume_until == story.now + timedelta(minutes=2)
    story.moved(ev.VideoResumed("call-2"))
    assert story.conversation.state is State.VIDEO_LOBBY
    assert story.conversation.resume_until is None


def test_the_offer_to_resume_ends() -> None:
    story = Story().in_video()
    story.moved(ev.MediaDropped("call-1", Role.VISITOR))
    story.moved(ev.ReconnectTimedOut(), after=timedelta(seconds=20))
    story.moved(ev.ResumeOfferEnded(), after=timedelta(minutes=2))
    refused = story.tell(ev.VideoResumed("call-2"))
    assert isinstance(refused, Denied)
    assert refused.reason == "resume_over"


def test_reconnecting_within_the_grace_keeps_the_call() -> None:
    story = Story().in_video()
    story.moved(ev.MediaDropped("call-1", Role.AGENT))
    story.moved(ev.MediaConnected("call-1", Role.AGENT), after=timedelta(seconds=5))
    assert story.conversation.state is State.IN_VIDEO
    assert TimerName.RECONNECT not in story.conversation.timers
    assert isinstance(story.tell(ev.ReconnectTimedOut()), Ignored)


def test_a_proposal_is_one_at_a_time_expires_and_pauses_after_a_decline() -> None:
    story = Story().accepted(PLAIN)
    story.moved(ev.VideoProposed("claire", "p1"))
    second = story.tell(ev.VideoProposed("claire", "p2"))
    assert isinstance(second, Denied)
    assert second.reason == "proposal_open"
    story.moved(ev.VideoDeclined("p1"))
    assert ef.DrainQueue("claire") in story.effects
    paused = story.tell(ev.VideoProposed("claire", "p2"))
    assert isinstance(paused, Denied)
    assert paused.decision.near_misses
    story.moved(ev.VideoProposed("claire", "p2"), after=timedelta(seconds=61))
    late = story.tell(ev.VideoAccepted("p1", "call-9"))
    assert isinstance(late, Denied)
    assert late.reason == "proposal_over"
    story.moved(ev.ProposalExpired(), after=timedelta(seconds=60))
    story.moved(ev.VideoProposed("claire", "p3"))
    story.moved(ev.ProposalWithdrawn("claire", "p3"))
    assert isinstance(story.tell(ev.VideoProposed("claire", "p4")), Denied), "three at most"


def test_accepting_a_proposal_opens_the_lobby_with_the_same_agent() -> None:
    story = Story().accepted(PLAIN)
    story.moved(ev.VideoProposed("claire", "p1"))
    story.moved(ev.VideoAccepted("p1", "call-2"))
    c = story.conversation
    assert (c.state, c.agent_id, c.consent) == (State.VIDEO_LOBBY, "claire", Consent.VISITOR)


def test_leaving_the_lobby_keeps_the_agent_and_uses_up_the_card() -> None:
    story = Story().accepted()
    story.moved(ev.LobbyLeft(Role.VISITOR))
    c = story.conversation
    assert (c.state, c.agent_id, c.consent, c.video_ended) == (State.CHAT, "claire", Consent.NONE, False)
    assert c.verdict is not None
    assert c.verdict.consumed


def test_an_agent_lost_in_the_lobby_requeues_at_the_head_still_for_video() -> None:
    story = Story().accepted()
    story.moved(ev.AgentDisconnected("claire"))
    story.moved(ev.AgentAwayTimedOut(), after=timedelta(seconds=60))
    c = story.conversation
    assert (c.state, c.agent_id, c.consent) == (State.QUEUED, None, Consent.CARD)
    assert c.queue is not None
    assert c.queue.at_head
    story.moved(ev.AgentInvited("i2", "claire"))
    story.moved(ev.AgentAccepted("i2", "claire", "call-2"))
    assert story.conversation.state is State.VIDEO_LOBBY


def test_an_agent_lost_after_video_started_requeues_for_chat() -> None:
    story = Story().in_video()
    story.moved(ev.AgentDisconnected("claire"))
    story.moved(ev.MediaDropped("call-1", Role.AGENT))
    story.moved(ev.ReconnectTimedOut(), after=timedelta(seconds=20))
    assert story.conversation.state is State.CHAT
    story.moved(ev.AgentAwayTimedOut(), after=timedelta(seconds=60))
    c = story.conversation
    assert (c.state, c.need, c.consent) == (State.QUEUED, Need.CHAT, Consent.NONE)


def test_direct_video_queues_for_video_and_starts_in_the_lobby() -> None:
    story = Story().start()
    story.moved(ev.VideoRequested())
    assert (story.conversation.state, story.conversation.need) == (State.QUEUED, Need.VIDEO)
    story.moved(ev.AgentInvited("i1", "claire"))
    invitation = story.conversation.invitation
    assert invitation is not None
    assert invitation.holds_video
    story.moved(ev.AgentAccepted("i1", "claire", "call-1"))
    assert story.conversation.state is State.VIDEO_LOBBY


def test_leaving_the_queue_returns_to_the_bot() -> None:
    story = Story().invited()
    story.moved(ev.QueueLeft())
    c = story.conversation
    assert (c.state, c.party, c.invitation) == (State.CHAT, Party.BOT, None)
    assert ef.EndInvitation("claire", "i1", "revoked") in story.effects
    story.moved(ev.VisitorWrote("m5"))
    assert ef.AskBot("m5") in story.effects


def test_waiting_too_long_gives_the_alternative_and_tells_the_bot() -> None:
    story = Story().handed_over()
    story.moved(ev.QueueTimedOut(), after=timedelta(minutes=10))
    assert story.conversation.party is Party.BOT
    assert story.effect_names() == ["ShowAlternative", "TellBot"]


def test_a_colleague_takes_over_without_a_gap() -> None:
    story = Story().accepted(PLAIN)
    story.agent = agent("marc")
    story.moved(ev.AgentInvited("t1", "marc", Purpose.TRANSFER))
    assert story.conversation.agent_id == "claire"
    story.moved(ev.AgentAccepted("t1", "marc", "call-5"))
    assert story.conversation.agent_id == "marc"
    assert ef.DrainQueue("claire") in story.effects


def test_a_colleague_without_video_cannot_take_a_call() -> None:
    story = Story().in_video()
    story.agent = agent("marc", can_video=False)
    assert isinstance(story.tell(ev.AgentInvited("t1", "marc", Purpose.TRANSFER)), Denied)
    story.agent = agent("marc")
    story.moved(ev.AgentInvited("t1", "marc", Purpose.TRANSFER))
    story.moved(ev.AgentAccepted("t1", "marc", "call-2"))
    c = story.conversation
    assert (c.state, c.agent_id, c.video_ended) == (State.VIDEO_LOBBY, "marc", False)
    assert c.call is not None
    assert c.call.id == "call-2"


def test_the_bot_that_does_not_answer_in_time_has_failed() -> None:
    story = Story().start()
    story.moved(ev.BotReplied(("m0",), "greet-c1"))
    assert TimerName.BOT not in story.conversation.timers
    story.moved(ev.VisitorWrote("m1"))
    assert isinstance(story.tell(ev.BotFailed("timeout")), Ignored), "not due yet"
    story.moved(ev.BotFailed("timeout"), after=timedelta(seconds=10))
    assert story.said == ["bot_failed"]
    story.moved(ev.PersonRequested())
    assert story.conversation.state is State.QUEUED


def test_a_starting_bot_is_no_failure() -> None:
    story = Story().start()
    story.moved(ev.BotFailed("starting"))
    assert story.said == []


def test_idle_conversations_close_and_closed_ones_ignore_everything() -> None:
    story = Story().start()
    story.moved(ev.IdleTimedOut(), after=timedelta(minutes=15))
    assert story.conversation.state is State.CLOSED
    assert story.conversation.timers == {}
    assert story.tell(ev.VisitorWrote("m1")) == Ignored("closed")


def test_writing_keeps_the_conversation_from_going_idle() -> None:
    story = Story().start()
    story.moved(ev.VisitorWrote("m1"), after=timedelta(minutes=14))
    assert story.tell(ev.IdleTimedOut(), after=timedelta(minutes=2)) == Ignored("stale_timer")


def test_an_event_without_a_row_is_illegal() -> None:
    story = Story().start()
    assert story.tell(ev.HungUp(Role.VISITOR)) == Illegal(State.CHAT, "HungUp")
    assert story.tell(ev.LobbyTimedOut()) == Ignored("stale_timer")


def test_every_fact_read_is_stored_with_the_decision() -> None:
    story = Story().invited(MATCHED)
    story.agent = agent(video_present=False)
    moved = story.moved(ev.AgentAccepted("i1", "claire", "call-1"))
    assert moved.decision.row == "card-cannot-escalate"
    assert moved.decision.facts["agent.video_present"] is False
    assert [miss.row for miss in moved.decision.near_misses] == ["card-escalates-to-video"]


def test_a_lost_room_starts_the_grace_and_is_opened_again() -> None:
    story = Story().in_video()
    story.moved(ev.MediaLost("call-1"))
    call = story.conversation.call
    assert call is not None
    assert call.connected == frozenset()
    assert TimerName.RECONNECT in story.conversation.timers
    assert story.effects == [ef.OpenCall("call-1")]
