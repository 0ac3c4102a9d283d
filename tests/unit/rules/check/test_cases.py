"""Guards over finitely many cases agree with CEL, and the cases are all there are."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.check.cases import (
    Condition,
    TooManyCasesError,
    always_holds,
    can_hold,
    condition_of,
    consistent,
    demanded,
    domains_of,
    implies,
    never_holds,
    shape_of,
    winners,
)
from rules.facts import FACT_BY_NAME, FactValue
from rules.guards import Guard, compile_guard, world_of
from rules.load import load_policy
from tests.unit.rules.shipped import FOLDER

POLICY = load_policy(FOLDER)
SHIPPED = [row.guard for row in POLICY.lifecycle.rows if row.guard is not None]


def guard(source: str) -> Guard:
    compiled = compile_guard(source)
    assert isinstance(compiled, Guard), compiled
    return compiled


def condition(source: str) -> Condition:
    found = condition_of(guard(source))
    assert found is not None
    return found


bools = st.sampled_from(["group.open", "visitor.can_video", "agent.free_video", "true", "event.on"])
numbers = st.sampled_from(["group.waiting", "group.places", "3", "0"])
words = st.sampled_from(
    ["conversation.need", '"chat"', "conversation.device", '"mobile"', "site.id", '"shop"']
)
comparisons = st.one_of(
    st.tuples(numbers, st.sampled_from([" < ", " <= ", " > ", " >= ", " == ", " != "]), numbers).map("".join),
    st.tuples(words, st.sampled_from([" == ", " != "]), words).map("".join),
    st.tuples(st.sampled_from(["conversation.language", "site.id"]), st.just(' in ["fr", "shop", "de"]')).map(
        "".join
    ),
)
sources = st.recursive(
    bools | comparisons,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: f"({two[0]} && {two[1]})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]} || {two[1]})"),
        inner.map(lambda one: f"!({one})"),
        st.tuples(inner, inner, inner).map(lambda three: f"({three[0]} ? {three[1]} : {three[2]})"),
    ),
    max_leaves=6,
)


def values_of(name: str, chance: st.DataObject) -> FactValue:
    fact = FACT_BY_NAME[name]
    if fact.type == "bool":
        return chance.draw(st.booleans())
    if fact.type == "string":
        return chance.draw(st.sampled_from(fact.values or ("fr", "shop", "de", "elsewhere")))
    return chance.draw(st.integers(0, 5))


@given(sources, st.data())
def test_answers_as_cel_does(source: str, data: st.DataObject) -> None:
    compiled = compile_guard(source)
    if not isinstance(compiled, Guard):
        return  # a word that the fact never is
    known = {name: values_of(name, data) for name in compiled.reads}
    found = condition_of(compiled)
    assert found is not None
    assert found.exact
    assert found.test(known) is compiled.holds(world_of(known))


@given(sources, st.data())
def test_not_known_yet_becomes_known_the_same(source: str, data: st.DataObject) -> None:
    """What is answered while facts are missing is still the answer when they are there."""
    compiled = compile_guard(source)
    if not isinstance(compiled, Guard):
        return
    found = condition_of(compiled)
    assert found is not None
    known = {name: values_of(name, data) for name in compiled.reads}
    part = {name: value for name, value in known.items() if data.draw(st.booleans())}
    early = found.test(part)
    assert early is None or early is found.test(known)


@given(sources, st.data())
def test_the_cases_stand_for_all(source: str, data: st.DataObject) -> None:
    """Whatever the facts are, some case of the few gives the same answer."""
    compiled = compile_guard(source)
    if not isinstance(compiled, Guard):
        return
    found = condition_of(compiled)
    assert found is not None
    answers = {index == 0 for index, _ in winners((found,), {}, domains_of((found,)))}
    known = {name: values_of(name, data) for name in compiled.reads}
    if consistent(known):
        assert found.test(known) in answers


@given(sources, st.data())
def test_a_shape_says_what_the_guard_says(source: str, data: st.DataObject) -> None:
    compiled = compile_guard(source)
    if not isinstance(compiled, Guard):
        return
    known = {name: values_of(name, data) for name in compiled.reads}
    shape = shape_of(compiled.tree, known)
    found = condition_of(compiled)
    assert found is not None
    assert isinstance(shape, tuple) or shape is found.test(known)


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda each: each.source[:40])
def test_shipped_guards_are_exact_and_mean_something(shipped: Guard) -> None:
    found = condition_of(shipped)
    assert found is not None
    assert found.exact
    assert not never_holds(found, {})
    assert not always_holds(found)


class TestWinners:
    def test_each_case_goes_to_the_first_that_holds(self) -> None:
        rows = [condition("group.waiting > 3"), condition("group.waiting > 1"), None]
        won = {facts["group.waiting"]: index for index, facts in winners(rows, {}, domains_of(rows))}
        assert won == {waiting: 0 if waiting > 3 else 1 if waiting > 1 else 2 for waiting in won}
        assert set(won.values()) == {0, 1, 2}

    def test_nothing_is_repeated_that_is_known(self) -> None:
        rows = [condition("group.open && visitor.can_video")]
        cases = list(winners(rows, {"group.open": True}, domains_of(rows)))
        assert cases == [(0, {"visitor.can_video": True}), (None, {"visitor.can_video": False})]

    def test_what_cannot_be_true_together_is_no_case(self) -> None:
        rows = [condition("!queue.wait_known && queue.wait_p90 > 60.0")]
        assert [index for index, _ in winners(rows, {}, domains_of(rows))] == [None] * len(
            list(winners(rows, {}, domains_of(rows)))
        )
        assert never_holds(rows[0], {})

    def test_two_numbers_are_compared_in_every_order(self) -> None:
        rows = [condition("group.waiting < group.places"), condition("group.waiting == group.places"), None]
        assert {index for index, _ in winners(rows, {}, domains_of(rows))} == {0, 1, 2}

    def test_there_is_an_end(self) -> None:
        parts = " != ".join(
            f"(({name} > 7) != ({name} > 3))" for name in ("group.waiting", "group.places", "queue.priority")
        ) + "".join(
            f" != ({name} > 5.0) != ({name} > 9.0)"
            for name in ("queue.wait_p50", "queue.wait_p90", "queue.waited")
        )
        rows = [condition(parts)]
        with pytest.raises(TooManyCasesError):
            list(winners(rows, {}, domains_of(rows)))
        assert not never_holds(rows[0], {})
        assert not implies(None, rows[0])


class TestConclusions:
    @pytest.mark.parametrize(
        ("one", "other", "follows"),
        [
            ("group.open && visitor.can_video", "group.open", True),
            ("group.open", "group.open && visitor.can_video", False),
            ("group.waiting > 5", "group.waiting > 3", True),
            ("group.waiting > 3", "group.waiting > 5", False),
            ('conversation.need == "video"', 'conversation.need != "chat"', True),
            ('conversation.language == "fr"', 'conversation.language in ["fr", "de"]', True),
            ('site.id == "a"', 'site.id != "b"', True),
            ("card.escalates", "card.present", True),
        ],
    )
    def test_implies(self, one: str, other: str, follows: bool) -> None:
        assert implies(condition(one), condition(other)) is follows

    @pytest.mark.parametrize(
        "source",
        [
            "group.open && !group.open",
            "group.places > 5 && group.places < 3",
            'site.id == "a" && site.id == "b"',
            'conversation.device == "mobile" && conversation.device == "desktop"',
            "call.both_connected && !call.agent_connected",
            "group.waiting > group.places && group.places > group.waiting",
        ],
    )
    def test_never(self, source: str) -> None:
        assert never_holds(condition(source), {})

    @pytest.mark.parametrize(
        "source",
        ["group.open || !group.open", 'conversation.need == "chat" || conversation.need == "video"', "true"],
    )
    def test_always(self, source: str) -> None:
        assert always_holds(condition(source))

    @pytest.mark.parametrize(
        "source",
        ["group.places * 2 > 9", 'site.id.startsWith("shop")', "size(site.id) > 3", "group.places % 2 == 1"],
    )
    def test_what_is_calculated_is_asked_of_cel_and_never_called_certain(self, source: str) -> None:
        found = condition(source)
        assert not found.exact
        assert not never_holds(found, {})
        assert not always_holds(found)
        for values in itertools.islice(winners((found,), {}, domains_of((found,))), 5):
            assert values[0] in (0, None)

    def test_facts_under_which_it_holds(self) -> None:
        found = condition('conversation.device == "mobile" && group.waiting >= 4')
        facts = can_hold(found, {}, domains_of((found,)))
        assert facts is not None
        assert found.test(facts) is True


@pytest.mark.parametrize(
    ("guard", "value"),
    [
        ('group.name == "a"', "a"),
        ('"a" == group.name', "a"),
        ('group.open && (group.name == "a" && card.present)', "a"),
        ('group.name == "a" || group.open', None),
        ('group.name != "a"', None),
        ('!(group.name == "a")', None),
        ('group.name in ["a", "b"]', None),
        ('site.id == "a"', None),
        ("group.open", None),
    ],
)
def test_what_a_guard_demands_outright(guard: str, value: str | None) -> None:
    compiled = compile_guard(guard)
    assert isinstance(compiled, Guard)
    assert demanded(compiled.tree, "group.name") == value
