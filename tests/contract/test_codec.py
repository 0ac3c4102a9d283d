"""Whatever the domain can hold comes back from JSON as it was."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.adapters import codec
from orchestrator.domain.conversation import Conversation
from orchestrator.domain.effects import Effect
from orchestrator.domain.events import Event
from orchestrator.domain.evolve import FIELDS, difference, evolve
from rules.decision import Decision

MOMENTS = st.datetimes(  # hypothesis wants bounds without a zone, and adds it.
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
WORDS = st.text(st.characters(codec="utf-8"), max_size=20)
st.register_type_strategy(datetime, MOMENTS)
st.register_type_strategy(str, WORDS)
# The core's mappings are dicts; hypothesis would try every kind there is.
st.register_type_strategy(
    Mapping,
    lambda kind: st.dictionaries(*(st.from_type(argument) for argument in get_args(kind)), max_size=5),
)
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))


@pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: kind.__name__)
def test_events(kind: type[Any]) -> None:
    @given(st.from_type(kind))
    def check(event: Any) -> None:
        assert codec.load_event(*codec.dump_event(event)) == event

    check()


@pytest.mark.parametrize("kind", get_args(Effect), ids=lambda kind: kind.__name__)
def test_effects(kind: type[Any]) -> None:
    @given(st.from_type(kind))
    def check(effect: Any) -> None:
        assert codec.load_effect(*codec.dump_effect(effect)) == effect

    check()


@given(st.from_type(Conversation))
def test_conversations(conversation: Conversation) -> None:
    assert codec.load_conversation(codec.dump_conversation(conversation)) == conversation


@given(st.from_type(Conversation), st.from_type(Conversation))
def test_changes_fold_the_same_before_and_after(one: Conversation, other: Conversation) -> None:
    changes = difference(one, other)
    again = codec.load_changes(codec.dump_changes(changes))
    assert again == changes
    assert evolve(one, again) == other


@given(st.from_type(Decision))
def test_decisions(decision: Decision) -> None:
    again = codec.load_decision(codec.dump_decision(decision))
    assert again == decision
    # 1, 1.0 and True are equal, and are not the same fact.
    assert {name: type(value) for name, value in again.facts.items()} == {
        name: type(value) for name, value in decision.facts.items()
    }


def test_every_field_can_change() -> None:
    for name in FIELDS:
        assert codec._field(name)
