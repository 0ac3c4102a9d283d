from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain import events as ev
from orchestrator.domain.distribution import Candidate, Want, choose, may_wait, wants_of, why_left_out
from rules.load import compile_policy
from rules.policy import Policy
from tests.unit.domain.story import MATCHED, PLAIN, T0, Story, shipped

READY = Candidate(
    id="claire",
    languages=frozenset({"fr"}),
    connected=True,
    chat_present=True,
    video_present=True,
    can_video=True,
    free_chat=True,
    free_video=True,
    idle_since=T0,
)
BOTH = Want("fr", chat=True, video=True)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"connected": False}, "offline"),
        ({"languages": frozenset({"en"})}, "language"),
        ({"chat_present": False}, "chat_off"),
        ({"free_chat": False}, "chat_full"),
        ({"video_present": False}, "video_off"),
        ({"can_video": False}, "video_unable"),
        ({"free_video": False}, "video_full"),
    ],
)
def test_everybody_left_out_has_a_reason(changes: dict[str, object], reason: str) -> None:
    assert why_left_out(replace(READY, **changes), BOTH) == reason  # type: ignore[arg-type]
    assert choose([replace(READY, **changes)], BOTH).agent_id is None  # type: ignore[arg-type]


def test_the_longest_idle_agent_is_chosen_and_ties_are_deterministic() -> None:
    idle_longer = replace(READY, id="marc", idle_since=T0 - timedelta(minutes=5))
    assert choose([READY, idle_longer], BOTH).agent_id == "marc"
    assert choose([READY, replace(READY, id="anna")], BOTH).agent_id == "anna"
    assert choose([replace(READY, id="anna"), READY], BOTH).agent_id == "anna"


def test_who_declined_is_left_out() -> None:
    choice = choose([READY], replace(BOTH, declined=frozenset({"claire"})))
    assert choice.left_out == {"claire": "declined"}


def test_an_escalating_card_prefers_video_and_falls_back_to_chat() -> None:
    wants = wants_of(Story().handed_over(MATCHED).conversation, shipped())
    assert [(want.chat, want.video) for want in wants] == [(True, True), (True, False)]


def test_a_plain_card_wants_chat_and_a_direct_request_wants_video() -> None:
    assert [(w.chat, w.video) for w in wants_of(Story().handed_over(PLAIN).conversation, shipped())] == [
        (True, False)
    ]
    story = Story().start()
    story.moved(ev.VideoRequested())
    assert [(w.chat, w.video) for w in wants_of(story.conversation, shipped())] == [(False, True)]


def without_video_agents(choice: str) -> Policy:
    """The shipped policy with another ``no_video_agent``."""
    files = dict(shipped().files)
    before = "no_video_agent: chat"
    assert files["escalation.yaml"].count(f"\n  {before}") == 1
    files["escalation.yaml"] = files["escalation.yaml"].replace(
        f"\n  {before}", f"\n  no_video_agent: {choice}"
    )
    return compile_policy(files)


@pytest.mark.parametrize(
    ("choice", "wants", "waits"), [("chat", 2, True), ("wait", 1, True), ("alternative", 1, False)]
)
def test_what_a_card_does_when_no_agent_can_take_video(choice: str, wants: int, waits: bool) -> None:
    policy = without_video_agents(choice)
    escalating = Story(policy=policy).handed_over(MATCHED).conversation
    assert len(wants_of(escalating, policy)) == wants
    assert may_wait(escalating, policy, places=5) is waits
    assert may_wait(Story(policy=policy).handed_over(PLAIN).conversation, policy, places=5)
    assert not may_wait(escalating, policy, places=0)


flags = st.booleans()
candidates = st.lists(
    st.builds(
        Candidate,
        id=st.sampled_from([f"agent-{n}" for n in range(6)]),
        languages=st.sampled_from([frozenset(), frozenset({"fr"}), frozenset({"en"})]),
        connected=flags,
        chat_present=flags,
        video_present=flags,
        can_video=flags,
        free_chat=flags,
        free_video=flags,
        idle_since=st.datetimes(timezones=st.just(T0.tzinfo)) if T0.tzinfo else st.just(T0),
    ),
    unique_by=lambda candidate: candidate.id,
)


@given(candidates, st.builds(Want, st.sampled_from(["fr", "en"]), flags, flags))
def test_the_choice_fits_and_nobody_who_fits_is_left_out(agents: list[Candidate], want: Want) -> None:
    choice = choose(agents, want)
    fitting = {agent.id for agent in agents if why_left_out(agent, want) is None}
    assert (choice.agent_id in fitting) if fitting else (choice.agent_id is None)
    assert set(choice.left_out) == {agent.id for agent in agents} - fitting
