"""The rule for the visitor's camera: live when a call begins, stricter at once, looser with the next call."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Call, Conversation
from orchestrator.domain.decide import decide
from orchestrator.domain.effects import OpenCall
from orchestrator.domain.evolve import evolve
from orchestrator.domain.facts import Facts
from orchestrator.domain.guard_facts import camera_policy
from orchestrator.domain.outcome import Ignored, Moved, Outcome
from rules.policy import stricter_camera
from rules.vocabulary import CameraPolicy
from tests.unit.domain.story import Story, agent, group, shipped

RULES: tuple[CameraPolicy, ...] = ("allowed", "off_by_default", "forbidden")
RESTRICTIONS = ("off_by_default", "forbidden")


def under(story: Story, event: ev.Event, camera: CameraPolicy) -> Outcome:
    """The event, while this is the live rule."""
    facts = Facts(agent=agent(), group=group(), camera=camera)
    outcome = decide(story.c, event, facts, shipped(), story.now)
    if isinstance(outcome, Moved):
        story.c = evolve(story.c, outcome.changes)
    return outcome


def call_of(story: Story) -> Call:
    assert story.conversation.call is not None
    return story.conversation.call


@pytest.mark.parametrize("rule", RULES)
def test_a_call_begins_under_the_live_rule(rule: CameraPolicy) -> None:
    story = Story().invited()
    under(story, ev.AgentAccepted("i1", "claire", "call-1"), rule)
    assert (call_of(story).camera, call_of(story).camera_on) == (rule, rule == "allowed")


@pytest.mark.parametrize("stricter", RESTRICTIONS)
def test_what_is_stricter_holds_at_once_and_shuts_the_camera(stricter: str) -> None:
    story = Story().accepted()
    before = story.conversation
    assert (call_of(story).camera, call_of(story).camera_on) == ("allowed", True)
    outcome = under(story, ev.CameraRestricted(stricter), stricter)  # type: ignore[arg-type]
    assert isinstance(outcome, Moved)
    assert outcome.effects == (OpenCall("call-1"),)  # an open room is tightened by it
    assert outcome.decision.row is None
    assert (call_of(story).camera, call_of(story).camera_on) == (stricter, False)
    call, timers = call_of(story), story.conversation.timers
    assert replace(story.conversation, call=before.call, version=before.version) == before
    assert timers == before.timers
    # Once more, or something looser: nothing is left to do.
    assert isinstance(under(story, ev.CameraRestricted("off_by_default"), "allowed"), Ignored)
    assert call_of(story) == call


def test_what_is_looser_waits_for_the_next_call() -> None:
    story = Story().accepted()
    under(story, ev.CameraRestricted("forbidden"), "forbidden")
    assert not isinstance(under(story, ev.CameraSwitched(on=True), "allowed"), Moved)
    story.moved(ev.LobbyLeft(ev.Role.VISITOR))
    assert story.conversation.call is None
    under(story, ev.VideoProposed("claire", "p1"), "allowed")
    under(story, ev.VideoAccepted("p1", "call-2"), "allowed")
    assert (call_of(story).camera, call_of(story).camera_on) == ("allowed", True)


def test_off_by_default_may_be_turned_on_again() -> None:
    story = Story().accepted()
    under(story, ev.CameraRestricted("off_by_default"), "off_by_default")
    assert isinstance(under(story, ev.CameraSwitched(on=True), "off_by_default"), Moved)
    assert call_of(story).camera_on


def test_without_a_call_there_is_nothing_to_restrict() -> None:
    for story in (Story().start(), Story().invited()):
        outcome = story.tell(ev.CameraRestricted("forbidden"))
        assert outcome == Ignored("no_call")


def test_the_strictest_of_a_call_holds() -> None:
    story = Story().accepted()
    for opened, live in product(RULES, RULES):
        c: Conversation = replace(story.conversation, call=replace(call_of(story), camera=opened))
        assert camera_policy(c, live) == stricter_camera(opened, live)
    older = replace(story.conversation, call=replace(call_of(story), camera=None))
    assert [camera_policy(older, live) for live in RULES] == list(RULES)
