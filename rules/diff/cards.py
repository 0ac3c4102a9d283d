"""Whom the bot's cards take to video: what a change of their words, or of the phrases, comes to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rules.diff.labels import Language
from rules.diff.weigh import Effect, Weight
from rules.languages import primary_subtag
from rules.phrases import judge_card
from rules.policy import Policy
from rules.vocabulary import DeviceName

Case = tuple[str, str, DeviceName]
"""Site (empty: any other), language and device of a visitor."""
_DEVICES: tuple[DeviceName, ...] = ("desktop", "mobile")


@dataclass(frozen=True, slots=True)
class CardChange:
    """Visitors whom a card takes to video now and did not before, and the other way round."""

    card: str
    gained: tuple[Case, ...]
    lost: tuple[Case, ...]
    file: str = "cards.yaml"

    @property
    def kind(self) -> str:
        return "follows"

    @property
    def path(self) -> str:
        return f"cards[{self.card}]"

    @property
    def place(self) -> tuple[str | int, ...]:
        return ("cards", self.card)

    @property
    def weight(self) -> Weight:
        return Weight(Effect.LOOSENS if self.gained else Effect.TIGHTENS, "escalation")

    def sentence(self, language: Language) -> str:
        """Both in one line."""
        english = language == "en"
        said: list[str] = []
        if self.gained:
            whom = _visitors(self.gained, language)
            said.append(f"now takes to video: {whom}" if english else f"amène désormais à la vidéo : {whom}")
        if self.lost:
            whom = _visitors(self.lost, language)
            said.append(
                f"no longer takes to video: {whom}" if english else f"n’amène plus à la vidéo : {whom}"
            )
        head = f"Card `{self.card}` " if english else f"La carte `{self.card}` "
        return head + "; ".join(said) + "."


def card_changes(before: Policy, after: Policy) -> Iterator[CardChange]:
    """The cards that take somebody else to video than they did."""
    sites = sorted({"", *before.escalation.sites, *after.escalation.sites})
    for card in dict.fromkeys((*after.cards.cards, *before.cards.cards)):
        languages = _languages(card, before) | _languages(card, after)
        old, new = (_taken(policy, card, sites, languages) for policy in (before, after))
        if old != new:
            yield CardChange(card, tuple(sorted(new - old)), tuple(sorted(old - new)))


def _languages(card: str, policy: Policy) -> set[str]:
    spec = policy.cards.cards.get(card)
    settings = (policy.escalation_for(site) for site in ("", *policy.escalation.sites))
    spoken = {language for each in settings for language in each.languages}
    return spoken | {primary_subtag(tag) for tag in (spec.texts if spec else ())}


def _taken(policy: Policy, name: str, sites: list[str], languages: set[str]) -> frozenset[Case]:
    """As it is shown, slots aside: a phrase does not hang on them."""
    card = policy.card(name)
    if card is None:
        return frozenset()
    return frozenset(
        (site, language, device)
        for site in sites
        for language in languages
        for device in _DEVICES
        if judge_card(
            fields=card.text_for(language).fields,
            language=language,
            device=device,
            escalation=policy.escalation_for(site),
        ).escalates
    )


def _visitors(cases: tuple[Case, ...], language: Language) -> str:
    """``fr (desktop, mobile) on site `demo```; sites that are no different from all others are not named."""
    by_site: dict[str, dict[str, list[str]]] = {}
    for site, tag, device in cases:
        by_site.setdefault(site, {}).setdefault(tag, []).append(device)
    everywhere = by_site.get("")
    said: list[str] = []
    for site, tags in by_site.items():
        if site and tags == everywhere:
            continue
        whom = ", ".join(f"{tag} ({', '.join(devices)})" for tag, devices in tags.items())
        if site:
            whom += f" on site `{site}`" if language == "en" else f" sur le site `{site}`"
        said.append(whom)
    return "; ".join(said)
