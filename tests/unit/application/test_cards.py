"""The preview of a card, as data and as sentences."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.application.cards import Cards, near_words
from orchestrator.application.errors import NotFound
from rules.near_phrase import Edit
from tests.fakes.application import policy_with


def test_a_wrong_word_is_told_in_both_languages() -> None:
    policy = policy_with({"cards.yaml": ("être mis en relation par vidéo", "être mis en contact par vidéo")})
    preview: Any = Cards(lambda: policy).preview("video_advisor", site_id=None, slots={})
    near = preview["shown"][0]["near"]
    assert near["words"]["fr"].endswith(
        "diffère de « Vous allez être mis en relation par vidéo » : « contact » au lieu de « relation »."
    )
    assert near["words"]["en"].endswith(
        "“Vous allez être mis en relation par vidéo”: “contact” instead of “relation”."
    )
    assert {one["reason"] for one in preview["shown"][0]["verdicts"]} == {"no_phrase"}


def test_every_kind_of_edit_has_words() -> None:
    edits = (Edit("replace", "a", "b"), Edit("insert", "", "c"), Edit("delete", "d", ""))
    assert near_words("a d", "b c", edits, "en") == (
        "“a d” differs from “b c”: “a” instead of “b”, “c” is missing, “d” is too much."
    )
    assert near_words("a d", "b c", edits, "fr") == (
        "« a d » diffère de « b c » : « a » au lieu de « b », « c » manque, « d » est de trop."
    )


def test_a_card_that_is_not_there() -> None:
    policy = policy_with({})
    with pytest.raises(NotFound):
        Cards(lambda: policy).preview("nobody", site_id=None, slots={})
