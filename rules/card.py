"""A transfer card as the bot names it, and as a visitor sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rules.languages import text_in
from rules.schema.cards import CardTextSpec
from rules.schema.routing import Alternative
from rules.template import fill


@dataclass(frozen=True, slots=True)
class CardText:
    """The words of a card in ``language_used``, which fallback may have made another than the visitor's."""

    language_used: str
    title: str
    text: str
    image: str | None = None

    @property
    def fields(self) -> Mapping[str, str]:
        """What the trigger phrase is looked for in, each on its own."""
        return {"title": self.title, "text": self.text}


@dataclass(frozen=True, slots=True)
class Card:
    """A card of the policy. ``alternative`` is shown when nobody can take the visitor."""

    id: str
    group: str
    texts: Mapping[str, CardTextSpec]
    default_language: str
    alternative: Alternative

    def text_for(self, language: str) -> CardText:
        """The words for a visitor's language: fr-CA, then fr, then the default language of the policy."""
        found = text_in(self.texts, language, self.default_language)
        # Compiling a policy makes sure of the default language; the first text is for cards made elsewhere.
        used, words = found if found is not None else next(iter(self.texts.items()))
        return CardText(used, words.title, words.text, words.image)

    def alternative_for(self, language: str) -> str:
        """The message of the alternative, with the same fallback."""
        found = text_in(self.alternative.message, language, self.default_language)
        return found[1] if found is not None else next(iter(self.alternative.message.values()))


def render_card(card: CardText, slots: Mapping[str, object]) -> CardText:
    """The card as it is shown: its slots filled in. The trigger phrase is looked for in the result."""
    return replace(card, title=fill(card.title, slots), text=fill(card.text, slots))
