"""``visavis policy card``: what becomes of a transfer card, before anybody is shown it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.text import Text

from orchestrator.application.cards import preview_view
from orchestrator.commands.shared import fail, fail_with, out
from orchestrator.commands.tongue import Tongue
from rules.card_preview import preview_card
from rules.findings import PolicyError
from rules.load import load_policy

_WORDS = {
    "en": {
        "escalates": "goes to video",
        "chat": "stays in chat",
        "matched": "{phrase} is in the {field}",
        "no_phrase": "no trigger phrase is in it",
        "language": "escalation.yaml does not name this language",
        "device": "escalation.yaml does not name this device",
        "disabled": "escalation by the bot is switched off",
        "empty": "Without a value: {slots}",
        "unknown": "The policy has no card {card}. It has: {known}.",
    },
    "fr": {
        "escalates": "passe en vidéo",
        "chat": "reste en discussion",
        "matched": "{phrase} s’y trouve ({field})",
        "no_phrase": "aucune phrase de déclenchement ne s’y trouve",
        "language": "escalation.yaml ne nomme pas cette langue",
        "device": "escalation.yaml ne nomme pas cet appareil",
        "disabled": "le bot n’a pas le droit de passer en vidéo",
        "empty": "Sans valeur : {slots}",
        "unknown": "La politique n’a pas de carte {card}. Elle a : {known}.",
    },
}


def preview(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the policy.")],
    card: Annotated[str, typer.Argument(metavar="CARD", help="Its id in cards.yaml.")],
    site: Annotated[str | None, typer.Option(help="As on this site.")] = None,
    slot: Annotated[list[str] | None, typer.Option(help="`name=value`, repeated.")] = None,
    language: Annotated[Tongue, typer.Option(help="The language of the explanation.")] = Tongue.ENGLISH,
) -> None:
    """A card as visitors see it: in each language, whether it goes to video, and if not, which words are missing."""
    words = _WORDS[language.value]
    slots = dict(_pair(one) for one in slot or [])
    try:
        policy = load_policy(folder)
    except PolicyError as error:
        fail_with(error)
    found = preview_card(policy, card, site, slots)
    if found is None:
        fail(words["unknown"].format(card=card, known=", ".join(policy.cards.cards)))
    view = cast("dict[str, Any]", preview_view(found))
    for shown in view["shown"]:
        _print(shown, words, language.value)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        fail(f"Write a slot as name=value, not {text}.")
    return name, value


def _print(shown: dict[str, Any], words: dict[str, str], language: str) -> None:
    used = "" if shown["language_used"] == shown["language"] else f" → {shown['language_used']}"
    out.print(f"\n{shown['language']}{used}", style="bold", markup=False)
    fields = {name: Text(shown[name]) for name in ("title", "text")}
    for verdict in shown["verdicts"]:
        if verdict["escalates"]:
            fields[verdict["field"]].stylize("reverse green", verdict["start"], verdict["end"])
    for text in fields.values():
        if text.plain:
            out.print(Text("  ") + text, soft_wrap=True)
    for verdict in shown["verdicts"]:
        outcome = words["escalates"] if verdict["escalates"] else words["chat"]
        phrase = f"« {verdict['phrase']} »" if language == "fr" else f"“{verdict['phrase']}”"
        why = words[verdict["reason"]].format(phrase=phrase, field=verdict["field"])
        colon = " :" if language == "fr" else ":"
        line = f"  {verdict['device']:8} {outcome}{colon} {why}"
        out.print(line, markup=False, highlight=False, soft_wrap=True)
    if shown["near"] is not None:
        out.print(
            f"  {shown['near']['words'][language]}",
            style="yellow",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    if shown["empty_slots"]:
        out.print(f"  {words['empty'].format(slots=', '.join(shown['empty_slots']))}", markup=False)
