"""Transfer cards before anybody is shown them: for designers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict

from orchestrator.application.errors import NotFound
from orchestrator.application.records import Json
from rules.card_preview import CardPreview, Shown, preview_card
from rules.near_phrase import Edit
from rules.policy import Policy


class Cards:
    def __init__(self, live: Callable[[], Policy]) -> None:
        self._live = live

    def preview(self, card_id: str, *, site_id: str | None, slots: Mapping[str, str]) -> Json:
        """→ `CardPreview` of the live policy.

        Raises:
            NotFound: it has no such card (``card_not_found``).
        """
        found = preview_card(self._live(), card_id, site_id, slots)
        if found is None:
            raise NotFound("card_not_found", "The live policy has no such card.")
        return preview_view(found)


def preview_view(preview: CardPreview) -> Json:
    """→ `CardPreview`."""
    return {
        "card_id": preview.card_id,
        "group": preview.group,
        "shown": [_shown(one) for one in preview.shown],
    }


def _shown(shown: Shown) -> Json:
    near = shown.near
    return {
        "language": shown.language,
        "language_used": shown.words.language_used,
        "title": shown.words.title,
        "text": shown.words.text,
        "normalised": dict(shown.normalised),
        "empty_slots": list(shown.empty_slots),
        "verdicts": [{"device": device, **asdict(verdict)} for device, verdict in shown.verdicts.items()],
        "near": None
        if near is None
        else {
            "phrase": near.phrase,
            "field": near.field,
            "said": near.said,
            "corrected": near.corrected,
            "edits": [asdict(edit) for edit in near.edits],
            "words": {
                language: near_words(near.said, near.phrase, near.edits, language) for language in _WORDS
            },
        },
    }


def near_words(said: str, phrase: str, edits: tuple[Edit, ...], language: str) -> str:
    """The difference as a sentence, in ``fr`` or ``en``."""
    words = _WORDS[language]
    told = words["and"].join(words[edit.kind].format(said=edit.said, wanted=edit.wanted) for edit in edits)
    return words["near"].format(said=said, phrase=phrase, edits=told)


_WORDS = {
    "fr": {
        "near": "« {said} » diffère de « {phrase} » : {edits}.",
        "replace": "« {said} » au lieu de « {wanted} »",
        "insert": "« {wanted} » manque",
        "delete": "« {said} » est de trop",
        "and": ", ",
    },
    "en": {
        "near": "“{said}” differs from “{phrase}”: {edits}.",
        "replace": "“{said}” instead of “{wanted}”",
        "insert": "“{wanted}” is missing",
        "delete": "“{said}” is too much",
        "and": ", ",
    },
}
