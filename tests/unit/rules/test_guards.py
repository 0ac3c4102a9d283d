"""Guards: what is found when they are compiled, and what they come to."""

from __future__ import annotations

from enum import StrEnum

import pytest

from rules.facts import FACTS
from rules.guards import Guard, check_names, compile_guard, facts_for, world_of


def guard(source: str) -> Guard:
    result = compile_guard(source)
    assert isinstance(result, Guard), result
    return result


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_every_fact_can_be_read_under_its_dotted_name(fact) -> None:
    literal = {"bool": "true", "int": "0", "double": "0.0", "string": f'"{fact.default}"'}[fact.type]
    compiled = guard(f"{fact.name} == {literal}")
    assert compiled.reads == (fact.name,)
    expected = {"bool": fact.default is True}.get(fact.type, True)
    assert compiled.holds(world_of(facts_for(compiled.reads, {}))) is expected


@pytest.mark.parametrize(
    ("source", "reads"),
    [
        ("true", ()),
        ("group.waiting >= group.places", ("group.places", "group.waiting")),
        ("conversation.state in ['chat'] && !card.escalates", ("conversation.state", "card.escalates")),
        ("type(group.open) == bool", ("group.open",)),
        ("conversation.language.startsWith('fr') || site.id == 'x'", ("conversation.language", "site.id")),
        (
            "agent.can_video ? group.open : visitor.present",
            ("visitor.present", "agent.can_video", "group.open"),
        ),
    ],
)
def test_reads_come_from_the_compiled_expression(source: str, reads: tuple[str, ...]) -> None:
    assert guard(source).reads == reads


@pytest.mark.parametrize(
    ("source", "offset", "problem", "advice"),
    [
        ("group.opne", 0, "no fact `group.opne`", "did you mean `group.open`?"),
        (
            "group.open &&\n  agent.can_vido",
            16,
            "no fact `agent.can_vido`",
            "did you mean `agent.can_video`?",
        ),
        ("agent", 0, "no fact `agent`", "agent.can_video"),
        ("group.waiting > 'a'", 14, "no matching overload", "compare values of one type"),
        ("group.waiting", 0, "of type int", "comparison"),
        ("site.id", 0, "of type string", "comparison"),
        ("group.open and true", 11, "mismatched input 'and'", "&&"),
        ("group.open ==", 13, "Syntax error", "brackets"),
        ("conversation.state == 'quued'", 22, 'is never "quued"', "did you mean `queued`?"),
        ("'robot' != conversation.party", 0, 'is never "robot"', "did you mean `bot`?"),
        ("conversation.need in ['chat', 'vdeo']", 30, 'is never "vdeo"', "did you mean `video`?"),
        ("[1, 2].all(x, x > group.waiting)", 10, "loops", "in [...]"),
        ("(" * 100 + "true" + ")" * 100, 0, "recursion", "simpler"),
    ],
)
def test_mistakes_have_a_place_and_advice(source: str, offset: int, problem: str, advice: str) -> None:
    result = compile_guard(source)
    assert isinstance(result, tuple)
    assert problem in result[0].problem
    assert advice in result[0].advice
    assert result[0].offset == offset


def test_facts_may_be_out_of_reach() -> None:
    result = compile_guard("site.id == 'x' && group.open", {"site.id"})
    assert isinstance(result, tuple)
    assert (result[0].offset, result[0].advice) == (18, "it can only be `site.id`")


class _Name(StrEnum):
    CHAT = "chat"


class TestEvaluation:
    def test_only_true_passes(self) -> None:
        world = world_of({"group.open": True, "conversation.state": _Name.CHAT})
        assert guard("group.open && conversation.state == 'chat'").holds(world) is True
        assert guard("!group.open").holds(world) is False

    def test_an_error_is_told_and_does_not_pass(self) -> None:
        world = world_of({"group.waiting": 0, "group.places": 3})
        assert guard("group.places / group.waiting > 1").holds(world) == "INVALID_ARGUMENT: divide by zero"

    def test_an_error_beside_a_true_alternative_does_not_matter(self) -> None:
        assert guard("1 / group.waiting > 1 || true").holds(world_of({"group.waiting": 0})) is True

    @pytest.mark.parametrize("value", ["\ud800", 3, None, 2**80, True])
    def test_values_of_the_wrong_kind_are_errors_not_exceptions(self, value) -> None:
        assert isinstance(guard("site.id == 'x'").holds(world_of({"site.id": value})), str)

    def test_a_number_too_large_is_an_error_too(self) -> None:
        assert isinstance(guard("group.waiting > 1").holds(world_of({"group.waiting": 2**80})), str)

    def test_undeclared_names_are_the_callers_mistake(self) -> None:
        with pytest.raises(KeyError, match=r"group\.opne"):
            check_names({"group.opne": True})
