"""The core under random histories: total, faithful to its invariants, and equal to the fold of its events."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Consent, Conversation, Party, Role, State
from orchestrator.domain.decide import decide
from orchestrator.domain.evolve import evolve
from orchestrator.domain.facts import Facts
from orchestrator.domain.invariants import LIVE_VIDEO, broken_law
from orchestrator.domain.outcome import Denied, Ignored, Illegal, Moved
from orchestrator.domain.timers import EVENT_OF_TIMER
from tests.unit.domain.arbitrary import events, facts_for, later_events, starts
from tests.unit.domain.story import T0, Story, shipped

EVENT_NAMES = {kind.__name__ for kind in get_args(ev.Event)} - {"ConversationStarted"}


def test_every_event_of_the_vocabulary_is_tried() -> None:
    assert set(later_events) == EVENT_NAMES


def check(before: Conversation | None, event: ev.Event, outcome: object) -> None:
    """What must be true of any single outcome."""
    assert isinstance(outcome, Moved | Denied | Ignored | Illegal)
    if not isinstance(outcome, Moved):
        return
    after = evolve(before, outcome.changes)
    assert broken_law(after) is None
    assert after.version == (0 if before is None else before.version) + 1
    if before is None:
        return
    assert after.id == before.id
    assert before.state is not State.CLOSED
    if isinstance(event, ev.BotReplied | ev.TransferRequested):
        assert (before.state, before.party) == (State.CHAT, Party.BOT)
    if after.state in LIVE_VIDEO and before.state not in LIVE_VIDEO:
        by_card = before.consent is Consent.CARD
        by_visitor = before.consent is Consent.VISITOR or isinstance(
            event, ev.VideoAccepted | ev.VideoResumed
        )
        assert by_card or by_visitor
    if before.video_ended and isinstance(event, ev.VideoRequested):
        raise AssertionError("a visitor restarted the video after a hang-up")


@given(st.data())
def test_random_histories_keep_the_invariants_and_fold_to_their_snapshot(data: st.DataObject) -> None:
    policy, now = shipped(), T0
    start = data.draw(starts)
    outcome = decide(None, start, Facts(), policy, now)
    check(None, start, outcome)
    assert isinstance(outcome, Moved)
    recorded = [outcome.changes]
    c = evolve(None, outcome.changes)
    for _ in range(data.draw(st.integers(1, 25))):
        due = next((name for name, deadline in c.timers.items() if deadline <= now), None)
        event = data.draw(events) if due is None else EVENT_OF_TIMER[due]()
        facts = data.draw(facts_for(event, c.agent_id))
        outcome = decide(c, event, facts, policy, now)
        assert outcome == decide(c, event, facts, policy, now), "deterministic"
        check(c, event, outcome)
        if due is not None:
            assert isinstance(outcome, Moved), "a timer that is due always does something"
        if isinstance(outcome, Moved):
            recorded.append(outcome.changes)
            c = evolve(c, outcome.changes)
            assert due not in c.timers or c.timers[due] > now, "no timer fires for ever"
        now += data.draw(
            st.sampled_from(
                [timedelta(0), timedelta(seconds=5), timedelta(seconds=61), timedelta(minutes=11)]
            )
        )
    folded = None
    for changes in recorded:
        folded = evolve(folded, changes)
    assert folded == c


@cache
def snapshots() -> list[Conversation]:
    """A snapshot in every state, with every party that the state allows."""
    stories = [
        Story().start(),
        Story(with_bot=False).start(),
        Story().handed_over(),
        Story().invited(),
        Story().exhausted(),
        Story().accepted(),
        Story().handing_over(),
        Story().in_video(),
    ]
    with_agent = Story().accepted()
    with_agent.moved(ev.MediaLost("call-1"))
    chatting = Story().in_video()
    chatting.moved(ev.ConversationClosed("agent"))
    waiting_again = Story().in_video()
    waiting_again.moved(ev.Requeued("sue"))
    proposing = Story().in_video()
    proposing.moved(ev.HungUp(Role.AGENT))
    proposing.moved(ev.VideoProposed("claire", "a1"))
    return [story.conversation for story in [*stories, with_agent, chatting, waiting_again, proposing]]


@pytest.mark.parametrize("name", sorted(later_events))
@settings(max_examples=20)
@given(st.data())
def test_every_state_and_every_event_have_a_defined_outcome(name: str, data: st.DataObject) -> None:
    snapshot = data.draw(st.sampled_from(snapshots()))
    event = data.draw(later_events[name])
    facts = data.draw(facts_for(event, snapshot.agent_id))
    now = max([T0 + timedelta(minutes=1), *snapshot.timers.values()])
    check(snapshot, event, decide(snapshot, event, facts, shipped(), now))
