"""Timers are what the waits of a conversation make them: which, how long, and what a move does to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import (
    Conversation,
    Invitation,
    Party,
    Proposal,
    Purpose,
    Role,
    State,
    TimerName,
)
from orchestrator.domain.decide import decide
from orchestrator.domain.effects import DrainQueue, EndInvitation
from orchestrator.domain.evolve import evolve
from orchestrator.domain.facts import Facts
from orchestrator.domain.outcome import Moved
from orchestrator.domain.timers import EVENT_OF_TIMER, duration_of, timer_of, timers_after, waits_of
from rules.compile import compile_policy
from rules.policy import Policy
from tests.unit.domain.story import PLAIN, T0, Story, agent, shipped

NOTHING: frozenset[TimerName] = frozenset()
MINUTE = timedelta(minutes=1)


def test_every_wait_has_the_duration_of_its_name() -> None:
    minutes = {
        "bot_reply: 10s": (TimerName.BOT, 1),
        "idle_timeout: 15m": (TimerName.IDLE, 2),
        "queued: { max_wait: 10m": (TimerName.QUEUE, 3),
        "next_round: 30s": (TimerName.ROUND, 4),
        "invitation: 30s": (TimerName.INVITATION, 5),
        "video_lobby: { max_wait: 2m": (TimerName.LOBBY, 6),
        "reconnect_grace: 20s": (TimerName.RECONNECT, 7),
        "resume: 2m": (TimerName.RESUME, 8),
        "proposal: 60s": (TimerName.PROPOSAL, 9),
        "visitor_away: 60s": (TimerName.VISITOR_AWAY, 10),
        "agent_away: 60s": (TimerName.AGENT_AWAY, 11),
        "handover: 2m": (TimerName.HANDOVER, 12),
    }
    text = shipped().files["conversation.yaml"]
    for setting, (_, number) in minutes.items():
        assert setting in text
        text = text.replace(setting, f"{setting.rpartition(' ')[0]} {number}m")
    policy = compile_policy({**shipped().files, "conversation.yaml": text})
    durations = {name: duration_of(name, policy) for name in TimerName}
    assert durations == {name: MINUTE * number for name, number in minutes.values()}


def test_every_timer_is_known_by_its_event() -> None:
    for name, make in EVENT_OF_TIMER.items():
        assert timer_of(make()) is name
    assert timer_of(ev.BotFailed("error")) is None
    assert timer_of(ev.VisitorWrote("m")) is None


@pytest.mark.parametrize(
    ("story", "changes", "waits"),
    [
        (Story().start(), {}, {TimerName.IDLE, TimerName.BOT}),
        (Story().start(), {"visitor_present": False}, {TimerName.IDLE, TimerName.BOT}),
        (Story().handed_over(), {}, {TimerName.QUEUE}),
        (Story().exhausted(), {}, {TimerName.QUEUE, TimerName.ROUND}),
        (
            Story().handed_over(),
            {"visitor_present": False},
            {TimerName.QUEUE, TimerName.VISITOR_AWAY},
        ),
        (Story().invited(), {}, {TimerName.QUEUE, TimerName.INVITATION}),
        (Story().accepted(PLAIN), {"agent_present": False}, {TimerName.IDLE, TimerName.AGENT_AWAY}),
        (Story().handing_over(), {}, {TimerName.IDLE, TimerName.HANDOVER}),
        (Story().accepted(), {}, {TimerName.LOBBY}),
        (
            Story().accepted(),
            {"visitor_present": False, "agent_present": False},
            {TimerName.LOBBY, TimerName.VISITOR_AWAY, TimerName.AGENT_AWAY},
        ),
        (Story().in_video(), {}, set()),
        (Story().in_video(), {"visitor_present": False}, set()),
        (Story().in_video(), {"call": None}, {TimerName.RECONNECT}),
        (Story().start(), {"agent_present": False}, {TimerName.IDLE, TimerName.BOT}),
    ],
)
def test_what_is_waited_for(story: Story, changes: dict[str, object], waits: set[TimerName]) -> None:
    assert waits_of(replace(story.conversation, **changes)) == waits  # type: ignore[arg-type]


def test_a_closed_conversation_waits_for_nobody() -> None:
    story = Story().accepted(PLAIN)
    c = replace(story.conversation, state=State.CLOSED, agent_present=False)
    assert waits_of(c) == set()


def at(
    c: Conversation, now: datetime, *restart: TimerName, before: Conversation | None = None
) -> Conversation:
    return replace(c, timers=timers_after(before or c, c, shipped(), now, restart))


def test_a_wait_that_goes_on_keeps_its_deadline_unless_it_starts_again() -> None:
    c = Story().start().conversation
    assert at(c, T0 + MINUTE).timers == c.timers
    again = at(c, T0 + MINUTE, TimerName.IDLE).timers
    assert again[TimerName.IDLE] == T0 + MINUTE + timedelta(minutes=15)
    assert again[TimerName.BOT] == c.timers[TimerName.BOT]


def test_a_move_ends_the_waits_of_the_state_but_not_those_for_people() -> None:
    c = replace(Story().accepted(PLAIN).conversation, agent_present=False)
    c = at(c, T0)
    there = replace(c, state=State.VIDEO_LOBBY, visitor_present=False)
    moved = at(there, T0 + MINUTE / 2, before=c)
    assert moved.timers[TimerName.AGENT_AWAY] == c.timers[TimerName.AGENT_AWAY]
    assert moved.timers[TimerName.LOBBY] == T0 + MINUTE / 2 + timedelta(minutes=2)
    back = at(replace(moved, state=State.CHAT), T0 + MINUTE, before=moved)
    assert back.timers[TimerName.IDLE] == T0 + MINUTE + timedelta(minutes=15)
    assert TimerName.VISITOR_AWAY not in back.timers


def test_the_absence_of_the_visitor_outlives_a_move() -> None:
    c = at(replace(Story().accepted().conversation, visitor_present=False), T0)
    queued = replace(c, state=State.QUEUED, party=Party.NONE)
    assert (
        at(queued, T0 + MINUTE, before=c).timers[TimerName.VISITOR_AWAY] == c.timers[TimerName.VISITOR_AWAY]
    )


def test_what_is_awaited_with_a_deadline_of_its_own_ends_then() -> None:
    c = Story().accepted(PLAIN).conversation
    deadlines = [T0 + MINUTE * n for n in (11, 12, 13)]
    c = replace(
        c,
        invitation=Invitation("i", "marc", Purpose.TRANSFER, deadlines[0]),
        proposal=Proposal("p", "claire", deadlines[1]),
        resume_until=deadlines[2],
    )
    names = (TimerName.INVITATION, TimerName.PROPOSAL, TimerName.RESUME)
    assert [at(c, T0, *names).timers[name] for name in names] == deadlines


# --- a timer that no row of a policy takes --------------------------------------------------------------------


def without(row: str) -> Policy:
    """The shipped policy in which a row never matches."""
    files = dict(shipped().files)
    start = files["conversation.yaml"].index(f"  - id: {row}\n")
    head, tail = files["conversation.yaml"][:start], files["conversation.yaml"][start:]
    lines = tail.split("\n")
    lines.insert(2, '    when: conversation.need == "video" && conversation.need == "chat"')
    return compile_policy({**files, "conversation.yaml": head + "\n".join(lines)})


def fired(c: Conversation, timer: TimerName, policy: Policy) -> tuple[Moved, Conversation]:
    outcome = decide(c, EVENT_OF_TIMER[timer](), Facts(agent=agent()), policy, c.timers[timer])
    assert isinstance(outcome, Moved)
    assert outcome.decision.row is None
    return outcome, evolve(c, outcome.changes)


def test_it_is_armed_again() -> None:
    policy = without("idle-too-long")
    c = Story(policy=policy).start().conversation
    due = c.timers[TimerName.IDLE]
    outcome, after = fired(c, TimerName.IDLE, policy)
    assert after.timers[TimerName.IDLE] == due + timedelta(minutes=15)
    assert after.timers[TimerName.BOT] == c.timers[TimerName.BOT]
    assert (after.version, outcome.effects) == (c.version + 1, ())


def test_an_invitation_ends_all_the_same() -> None:
    policy = without("invitation-expired")
    outcome, after = fired(Story(policy=policy).invited().conversation, TimerName.INVITATION, policy)
    assert after.invitation is None
    assert outcome.effects == (EndInvitation("claire", "i1", "expired"), DrainQueue("claire"))


def test_a_proposal_ends_all_the_same() -> None:
    policy = without("proposal-expired")
    story = Story(policy=policy).accepted(PLAIN)
    story.moved(ev.VideoProposed("claire", "p1"))
    outcome, after = fired(story.conversation, TimerName.PROPOSAL, policy)
    assert (after.proposal, after.agent_id) == (None, "claire")
    assert outcome.effects == (DrainQueue("claire"),)


def test_an_offer_to_resume_ends_all_the_same() -> None:
    policy = without("resume-offer-ended")
    story = Story(policy=policy).in_video()
    story.moved(ev.MediaDropped("call-1", Role.VISITOR))
    story.moved(ev.ReconnectTimedOut(), after=timedelta(seconds=20))
    _, after = fired(story.conversation, TimerName.RESUME, policy)
    assert after.resume_until is None
