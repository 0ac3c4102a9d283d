"""Cards: what they say in which language, and whom they take to video."""

from __future__ import annotations

from rules.check.groups import missing_texts
from rules.languages import primary_subtag
from rules.phrases import SiteEscalation, match_phrase
from rules.policy import Policy
from rules.references import Source
from rules.schema.cards import CardSpec


def check_cards(cards: Source, escalation: Source, policy: Policy, spoken: dict[str, str]) -> None:
    """Findings about ``cards.yaml``, and about phrases that no card uses.

    ``spoken`` are the languages in which sites meet their visitors, each with whose it is.
    """
    settings = {"": policy.escalation_for("")} | {
        site: policy.escalation_for(site) for site in policy.escalation.sites
    }
    used: set[tuple[str, str]] = set()
    for name, card in policy.cards.cards.items():
        _texts(cards, name, card, spoken)
        escalating = _escalating(card, settings)
        used |= {(site, language) for site, languages in escalating.items() for language in languages}
        _compare(cards, name, card, settings, escalating)
        _served(cards, name, card, policy, escalating)
    _unused(escalation, policy, settings, used)


def _texts(source: Source, name: str, card: CardSpec, spoken: dict[str, str]) -> None:
    for language in missing_texts(card.texts, spoken):
        problem = f"has no text in `{language}`, the language of {spoken[language]}"
        source.doubtful(
            "card.language", ("cards", name, "texts"), problem, f"add the texts below `{language}:`"
        )


def _escalating(card: CardSpec, settings: dict[str, SiteEscalation]) -> dict[str, set[str]]:
    """The languages in which the card escalates, by site. Slots are not filled in: a phrase does not hang on them."""
    found: dict[str, set[str]] = {}
    for site, escalation in settings.items():
        if escalation.bot_enabled:
            found[site] = {
                primary_subtag(tag)
                for tag, text in card.texts.items()
                if primary_subtag(tag) in escalation.languages
                and _has_phrase(text.title, text.text, escalation, tag)
            }
    return found


def _has_phrase(title: str, text: str, escalation: SiteEscalation, tag: str) -> bool:
    phrases = escalation.phrases.get(primary_subtag(tag), ())
    return any(match_phrase(each, phrases) is not None for each in (title, text))


def _compare(
    source: Source,
    name: str,
    card: CardSpec,
    settings: dict[str, SiteEscalation],
    escalating: dict[str, set[str]],
) -> None:
    told: set[str] = set()
    for site, languages in escalating.items():
        if not languages:
            continue
        on_site = f" on site `{site}`" if site else ""
        for tag in card.texts:
            language = primary_subtag(tag)
            if language in languages or tag in told:
                continue
            told.add(tag)
            escalates = ", ".join(f"`{each}`" for each in sorted(languages))
            path = ("cards", name, "texts", tag)
            if language in settings[site].languages:
                problem = f"does not escalate to video in `{tag}`{on_site}, but does in {escalates}"
                advice = (
                    f"use a phrase of escalation.yaml in it, or take `{language}` out of the languages there"
                )
                source.doubtful("card.escalates_in_some", path, problem, advice, at_key=True)
            else:
                problem = f"escalates to video in {escalates}{on_site}, not in `{tag}`: the language is not switched on"
                advice = f"add `{language}` to the languages of escalation.yaml if it should"
                source.doubtful("card.escalates_elsewhere", path, problem, advice, at_key=True)


def _served(
    source: Source, name: str, card: CardSpec, policy: Policy, escalating: dict[str, set[str]]
) -> None:
    group = policy.routing.groups[card.group]
    if any(escalating.values()) and not (group.video and group.capacity.video > 0):
        problem = f"announces a video conversation, but group `{card.group}` takes no video"
        advice = "choose another group, give the group video, or take the phrase out of the text"
        source.wrong("card.video_unserved", ("cards", name, "group"), problem, advice)


def _unused(
    source: Source, policy: Policy, settings: dict[str, SiteEscalation], used: set[tuple[str, str]]
) -> None:
    if not policy.cards.cards:
        return
    for site, escalation in settings.items():
        if not escalation.bot_enabled:
            continue
        for language in escalation.languages:
            inherited = site != "" and language in settings[""].languages and ("", language) not in used
            if (site, language) in used or inherited:
                continue
            path = ("sites", site, "bot", "phrases", language) if site else ("bot", "phrases", language)
            problem = f"no card contains a phrase of `{language}`"
            advice = "use one in a card, or take the language out of `languages:`"
            source.doubtful("escalation.phrase_unused", path, problem, advice, at_key=True)
