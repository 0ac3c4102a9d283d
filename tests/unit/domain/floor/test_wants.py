"""What a conversation asks for, and what it gives up while it waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation
from orchestrator.domain.floor import GroupRules, Stage, Want, may_wait, rank_of, stages_of
from orchestrator.domain.floor.wants import explained_want, given_up, stage_at, stage_of
from rules.compile import compile_policy
from rules.policy import Policy
from tests.fakes.estate import estate, group
from tests.unit.domain.floor.people import BOTH, CHAT, at, visitor
from tests.unit.domain.story import MATCHED, PLAIN, Story, shipped

Channels = tuple[bool, bool]


def waiting(verdict: object = PLAIN, skills: tuple[tuple[str, int], ...] = ()) -> Conversation:
    c = Story().handed_over(verdict).conversation  # type: ignore[arg-type]
    assert c.queue is not None
    return replace(c, queue=replace(c.queue, skills=skills))


def told(
    stages: tuple[Stage, ...], c: Conversation
) -> list[tuple[float, list[tuple[object, ...]], tuple[str, ...]]]:
    """Seconds after the entry, and of each want the group, language, skills."""
    assert c.queue is not None
    entered = c.queue.entered_at
    return [
        (
            (stage.since - entered).total_seconds(),
            [(want.group, want.language, dict(want.skills)) for want in stage.wants],
            stage.relaxed,
        )
        for stage in stages
    ]


def channels(stage: Stage) -> list[Channels]:
    return [(want.chat, want.video) for want in stage.wants]


def without_video_agents(choice: str) -> Policy:
    files = dict(shipped().files)
    assert files["escalation.yaml"].count("\n  no_video_agent: chat") == 1
    files["escalation.yaml"] = files["escalation.yaml"].replace(
        "\n  no_video_agent: chat", f"\n  no_video_agent: {choice}"
    )
    return compile_policy(files)


def test_who_does_not_queue_asks_for_nothing() -> None:
    assert stages_of(Story().start().conversation, shipped(), shipped()) == ()


def test_a_plain_card_wants_chat() -> None:
    stages = stages_of(waiting(), shipped(), shipped())
    assert channels(stages[0]) == [(True, False)]


def test_a_direct_request_wants_video_alone() -> None:
    story = Story().start()
    story.moved(ev.VideoRequested())
    assert channels(stages_of(story.conversation, shipped(), shipped())[0]) == [(False, True)]


@pytest.mark.parametrize(
    ("choice", "wanted", "waits"),
    [
        ("chat", [(True, True), (True, False)], True),
        ("wait", [(True, True)], True),
        ("alternative", [(True, True)], False),
    ],
)
def test_a_card_that_escalates_wants_both(choice: str, wanted: list[Channels], waits: bool) -> None:
    policy = without_video_agents(choice)
    escalating = waiting(MATCHED)
    assert channels(stages_of(escalating, policy, shipped())[0]) == wanted
    assert may_wait(escalating, policy, places=1) is waits
    assert not may_wait(escalating, policy, places=0)
    assert may_wait(waiting(), policy, places=1)
    assert not may_wait(waiting(), policy, places=0)


@pytest.mark.parametrize("language", ["fr", "FR-ca", "fr_CA", "fr-CA-x-old"])
def test_the_primary_language_is_what_an_agent_must_speak(language: str) -> None:
    c = Story(language=language).handed_over(PLAIN).conversation
    assert stages_of(c, shipped(), shipped())[0].wants[0].language == "fr"


def test_less_is_asked_step_by_step_and_who_can_do_all_is_still_preferred() -> None:
    relax = [
        {"after": "30s", "skill_levels": 2},
        {"after": "60s", "language": "any"},
        {"after": "90s", "skills": "none"},
    ]
    c = waiting(skills=(("tax", 5), ("visa", 2)))
    full = {"tax": 5, "visa": 2}
    lowered = {"tax": 3, "visa": 1}
    assert told(stages_of(c, shipped(), estate({"care": group(relax=relax)})), c) == [
        (0, [("care", "fr", full)], ()),
        (30, [("care", "fr", full), ("care", "fr", lowered)], ("skill_levels",)),
        (
            60,
            [("care", "fr", full), ("care", "fr", lowered), ("care", None, lowered)],
            ("skill_levels", "language"),
        ),
        (
            90,
            [
                ("care", "fr", full),
                ("care", "fr", lowered),
                ("care", None, lowered),
                ("care", None, {}),
            ],
            ("skills", "language"),
        ),
    ]


def test_levels_are_lowered_from_what_was_asked_and_never_raised_again() -> None:
    relax = [{"after": "10s", "skill_levels": 3}, {"after": "20s", "skill_levels": 1}]
    c = waiting(skills=(("tax", 9),))
    assert told(stages_of(c, shipped(), estate({"care": group(relax=relax)})), c) == [
        (0, [("care", "fr", {"tax": 9})], ()),
        (10, [("care", "fr", {"tax": 9}), ("care", "fr", {"tax": 6})], ("skill_levels",)),
    ]


def test_a_step_that_changes_nothing_for_this_conversation_is_none() -> None:
    relax = [{"after": "30s", "skill_levels": 2}, {"after": "60s", "skills": "none"}]
    c = waiting()
    assert len(stages_of(c, shipped(), estate({"care": group(relax=relax)}))) == 1
    c = waiting(skills=(("tax", 1),))
    assert [stage.relaxed for stage in stages_of(c, shipped(), estate({"care": group(relax=relax)}))] == [
        (),
        ("skills",),
    ]


def test_other_groups_help_out_their_helpers_too_and_each_once() -> None:
    def to(*others: tuple[str, str]) -> dict[str, object]:
        return group(overflow=[{"group": name, "after": after} for name, after in others])

    live = estate(
        {
            "care": to(("loans", "60s"), ("cards", "30s")),
            "loans": to(("care", "1s"), ("far", "60s")),
            "cards": to(("loans", "10s")),
            "far": to(("care", "5s")),
        }
    )
    c = waiting()
    assert [
        (seconds, [name for name, _, _ in wants], relaxed)
        for seconds, wants, relaxed in told(stages_of(c, shipped(), live), c)
    ] == [
        (0, ["care"], ()),
        (30, ["care", "cards"], ("overflow:cards",)),
        (40, ["care", "cards", "loans"], ("overflow:cards", "overflow:loans")),
        (100, ["care", "cards", "loans", "far"], ("overflow:cards", "overflow:loans", "overflow:far")),
    ]


def test_of_two_that_join_at_once_the_first_named_is_preferred() -> None:
    overflow = [{"group": "zoo", "after": "60s"}, {"group": "art", "after": "60s"}]
    live = estate({"care": group(overflow=overflow), "art": group(), "zoo": group()})
    stages = stages_of(waiting(), shipped(), live)
    assert [want.group for want in stages[1].wants] == ["care", "zoo", "art"]


def test_channels_come_before_groups_and_groups_before_what_is_asked_of_agents() -> None:
    own = group(relax=[{"after": "60s", "language": "any"}], overflow=[{"group": "far", "after": "60s"}])
    stages = stages_of(waiting(MATCHED), shipped(), estate({"care": own, "far": group()}))
    assert [(want.video, want.group, want.language) for want in stages[1].wants] == [
        (True, "care", "fr"),
        (True, "care", None),
        (True, "far", "fr"),
        (True, "far", None),
        (False, "care", "fr"),
        (False, "care", None),
        (False, "far", "fr"),
        (False, "far", None),
    ]
    assert stages[1].relaxed == ("language", "overflow:far")


def test_a_group_that_is_gone_is_the_default_group() -> None:
    stages = stages_of(waiting(), shipped(), estate({"others": group()}))
    assert [want.group for want in stages[0].wants] == ["others"]


def test_what_was_given_up_for_a_want() -> None:
    full = replace(CHAT, skills=(("tax", 5),))
    entry = visitor("c1", full)
    assert given_up(entry, full) == ()
    assert given_up(entry, replace(full, skills=(("tax", 4),))) == ("skill_levels",)
    less = Want("far", None, (), chat=True, video=False)
    assert given_up(entry, less) == ("skills", "language", "overflow:far")


def test_who_is_left_out_is_told_of_the_first_want_as_far_as_it_is_relaxed() -> None:
    anybody, far = replace(BOTH, language=None), replace(BOTH, group="far", language=None)
    assert explained_want(Stage(at(0), (BOTH, anybody, far, CHAT))) == 1
    assert explained_want(Stage(at(0), (BOTH, CHAT))) == 0


def test_the_stage_that_holds() -> None:
    entry = visitor("c1", stages=(Stage(at(0), (CHAT,)), Stage(at(30), (BOTH,)), Stage(at(60), ())))
    seconds = [-1.0, 0, 29.9, 30, 59, 60, 600]
    assert [stage_at(entry, at(second)) for second in seconds] == [0, 0, 0, 1, 1, 2, 2]
    assert stage_at(entry, None) == 0
    nothing = visitor("c2", stages=())
    assert stage_of(nothing, stage_at(nothing, at(5))).wants == ()


def test_the_rules_of_a_group() -> None:
    spec = (
        estate(
            {
                "care": group(
                    capacity={"chat": 3, "video": 2, "video_takes": 1}, strategy="priority", languages=["fr"]
                )
            }
        )
        .group("care")
        .spec
    )
    assert GroupRules.of(spec) == GroupRules(3, 2, 1, "priority", video=True)
    assert GroupRules.of(shipped().group("advisors").spec).video_takes is None


def test_one_priority_is_worth_a_stretch_of_waiting_or_more_than_any_wait() -> None:
    assert rank_of(at(0), 2, timedelta(seconds=30)) == at(-60)
    assert rank_of(at(0), -1, timedelta(seconds=30)) == at(30)
    assert rank_of(at(0), 1, None) < rank_of(at(-365 * 86_400), 0, None)
