"""Pairs are made in the order of the lines, kept until there is news, and never by halves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.domain.floor import Floor, GroupRules, Stage, Want
from tests.unit.domain.floor.people import BOTH, CHAT, RULES, T0, VIDEO, at, floor, pairs, seat, visitor

ONE = replace(RULES, chat_slots=1)
LOANS = replace(CHAT, group="loans")


def test_the_head_then_the_rank_then_the_id() -> None:
    opened = floor(seat("anna", groups={"care": 1, "loans": 1}), care=ONE, loans=ONE)
    opened.hold("x", 1, {"anna": (1, 0)})
    for entry in (
        visitor("c4", since=-10),
        visitor("c3", since=-20),
        visitor("c2", LOANS, since=-20),
        visitor("c1", LOANS, since=0, at_head=True),
    ):
        opened.wait(entry, 1)
    served: list[str] = []
    for turn in range(4):
        opened.hold("x", turn + 2, {})
        ((name, _),) = pairs(opened)
        served.append(name)
        opened.leave(name, 2)
        opened.hold("x", turn + 2, {"anna": (1, 0)})
    assert served == ["c1", "c2", "c3", "c4"]


def test_each_gets_the_best_of_those_who_are_left() -> None:
    opened = floor(seat("anna", 10), seat("marc", 20, languages=["fr"]), care=ONE)
    opened.wait(visitor("c1", replace(CHAT, language="en"), since=-5), 1)
    opened.wait(visitor("c2"), 1)
    opened.wait(visitor("c3"), 1)
    assert pairs(opened) == [("c1", "anna"), ("c2", "marc")]
    assert pairs(opened) == []


def test_an_agent_who_frees_up_gets_the_first_who_fits_not_the_first() -> None:
    opened = floor(seat("anna", languages=["en"]), care=ONE)
    opened.hold("x", 1, {"anna": (1, 0)})
    opened.wait(visitor("c1", since=-60), 1)
    opened.wait(visitor("c2", replace(CHAT, language="en")), 1)
    assert pairs(opened) == []
    opened.hold("x", 2, {})
    assert pairs(opened) == [("c2", "anna")]


def test_as_many_as_there_is_room_for() -> None:
    opened = floor(seat("anna"), care=replace(RULES, chat_slots=3))
    for number in range(5):
        opened.wait(visitor(f"c{number}", since=number), 1)
    assert pairs(opened) == [("c0", "anna"), ("c1", "anna"), ("c2", "anna")]
    assert opened.load("anna") == (3, 0)


def test_a_video_on_its_way_blocks_new_work_like_a_video_that_runs() -> None:
    opened = floor(seat("anna"))
    opened.wait(visitor("c1", BOTH, since=-5), 1)
    opened.wait(visitor("c2"), 1)
    assert pairs(opened) == [("c1", "anna")]
    assert opened.load("anna") == (1, 1)


def test_some_now_and_the_others_later_in_the_same_order() -> None:
    opened = floor(*(seat(f"agent-{number}", 10 - number) for number in range(5)), care=ONE)
    for number in range(5):
        opened.wait(visitor(f"c{number}", since=number), 1)
    assert pairs(opened, limit=2) == [("c0", "agent-0"), ("c1", "agent-1")]
    assert pairs(opened, limit=2) == [("c2", "agent-2"), ("c3", "agent-3")]
    assert pairs(opened, limit=2) == [("c4", "agent-4")]
    assert pairs(opened, limit=0) == []


def test_who_is_left_for_the_next_call_is_looked_at_by_the_rules_of_then() -> None:
    opened = floor(care=RULES, loans=RULES)
    for name, since, want in (("c0", -30, CHAT), ("c1", -20, CHAT), ("c2", -10, LOANS)):
        opened.wait(visitor(name, want, since=since), 1)
    assert pairs(opened) == []
    opened.seat(seat("anna", groups={"care": 1, "loans": 1}))
    assert pairs(opened, limit=1) == [("c0", "anna")]
    opened.set_open("care", False)
    assert pairs(opened) == [("c2", "anna")]


def test_who_holds_more_by_then_is_not_asked() -> None:
    opened = floor(seat("anna"), care=ONE)
    opened.hold("x", 1, {"anna": (1, 0)})
    opened.wait(visitor("c1"), 1)
    opened.hold("x", 2, {})
    opened.hold("y", 1, {"anna": (1, 0)})
    assert pairs(opened) == []
    opened.hold("y", 2, {})
    assert pairs(opened) == [("c1", "anna")]


# --- the reservation -----------------------------------------------------------------------------------


@pytest.fixture
def paired() -> Floor:
    """c1 and anna are a pair; c2 waits behind."""
    opened = floor(seat("anna"), care=ONE)
    opened.hold("c1", 3, {})
    opened.wait(visitor("c1", since=-5), 3)
    opened.wait(visitor("c2"), 1)
    assert pairs(opened) == [("c1", "anna")]
    return opened


@pytest.mark.parametrize("entry_first", [True, False])
def test_the_invitation_takes_the_place_of_the_reservation(paired: Floor, entry_first: bool) -> None:
    def wait() -> None:
        paired.wait(visitor("c1", since=-5, invited=True), 4)

    def hold() -> None:
        paired.hold("c1", 4, {"anna": (1, 0)})

    for step in (wait, hold) if entry_first else (hold, wait):
        step()
        assert pairs(paired) == []
        assert paired.load("anna") == (1, 0)
    assert paired.waiting("care", video=False) == 1


def test_what_was_known_already_ends_no_reservation(paired: Floor) -> None:
    paired.hold("c1", 3, {})
    paired.wait(visitor("c1", since=-5), 3)
    paired.wait(visitor("c1", since=-5, at_head=True), 3)
    paired.leave("c1", 2)
    assert pairs(paired) == []
    assert paired.load("anna") == (1, 0)
    assert paired.position("c1") == 1


@pytest.mark.parametrize("how", ["hold", "wait", "release"])
def test_a_pair_that_came_to_nothing_is_made_again(paired: Floor, how: str) -> None:
    if how == "hold":
        paired.hold("c1", 4, {})
    elif how == "wait":
        paired.wait(visitor("c1", since=-5), 4)
    else:
        paired.release("c1")
    assert paired.load("anna") == (0, 0)
    assert pairs(paired) == [("c1", "anna")]


def test_who_leaves_frees_their_agent_for_the_next(paired: Floor) -> None:
    paired.leave("c1", 4)
    assert pairs(paired) == [("c2", "anna")]
    assert paired.position("c2") == 1


def test_who_declined_is_not_asked_again_until_the_next_round(paired: Floor) -> None:
    paired.hold("c1", 4, {"anna": (1, 0)})
    paired.wait(visitor("c1", since=-5, invited=True), 4)
    paired.hold("c1", 5, {})
    refused = visitor("c1", since=-5, declined=frozenset({"anna"}))
    paired.wait(refused, 5)
    assert pairs(paired) == [("c2", "anna")]
    paired.leave("c2", 2)
    paired.hold("c2", 2, {})
    paired.wait(replace(refused, resting=True), 6)
    assert pairs(paired) == []
    paired.seat(seat("marc"))
    assert pairs(paired) == [("c1", "marc")]  # who has not refused may be asked while it rests
    paired.release("c1")
    paired.unseat("marc")
    paired.wait(visitor("c1", since=-5), 7)
    assert pairs(paired) == [("c1", "anna")]


def test_an_agent_who_changes_while_reserved_stays_reserved(paired: Floor) -> None:
    paired.seat(seat("anna", 99, languages=["fr"]))
    assert paired.load("anna") == (1, 0)
    assert pairs(paired) == []
    paired.unseat("anna")
    paired.seat(seat("anna"))
    assert pairs(paired) == []
    paired.hold("c1", 4, {})
    paired.leave("c1", 4)
    assert pairs(paired) == [("c2", "anna")]


def test_late_news_of_one_that_is_over_is_late(paired: Floor) -> None:
    paired.leave("c1", 9)
    paired.hold("c1", 9, {})
    paired.wait(visitor("c1", since=-5), 8)
    paired.hold("c1", 8, {"anna": (1, 0)})
    assert (paired.position("c1"), paired.load("anna")) == (0, (0, 0))


# --- what may change while somebody waits ----------------------------------------------------------------


def test_what_is_held_is_known_before_the_agent_is() -> None:
    opened = floor(care=ONE)
    opened.hold("x", 1, {"anna": (1, 0)})
    opened.wait(visitor("c1"), 1)
    opened.seat(seat("anna"))
    assert pairs(opened) == []
    opened.hold("x", 2, {})
    assert pairs(opened) == [("c1", "anna")]


def test_less_capacity_is_for_new_work_only() -> None:
    opened = floor(seat("anna"), care=replace(RULES, chat_slots=3))
    opened.hold("x", 1, {"anna": (1, 0)})
    opened.hold("y", 1, {"anna": (1, 0)})
    opened.configure({"care": ONE})
    opened.wait(visitor("c1"), 1)
    assert pairs(opened) == []
    opened.hold("x", 2, {})
    assert pairs(opened) == []
    opened.hold("y", 2, {})
    assert pairs(opened) == [("c1", "anna")]
    opened.configure({"care": RULES})
    opened.wait(visitor("c2"), 1)
    assert pairs(opened) == [("c2", "anna")]


def test_a_group_that_vanishes_and_comes_back() -> None:
    opened = floor(seat("anna"))
    opened.configure({})
    opened.wait(visitor("c1"), 1)
    assert pairs(opened) == []
    assert opened.position("c1") == 1
    opened.configure({"care": ONE})
    assert pairs(opened) == [("c1", "anna")]


def test_a_group_that_opens() -> None:
    opened = floor(seat("anna"))
    opened.set_open("care", False)
    opened.wait(visitor("c1"), 1)
    assert pairs(opened) == []
    opened.set_open("care", True)
    assert pairs(opened) == [("c1", "anna")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"connected": False}, {}),
        ({"chat": "paused"}, {}),
        ({"chat": "offline"}, {}),
        ({"languages": ["en"]}, {"languages": ["fr", "en"]}),
        ({"groups": {"loans": 1}}, {"groups": {"loans": 1, "care": 1}}),
    ],
)
def test_an_agent_who_can_more_than_before(before: dict[str, object], after: dict[str, object]) -> None:
    opened = floor(seat("anna", **before))  # type: ignore[arg-type]
    opened.wait(visitor("c1"), 1)
    assert pairs(opened) == []
    opened.seat(seat("anna", **after))  # type: ignore[arg-type]
    assert pairs(opened) == [("c1", "anna")]


def test_the_end_of_a_wrap_up() -> None:
    opened = floor(seat("anna", wrap_up_until=at(20)))
    opened.wait(visitor("c1"), 1)
    assert pairs(opened) == []
    assert opened.next_change() == at(20)
    assert pairs(opened, at(19)) == []
    assert pairs(opened, at(20)) == [("c1", "anna")]
    assert opened.next_change() is None


def test_a_wrap_up_that_is_called_off_or_over_already() -> None:
    opened = floor(seat("anna", wrap_up_until=at(20)), care=ONE)
    opened.wait(visitor("c1"), 1)
    opened.seat(seat("anna"))
    assert pairs(opened) == [("c1", "anna")]
    assert opened.next_change() is None
    opened.seat(seat("marc", wrap_up_until=at(0)))
    opened.wait(visitor("c2"), 1)
    assert pairs(opened) == [("c2", "marc")]


def test_time_does_not_go_back() -> None:
    opened = floor(seat("anna", wrap_up_until=at(20)))
    opened.advance(at(30))
    opened.wait(visitor("c1"), 1)
    assert pairs(opened, at(10)) == [("c1", "anna")]


def test_less_is_asked_for_after_a_while() -> None:
    anybody = replace(CHAT, language=None)
    helped = replace(anybody, group="loans")
    entry = visitor(
        "c1",
        stages=(
            Stage(at(0), (CHAT,)),
            Stage(at(60), (CHAT, anybody), ("language",)),
            Stage(at(90), (CHAT, anybody, helped), ("language", "overflow:loans")),
        ),
    )
    opened = floor(
        seat("anna", chat="paused", languages=["en"]),
        seat("marc", groups={"loans": 1}, languages=["en"]),
        care=ONE,
        loans=ONE,
    )
    opened.wait(entry, 1)
    assert opened.next_change() == at(60)
    assert pairs(opened, at(60)) == []
    assert opened.next_change() == at(90)
    (pair,) = opened.matches(at(90))
    assert (pair.agent_id, pair.choice.want, pair.choice.relaxed) == (
        "marc",
        helped,
        ("language", "overflow:loans"),
    )
    assert opened.next_change() is None
    opened.release("c1")
    opened.seat(seat("anna", languages=["en"]))
    assert pairs(opened, at(91)) == [("c1", "anna")]  # the own group is preferred


def test_a_card_that_escalates_falls_back_to_chat_and_is_kept_for_video_while_it_can_be() -> None:
    opened = floor(seat("anna", can_video=False), care=ONE)
    opened.wait(visitor("c1", BOTH, CHAT), 1)
    (pair,) = opened.matches(T0)
    assert (pair.agent_id, pair.choice.want) == ("anna", CHAT)
    assert opened.load("anna") == (1, 0)


def test_a_direct_video_needs_no_chat_presence() -> None:
    opened = floor(seat("anna", chat="offline"), seat("marc", video="offline", idle=9))
    opened.wait(visitor("c1", VIDEO), 1)
    assert pairs(opened) == [("c1", "anna")]


# --- the agent who knows the visitor ---------------------------------------------------------------------

STICKY = visitor("c1", sticky="anna", sticky_until=at(30))


def known(**changes: object) -> Floor:
    """Anna, who knows c1, is busy; marc is free."""
    opened = floor(seat("anna", **changes), seat("marc", 60), care=ONE)  # type: ignore[arg-type]
    opened.hold("x", 1, {"anna": (1, 0)})
    return opened


def test_who_knows_the_visitor_is_waited_for_while_busy() -> None:
    opened = known()
    opened.wait(STICKY, 1)
    assert pairs(opened) == []
    assert opened.choose(STICKY, T0).left_out == {"chat_full": 1, "sticky": 1}
    assert opened.next_change() == at(30)
    opened.hold("x", 2, {})
    assert pairs(opened) == [("c1", "anna")]


def test_who_does_not_free_up_in_time_is_not_waited_for() -> None:
    opened = known()
    opened.wait(STICKY, 1)
    assert pairs(opened, at(29)) == []
    assert pairs(opened, at(30)) == [("c1", "marc")]


def test_others_are_not_kept_waiting_for_it() -> None:
    opened = known()
    opened.wait(STICKY, 1)
    opened.wait(visitor("c2", since=5), 1)
    assert pairs(opened) == [("c2", "marc")]


@pytest.mark.parametrize(
    "changes",
    [
        {"connected": False},
        {"chat": "paused"},
        {"chat": "offline"},
        {"languages": ["en"]},
        {"groups": {"loans": 1}},
    ],
)
def test_who_cannot_come_is_not_waited_for(changes: dict[str, object]) -> None:
    opened = known(**changes)
    opened.wait(STICKY, 1)
    assert pairs(opened) == [("c1", "marc")]
    opened = known()
    opened.wait(STICKY, 1)
    assert pairs(opened) == []
    opened.seat(seat("anna", **changes))  # type: ignore[arg-type]
    assert pairs(opened) == [("c1", "marc")]


def test_who_is_gone_or_refused_is_not_waited_for() -> None:
    opened = known()
    opened.wait(STICKY, 1)
    opened.unseat("anna")
    assert pairs(opened) == [("c1", "marc")]
    opened = known()
    opened.wait(replace(STICKY, declined=frozenset({"anna"})), 1)
    assert pairs(opened) == [("c1", "marc")]
    opened = known()
    opened.wait(replace(STICKY, sticky_until=None), 1)
    assert pairs(opened) == [("c1", "marc")]


def test_who_comes_back_in_time_is_waited_for_again() -> None:
    opened = floor(seat("anna", chat="paused"), seat("marc", chat="paused"), care=ONE)
    opened.hold("x", 1, {"anna": (1, 0)})
    opened.wait(STICKY, 1)
    opened.seat(seat("anna"))
    opened.seat(seat("marc"))
    assert pairs(opened) == []


def test_a_wrap_up_is_waited_for_too() -> None:
    opened = floor(seat("anna", wrap_up_until=at(10)), seat("marc"))
    opened.wait(STICKY, 1)
    assert pairs(opened) == []
    assert pairs(opened, at(10)) == [("c1", "anna")]


# --- thousands ---------------------------------------------------------------------------------------------


def test_thousands_at_rest_do_not_hide_the_first_who_is_not() -> None:
    opened = floor(seat("anna", chat="paused"), seat("marc", chat="paused"), care=ONE)
    for number in range(3_000):
        refused = frozenset({"anna"}) if number < 2_500 else frozenset[str]()
        opened.wait(visitor(f"c{number:04}", since=number, declined=refused, resting=True), 1)
    assert pairs(opened) == []
    opened.seat(seat("anna"))
    assert pairs(opened) == [("c2500", "anna")]
    opened.seat(seat("marc"))
    assert pairs(opened) == [("c0000", "marc")]


def test_agents_without_end_do_not_pile_up() -> None:
    opened = floor()
    for number in range(100):
        name = f"agent-{number}"
        opened.seat(seat(name))
        opened.unseat(name)
        # Nor those of whom nothing but what they held was ever known.
        opened.hold(f"c{number}", 1, {f"gone-{number}": (1, 0)})
        opened.hold(f"c{number}", 2, {})
    assert not opened._roster._agents  # pyright: ignore[reportPrivateUsage]


def test_wants_and_profiles_without_end_do_not_pile_up() -> None:
    opened = floor()
    for number in range(9_000):
        want = Want("care", "fr", ((f"skill-{number}", 1),), chat=True, video=False)
        opened.choose(visitor("c1", want), T0)
        opened.wait(visitor("c2", want), number)
        opened.seat(seat("anna", skills=((f"skill-{number}", 1),)))
        opened.hold("c2", number, {"anna": (1, 0)})
    roster, records = opened._roster, opened._records  # pyright: ignore[reportPrivateUsage]
    assert len(roster._asks) < 5_000  # pyright: ignore[reportPrivateUsage]
    assert len(roster._crews) < 5_000  # pyright: ignore[reportPrivateUsage]
    for number in range(20_000):
        opened.wait(visitor(f"past-{number}"), 1)
        opened.leave(f"past-{number}", 2)
        opened.hold(f"past-{number}", 2, {})
    assert len(records._records) == 1  # pyright: ignore[reportPrivateUsage]
    opened.wait(visitor("past-19999"), 1)
    opened.release("past-19999")
    assert len(records._records) == 1  # pyright: ignore[reportPrivateUsage]
    assert len(records._versions) == 10_000  # pyright: ignore[reportPrivateUsage]
    assert len(opened._fresh) < 2  # pyright: ignore[reportPrivateUsage]
    assert pairs(opened) == [("c2", "anna")]


def test_clear_forgets_everything() -> None:
    opened = floor(seat("anna"))
    opened.set_open("care", False)
    opened.wait(visitor("c1"), 5)
    opened.clear()
    assert (opened.position("c1"), opened.load("anna"), opened.next_change()) == (0, (0, 0), None)
    opened.configure({"care": GroupRules(1, 0, None, "longest_idle", video=False)})
    opened.seat(seat("anna"))
    opened.wait(visitor("c1"), 1)
    assert pairs(opened) == [("c1", "anna")]
