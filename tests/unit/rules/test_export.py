"""The JSON Schema that editors get, judged by an independent validator on good and on broken files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from rules.schema import FILES
from rules.schema.export import json_schemas
from rules.vocabulary import ACTIONS, EVENTS, NOTICES
from rules.yaml_source import Document, Plain, decode, parse
from tests.unit.domain.model.mistakes import hand_written

ROOT = Path(__file__).parents[3]
POLICIES = [
    ROOT / "rules" / "policies",
    *sorted(path.parent for path in (ROOT / "docs" / "examples").glob("*/conversation.yaml")),
]
SCHEMAS = json_schemas()

# What takes more than a schema to judge: other files, other rows, the calendar, the meaning of a text.
BEYOND = {
    "a time zone that is none",
    "hours that end before they start",
    "a brace that is no slot",
}


def listed(value: Plain) -> Any:
    """Plain values as JSON has them."""
    if isinstance(value, tuple):
        return [listed(each) for each in value]
    if isinstance(value, dict):
        return {key: listed(each) for key, each in value.items()}
    return value


def mistakes_of(file: str, content: bytes | str) -> list[str]:
    text = decode(file, content)
    assert isinstance(text, str)
    document = parse(file, text)
    assert isinstance(document, Document)
    return [
        error.message for error in Draft202012Validator(SCHEMAS[file]).iter_errors(listed(document.value))
    ]


@pytest.mark.parametrize("file", FILES)
def test_is_a_schema_itself(file: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[file])


@pytest.mark.parametrize("folder", POLICIES, ids=lambda folder: folder.name)
def test_takes_good_files(folder: Path) -> None:
    for file in FILES:
        assert mistakes_of(file, (folder / file).read_bytes()) == []


@pytest.mark.parametrize(
    "mistake",
    [each for each in hand_written() if each.layer == "schema" and each.name not in BEYOND],
    ids=lambda each: each.name,
)
def test_refuses_what_the_check_refuses_for_its_shape(mistake) -> None:
    assert any(mistakes_of(file, content) for file, content in mistake.files.items())


@pytest.mark.parametrize(
    "name", ["an event that does not exist", "an action that does not exist", "a state that does not exist"]
)
def test_refuses_words_of_no_closed_set(name: str) -> None:
    mistake = next(each for each in hand_written() if each.name == name)
    assert mistakes_of("conversation.yaml", mistake.files["conversation.yaml"])


def test_completes_every_word_and_explains_every_key() -> None:
    row = SCHEMAS["conversation.yaml"]["$defs"]["Row"]["properties"]
    assert row["event"]["enum"] == list(EVENTS)
    assert row["do"]["items"]["enum"] == list(ACTIONS)
    assert row["say"]["items"]["enum"] == list(NOTICES)
    assert "agent.can_video" in row["when"]["description"]
    for schema in SCHEMAS.values():
        for model in (schema, *schema.get("$defs", {}).values()):
            for key, value in model.get("properties", {}).items():
                assert value.get("description"), key
            if "properties" in model:
                assert model["additionalProperties"] is False
