"""Every way to break the shipped policy is found, under the code that says what is wrong."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

import pytest

from orchestrator.domain.conversation import State
from orchestrator.domain.model.check import check
from orchestrator.domain.model.replay import Taken, run
from orchestrator.domain.outcome import Denied, Ignored, Illegal, Moved
from rules.check.codes import CODES
from rules.load import compile_policy
from tests.unit.domain.model.mistakes import FILES, Mistake, hand_written

MISTAKES = hand_written()
LEAST = 60

LIVE = (State.VIDEO_LOBBY, State.IN_VIDEO)


def refused(taken: tuple[Taken, ...]) -> bool:
    return isinstance(taken[-1].outcome, Denied | Ignored)


def without_row(taken: tuple[Taken, ...]) -> bool:
    last = taken[-1].outcome
    return isinstance(last, Illegal) or (isinstance(last, Denied) and last.reason == "no_row")


def live(taken: tuple[Taken, ...]) -> bool:
    c = taken[-1].conversation
    return c is not None and c.state in LIVE


def moved(taken: tuple[Taken, ...]) -> bool:
    return isinstance(taken[-1].outcome, Moved)


def in_a_circle(taken: tuple[Taken, ...]) -> bool:
    moments = [
        (c.state, c.party, {name: deadline - each.now for name, deadline in c.timers.items()})
        for each in taken
        if (c := each.conversation) is not None
    ]
    return moved(taken) and moments[-1] in moments[:-1]


# What the last step of a counterexample must show, by the code of the finding.
SHOWN: dict[str, Callable[[tuple[Taken, ...]], bool]] = {
    "model.video_without_consent": lambda taken: refused(taken) or live(taken),
    "model.video_after_hang_up": live,
    "model.hang_up_not_final": lambda taken: moved(taken) and not taken[-1].conversation.video_ended,
    "model.bot_speaks": lambda taken: taken[-1].outcome.reason == "bot_is_mute",
    "model.breaks_law": refused,
    "model.refused_row": refused,
    "model.unreachable_row": refused,
    "model.cannot_close": moved,
    "model.timer_loop": in_a_circle,
    "model.wait_without_timer": lambda taken: moved(taken) and taken[-1].outcome.decision.row is None,
    "model.unanswered": without_row,
    "model.cannot_write": without_row,
    "model.cannot_close_now": without_row,
    "model.shadowed_row": moved,
    "model.ambiguous": moved,
}
LEAST_OF_A_LAYER = 10


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda each: f"{each.layer}: {each.name}")
def test_is_found(mistake: Mistake) -> None:
    report = mistake.report()
    assert mistake.caught(report), [str(each.finding) for each in report.diagnoses]
    if mistake.code is not None and CODES[mistake.code].severity == "error":
        assert not report.ok
    for each in report.diagnoses:
        assert each.finding.line >= 1
        assert each.finding.column >= 1
        assert each.finding.problem
        assert each.finding.advice
        assert each.code.why
        if each.steps:
            taken = run(compile_policy(mistake.files), json.loads(json.dumps(each.steps)))
            assert SHOWN[each.code.name](taken), (each.code.name, each.steps, taken[-1].outcome)


def test_the_shipped_policy_has_none_of_them() -> None:
    report = check(FILES)
    assert report.explored
    assert [str(each.finding) for each in report.diagnoses if each.severity != "note"] == []


def test_there_are_enough_of_each_layer_and_no_two_alike() -> None:
    layers = Counter(each.layer for each in MISTAKES if each.code is not None)
    assert sum(layers.values()) >= LEAST
    for layer in ("yaml", "schema", "references", "cel", "model", "content"):
        assert layers[layer] >= LEAST_OF_A_LAYER, layer
    assert len({tuple(sorted(each.files.items())) for each in MISTAKES}) == len(MISTAKES)


def test_every_code_but_a_few_has_its_mistake() -> None:
    """What no mistake of the shipped policy can show is shown elsewhere, or guards against what the core refuses."""
    elsewhere = {
        "file.unreadable",  # tests of loading
        "model.camera_forbidden",  # a law refuses it; the search looks all the same
        "model.breaks_law",
        "cel.unreadable",
        "model.switched_off",  # a note, of the example of the hospital
        "card.escalates_elsewhere",  # a note of the shipped policy itself
    }
    assert set(CODES) - {each.code for each in MISTAKES} == elsewhere
