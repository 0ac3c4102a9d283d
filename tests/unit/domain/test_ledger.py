"""What each passage of a conversation leaves in the ledger."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Role, State
from orchestrator.domain.ledger import (
    HandlingBegan,
    HandlingEnded,
    LedgerEntry,
    VideoCounted,
    WaitBegan,
    WaitEnded,
    WaitInvited,
    ledger_of_change,
)
from tests.unit.domain.story import PLAIN, Story, agent, group

SECOND = timedelta(seconds=1)


def entries(story: Story, event: ev.Event, after: timedelta = SECOND) -> list[LedgerEntry]:
    """What the event adds, told in the story."""
    before = story.c
    story.moved(event, after)
    return list(ledger_of_change(before, story.conversation, event, story.now))


def test_a_transfer_begins_a_wait() -> None:
    story = Story().start()
    assert entries(story, ev.VisitorWrote("m1")) == []
    c = story.conversation
    began = WaitBegan("c1", c.version + 1, "advisors", "chat", "demo", "fr", 0, story.now + SECOND)
    assert entries(story, ev.TransferRequested("m2", PLAIN)) == [began]


def test_asking_for_video_waits_for_video() -> None:
    found = entries(Story().start(), ev.VideoRequested())
    assert [entry.channel for entry in found if isinstance(entry, WaitBegan)] == ["video"]


def test_every_invitation_counts_for_the_wait() -> None:
    story = Story().handed_over(PLAIN)
    assert entries(story, ev.AgentInvited("i1", "claire")) == [WaitInvited("c1")]
    assert entries(story, ev.InvitationDeclined("i1", "claire")) == []
    story.agent = agent("marc")
    assert entries(story, ev.AgentInvited("i2", "marc")) == [WaitInvited("c1")]


def test_an_answer_ends_the_wait_and_begins_the_handling() -> None:
    story = Story().invited(PLAIN)
    found = entries(story, ev.AgentAccepted("i1", "claire", "call-1"))
    version = story.conversation.version
    assert found == [
        WaitEnded("c1", "answered", story.now, "claire"),
        HandlingBegan("c1", version, "claire", "advisors", "chat", "demo", story.now),
    ]


def test_a_handling_that_starts_with_video_says_so() -> None:
    found = entries(Story().invited(), ev.AgentAccepted("i1", "claire", "call-1"))
    assert [entry.channel for entry in found if isinstance(entry, HandlingBegan)] == ["video"]


@pytest.mark.parametrize(
    ("event", "after", "outcome"),
    [
        (ev.QueueLeft(), SECOND, "left"),
        (ev.ConversationClosed("visitor"), SECOND, "left"),
        (ev.ConversationClosed("system"), SECOND, "closed"),
        (ev.QueueTimedOut(), timedelta(minutes=11), "timed_out"),
        (ev.TransferFailed("full"), SECOND, "failed_full"),
        (ev.TransferFailed("closed"), SECOND, "failed_closed"),
        (ev.TransferFailed("nobody"), SECOND, "failed_nobody"),
        (ev.TransferFailed("declined_by_all"), SECOND, "failed_declined"),
        (ev.TransferFailed("timed_out"), SECOND, "timed_out"),
        (ev.MessageLeft("l1"), SECOND, "message"),
    ],
    ids=lambda value: getattr(value, "reason", None) or type(value).__name__,
)
def test_how_waits_end(event: ev.Event, after: timedelta, outcome: str) -> None:
    story = Story().handed_over(PLAIN)
    story.group = group(takes_messages=True)
    assert entries(story, event, after) == [WaitEnded("c1", outcome, story.now)]  # type: ignore[arg-type]


def test_a_visitor_who_stays_away_gave_up() -> None:
    story = Story().handed_over(PLAIN)
    story.moved(ev.VisitorDisconnected())
    away = entries(story, ev.VisitorAwayTimedOut(), timedelta(minutes=2))
    assert WaitEnded("c1", "away", story.now) in away


def test_sent_back_by_a_supervisor_a_wait_ends_and_another_begins() -> None:
    story = Story().handed_over(PLAIN)
    found = entries(story, ev.Requeued("boss"))
    assert [type(entry) for entry in found] == [WaitEnded, WaitBegan]
    assert found[0] == WaitEnded("c1", "requeued", story.now)


def test_sent_back_from_an_agent_the_handling_ends_and_a_wait_begins() -> None:
    story = Story().accepted(PLAIN)
    found = entries(story, ev.Requeued("boss"))
    assert HandlingEnded("c1", "requeued", story.now) in found
    assert [type(entry) for entry in found] == [WaitBegan, HandlingEnded]


def test_a_lost_agent_ends_the_handling_and_the_visitor_waits_again() -> None:
    story = Story().accepted(PLAIN)
    story.moved(ev.AgentDisconnected("claire"))
    found = entries(story, ev.AgentAwayTimedOut(), timedelta(minutes=2))
    assert HandlingEnded("c1", "lost", story.now) in found
    assert [type(entry) for entry in found] == [WaitBegan, HandlingEnded]


def test_a_colleague_who_takes_over_begins_a_handling_of_their_own() -> None:
    story = Story().accepted(PLAIN)
    story.agent = agent("marc")
    found = entries(story, ev.AgentAssigned("marc", "call-2", "boss"))
    assert found[0] == HandlingEnded("c1", "handed_over", story.now)
    assert isinstance(found[1], HandlingBegan)
    assert (found[1].agent_id, found[1].version) == ("marc", story.conversation.version)


def test_the_end_of_a_conversation_ends_its_handling() -> None:
    story = Story().accepted(PLAIN)
    assert entries(story, ev.ConversationClosed("agent")) == [HandlingEnded("c1", "closed", story.now)]


def test_video_counts_from_when_both_are_connected_until_it_ends() -> None:
    story = Story().in_video()
    assert entries(story, ev.HungUp(Role.AGENT), timedelta(seconds=90)) == [VideoCounted("c1", 90.0)]
    assert story.conversation.state is State.CHAT
    assert entries(story, ev.ConversationClosed("agent")) == [HandlingEnded("c1", "closed", story.now)]


def test_video_that_ends_with_the_conversation_counts_before_its_end() -> None:
    found = entries(story := Story().in_video(), ev.ConversationClosed("visitor"), timedelta(seconds=30))
    assert found == [VideoCounted("c1", 30.0), HandlingEnded("c1", "closed", story.now)]


def test_a_lobby_that_never_became_video_counts_nothing() -> None:
    assert entries(Story().accepted(), ev.LobbyLeft(Role.VISITOR)) == []


def test_a_dropped_connection_within_the_grace_counts_nothing_yet() -> None:
    assert entries(Story().in_video(), ev.MediaDropped("call-1", Role.VISITOR)) == []
