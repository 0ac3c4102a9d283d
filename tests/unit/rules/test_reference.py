"""The reference is what the schema and the vocabulary say, and says all of it."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from rules import meanings
from rules.check.codes import CODES
from rules.facts import FACTS
from rules.reference import policy_reference
from rules.schema import FILES
from rules.vocabulary import ACTIONS, EVENTS, NOTICES, STATES

DOCUMENT = Path(__file__).parents[3] / "docs" / "policy-reference.md"


def models(annotation: object, seen: set[type[BaseModel]]) -> set[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in seen:
        seen.add(annotation)
        for field in annotation.model_fields.values():
            models(field.annotation, seen)
    for inner in get_args(annotation):
        models(inner, seen)
    return seen


def test_the_document_is_current() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == policy_reference(), (
        "run `.venv/bin/python -m rules.reference > docs/policy-reference.md`"
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (EVENTS, meanings.EVENTS),
        (ACTIONS, meanings.ACTIONS),
        (NOTICES, meanings.NOTICES),
        (STATES, meanings.STATES),
    ],
)
def test_every_word_has_its_meaning_and_no_other_has(words: tuple[str, ...], told: dict[str, str]) -> None:
    assert set(words) == set(told)
    assert all(told.values())


def test_every_key_has_its_meaning_and_no_other_has() -> None:
    written = {
        f"{model.__name__}.{field.alias or name}"
        for file in FILES.values()
        for model in models(file, set())
        for name, field in model.model_fields.items()
    }
    for key in written:
        model, name = key.split(".")
        assert meanings.meaning_of(model, name)
    assert set(meanings.KEYS) <= written


@pytest.mark.parametrize("word", [*EVENTS, *ACTIONS, *NOTICES, *(fact.name for fact in FACTS), *CODES])
def test_the_document_names(word: str) -> None:
    assert f"`{word}`" in DOCUMENT.read_text(encoding="utf-8")
