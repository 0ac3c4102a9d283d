"""An example is nothing that cannot be replayed: the same steps, as plain values, lead to the same."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from orchestrator.domain.conversation import State
from orchestrator.domain.model.explore import explore
from orchestrator.domain.model.explored import Example, Explored
from orchestrator.domain.model.findings import plain_steps
from orchestrator.domain.model.replay import StepError, run
from orchestrator.domain.outcome import Denied, Ignored, Illegal, Moved, Outcome
from rules.load import compile_policy, load_policy
from rules.policy import Policy
from tests.unit.domain.model.mistakes import FILES, FOLDER, Mistake, hand_written

SHIPPED = load_policy(FOLDER)
START = {"event": "ConversationStarted", "with": {"site_id": "demo"}}


def essence(outcome: Outcome) -> tuple[object, ...]:
    """What an outcome comes to, without the names of things and the moments."""
    match outcome:
        case Moved():
            notices = tuple(notice.key for notice in outcome.notices)
            return "moved", outcome.decision.row, outcome.changes.get("state"), notices
        case Denied(reason):
            return "denied", reason, outcome.decision.row
        case Ignored(reason):
            return "ignored", reason
        case Illegal():
            return "illegal", outcome.state, outcome.event


def examples(explored: Explored) -> Iterator[Example]:
    for found in (
        explored.moved,
        explored.broken,
        explored.refused,
        explored.unanswered,
        explored.violations,
    ):
        yield from found.values()
    yield from explored.unmoved.values()


def replayed(policy: Policy, example: Example) -> None:
    steps = json.loads(json.dumps(plain_steps(example)))
    taken = run(policy, steps)
    assert essence(taken[-1].outcome) == essence(example.outcome), steps
    for each in taken[:-1]:
        assert isinstance(each.outcome, Moved), (steps, each)


def test_every_row_of_the_shipped_policy_has_an_example_that_replays() -> None:
    explored = explore(SHIPPED)
    assert set(explored.moved) == {row.id for row in SHIPPED.lifecycle.rows}
    for example in examples(explored):
        replayed(SHIPPED, example)


@pytest.mark.parametrize(
    "mistake",
    [each for each in hand_written() if each.layer == "model" and each.code is not None][::8],
    ids=lambda each: each.name,
)
def test_every_example_of_a_broken_policy_replays(mistake: Mistake) -> None:
    policy = compile_policy(mistake.files)
    for example in examples(explore(policy)):
        replayed(policy, example)


class TestSteps:
    def test_a_story_with_what_the_conversation_supplies(self) -> None:
        taken = run(
            SHIPPED,
            [
                START,
                {"event": "TransferRequested", "with": {"verdict": {"escalates": True}}},
                {"event": "AgentInvited"},
                {"event": "AgentAccepted"},
                {"event": "MediaConnected", "with": {"role": "visitor"}},
                {"event": "MediaConnected", "with": {"role": "agent"}},
                {"event": "HungUp", "with": {"by": "visitor"}, "after": "5m"},
            ],
        )
        states = [each.conversation.state for each in taken if each.conversation is not None]
        assert states == [
            State.CHAT, State.QUEUED, State.QUEUED, State.VIDEO_LOBBY, State.VIDEO_LOBBY, State.IN_VIDEO, State.CHAT,
        ]  # fmt: skip
        assert taken[-1].conversation is not None
        assert taken[-1].conversation.video_ended

    def test_facts_decide(self) -> None:
        story = [
            START,
            {"event": "TransferRequested", "with": {"verdict": {"escalates": True}}},
            {"event": "AgentInvited"},
            {"event": "AgentAccepted", "facts": {"agent.free_video": False}},
        ]
        last = run(SHIPPED, story)[-1]
        assert last.conversation is not None
        assert last.conversation.state is State.CHAT

    def test_a_timer_comes_when_it_is_due(self) -> None:
        taken = run(SHIPPED, [START, {"event": "PersonRequested"}, {"event": "QueueTimedOut"}])
        assert isinstance(taken[-1].outcome, Moved)
        waited = taken[-1].now - taken[-2].now
        assert waited == SHIPPED.conversation.states.queued.max_wait

    def test_too_early_a_timer_is_ignored(self) -> None:
        taken = run(SHIPPED, [START, {"event": "PersonRequested"}, {"event": "QueueTimedOut", "after": "5s"}])
        assert taken[-1].outcome == Ignored("stale_timer")

    @pytest.mark.parametrize(
        ("step", "said"),
        [
            ({"event": "VisitorVanished"}, "step 2: there is no event `VisitorVanished`"),
            ({"event": "PersonRequested", "when": "now"}, "`when` is no key here"),
            ({"event": "PersonRequested", "facts": {"agent.is_nice": True}}, "no fact `agent.is_nice`"),
            ({"event": "PersonRequested", "with": {"why": "because"}}, "PersonRequested has no why"),
            ({"event": "PersonRequested", "with": 3}, "hold `name: value` lines"),
            ({"event": "AgentAccepted"}, "needs `invitation_id`"),
            ({"event": "HungUp", "with": {"by": "nobody"}}, "nobody"),
            ({"event": "PersonRequested", "after": "soon"}, "not a duration"),
        ],
    )
    def test_what_cannot_be_taken_says_so(self, step, said: str) -> None:
        with pytest.raises(StepError) as error:
            run(SHIPPED, [START, step])
        assert error.value.number == 2
        assert said in str(error.value)

    def test_the_beginning_is_checked_too(self) -> None:
        with pytest.raises(StepError, match="has no site"):
            run(SHIPPED, [{"event": "ConversationStarted", "with": {"site": "demo"}}])


def test_the_files_of_the_suite_are_the_shipped_ones() -> None:
    assert SHIPPED.revision == compile_policy(FILES).revision
