"""What pydantic found, in words for the person who wrote the YAML."""

from __future__ import annotations

from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rules.findings import MOST_FINDINGS, Finding, choose_from
from rules.schema.base import SLUG
from rules.yaml_source import Document, Path, show

# Words people know from other tools, and what they are called here.
_HINTS: Mapping[str, str] = {
    "on": "write `event:` (YAML reads `on` as true)",
    "true": "write `event:` (YAML reads `on` as true)",
    "trigger": "write `event:`",
    "source": "write `from:`",
    "dest": "write `to:`",
    "target": "write `to:`",
    "if": "write `when:`",
    "guard": "write `when:`",
    "condition": "write `when:`",
    "conditions": "write `when:`",
    "actions": "write `do:`",
    "effects": "write `do:`",
    "notices": "write `say:`",
    "relax_language": "write `relax:` and below it `- { after: 60s, language: any }`",
}

# pydantic's type of error -> (problem, advice); `{}` is filled with its context.
_PLAIN: Mapping[str, tuple[str, str]] = {
    "missing": ("is missing", "write it"),
    "bool_type": ("is not true or false", "write `true` or `false`"),
    "int_type": ("is not a whole number", "write digits without quotes, for instance `3`"),
    "string_type": ("is not a text", "write a text; put it in quotes if it looks like something else"),
    "tuple_type": ("is not a list", "write `[one, two]`, or a line `- one` for each"),
    "mapping_type": ("is not a group of `key: value` lines", "write the keys below it, indented"),
    "dict_type": ("is not a group of `key: value` lines", "write the keys below it, indented"),
    "model_type": ("is not a group of `key: value` lines", "write the keys below it, indented"),
    "model_attributes_type": ("is not a group of `key: value` lines", "write the keys below it, indented"),
    "string_too_short": ("is empty", "write at least {min_length} character(s)"),
    "string_too_long": ("is too long", "write at most {max_length} characters"),
    "too_short": ("has too few entries", "write at least {min_length}"),
    "too_long": ("has too many entries", "write at most {max_length}"),
    "greater_than_equal": ("is too small", "write at least {ge}"),
    "less_than_equal": ("is too large", "write at most {le}"),
    "string_pattern_mismatch": ("is not written as it must be", "it must match {pattern}"),
}


def explain(document: Document, model: type[BaseModel], error: ValidationError) -> list[Finding]:
    """One finding for each mistake pydantic reports, at its place in the file."""
    findings: list[Finding] = []
    errors = error.errors(include_url=False)
    mistaken = {(*details["loc"][:-1], _meant(details)) for details in errors}
    for details in errors[:MOST_FINDINGS]:
        if details["type"] == "missing" and details["loc"] in mistaken:
            continue  # it is there, under another name: said once is enough
        path, at_key = _place(document, details["loc"])
        if details["type"] == "missing" and document.has_key(path):
            continue  # it has nothing after it: told when the file was read
        problem, advice = _words(model, details, path)
        line, column = (
            document.at_key(path) if at_key or details["type"] == "extra_forbidden" else document.at(path)
        )
        findings.append(Finding(document.file, line, column, show(path), problem, advice, _code(details)))
    return findings


def _place(document: Document, location: tuple[int | str, ...]) -> tuple[Path, bool]:
    """The path in the file of pydantic's location, which also names union members, and whether the key is meant."""
    path: Path = ()
    for index, step in enumerate(location):
        if step == "[key]":
            return path, True
        if document.has((*path, step)) or index == len(location) - 1:
            following = (*path, step)
            # The last step of a location may be a member of a union ("str"): the value itself is meant.
            if document.has(following) or not document.is_leaf(path):
                path = following
    return path, False


# pydantic's type of error -> what the checker calls it, by its first letters.
_CODES: tuple[tuple[str, str], ...] = (
    ("missing", "schema.missing"),
    ("extra_forbidden", "schema.unknown_key"),
    ("literal_error", "schema.choice"),
    ("string_too", "schema.length"),
    ("too_", "schema.length"),
    ("greater_than", "schema.range"),
    ("less_than", "schema.range"),
    ("string_pattern", "schema.form"),
)


def _code(details: ErrorDetails) -> str:
    if details["type"] == "policy":
        return str(details.get("ctx", {})["code"])
    found = next((code for start, code in _CODES if details["type"].startswith(start)), None)
    return found or ("schema.type" if details["type"].endswith("_type") else "schema.value")


def _words(model: type[BaseModel], details: ErrorDetails, path: Path) -> tuple[str, str]:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "policy":
        return str(context["message"]), str(context["advice"])
    if kind == "extra_forbidden":
        word = str(path[-1]) if path else ""
        known = _keys_at(model, path[:-1])
        hint = _HINTS.get(word.lower())
        if hint is not None and any(f"`{name}:`" in hint for name in known):
            return f"`{word}` is no key here", hint
        return f"`{word[:60]}` is no key here", choose_from(word, known)
    if kind == "literal_error":
        words = [part.strip("' ") for part in str(context["expected"]).replace(" or ", ", ").split(",")]
        given = details["input"]
        word = str(given).lower() if isinstance(given, bool) else str(given)[:60]
        return f"may not be `{word}`", choose_from(word, words)
    if kind == "string_pattern_mismatch" and context.get("pattern") == SLUG:
        return "is not a plain name", "write small letters and digits, joined by `-` or `_`"
    if kind in _PLAIN:
        problem, advice = _PLAIN[kind]
        return problem, advice.format(**context)
    return details["msg"], "see the shipped file for an example"


def _meant(details: ErrorDetails) -> str | None:
    """The key that an unknown one is known to stand for."""
    if details["type"] != "extra_forbidden":
        return None
    hint = _HINTS.get(str(details["loc"][-1]).lower())
    return None if hint is None else hint.removeprefix("write `").split(":")[0]


def _keys_at(model: type[BaseModel], path: Path) -> list[str]:
    """The keys that may be written at ``path``."""
    annotation: Any = model
    for step in path:
        annotation = _inside(annotation, step)
    found = _model_of(annotation)
    return [] if found is None else [field.alias or name for name, field in found.model_fields.items()]


def _model_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    origin = get_origin(annotation)
    if origin is Annotated:
        return _model_of(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return next((found for each in get_args(annotation) if (found := _model_of(each))), None)
    return None


def _inside(annotation: Any, step: str | int) -> Any:
    """The annotation of what ``step`` leads to."""
    model = _model_of(annotation)
    if model is not None:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        return fields[str(step)].annotation if str(step) in fields else None
    origin = get_origin(annotation)
    if origin is Annotated:
        return _inside(get_args(annotation)[0], step)
    if origin in (Union, UnionType):
        return next((inside for each in get_args(annotation) if (inside := _inside(each, step))), None)
    arguments: list[Any] = list(get_args(annotation))
    if not arguments:
        return None
    return arguments[-1] if isinstance(step, str) else arguments[0]
