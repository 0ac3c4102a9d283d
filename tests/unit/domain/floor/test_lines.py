"""Who waits where, and who sits there."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.domain.floor.people import CHAT, RULES, T0, VIDEO, at, floor, seat, visitor


def test_the_line_of_a_group_has_both_channels_in_one_order() -> None:
    opened = floor()
    entries = [
        visitor("c1", VIDEO, since=5, video=True),
        visitor("c2", since=0),
        visitor("c3", since=9, at_head=True),
        visitor("c4", since=0),
        visitor("other", replace(CHAT, group="loans")),
    ]
    for entry in entries:
        opened.wait(entry, 1)
    assert [entry.id for entry in opened.line("care")] == ["c3", "c2", "c4", "c1"]
    assert [opened.position(name) for name in ("c3", "c2", "c4", "c1", "other", "nobody")] == [
        1,
        2,
        3,
        4,
        1,
        0,
    ]
    assert (opened.waiting("care", video=False), opened.waiting("care", video=True)) == (3, 1)
    assert (opened.waiting("loans", video=False), opened.waiting("nowhere", video=False)) == (1, 0)
    assert list(opened.line("nowhere")) == []


def test_who_is_invited_keeps_the_place_but_does_not_count_as_waiting() -> None:
    opened = floor()
    opened.wait(visitor("c1"), 1)
    opened.wait(visitor("c2", since=1), 1)
    opened.wait(visitor("c1", invited=True), 2)
    assert opened.waiting("care", video=False) == 1
    assert (opened.position("c1"), opened.position("c2")) == (1, 2)
    opened.leave("c1", 3)
    assert (opened.position("c1"), opened.position("c2")) == (0, 1)
    assert opened.waiting("care", video=False) == 1


def test_who_waits_for_something_else_moves() -> None:
    opened = floor()
    opened.wait(visitor("c1"), 1)
    opened.wait(visitor("c2", since=1), 1)
    opened.wait(visitor("c1", since=2), 2)
    assert [entry.id for entry in opened.line("care")] == ["c2", "c1"]
    opened.wait(visitor("c2", VIDEO, group="loans", video=True), 2)
    assert [entry.id for entry in opened.line("care")] == ["c1"]
    assert opened.waiting("loans", video=True) == 1


def test_agents_of_a_group_with_what_they_hold() -> None:
    anna, marc, zoe = seat("anna"), seat("marc", groups={"care": 2, "loans": 1}), seat("zoe", chat="paused")
    opened = floor(zoe, marc, anna, care=RULES, loans=RULES)
    opened.hold("x", 1, {"marc": (1, 1), "anna": (1, 0)})
    opened.hold("y", 1, {"marc": (1, 0)})
    assert list(opened.agents("care")) == [(anna, (1, 0)), (marc, (2, 1)), (zoe, (0, 0))]
    assert list(opened.agents("loans")) == [(marc, (2, 1))]
    assert list(opened.agents("nowhere")) == []
    opened.hold("x", 2, {"anna": (0, 0)})
    opened.unseat("marc")
    assert [(one.id, load) for one, load in opened.agents("care")] == [("anna", (0, 0)), ("zoe", (0, 0))]
    assert (opened.load("marc"), opened.load("nobody")) == ((1, 0), (0, 0))


def test_what_is_due_next() -> None:
    opened = floor(seat("anna", wrap_up_until=at(50)))
    assert opened.next_change() == at(50)
    opened.wait(visitor("c1", sticky="anna", sticky_until=at(40)), 1)
    assert opened.next_change() == at(40)
    opened.leave("c1", 2)
    opened.advance(at(50))
    assert opened.next_change() is None
    opened.advance(T0)
    assert opened.next_change() is None
