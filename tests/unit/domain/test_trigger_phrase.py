"""Where a trigger phrase begins and ends, and that a card without it stays a chat."""

from __future__ import annotations

from rules.phrases import judge_card, match_phrase, normalise
from tests.unit.domain.story import shipped


def test_a_card_without_the_phrase_does_not_escalate() -> None:
    escalation = shipped().escalation_for("demo")
    verdict = judge_card(fields={"text": "Bonjour"}, language="fr", device="desktop", escalation=escalation)
    assert (verdict.escalates, verdict.reason) == (False, "no_phrase")


def test_a_phrase_ends_where_its_word_ends() -> None:
    assert match_phrase("x-cafe", ["cafe"]) is None
    assert match_phrase("cafe\u0903", ["cafe"]) is None, "a vowel sign goes on with the word"
    assert match_phrase("- cafe -", ["cafe"]) is not None
    assert normalise("Œuvre, Æther") == "oeuvre, aether"
