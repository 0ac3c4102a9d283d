"""Who is chosen for one conversation, and what is told of the others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.domain.floor import Choice, GroupRules, Seat, Stage, Want
from tests.unit.domain.floor.people import BOTH, CHAT, RULES, T0, VIDEO, at, floor, seat, visitor


def test_the_longest_idle_and_of_equals_the_smaller_id() -> None:
    opened = floor(seat("marc", 10), seat("zoe", 30), seat("anna", 30))
    assert opened.choose(visitor("c1"), T0).agent_id == "anna"


def test_the_least_loaded_video_counting_as_a_chat() -> None:
    rules = GroupRules(5, 2, 0, "least_loaded", video=True)
    opened = floor(seat("marc", 90), seat("anna", 10), seat("zoe", 20), care=rules)
    opened.hold("x", 1, {"marc": (1, 0)})
    opened.hold("y", 1, {"anna": (1, 1)})
    opened.hold("z", 1, {"zoe": (1, 0)})
    assert opened.choose(visitor("c1"), T0).agent_id == "marc"
    opened.hold("w", 1, {"marc": (1, 0)})
    assert opened.choose(visitor("c1"), T0).agent_id == "zoe"


def test_the_first_rank_in_the_group_then_the_longest_idle() -> None:
    opened = floor(
        seat("marc", 90, groups={"care": 2, "loans": 1}),
        seat("anna", 10, groups={"care": 1}),
        seat("zoe", 20, groups={"care": 1, "loans": 9}),
        care=replace(RULES, strategy="priority"),
    )
    assert opened.choose(visitor("c1"), T0).agent_id == "zoe"


def test_the_first_want_for_which_somebody_is_free() -> None:
    opened = floor(seat("anna", 90, video="offline"), seat("marc", 10))
    entry = visitor("c1", BOTH, CHAT)
    assert opened.choose(entry, T0) == Choice(
        "marc", BOTH, left_out={"channel_off": 1}, examples={"channel_off": ("anna",)}
    )
    opened.unseat("marc")
    # What is told of anna is about the video that was wished for, but she is asked.
    assert opened.choose(entry, T0) == Choice("anna", CHAT)


def test_relaxed_is_what_this_want_gave_up() -> None:
    anybody = replace(CHAT, language=None)
    entry = visitor(
        "c1", stages=(Stage(at(0), (CHAT,)), Stage(at(60), (CHAT, anybody), ("language", "overflow:far")))
    )
    opened = floor(seat("anna", languages=["en"]))
    assert opened.choose(entry, at(59)).left_out == {"language": 1}
    assert opened.choose(entry, at(60)) == Choice("anna", anybody, ("language",))
    opened.seat(seat("marc", languages=["fr"]))
    assert opened.choose(entry, at(60)) == Choice("marc", CHAT, ())
    for name in ("anna", "marc"):
        opened.seat(seat(name, languages=["en"], chat="paused"))
    # Nobody was found: then all that was given up is told, and language is no reason any more.
    found = opened.choose(entry, at(60))
    assert (found.relaxed, found.left_out) == (("language", "overflow:far"), {"paused": 2})


def test_every_agent_of_the_first_group_is_counted_once() -> None:
    seats: tuple[Seat, ...] = (
        seat("a1", chat="offline", video="offline"),
        seat("a2", connected=False),
        seat("a3", chat="paused"),
        seat("a4", chat="offline"),
        seat("a5", wrap_up_until=at(60)),
        seat("a6", languages=["en"]),
        seat("a7", 5),
        seat("a8", 9),
        seat("a9", can_video=False),
        seat("elsewhere", groups={"loans": 1}),
        seat("full"),
    )
    opened = floor(*seats, care=RULES, loans=RULES)
    opened.hold("x", 1, {"full": (2, 0)})
    chosen = opened.choose(visitor("c1", declined=frozenset({"a8", "a2", "gone"})), T0)
    assert chosen.agent_id == "a7"
    assert chosen.left_out == {
        "offline": 1, "away": 1, "paused": 1, "channel_off": 1, "wrap_up": 1, "language": 1, "declined": 1,
        "chat_full": 1,
    }  # fmt: skip
    assert chosen.examples["declined"] == ("a8",)
    assert opened.choose(visitor("c2", VIDEO), T0).left_out["video_unable"] == 1


def test_some_are_named_for_each_reason() -> None:
    opened = floor(*(seat(f"agent-{number}", chat="paused") for number in range(50)))
    found = opened.choose(visitor("c1"), T0)
    assert found.left_out == {"paused": 50}
    assert len(found.examples["paused"]) == len(set(found.examples["paused"])) == 20


def test_a_closed_group_is_asked_by_nobody_and_an_unknown_one_has_no_rules() -> None:
    opened = floor(seat("anna"), seat("marc", chat="paused"))
    opened.set_open("care", False)
    assert opened.choose(visitor("c1"), T0).left_out == {"group_closed": 2}
    opened.set_open("care", True)
    assert opened.choose(visitor("c1"), T0).agent_id == "anna"
    opened.configure({"loans": RULES})
    assert opened.choose(visitor("c1"), T0).left_out == {"group_closed": 2}
    assert opened.choose(visitor("c2", replace(CHAT, group="nowhere")), T0) == Choice(None, None)


def test_what_the_conversation_holds_itself_is_no_obstacle() -> None:
    opened = floor(seat("anna"), care=replace(RULES, chat_slots=1))
    entry = visitor("c1")
    opened.hold("c1", 1, {"anna": (1, 0)})
    assert opened.choose(visitor("c2"), T0).agent_id is None
    assert opened.choose(entry, T0).agent_id == "anna"
    assert opened.load("anna") == (1, 0)


def test_a_choice_reserves_nobody() -> None:
    opened = floor(seat("anna"), care=replace(RULES, chat_slots=1))
    assert [opened.choose(visitor(name), T0).agent_id for name in ("c1", "c2")] == ["anna", "anna"]
    assert opened.load("anna") == (0, 0)


def test_who_asks_for_nothing_gets_nobody() -> None:
    assert floor(seat("anna")).choose(visitor("c1", stages=()), T0) == Choice(None, None)


@pytest.mark.parametrize("wanted", [CHAT, VIDEO])
def test_a_group_that_helps_out_has_its_own_capacity(wanted: Want) -> None:
    far = replace(wanted, group="far")
    opened = floor(
        seat("anna", groups={"care": 1, "far": 1}),
        care=replace(RULES, chat_slots=1),
        far=GroupRules(2, 2, 0, "longest_idle", video=True),
    )
    opened.hold("x", 1, {"anna": (1, 1)})
    found = opened.choose(visitor("c1", wanted, far), T0)
    assert (found.agent_id, found.want, found.relaxed) == ("anna", far, ("overflow:far",))
