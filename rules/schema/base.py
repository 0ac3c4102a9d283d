"""What all files of a policy have in common: strict, frozen models and the small types they are made of.

Models are strict: `yes` is a word, `"3"` is a text, and neither is silently turned into something else.
A validator raises a `PydanticCustomError` whose message is the problem and whose ``advice`` says what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from rules.durations import format_duration, parse_duration
from rules.languages import canonical_tag

Value = TypeVar("Value")


class Spec(BaseModel):
    """Base of everything written in YAML."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_default=False)


def problem(message: str, advice: str, code: str = "schema.value") -> PydanticCustomError:
    """A mistake in a value, in the two halves a `Finding` is made of, and its code."""
    return PydanticCustomError("policy", "{message}", {"message": message, "advice": advice, "code": code})


def _duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, bool) or not isinstance(value, str):
        advice = "write for instance `30s`, `15m`, `2h` or `1m30s` (with its unit)"
        raise problem("is not a duration", advice, "schema.duration")
    try:
        return parse_duration(value)
    except ValueError as error:
        message, _, advice = str(error).partition("; ")
        raise problem(message, advice, "schema.duration") from None


def _language(value: str) -> str:
    canonical = canonical_tag(value)
    if canonical is None:
        advice = "write for instance `fr`, `en` or `fr-CA` (BCP 47)"
        raise problem("is not a language tag", advice, "schema.language")
    if canonical != value:
        raise problem("is not written the usual way", f"write `{canonical}`", "schema.language")
    return value


def _primary(value: str) -> str:
    if "-" in _language(value):
        raise problem(
            "names a region, but only the language itself decides",
            f"write `{value.split('-', maxsplit=1)[0]}`",
            "schema.language",
        )
    return value


def _one_or_many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _no_repeats(values: tuple[Value, ...]) -> tuple[Value, ...]:
    if len(set(values)) != len(values):
        raise problem("says the same thing twice", "name each one once")
    return values


def _freeze(value: Mapping[Any, Any]) -> Mapping[Any, Any]:
    return MappingProxyType(dict(value))


def _thaw(value: Mapping[Any, Any]) -> dict[Any, Any]:
    return dict(value)


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^(?=.*[1-9])(\d{1,6}d)?(\d{1,6}h)?(\d{1,6}m)?(\d{1,6}s)?$",
            "examples": ["30s", "1m30s"],
        }
    ),
]
# The patterns are for editors; a language tag is judged by `rules.languages`.
_TAG = r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?(-[a-z0-9]{4,8})*$"
Language = Annotated[
    str,
    AfterValidator(_language),
    Field(examples=["fr", "en", "fr-CA"], json_schema_extra={"pattern": _TAG}),
]
PrimaryLanguage = Annotated[
    str,
    AfterValidator(_primary),
    Field(examples=["fr", "en"], json_schema_extra={"pattern": "^[a-z]{2,3}$"}),
]
SLUG = r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$"
Slug = Annotated[str, Field(pattern=SLUG, max_length=64)]
SiteId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]+$", max_length=64)]
Words = Annotated[str, Field(min_length=1, max_length=2_000)]
ShortWords = Annotated[str, Field(min_length=1, max_length=200)]

# A mapping that cannot be changed after it was checked (a frozen model alone would still hold a dict).
Frozen = AfterValidator(_freeze)
Thawed = PlainSerializer(_thaw)
Texts = Annotated[Mapping[Language, Words], Field(min_length=1), Frozen, Thawed]
Labels = Annotated[Mapping[Language, ShortWords], Field(min_length=1), Frozen, Thawed]

OneOrMany = BeforeValidator(_one_or_many)
Distinct = AfterValidator(_no_repeats)
