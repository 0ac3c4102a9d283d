"""A card as its readers will see it."""

from __future__ import annotations

from rules.card_preview import preview_card
from tests.fakes.application import policy_with, shipped_policy


def test_the_shipped_video_card_escalates_in_french_on_every_device() -> None:
    preview = preview_card(shipped_policy(), "video_advisor", None, {})
    assert preview is not None
    assert preview.group == "advisors"
    by_language = {shown.language: shown for shown in preview.shown}
    french, english = by_language["fr"], by_language["en"]
    assert {name: (one.escalates, one.reason) for name, one in french.verdicts.items()} == {
        "desktop": (True, "matched"),
        "mobile": (True, "matched"),
    }
    verdict = french.verdicts["desktop"]
    assert verdict.field == "text"
    matched = french.words.text[verdict.start : verdict.end]
    assert matched == "Vous allez être mis en relation par vidéo"
    assert "vous allez etre mis en relation par video" in french.normalised["text"]
    assert french.near is None
    assert {one.reason for one in english.verdicts.values()} == {"language"}
    # A language that does not escalate has no phrase to be near to.
    assert english.near is None


def test_a_word_that_is_wrong_is_named() -> None:
    policy = policy_with(
        {"cards.yaml": ("être mis en relation par vidéo avec", "être mis en contact par vidéo avec")}
    )
    preview = preview_card(policy, "video_advisor", None, {})
    assert preview is not None
    near = preview.shown[0].near
    assert near is not None
    assert [(edit.kind, edit.said, edit.wanted) for edit in near.edits] == [
        ("replace", "contact", "relation")
    ]


def test_slots_are_filled_and_missing_ones_are_named() -> None:
    title = "Un conseiller vous répond de vive voix"
    policy = policy_with({"cards.yaml": (title, '"{name}, un conseiller de {shop} vous répond"')})
    preview = preview_card(policy, "video_advisor", None, {"name": "Zoé"})
    assert preview is not None
    french = preview.shown[0]
    assert french.words.title.startswith("Zoé, un conseiller de  vous")
    assert french.empty_slots == ("shop",)


def test_a_card_that_is_not_there() -> None:
    assert preview_card(shipped_policy(), "nobody", None, {}) is None
