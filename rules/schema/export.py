"""The files of a policy as JSON Schema, for editors: completion and squiggles while writing YAML."""

from __future__ import annotations

from typing import Any

from rules.schema import FILES
from rules.vocabulary import ACTIONS, EVENTS, NOTICES, STATES


def json_schemas() -> dict[str, dict[str, Any]]:
    """A JSON Schema (2020-12) for each file by name. Names of the closed sets are spelt out."""
    schemas: dict[str, dict[str, Any]] = {}
    for name, model in FILES.items():
        schema = model.model_json_schema(by_alias=True)
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        schemas[name] = schema
    row = schemas["conversation.yaml"]["$defs"]["Row"]["properties"]
    states = [state for state in STATES if state != "closed"]
    row["event"]["enum"] = list(EVENTS)
    row["to"] = {"enum": list(STATES), "description": "the next state; absent: it stays"}
    row["do"]["items"] = {"enum": list(ACTIONS)}
    row["say"]["items"] = {"enum": list(NOTICES)}
    row["from"] = _one_or_many(states)
    row["party"] = _one_or_many(["none", "bot", "agent"])
    return schemas


def _one_or_many(words: list[str]) -> dict[str, Any]:
    return {
        "oneOf": [
            {"enum": words},
            {"type": "array", "items": {"enum": words}, "minItems": 1, "uniqueItems": True},
        ]
    }
