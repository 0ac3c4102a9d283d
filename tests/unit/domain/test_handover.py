"""An agent hands over to a group: a search beside the state, that ends by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orchestrator.domain import effects as ef
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Handover, Party, Purpose, Role, State, TimerName
from orchestrator.domain.outcome import Denied
from tests.unit.domain.story import MATCHED, PLAIN, Story, agent, group

SECONDS = timedelta(seconds=1)


def handover(story: Story) -> Handover:
    found = story.conversation.handover
    assert found is not None
    return found


def asked() -> Story:
    """Marc is asked to take over from Claire."""
    story = Story().handing_over()
    story.agent = agent("marc")
    story.moved(ev.AgentInvited("i2", "marc", Purpose.TRANSFER))
    return story


def test_the_agent_stays_while_a_taker_is_looked_for() -> None:
    story = Story().handing_over()
    c = story.conversation
    assert (c.state, c.party, c.agent_id) == (State.CHAT, Party.AGENT, "claire")
    assert (handover(story).by_agent, handover(story).group, handover(story).declined) == (
        "claire",
        "advisors",
        frozenset(),
    )
    assert ef.FindAgent("advisors") in story.effects
    assert [(one.key, one.params) for one in story.notices] == [("transfer_started", {"name": "Claire"})]
    assert c.timers[TimerName.HANDOVER] == story.now + timedelta(minutes=2)
    story.moved(ev.VisitorWrote("m9"))


def test_a_closed_group_is_not_asked() -> None:
    story = Story().accepted(PLAIN)
    story.group = group(open=False)
    assert isinstance(story.tell(ev.HandoverRequested("claire", "advisors")), Denied)


def test_who_accepts_gets_the_conversation_and_the_note() -> None:
    story = asked()
    invitation = story.conversation.invitation
    assert invitation is not None
    assert invitation.note_message_id == "n1"
    story.moved(ev.AgentAccepted("i2", "marc", "k"))
    c = story.conversation
    assert (c.agent_id, c.handover, c.invitation) == ("marc", None, None)
    assert TimerName.HANDOVER not in c.timers
    assert story.said == ["agent_changed"]


@pytest.mark.parametrize(
    ("event", "wait"),
    [(ev.InvitationDeclined("i2", "marc"), SECONDS), (ev.InvitationExpired(), SECONDS * 30)],
)
def test_who_refuses_is_not_asked_again_and_the_search_goes_on(event: ev.Event, wait: timedelta) -> None:
    story = asked()
    story.moved(event, after=wait)
    assert handover(story).declined == {"marc"}
    assert story.conversation.agent_id == "claire"
    assert ef.FindAgent("advisors") in story.effects
    assert story.said == []


def test_an_invitation_taken_back_is_no_refusal() -> None:
    story = asked()
    story.moved(ev.InvitationRevoked("i2", "switched_off"))
    assert handover(story).declined == frozenset()
    assert ef.FindAgent("advisors") in story.effects


@pytest.mark.parametrize(("reason", "said"), [("nobody", 1), ("closed", 1), ("withdrawn", 0)])
def test_it_ends_and_the_agent_goes_on(reason: str, said: int) -> None:
    story = asked()
    story.moved(ev.HandoverEnded(reason))  # type: ignore[arg-type]
    c = story.conversation
    assert (c.agent_id, c.handover, c.invitation) == ("claire", None, None)
    assert story.said == ["transfer_nobody"] * said
    assert ef.EndInvitation("marc", "i2", "revoked") in story.effects


def test_it_ends_by_itself() -> None:
    story = Story().handing_over()
    story.moved(ev.HandoverTimedOut(), after=timedelta(minutes=2))
    assert story.conversation.handover is None
    assert story.said == ["transfer_nobody"]


def test_its_deadline_outlives_a_move_to_video() -> None:
    story = Story().handing_over()
    deadline = story.conversation.timers[TimerName.HANDOVER]
    story.moved(ev.VideoProposed("claire", "p1"))
    story.moved(ev.VideoAccepted("p1", "call-7"))
    assert story.conversation.state is State.VIDEO_LOBBY
    assert story.conversation.timers[TimerName.HANDOVER] == deadline
    story.agent = agent("marc")
    story.moved(ev.AgentInvited("i2", "marc", Purpose.TRANSFER))
    story.moved(ev.AgentAccepted("i2", "marc", "call-8"))
    assert story.conversation.state is State.VIDEO_LOBBY
    assert story.conversation.agent_id == "marc"


@pytest.mark.parametrize(
    "event", [ev.Requeued("sue"), ev.AgentAssigned("marc", "k", "sue"), ev.ConversationClosed("visitor")]
)
def test_it_is_gone_with_its_agent(event: ev.Event) -> None:
    story = Story().handing_over()
    story.agent = agent("marc")
    story.moved(event)
    assert story.conversation.handover is None
    assert TimerName.HANDOVER not in story.conversation.timers


def test_a_call_is_handed_over_without_a_hang_up() -> None:
    story = Story().accepted(MATCHED)
    story.moved(ev.MediaConnected("call-1", Role.VISITOR))
    story.moved(ev.MediaConnected("call-1", Role.AGENT))
    story.moved(ev.HandoverRequested("claire", "advisors"))
    story.agent = agent("marc")
    story.moved(ev.AgentInvited("i2", "marc", Purpose.TRANSFER))
    assert story.conversation.invitation is not None
    assert story.conversation.invitation.holds_video
    story.moved(ev.AgentAccepted("i2", "marc", "call-2"))
    c = story.conversation
    assert (c.state, c.agent_id, c.video_ended) == (State.VIDEO_LOBBY, "marc", False)


# --- rounds of a waiting visitor ------------------------------------------------------------------------


def test_after_everybody_refused_the_visitor_rests_until_the_next_round() -> None:
    story = Story().exhausted()
    queue = story.conversation.queue
    assert queue is not None
    assert (queue.resting, queue.declined) == (True, {"claire"})
    assert story.conversation.timers[TimerName.ROUND] == story.now + timedelta(seconds=30)
    assert story.effects == []
    story.moved(ev.RoundStarted(), after=timedelta(seconds=30))
    queue = story.conversation.queue
    assert queue is not None
    assert (queue.resting, queue.declined, queue.round) == (False, frozenset(), 2)
    assert TimerName.ROUND not in story.conversation.timers
    assert story.effects == [ef.FindAgent("advisors")]


def test_a_change_of_presence_opens_the_next_round_early() -> None:
    story = Story().exhausted()
    story.moved(ev.RoundReopened("presence"))
    queue = story.conversation.queue
    assert queue is not None
    assert (queue.resting, queue.declined, queue.round) == (False, frozenset(), 2)
    assert story.effects == [ef.FindAgent("advisors")]


def test_while_resting_somebody_new_may_be_asked() -> None:
    story = Story().exhausted()
    due = story.conversation.timers[TimerName.ROUND]
    story.agent = agent("marc")
    story.moved(ev.AgentInvited("i2", "marc"))
    assert story.conversation.timers[TimerName.ROUND] == due
    story.moved(ev.InvitationDeclined("i2", "marc"))
    queue = story.conversation.queue
    assert queue is not None
    assert (queue.resting, queue.declined) == (True, {"claire", "marc"})


def test_the_rules_give_rank_and_skills_and_who_knows_the_visitor_is_remembered() -> None:
    story = Story()
    story.group = group(
        priority=3, ageing=timedelta(minutes=1), skills=(("billing", 2),), sticky_agent="claire"
    )
    queue = story.handed_over().conversation.queue
    assert queue is not None
    assert (queue.priority, queue.skills, queue.sticky_agent) == (3, (("billing", 2),), "claire")
    assert queue.rank_at == queue.entered_at - timedelta(minutes=3)
