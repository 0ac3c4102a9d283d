"""What becomes of a transfer card, before anybody is shown it: its words, whether they escalate, and for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rules.card import CardText, render_card
from rules.languages import primary_subtag
from rules.near_phrase import NearPhrase, nearest_phrase
from rules.phrases import CardVerdict, SiteEscalation, judge_card, normalise
from rules.policy import Policy
from rules.template import slots_of

DEVICES = ("desktop", "mobile")


@dataclass(frozen=True, slots=True)
class Shown:
    """A card as visitors of one language see it.

    ``verdicts`` are by device. ``normalised`` is each field as it is compared. ``near`` is told when no phrase matches
    although the language escalates. ``empty_slots`` are those that no value was given for.
    """

    language: str
    words: CardText
    normalised: Mapping[str, str]
    verdicts: Mapping[str, CardVerdict]
    near: NearPhrase | None
    empty_slots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CardPreview:
    card_id: str
    group: str
    shown: tuple[Shown, ...]


def preview_card(
    policy: Policy, card_id: str, site_id: str | None, slots: Mapping[str, str]
) -> CardPreview | None:
    """The card in every language that it has or that escalates; None when the policy has no such card.

    ``site_id`` None: a site that the policy says nothing of.
    """
    card = policy.card(card_id)
    if card is None:
        return None
    escalation = policy.escalation_for(site_id or "")
    languages = list(dict.fromkeys([*card.texts, *escalation.languages]))
    shown = tuple(_shown(card.text_for(language), language, escalation, slots) for language in languages)
    return CardPreview(card_id, card.group, shown)


def _shown(text: CardText, language: str, escalation: SiteEscalation, slots: Mapping[str, str]) -> Shown:
    words = render_card(text, slots)
    verdicts = {
        device: judge_card(fields=words.fields, language=language, device=device, escalation=escalation)
        for device in DEVICES
    }
    near = None
    if any(verdict.reason == "no_phrase" for verdict in verdicts.values()):
        near = nearest_phrase(words.fields, escalation.phrases.get(primary_subtag(language), ()))
    asked = {name for field in text.fields.values() for name in slots_of(field)}
    return Shown(
        language=language,
        words=words,
        normalised={name: normalise(field) for name, field in words.fields.items()},
        verdicts=verdicts,
        near=near,
        empty_slots=tuple(sorted(asked - set(slots))),
    )
