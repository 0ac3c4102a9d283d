"""What the shipped policy promises."""

from __future__ import annotations

import re

import pytest

from rules.load import load_policy
from rules.phrases import judge_card
from rules.vocabulary import EVENTS
from tests.unit.rules.shipped import FILES, FOLDER, NBSP, NNBSP

POLICY = load_policy(FOLDER)


def french_texts() -> list[str]:
    texts: list[str] = []

    def gather(value: object, french: bool) -> None:
        if isinstance(value, str) and french:
            texts.append(value)
        elif isinstance(value, dict):
            for key, each in value.items():
                gather(each, french or key == "fr")
        elif isinstance(value, (list, tuple)):
            for each in value:
                gather(each, french)

    for part in (POLICY.routing, POLICY.escalation, POLICY.cards, POLICY.camera, POLICY.engagement):
        gather(part.model_dump(), False)
    return texts


@pytest.mark.parametrize("text", french_texts())
def test_french_is_set_as_french_is(text: str) -> None:
    assert not re.search(r"(?<![\u00a0\u202f])[?!;:»]", text.replace("http:", "")), (
        "a space that holds before ? ! ; : »"
    )
    assert not re.search(f"{NNBSP}:|{NBSP}[?!;]", text)
    assert "'" not in text
    assert "..." not in text


@pytest.mark.parametrize(
    ("card", "language", "device", "reason"),
    [
        ("video_advisor", "fr", "desktop", "matched"),
        ("video_advisor", "fr-CA", "mobile", "matched"),
        ("video_advisor", "fr-BE", "tablet", "matched"),
        ("video_advisor", "en", "desktop", "language"),
        ("video_advisor", "de", "desktop", "language"),
        ("advisor", "fr", "desktop", "no_phrase"),
        ("advisor", "en", "desktop", "language"),
    ],
)
def test_which_cards_escalate_for_whom(card: str, language: str, device: str, reason: str) -> None:
    shown = POLICY.card(card)
    assert shown is not None
    verdict = judge_card(
        fields=shown.text_for(language).fields,
        language=language,
        device=device,
        escalation=POLICY.escalation_for("demo"),
    )
    assert verdict.reason == reason


def test_the_english_card_escalates_once_english_is_switched_on() -> None:
    card = POLICY.card("video_advisor")
    assert card is not None
    assert "You will be connected by video" in card.text_for("en").text


@pytest.mark.parametrize("gender", ["mis", "mise", "mis(e)"])
@pytest.mark.parametrize("preposition", ["par", "en"])
def test_french_wordings(gender: str, preposition: str) -> None:
    verdict = judge_card(
        fields={"text": f"Vous allez être {gender} en relation {preposition} vidéo{NNBSP}!"},
        language="fr",
        device="desktop",
        escalation=POLICY.escalation_for("any"),
    )
    assert verdict.escalates


def test_every_event_has_a_row() -> None:
    answered = {row.event for row in POLICY.conversation.transitions}
    # A repeated turn of the bot and the like are the domain's to ignore; everything else is the policy's.
    assert sorted(set(EVENTS) - answered) == []


def test_the_bot_is_asked_only_while_the_visitor_talks_with_it() -> None:
    for row in POLICY.conversation.transitions:
        if "ask_bot" in row.do:
            assert (row.from_, row.party) == (("chat",), ("bot",))


def test_files_say_what_they_are() -> None:
    assert all(text.startswith("#") for text in FILES.values())
