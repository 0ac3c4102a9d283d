"""Each invariant is the one that notices the snapshot it forbids; so none can go missing unseen."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import (
    Call,
    Consent,
    Conversation,
    Handover,
    Invitation,
    Party,
    Proposal,
    Purpose,
    QueueEntry,
    State,
    TimerName,
)
from orchestrator.domain.invariants import broken_law
from tests.unit.domain.story import PLAIN, T0, Story

ENTRY = QueueEntry("advisors", T0, T0)
CALL = Call("call-1", T0)
OFFER = Invitation("i", "marc", Purpose.OFFER, T0)
TRANSFER = Invitation("i", "marc", Purpose.TRANSFER, T0)
HANDOVER = Handover("claire", "advisors", T0)
PROPOSAL = Proposal("p", "claire", T0)


@cache
def sound(name: str) -> Conversation:
    """A snapshot that breaks nothing."""
    match name:
        case "bot":
            story = Story().start()
        case "nobody":
            story = Story(with_bot=False).start()
        case "queued":
            story = Story().handed_over()
        case "chat":
            story = Story().accepted(PLAIN)
        case "lobby":
            story = Story().accepted()
        case "video":
            story = Story().in_video()
        case _:
            story = Story().start()
            story.moved(ev.ConversationClosed("visitor"))
    assert broken_law(story.conversation) is None
    return story.conversation


@pytest.mark.parametrize(
    ("name", "changes", "law"),
    [
        ("chat", {"agent_id": None}, "agent_without_party"),
        ("bot", {"agent_id": "claire"}, "agent_without_party"),
        ("bot", {"queue": ENTRY}, "queue_without_entry"),
        ("queued", {"queue": None}, "queue_without_entry"),
        ("queued", {"queue": replace(ENTRY, group="")}, "queue_without_group"),
        ("queued", {"party": Party.AGENT, "agent_id": "claire"}, "queued_with_agent"),
        ("lobby", {"party": Party.NONE, "agent_id": None}, "video_without_agent"),
        ("video", {"party": Party.NONE, "agent_id": None}, "video_without_agent"),
        ("lobby", {"call": None}, "video_without_room"),
        ("video", {"call": None}, "video_without_room"),
        ("chat", {"call": CALL}, "video_without_room"),
        ("lobby", {"consent": Consent.NONE}, "video_without_consent"),
        ("video", {"consent": Consent.NONE}, "video_without_consent"),
        ("lobby", {"verdict": None}, "consent_without_card"),
        ("lobby", {"verdict": PLAIN}, "consent_without_card"),
        ("video", {"call": CALL}, "call_not_started"),
        ("lobby", {"proposal": PROPOSAL}, "proposal_outside_chat"),
        ("bot", {"proposal": PROPOSAL}, "proposal_outside_chat"),
        ("chat", {"proposal": replace(PROPOSAL, agent_id="marc")}, "proposal_of_another"),
        ("bot", {"handover": HANDOVER}, "handover_of_another"),
        ("chat", {"handover": replace(HANDOVER, by_agent="marc")}, "handover_of_another"),
        ("chat", {"handover": HANDOVER}, "wait_without_timer"),
        ("queued", {"queue": replace(ENTRY, resting=True)}, "wait_without_timer"),
        ("chat", {"invitation": OFFER}, "offer_outside_queue"),
        ("queued", {"invitation": TRANSFER}, "transfer_without_agent"),
        ("lobby", {"resume_until": T0}, "resume_outside_chat"),
        ("bot", {"resume_until": T0}, "resume_outside_chat"),
        ("chat", {"closed_at": T0}, "closed_without_time"),
        ("closed", {"closed_at": None}, "closed_without_time"),
        ("closed", {"timers": {TimerName.IDLE: T0}}, "closed_but_waiting"),
        ("closed", {"bot_asked": "m"}, "closed_but_waiting"),
        ("chat", {"bot_asked": "m"}, "bot_asked_while_mute"),
        ("queued", {"bot_asked": "m", "party": Party.BOT}, "bot_asked_while_mute"),
        ("bot", {"timers": {}}, "wait_without_timer"),
        ("nobody", {"timers": {TimerName.IDLE: T0, TimerName.BOT: T0}}, "wait_without_timer"),
    ],
)
def test_what_no_policy_may_produce_is_named(name: str, changes: dict[str, object], law: str) -> None:
    assert broken_law(replace(sound(name), **changes)) == law  # type: ignore[arg-type]


def test_all_states_have_a_sound_snapshot_here() -> None:
    names = ("bot", "nobody", "queued", "chat", "lobby", "video", "closed")
    assert {sound(name).state for name in names} == set(State)
