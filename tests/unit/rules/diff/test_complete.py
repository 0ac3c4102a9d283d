"""No change is silent: every place of every file, in every way it can be different, is told, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import islice
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from rules.compile import compile_policy
from rules.diff.difference import SECTIONS, Told, diff
from rules.diff.labels import KEYS, LANGUAGES
from rules.diff.tree import Change, Key, compare
from rules.policy import Policy
from rules.schema import FILES
from tests.unit.rules.diff.variants import full, model_of, places, variants
from tests.unit.rules.diff.variants import full_policy as whole_policy

FULL = full()
# Rows are all of one shape: a few of them, in which every key is written, stand for all.
ROWS = ("card-escalates-to-video", "card-cannot-escalate", "visitor-leaves-queue", "closed")
# Nothing else may be written there.
FIXED = {"ConversationFile.initial", "States.closed", "ClosedState.final"}
MOST = 6
"""Variants of one place: the first ones that are valid."""
# What an entry of a list is named by: another name is another entry.
NAMES = {"Row.id", "RoutingRow.id", "PauseReason.id", "Overflow.group", "Relaxation.after"}
# A stretch of hours is compared as a whole.
WHOLE = {"Span.start", "Span.end"}


@cache
def full_policy() -> Policy:
    """Compiled with all its rows, then left with a few."""
    whole = whole_policy()
    FULL["conversation.yaml"]["transitions"] = [
        row for row in FULL["conversation.yaml"]["transitions"] if row["id"] in ROWS
    ]
    few = tuple(row for row in whole.conversation.transitions if row.id in ROWS)
    return replace(whole, conversation=whole.conversation.model_copy(update={"transitions": few}))


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Every model that can be written somewhere below."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models(field.annotation)
    elif get_origin(annotation) is Annotated:
        yield from models(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, UnionType, tuple) or get_args(annotation):
        for inner in get_args(annotation):
            yield from models(inner)


def keys() -> set[str]:
    return {
        f"{model.__name__}.{field.alias or name}"
        for file in FILES.values()
        for model in models(file)
        for name, field in model.model_fields.items()
    }


def everything(changes: list[Change]) -> Iterator[Change]:
    for change in changes:
        yield change
        yield from everything(list(change.parts))


def test_every_key_has_a_name_in_both_languages() -> None:
    named = {Key(*key.split(".")).base for key in keys()}
    assert named == set(KEYS)
    assert all(len(words) == len(LANGUAGES) for words in KEYS.values())


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_no_different_from_itself(name: str) -> None:
    one, other = (model_of(name, FULL[name]) for _ in range(2))
    assert one is not None
    assert other is not None
    assert list(compare(name, one, other)) == []


def cases(name: str) -> Iterator[tuple[tuple[str | int, ...], BaseModel]]:
    """Each place with every valid variant that means something else."""
    before = model_of(name, FULL[name])
    assert before is not None, f"{name} of the full policy is not valid"
    same = before.model_dump()

    def valid(path: tuple[str | int, ...]) -> Iterator[BaseModel]:
        for plain in variants(FULL[name], path):
            after = model_of(name, plain)
            if after is not None and after.model_dump() != same:
                yield after

    for path in places(FULL[name]):
        for after in islice(valid(path), MOST):
            yield path, after


def shown(found: list[Told], language: Any) -> str:
    return "\n".join(each.sentence(language) for each in found)


def test_every_change_of_every_place_is_told() -> None:
    before = full_policy()
    seen: set[str] = set()
    tried = 0
    for name in FILES:
        key = name.removesuffix(".yaml")
        for path, model in cases(name):
            tried += 1
            after = replace(before, revision="other", **{key: model})
            changes = list(compare(name, getattr(before, key), model))
            assert changes, f"{name} {path}: nothing is told"
            seen |= {
                f"{step.model}.{step.key}"
                for change in everything(changes)
                for step in change.steps
                if isinstance(step, Key)
            }
            found, back = diff(before, after), diff(after, before)
            assert found
            assert not found.layout
            assert len(found.told) >= len(changes)
            for language in LANGUAGES:
                said, unsaid = (shown(list(each.told), language) for each in (found, back))
                assert said != unsaid, f"{name} {path}: the direction cannot be told"
                assert all(line.strip() for line in f"{said}\n{unsaid}".split("\n"))
                assert not any(
                    word in said + unsaid for word in ("None", "mappingproxy", "datetime", "Spec(")
                )
            assert all(each.section in SECTIONS for each in found.told)
    unseen = keys() - seen - FIXED - NAMES - WHOLE
    assert not unseen, f"never different in any variant: {sorted(unseen)}"
    assert tried > 800


def test_the_same_rules_in_other_words_have_no_difference() -> None:
    before = whole_policy()
    commented = {name: f"# another comment\n{text}" for name, text in before.files.items()}
    after = compile_policy(commented)
    found = diff(before, after)
    assert not found
    assert found.layout
    assert found.told == ()
    assert not diff(before, before).layout
