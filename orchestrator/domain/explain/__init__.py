"""Decisions in words, French and English."""

from orchestrator.domain.explain.english import ENGLISH
from orchestrator.domain.explain.french import FRENCH
from orchestrator.domain.explain.tell import Known, Told, masked, tell
from orchestrator.domain.explain.words import Language, Words

WORDS: dict[Language, Words] = {"fr": FRENCH, "en": ENGLISH}

__all__ = ["WORDS", "Known", "Language", "Told", "Words", "masked", "tell"]
