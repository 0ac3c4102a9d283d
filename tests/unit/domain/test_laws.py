"""Each law refuses what it is there to refuse, for the reason it names, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Purpose, Role, TimerName
from orchestrator.domain.events import Event
from orchestrator.domain.facts import AgentFacts, Facts
from orchestrator.domain.laws import refusal
from tests.unit.domain.story import MATCHED, PLAIN, T0, Story, agent, group

TRANSFER = Purpose.TRANSFER


def bot() -> Story:
    return Story().start()


def queued() -> Story:
    return Story().handed_over()


def invited() -> Story:
    return Story().invited()


def chat() -> Story:
    return Story().accepted(PLAIN)


def transferring() -> Story:
    story = chat()
    story.agent = agent("marc")
    story.moved(ev.AgentInvited("i2", "marc", TRANSFER))
    return story


def resting() -> Story:
    return Story().exhausted()


def handing_over() -> Story:
    return Story().handing_over()


def proposed() -> Story:
    story = chat()
    story.moved(ev.VideoProposed("claire", "p1"))
    return story


def lobby() -> Story:
    return Story().accepted(MATCHED)


def hung_up() -> Story:
    story = Story().in_video()
    story.moved(ev.HungUp(Role.AGENT))
    return story


STORIES = {
    story.__name__: story
    for story in (
        bot,
        queued,
        invited,
        resting,
        chat,
        transferring,
        handing_over,
        proposed,
        lobby,
        hung_up,
    )
}


def situation(name: str) -> Conversation:
    return STORIES[name]().conversation


def judged(c: Conversation, event: Event, who: AgentFacts | None, camera: str = "allowed") -> str | None:
    """As `kind:reason`, or None."""
    found = refusal(c, event, Facts(agent=who, group=group()), camera, T0 + timedelta(seconds=30))
    return f"{found.kind}:{found.reason}" if found is not None else None


CLAIRE, MARC = agent("claire"), agent("marc")


@pytest.mark.parametrize(
    ("where", "event", "expected"),
    [
        # The bot speaks only while it is the visitor's party.
        ("bot", ev.BotReplied(("m",)), None),
        ("bot", ev.ConversationClosed("bot"), None),
        ("queued", ev.BotReplied(("m",)), "denied:bot_is_mute"),
        ("queued", ev.TransferRequested("m", MATCHED), "denied:bot_is_mute"),
        ("queued", ev.ConversationClosed("bot"), "denied:bot_is_mute"),
        ("queued", ev.ConversationClosed("visitor"), None),
        ("chat", ev.BotReplied(("m",)), "denied:bot_is_mute"),
        ("lobby", ev.TransferRequested("m", MATCHED), "denied:bot_is_mute"),
        ("bot", ev.BotFailed("error"), None),
        ("queued", ev.BotFailed("error"), "ignored:nothing_asked"),
        # An invitation is one at a time, of its own purpose, and only the invited one answers it.
        ("invited", ev.AgentInvited("i2", "marc"), "denied:already_invited"),
        ("queued", ev.AgentInvited("i2", "marc", TRANSFER), "denied:wrong_purpose"),
        ("chat", ev.AgentInvited("i2", "marc"), "denied:wrong_purpose"),
        ("chat", ev.AgentInvited("i2", "marc", TRANSFER), None),
        ("chat", ev.AgentInvited("i2", "claire", TRANSFER), "denied:already_holds"),
        ("queued", ev.AgentInvited("i2", "marc"), None),
        ("queued", ev.AgentAccepted("i1", "claire", "k"), "denied:invitation_over"),
        ("invited", ev.AgentAccepted("i0", "claire", "k"), "denied:invitation_over"),
        ("invited", ev.AgentAccepted("i1", "marc", "k"), "denied:not_yours"),
        ("invited", ev.AgentAccepted("i1", "claire", "k"), None),
        ("queued", ev.InvitationDeclined("i1", "claire"), "ignored:invitation_over"),
        ("invited", ev.InvitationDeclined("i0", "claire"), "ignored:invitation_over"),
        ("invited", ev.InvitationDeclined("i1", "marc"), "denied:not_yours"),
        ("invited", ev.InvitationDeclined("i1", "claire"), None),
        ("queued", ev.InvitationRevoked("i1", "gone"), "ignored:invitation_over"),
        ("invited", ev.InvitationRevoked("i0", "gone"), "ignored:invitation_over"),
        ("invited", ev.InvitationRevoked("i1", "gone"), None),
        # A round is exhausted once, and only while nobody is asked.
        ("queued", ev.RoundExhausted(), None),
        ("invited", ev.RoundExhausted(), "ignored:already_invited"),
        ("resting", ev.RoundExhausted(), "ignored:resting"),
        ("resting", ev.RoundReopened("presence"), None),
        ("queued", ev.RoundReopened("presence"), "ignored:not_resting"),
        ("chat", ev.RoundReopened("presence"), "ignored:not_resting"),
        # Whoever is given a conversation does not have it yet, and a line that is named is there.
        ("queued", ev.AgentAssigned("marc", "k", "sue"), None),
        ("chat", ev.AgentAssigned("marc", "k", "sue"), None),
        ("chat", ev.AgentAssigned("claire", "k", "sue"), "denied:already_holds"),
        ("chat", ev.Requeued("sue"), None),
        ("chat", ev.Requeued("sue", "advisors"), None),
        ("chat", ev.Requeued("sue", "nowhere"), "denied:unknown_group"),
        # One handover at a time, by who has the conversation.
        ("chat", ev.HandoverRequested("claire", "advisors"), None),
        ("chat", ev.HandoverRequested("claire", "nowhere"), "denied:unknown_group"),
        ("chat", ev.HandoverRequested("marc", "advisors"), "denied:not_yours"),
        ("bot", ev.HandoverRequested("marc", "advisors"), "denied:not_yours"),
        ("handing_over", ev.HandoverRequested("claire", "advisors"), "denied:handover_open"),
        ("transferring", ev.HandoverRequested("claire", "advisors"), "denied:already_invited"),
        ("handing_over", ev.HandoverEnded("withdrawn"), None),
        ("chat", ev.HandoverEnded("nobody"), "ignored:handover_over"),
        # A proposal too.
        ("proposed", ev.VideoProposed("claire", "p2"), "denied:proposal_open"),
        ("chat", ev.VideoProposed("claire", "p2"), None),
        ("chat", ev.VideoAccepted("p1", "k"), "denied:proposal_over"),
        ("chat", ev.VideoDeclined("p1"), "denied:proposal_over"),
        ("chat", ev.ProposalWithdrawn("claire", "p1"), "denied:proposal_over"),
        ("proposed", ev.VideoAccepted("p0", "k"), "denied:proposal_over"),
        ("proposed", ev.VideoDeclined("p0"), "denied:proposal_over"),
        ("proposed", ev.ProposalWithdrawn("claire", "p0"), "denied:proposal_over"),
        ("proposed", ev.VideoAccepted("p1", "k"), None),
        ("proposed", ev.VideoDeclined("p1"), None),
        ("proposed", ev.ProposalWithdrawn("claire", "p1"), None),
        # Only the agent of the conversation acts in it.
        ("chat", ev.AgentWrote("claire", "m"), None),
        ("chat", ev.AgentWrote("marc", "m"), "denied:not_yours"),
        ("chat", ev.VideoProposed("marc", "p"), "denied:not_yours"),
        ("proposed", ev.ProposalWithdrawn("marc", "p1"), "denied:not_yours"),
        ("queued", ev.AgentWrote("claire", "m"), "denied:not_yours"),
        ("chat", ev.AgentDisconnected("marc"), "ignored:not_yours"),
        ("chat", ev.AgentReconnected("marc"), "ignored:not_yours"),
        ("chat", ev.AgentDisconnected("claire"), None),
        ("chat", ev.AgentReconnected("claire"), None),
        # Video.
        ("hung_up", ev.VideoRequested(), "denied:video_ended"),
        ("bot", ev.VideoRequested(), None),
        ("chat", ev.VideoResumed("k"), "denied:resume_over"),
        ("lobby", ev.MediaConnected("call-1", Role.AGENT), None),
        ("lobby", ev.MediaConnected("call-0", Role.AGENT), "ignored:stale_call"),
        ("lobby", ev.MediaDropped("call-0", Role.AGENT), "ignored:stale_call"),
        ("lobby", ev.MediaLost("call-0"), "ignored:stale_call"),
        ("chat", ev.MediaConnected("call-1", Role.AGENT), "ignored:stale_call"),
        ("chat", ev.MediaDropped("call-1", Role.AGENT), "ignored:stale_call"),
        ("chat", ev.MediaLost("call-1"), "ignored:stale_call"),
    ],
)
def test_what_is_refused_and_why(where: str, event: Event, expected: str | None) -> None:
    who = agent(getattr(event, "agent_id", "claire"))
    assert judged(situation(where), event, who) == expected


def test_a_bot_that_owes_nothing_cannot_fail() -> None:
    story = bot()
    story.moved(ev.BotReplied(("m",), "greet-c1"))
    assert judged(story.conversation, ev.BotFailed("error"), None) == "ignored:nothing_asked"


@pytest.mark.parametrize("where", ["queued", "invited"])
@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (None, "denied:unknown_agent"),
        (MARC, "denied:unknown_agent"),
        (agent("claire", free_chat=False), "denied:agent_full"),
        (CLAIRE, None),
    ],
)
def test_an_agent_takes_only_what_there_is_room_for(
    where: str, who: AgentFacts | None, reason: str | None
) -> None:
    event = ev.AgentInvited("i1", "claire") if where == "queued" else ev.AgentAccepted("i1", "claire", "k")
    assert judged(situation(where), event, who) == reason


@pytest.mark.parametrize(
    ("who", "by", "reason"),
    [
        (None, "sue", "denied:unknown_agent"),
        (agent("marc", free_chat=False), "sue", "denied:agent_full"),
        (agent("marc", connected=False), "sue", "denied:agent_away"),
        (agent("marc", connected=False), "marc", None),
        (MARC, "sue", None),
    ],
)
def test_work_is_given_to_who_is_there_and_has_room(
    who: AgentFacts | None, by: str, reason: str | None
) -> None:
    for where in ("bot", "queued", "chat", "lobby"):
        assert judged(situation(where), ev.AgentAssigned("marc", "k", by), who) == reason


def test_under_forbidden_a_camera_goes_off_but_never_on() -> None:
    c = situation("lobby")
    assert judged(c, ev.CameraSwitched(True), None, "forbidden") == "denied:camera_forbidden"
    assert judged(c, ev.CameraSwitched(False), None, "forbidden") is None
    assert judged(c, ev.CameraSwitched(True), None, "off_by_default") is None


def test_the_offer_to_resume_is_over_at_its_very_end() -> None:
    story = Story().in_video()
    story.moved(ev.MediaDropped("call-1", Role.VISITOR))
    story.moved(ev.ReconnectTimedOut(), after=timedelta(seconds=20))
    c, facts = story.conversation, Facts()
    assert c.resume_until is not None
    late = refusal(c, ev.VideoResumed("k"), facts, "allowed", c.resume_until)
    assert late is not None
    assert late.reason == "resume_over"
    before = c.resume_until - timedelta(microseconds=1)
    assert refusal(c, ev.VideoResumed("k"), facts, "allowed", before) is None


def test_a_timer_speaks_from_its_deadline_on_and_only_while_it_runs() -> None:
    c = situation("bot")
    due = c.timers[TimerName.IDLE]
    early = refusal(c, ev.IdleTimedOut(), Facts(), "allowed", due - timedelta(microseconds=1))
    assert early is not None
    assert (early.kind, early.reason) == ("ignored", "stale_timer")
    assert refusal(c, ev.IdleTimedOut(), Facts(), "allowed", due) is None
    assert judged(c, ev.LobbyTimedOut(), None) == "ignored:stale_timer"


def test_a_closed_conversation_hears_nothing() -> None:
    story = bot()
    story.moved(ev.ConversationClosed("visitor"))
    assert judged(story.conversation, ev.VisitorWrote("m"), None) == "ignored:closed"
    assert judged(replace(story.conversation, bot_id=None), ev.BotReplied(("m",)), None) == "ignored:closed"
