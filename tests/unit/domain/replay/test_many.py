"""A simulated morning, recorded and replayed: many conversations that nobody made up for this."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from orchestrator.domain.evolve import evolve
from orchestrator.domain.replay import Recording, ReplayReport, Tally, replay_recording
from orchestrator.domain.replay.report import MOST_EXAMPLES
from orchestrator.simulation import run
from orchestrator.simulation.estate import Estate
from orchestrator.simulation.load import read_load
from tests.unit.domain.replay.recorder import Recorder, policy

LOAD = Path(__file__).parents[4] / "docs" / "guides" / "load.yaml"


@cache
def morning() -> tuple[Recording, ...]:
    then = policy()
    recorder = Recorder(then.revision)

    class Heard(Estate):
        def __init__(self, *given: Any, **more: Any) -> None:
            super().__init__(*given, **more)
            self.listen(recorder.heard)

    with patch.object(run, "Estate", Heard):
        run.simulate(then, read_load(LOAD), seed=7)
    return tuple(recorder.recordings[:400])


def report(*changes: tuple[str, str, str]) -> ReplayReport:
    then, draft = policy(), policy(*changes)
    tally = Tally(draft.revision)
    for recording in morning():
        tally.add(replay_recording(recording, draft, {then.revision: then, draft.revision: draft}.get))
    return tally.report()


def test_the_morning_has_something_to_tell() -> None:
    seen = Counter(step.event for recording in morning() for step in recording.steps)
    assert {
        "TransferRequested",
        "AgentInvited",
        "AgentAccepted",
        "InvitationDeclined",
        "MediaConnected",
    } <= set(seen)
    for recording in morning():
        c = None
        for step in recording.steps:
            c = evolve(c, step.changes)
        assert c is not None
        assert c.version == recording.steps[-1].version


def test_the_same_policy_does_the_same_with_all_of_them() -> None:
    found = report()
    assert found.changes == ()
    assert found.passes
    assert found.same == found.conversations == 400
    assert set(found.steps) == {"same"}


def test_no_draft_is_told_to_be_the_same_where_it_is_not() -> None:
    """Against the truth: a row that is taken away changes exactly the conversations in which it decided."""
    gone = "card-escalates-to-video"
    found = report(
        (
            "conversation.yaml",
            "    when: >-\n      card.escalates &&",
            "    when: >-\n      false && card.escalates &&",
        )
    )
    took = {one.conversation_id for one in morning() if any(step.row == gone for step in one.steps)}
    assert len(took) > 5
    assert found.changed == len(took)
    assert found.unclear == 0
    (change,) = found.changes
    assert change.difference.kind == "other_target"
    assert change.count == len(took)
    assert len(change.examples) == MOST_EXAMPLES
    assert {name for name, _ in change.examples} <= took


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        (("conversation.yaml", "invitation: 30s", "invitation: 5s"), {"other_time"}),
        (("escalation.yaml", "devices: [desktop, mobile]", "devices: [desktop]"), {"other_details"}),
        (("routing.yaml", "capacity: { chat: 3", "capacity: { chat: 2"), {"cannot_tell"}),
        (
            ("routing.yaml", "places: { chat: 10, video: 5 }", "places: { chat: 0, video: 0 }"),
            {"other_target"},
        ),
    ],
)
def test_what_kinds_of_changes_lead_to(change: tuple[str, str, str], kinds: set[str]) -> None:
    found = report(change)
    assert {one.difference.kind for one in found.changes} == kinds
    assert not found.passes
    assert sum(found.steps.values()) == sum(len(one.steps) for one in morning())


def test_a_report_is_bounded() -> None:
    tally = Tally("r")
    then = policy()
    draft = policy(("conversation.yaml", "  - id: card-hands-over\n", "  - id: renamed\n"))
    for recording in morning()[:50]:
        tally.add(replay_recording(recording, draft, {then.revision: then, draft.revision: draft}.get))
    (change,) = tally.report().changes
    assert change.difference.kind == "other_row"
    assert len(change.examples) <= MOST_EXAMPLES


def test_recordings_end_anywhere() -> None:
    """A conversation that goes on still is compared as far as it is recorded."""
    then = policy()
    recording = next(one for one in morning() if len(one.steps) > 6)
    for length in range(len(recording.steps) + 1):
        part = Recording(recording.conversation_id, recording.revision, recording.steps[:length])
        replayed = replay_recording(part, then, {then.revision: then}.get)
        assert replayed.differences == ()
        assert sum(replayed.counts.values()) == length
