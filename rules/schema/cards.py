"""``cards.yaml``: the transfer cards that a bot shows by id, with their words per language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from rules.schema.base import Frozen, Language, Slug, Spec, Thawed, problem
from rules.schema.routing import Alternative
from rules.template import misplaced_brace


def _template(value: str) -> str:
    wrong = misplaced_brace(value)
    if wrong is not None:
        raise problem(
            f"has a brace that is no placeholder: `{wrong}`", "write `{name}`, a slot of the bot, and no more"
        )
    return value


class CardTextSpec(Spec):
    """``{slot}`` stands for a slot of the bot."""

    title: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_template)]
    text: Annotated[str, Field(min_length=1, max_length=2_000), AfterValidator(_template)]
    image: (
        Annotated[str, Field(pattern=r"^(https://[^\s\\]+|/[^/\s\\][^\s\\]*)$", max_length=2_000)] | None
    ) = None


class CardSpec(Spec):
    group: Slug
    texts: Annotated[Mapping[Language, CardTextSpec], Field(min_length=1), Frozen, Thawed]
    alternative: Alternative


class CardsFile(Spec):
    default_language: Language
    cards: Annotated[Mapping[Slug, CardSpec], Field(max_length=1_000), Frozen, Thawed]
