"""The nearest phrase, and the words that would have to change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.near_phrase import Edit, nearest_phrase
from rules.phrases import match_phrase

PHRASES = ("Vous allez être mis en relation par vidéo", "You will be connected by video")


@pytest.mark.parametrize(
    ("text", "edits"),
    [
        (
            "Vous allez être mise en relation en vidéo.",
            [("replace", "mise", "mis"), ("replace", "en", "par")],
        ),
        ("Bonjour ! Vous allez être mis en relation vidéo", [("insert", "", "par")]),
        ("Vous allez bientôt être mis en relation par vidéo", [("delete", "bientôt", "")]),
        ("VOUS ALLEZ ETRE MIS EN RELATION PAR VISIO", [("replace", "VISIO", "vidéo")]),
        ("Vous allez, être mis en relation par vidéo", [("replace", "allez,", "allez")]),
        ("You’ll be connected by video", [("insert", "", "You"), ("replace", "You’ll", "will")]),
    ],
)
def test_what_has_to_change(text: str, edits: list[tuple[str, str, str]]) -> None:
    near = nearest_phrase({"title": "Un conseiller", "text": text}, PHRASES)
    assert near is not None
    assert near.field == "text"
    assert [(edit.kind, edit.said, edit.wanted) for edit in near.edits] == edits
    assert match_phrase(near.corrected, [near.phrase]) is not None


@pytest.mark.parametrize("text", ["", "Un conseiller prend le relais", "vidéo", "Vous allez être"])
def test_nothing_is_near(text: str) -> None:
    assert nearest_phrase({"text": text}, PHRASES) is None


def test_no_phrases() -> None:
    assert nearest_phrase({"text": "Vous allez être mis en relation"}, ()) is None


SOME = "vous|allez|être|mis|mise|en|relation|par|vidéo,|bientôt.|(en)|«|!|**|le"
WORDS = st.lists(st.sampled_from(SOME.split("|")), max_size=16).map(" ".join)


@given(WORDS)
def test_corrected_it_matches(text: str) -> None:
    near = nearest_phrase({"text": text}, PHRASES)
    if near is None:
        return
    assert match_phrase(near.corrected, [near.phrase]) is not None
    if match_phrase(text, PHRASES) is None:
        assert near.edits
        assert all(edit != Edit("replace", edit.wanted, edit.wanted) for edit in near.edits)
