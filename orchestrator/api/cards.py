"""Transfer cards, for those who write them."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field

from orchestrator.api import schemas
from orchestrator.api.guard import ExplainerUser
from orchestrator.api.platform import PlatformDep
from orchestrator.application.errors import Invalid

router = APIRouter(prefix="/api/cards", tags=["designer"])

_SLOT = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,63})=(.{0,300})", re.DOTALL)


class CardVerdict(schemas.Model):
    """``start`` and ``end`` point into the field: that is the phrase as it was typed there."""

    device: Literal["desktop", "mobile"]
    escalates: bool
    reason: Literal["matched", "no_phrase", "language", "device", "disabled"]
    phrase: str | None = None
    field: Literal["title", "text"] | None = None
    start: int | None = None
    end: int | None = None


class CardEdit(schemas.Model):
    kind: Literal["replace", "insert", "delete"]
    said: str
    wanted: str


class NearestPhrase(schemas.Model):
    """What of the card comes nearest to a phrase, and what would have to change; ``words`` says it, by language."""

    phrase: str
    field: Literal["title", "text"]
    said: str
    corrected: str
    edits: list[CardEdit]
    words: dict[str, str]


class CardAsShown(schemas.Model):
    """The card as visitors of ``language`` see it, in ``language_used``."""

    language: str
    language_used: str
    title: str
    text: str
    normalised: dict[str, str]
    empty_slots: list[str]
    verdicts: list[CardVerdict]
    near: NearestPhrase | None = None


class CardPreview(schemas.Model):
    card_id: str
    group: str
    shown: list[CardAsShown]


@router.get("/{id}/preview", response_model=CardPreview)
async def preview(
    designer: ExplainerUser,
    platform: PlatformDep,
    card_id: Annotated[schemas.Identifier, Path(alias="id")],
    site: schemas.Identifier | None = None,
    slot: Annotated[
        list[Annotated[str, Field(max_length=400)]],
        Query(max_length=50, description="`name=value`, repeated."),
    ] = [],  # noqa: B006 - FastAPI copies it
) -> Any:
    """A card of the live policy: its words, whether they escalate, for which languages and devices, and if not,
    which words are missing."""
    slots: dict[str, str] = {}
    for one in slot:
        found = _SLOT.fullmatch(one)
        if found is None:
            raise Invalid("slot_invalid", "Write a slot as name=value.")
        slots[found[1]] = found[2]
    return platform.cards.preview(card_id, site_id=site, slots=slots)
