"""A supervisor gives a conversation to somebody, or sends it back to a line."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orchestrator.domain import effects as ef
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Consent, Need, Party, Purpose, QueueEntry, State, TimerName
from orchestrator.domain.facts import Facts
from orchestrator.domain.guard_facts import guard_facts
from orchestrator.domain.outcome import Denied, Illegal
from tests.unit.domain.story import MATCHED, PLAIN, Story, agent, group

TO_MARC = ev.AgentAssigned("marc", "call-2", "sue")


def entry(story: Story) -> QueueEntry:
    queue = story.conversation.queue
    assert queue is not None
    return queue


def with_marc(story: Story, **changes: bool) -> Story:
    story.agent = agent("marc", **changes)
    return story


@pytest.mark.parametrize("story", [Story().start(), Story(with_bot=False).start()])
def test_a_visitor_who_does_not_wait_is_given_to_an_agent(story: Story) -> None:
    with_marc(story).moved(TO_MARC)
    c = story.conversation
    assert (c.state, c.party, c.agent_id, c.last_agent_id) == (State.CHAT, Party.AGENT, "marc", "marc")
    assert c.bot_asked is None
    assert story.said == ["agent_joined"]
    assert story.notices[0].params == {"name": "Marc"}


def test_who_waits_goes_to_video_as_if_the_agent_had_accepted() -> None:
    story = with_marc(Story().invited())
    story.moved(TO_MARC)
    c = story.conversation
    assert (c.state, c.agent_id, c.queue, c.invitation) == (State.VIDEO_LOBBY, "marc", None, None)
    assert c.consent is Consent.CARD
    assert c.call is not None
    assert c.call.id == "call-2"
    assert ef.EndInvitation("claire", "i1", "revoked") in story.effects
    assert story.said == ["agent_joined", "video_starts"]


@pytest.mark.parametrize("verdict", [MATCHED, PLAIN])
def test_without_video_it_is_a_chat(verdict: object) -> None:
    story = with_marc(Story().handed_over(verdict), can_video=False)  # type: ignore[arg-type]
    story.moved(TO_MARC)
    c = story.conversation
    assert (c.state, c.agent_id) == (State.CHAT, "marc")
    assert c.verdict is not None
    assert c.verdict.consumed
    assert story.said == (["agent_joined", "video_unavailable"] if verdict is MATCHED else ["agent_joined"])


@pytest.mark.parametrize(("can_video", "state"), [(True, State.VIDEO_LOBBY), (False, State.CHAT)])
def test_direct_video_too(can_video: bool, state: State) -> None:
    story = Story().start()
    story.moved(ev.VideoRequested())
    with_marc(story, can_video=can_video).moved(TO_MARC)
    assert story.conversation.state is state
    assert story.conversation.need is (Need.VIDEO if can_video else Need.CHAT)


def test_another_agent_takes_over_at_once() -> None:
    story = with_marc(Story().accepted(PLAIN))
    story.moved(ev.AgentInvited("i2", "marc", Purpose.TRANSFER))
    story.moved(TO_MARC)
    c = story.conversation
    assert (c.state, c.agent_id, c.invitation) == (State.CHAT, "marc", None)
    assert ef.DrainQueue("claire") in story.effects
    assert story.said == ["agent_changed"]


@pytest.mark.parametrize("story", [Story().accepted(), Story().in_video()])
def test_a_call_goes_on_with_who_can_do_video(story: Story) -> None:
    with_marc(story).moved(TO_MARC)
    c = story.conversation
    assert (c.state, c.agent_id, c.video_ended) == (State.VIDEO_LOBBY, "marc", False)
    assert c.call is not None
    assert c.call.id == "call-2"
    assert [one for one in story.effects if isinstance(one, ef.CloseCall)] == [
        ef.CloseCall("call-1", "revoked")
    ]


def test_a_call_ends_without_a_hang_up_with_who_cannot() -> None:
    story = with_marc(Story().in_video(), can_video=False)
    story.moved(TO_MARC)
    c = story.conversation
    assert (c.state, c.agent_id, c.call, c.video_ended) == (State.CHAT, "marc", None, False)
    assert story.said == ["agent_changed", "video_unavailable"]


def test_sent_back_to_the_head_of_the_line() -> None:
    story = Story().accepted(PLAIN)
    story.moved(ev.Requeued("sue"))
    c = story.conversation
    assert (c.state, c.party, c.agent_id) == (State.QUEUED, Party.NONE, None)
    assert (entry(story).group, entry(story).at_head) == ("advisors", True)
    # Who had it is asked again only when everybody else refused.
    assert entry(story).declined == {"claire"}
    assert ef.FindAgent("advisors") in story.effects
    assert ef.DrainQueue("claire") in story.effects
    assert story.said == ["requeued"]


def test_a_lobby_is_left_and_the_card_still_escalates() -> None:
    story = Story().accepted()
    story.moved(ev.Requeued("sue"))
    c = story.conversation
    assert (c.state, c.call, c.consent) == (State.QUEUED, None, Consent.CARD)
    assert c.verdict == MATCHED


def test_a_call_ends_without_a_hang_up() -> None:
    story = Story().in_video()
    story.moved(ev.Requeued("sue"))
    c = story.conversation
    assert (c.state, c.call, c.need, c.video_ended) == (State.QUEUED, None, Need.CHAT, False)
    assert any(isinstance(one, ef.CloseCall) for one in story.effects)


def test_who_waits_already_goes_to_another_line_and_keeps_the_time() -> None:
    story = Story().invited()
    before, timers = entry(story), story.conversation.timers
    story.group = group(name="experts", skills=(("billing", 3),))
    story.moved(ev.Requeued("sue", "experts", 7), after=timedelta(minutes=1))
    after = entry(story)
    assert (after.group, after.at_head, after.priority, after.skills) == (
        "experts",
        True,
        7,
        (("billing", 3),),
    )
    assert (after.entered_at, after.came_from) == (before.entered_at, Party.BOT)
    assert after.rank_at < before.rank_at
    assert story.conversation.invitation is None
    assert story.conversation.timers == {TimerName.QUEUE: timers[TimerName.QUEUE]}
    # Without a priority it keeps the one it has.
    story.moved(ev.Requeued("sue"))
    assert entry(story).priority == 7


def test_with_the_bot_there_is_nothing_to_send_back() -> None:
    story = Story().start()
    assert isinstance(story.tell(ev.Requeued("sue")), Illegal)


def test_a_message_is_left_where_the_group_takes_messages() -> None:
    for story in (Story().start(), Story().handed_over()):
        assert isinstance(story.tell(ev.MessageLeft("l1")), Denied)
        story.group = group(takes_messages=True)
        story.moved(ev.MessageLeft("l1"))
        c = story.conversation
        assert (c.state, c.party, c.queue) == (State.CHAT, Party.BOT, None)
        assert story.said == ["message_left"]


@pytest.mark.parametrize(
    ("event", "role"),
    [
        (ev.AgentAssigned("marc", "k", "u7"), "supervisor"),
        (ev.AgentAssigned("marc", "k", "marc", "agent"), "agent"),
        (ev.Requeued("u7"), "supervisor"),
    ],
)
def test_who_acted_is_a_role_for_guards(event: ev.Event, role: str) -> None:
    story = Story().accepted(PLAIN)
    known = guard_facts(story.conversation, event, Facts(), story.policy, story.now)
    assert known["event.by"] == role


def test_guards_know_the_wait() -> None:
    story = Story(group=group(priority=4, wait_p50=20.0, wait_p90=60.5)).handed_over()
    now = story.now + timedelta(seconds=9)
    known = guard_facts(story.conversation, ev.QueueLeft(), Facts(group=story.group), story.policy, now)
    assert (known["queue.priority"], known["queue.waited"]) == (4, 9.0)
    assert (known["queue.wait_known"], known["queue.wait_p50"], known["queue.wait_p90"]) == (True, 20.0, 60.5)
    known = guard_facts(story.conversation, ev.QueueLeft(), Facts(group=group()), story.policy, now)
    assert (known["queue.wait_known"], known["queue.wait_p50"], known["queue.wait_p90"]) == (False, 0.0, 0.0)
