"""The files of a policy as JSON Schema, for editors: completion, explanations and squiggles while writing YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from pydantic import BaseModel

from rules import meanings
from rules.facts import FACTS
from rules.schema import FILES
from rules.vocabulary import ACTIONS, EVENTS, NOTICES, STATES

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def json_schemas() -> dict[str, Schema]:
    """A JSON Schema (2020-12) for each file by name. Names of the closed sets are spelt out, and every key explained.

    What takes more than one file to judge (names of groups, guards, the lifecycle) is left to `visavis policy check`.
    """
    return {name: _schema_of(name, model) for name, model in FILES.items()}


def _schema_of(name: str, model: type[BaseModel]) -> Schema:
    schema = model.model_json_schema(by_alias=True)
    definitions = cast("dict[str, Schema]", schema.get("$defs", {}))
    for title, definition in {**definitions, model.__name__: schema}.items():
        definition.pop("description", None)  # written for developers
        for key, value in cast("dict[str, Schema]", definition.get("properties", {})).items():
            definition["properties"][key] = _plainer(value) | {"description": meanings.meaning_of(title, key)}
    if "Row" in definitions:
        _spell_out(definitions["Row"]["properties"])
    if "RoutingRow" in definitions:
        definitions["RoutingRow"]["properties"]["when"]["description"] += _facts()
    return {"$schema": DIALECT, "title": name, **_tidied(schema)}


def _spell_out(row: dict[str, Schema]) -> None:
    """The closed sets of words, which the model leaves to a later check for the sake of its advice."""
    states = [state for state in STATES if state != "closed"]
    row["event"] |= {"enum": list(EVENTS)}
    row["to"] = {"enum": list(STATES), "description": row["to"]["description"]}
    row["do"] |= {"items": {"enum": list(ACTIONS)}, "uniqueItems": True}
    row["say"] |= {"items": {"enum": list(NOTICES)}, "uniqueItems": True}
    row["from"] = _one_or_many(states) | {"description": row["from"]["description"]}
    row["party"] = _one_or_many(["none", "bot", "agent"]) | {"description": row["party"]["description"]}
    row["when"]["description"] += _facts()


def _facts() -> str:
    return "\n\nFacts: " + ", ".join(fact.name for fact in FACTS)


def _one_or_many(words: list[str]) -> Schema:
    return {
        "oneOf": [
            {"enum": words},
            {"type": "array", "items": {"enum": words}, "minItems": 1, "uniqueItems": True},
        ]
    }


def _plainer(value: Schema) -> Schema:
    """Absent is written by leaving a key out, never as null."""
    choices = cast("list[Schema]", value.get("anyOf", []))
    kept = [choice for choice in choices if choice.get("type") != "null"]
    if len(kept) == len(choices):
        return value
    rest = {key: held for key, held in value.items() if key not in ("anyOf", "default")}
    return rest | (kept[0] if len(kept) == 1 else {"anyOf": kept})


def _tidied(schema: Any) -> Any:
    """Without the titles that are made up from names (properties called so are kept), and strict about keys."""
    if isinstance(schema, Mapping):
        found = cast("Mapping[str, Any]", schema)
        named = found.get("properties")
        kept = {
            key: _tidied(value)
            for key, value in found.items()
            if key != "properties" and not (key == "title" and isinstance(value, str))
        }
        if isinstance(named, Mapping):
            properties = cast("Mapping[str, Any]", named)
            kept["properties"] = {key: _tidied(value) for key, value in properties.items()}
        if "patternProperties" in kept:
            kept.setdefault("additionalProperties", False)
        return kept
    if isinstance(schema, list):
        return [_tidied(each) for each in cast("list[Any]", schema)]
    return schema
