"""The whole vocabulary has words in every language: what is added to the domain is missed here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from enum import Enum
from pathlib import Path
from string import Formatter
from typing import Any, get_args, get_type_hints

import pytest

from orchestrator.domain import decide, invariants, laws
from orchestrator.domain.conversation import Party, State
from orchestrator.domain.events import Event
from orchestrator.domain.explain import WORDS, Words
from orchestrator.domain.explain.words import PHRASES, VARIANT_OF
from orchestrator.domain.floor.reasons import LeftOut
from orchestrator.domain.outcome import Outcome
from rules.facts import FACTS
from rules.phrases import Reason

EVERY = pytest.mark.parametrize("words", WORDS.values(), ids=WORDS.keys())
EVENTS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Event)}


def values_of(kind: type[Any], name: str) -> Iterator[object]:
    hint = get_type_hints(kind)[name]
    if isinstance(hint, type) and issubclass(hint, Enum):
        yield from (one.value for one in hint)
    elif hint is bool:
        yield from (True, False)
    else:
        yield from get_args(hint)


@EVERY
def test_events(words: Words) -> None:
    expected = set(EVENTS)
    for name, variant in VARIANT_OF.items():
        values = list(values_of(EVENTS[name], variant))
        assert values, name
        expected |= {f"{name}.{value}" for value in values}
    assert set(words.events) == expected


def test_every_closed_field_of_an_event_is_told() -> None:
    """A field with few values says what kind of event it was; one that is not told must be known not to matter."""
    told_otherwise = {
        ("ConversationStarted", "device"),
        ("ConversationStarted", "can_video"),
        ("TransferRequested", "bot_goes_on"),
    }
    closed = {
        (name, field.name)
        for name, kind in EVENTS.items()
        for field in fields(kind)
        if list(values_of(kind, field.name))
        and not {type(None), str} & set(values_of(kind, field.name))
        and field.name != "message_ids"
    }
    assert closed - told_otherwise == set(VARIANT_OF.items())


@EVERY
def test_outcomes_states_and_parties(words: Words) -> None:
    assert set(words.outcomes) == {kind.__name__.lower() for kind in get_args(Outcome)}
    assert set(words.states) == {state.value for state in State}
    assert set(words.parties) == {party.value for party in Party}


@EVERY
def test_refusals(words: Words) -> None:
    codes = {
        code
        for module in (laws, decide)
        for code in re.findall(
            r'(?:_denied|_ignored|Ignored|Denied)\(\s*"(\w+)"', Path(str(module.__file__)).read_text("utf-8")
        )
    }
    assert len(codes) > 20
    assert codes == set(words.reasons)
    held = set(re.findall(r'"([a-z]+(?:_[a-z]+)+)"', Path(str(invariants.__file__)).read_text("utf-8")))
    assert len(held) > 15
    assert held == set(words.laws)


@EVERY
def test_facts_and_their_values(words: Words) -> None:
    assert set(words.bools) == {fact.name for fact in FACTS if fact.type == "bool"}
    assert all(yes != no for yes, no in words.bools.values())
    assert set(words.facts) == {fact.name for fact in FACTS if fact.type != "bool"}
    assert {name: set(values) for name, values in words.values.items()} == {
        fact.name: set(fact.values) for fact in FACTS if fact.values
    }


@EVERY
def test_routing(words: Words) -> None:
    assert set(words.left_out) == set(get_args(LeftOut))
    given_up = Path(str(decide.__file__)).parent / "floor" / "wants.py"
    codes = set(re.findall(r'given_up\.append\("(\w+)"', given_up.read_text("utf-8")))
    codes |= set(re.findall(r'"(\w+)" if skills else "(\w+)"', given_up.read_text("utf-8"))[0])
    assert codes == set(words.relaxed)
    assert set(words.verdicts) == set(get_args(Reason))


@EVERY
def test_no_word_is_empty_and_none_is_left_over(words: Words) -> None:
    assert set(words.phrases) == set(PHRASES)
    for group in fields(words):
        texts = getattr(words, group.name)
        if isinstance(texts, dict):
            assert all(texts.values()), group.name


def test_the_languages_name_the_same_things() -> None:
    def names(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    one, other = WORDS["en"], WORDS["fr"]
    for group in ("events", "phrases", "reasons", "laws", "left_out"):
        for key, text in getattr(one, group).items():
            assert names(text) == names(getattr(other, group)[key]), key


def test_french_does_not_break_before_its_marks() -> None:
    for group in fields(WORDS["fr"]):
        texts = getattr(WORDS["fr"], group.name)
        for text in texts.values() if isinstance(texts, dict) else ():
            for one in (
                (text,) if isinstance(text, str) else text if isinstance(text, tuple) else text.values()
            ):
                assert not re.search(r" [:;?!»]|« |'", one), one
