"""``visavis policy diff``: what is different between two policies, in words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from orchestrator.commands.policy import Format
from orchestrator.commands.policy_source import SourceError, policy_from
from orchestrator.commands.shared import DataDir
from orchestrator.commands.tongue import Tongue

if TYPE_CHECKING:
    from rules.diff.difference import Difference, Told
    from rules.diff.labels import Language

Source = Annotated[str, typer.Argument(help="A folder, `live`, a number, or a revision of the store.")]

_MARKS = {"added": "+", "removed": "-", "changed": "~", "moved": "↕", "follows": "→"}
_COLOURS = {"loosens": "bold red", "touches": "yellow", "tightens": "green"}
_HEADINGS = {
    "loosens": ("Loosens what protects visitors: look twice", "Assouplit ce qui protège les visiteurs : à revoir"),
    "touches": ("Touches what protects visitors", "Touche à ce qui protège les visiteurs"),
    "tightens": ("Tightens what protects visitors", "Renforce ce qui protège les visiteurs"),
    "conversation": ("Lifecycle", "Cycle de vie"),
    "routing": ("Groups and routing", "Groupes et routage"),
    "escalation": ("Escalation to video", "Passage en vidéo"),
    "cards": ("Cards", "Cartes"),
    "camera": ("Camera", "Caméra"),
    "engagement": ("Notification", "Notification"),
    "words": ("Texts", "Textes"),
}  # fmt: skip
_TOPICS = {"consent": "consentement", "camera": "caméra", "escalation": "passage en vidéo"}


def diff_policies(
    before: Source,
    after: Source,
    language: Annotated[Tongue, typer.Option(help="The language of the sentences.")] = Tongue.ENGLISH,
    form: Annotated[
        Format, typer.Option("--format", help="For people, programs, or pull requests.")
    ] = Format.TEXT,
    data_dir: DataDir = None,
) -> None:
    """Tell in words what is different in AFTER, the most important first: what loosens consent, camera or escalation.

    Comments, layout and the order of keys make no difference. Exit code 0 when the rules are the same, 1 when they
    differ, 2 when one of them cannot be read.
    """
    from rules.diff import formats  # noqa: PLC0415 - the guard compiler takes a moment to load
    from rules.diff.difference import diff  # noqa: PLC0415

    try:
        old, new = policy_from(before, data_dir), policy_from(after, data_dir)
    except SourceError as error:
        _trouble(str(error))
    found = diff(old, new)
    tongue: Language = "fr" if language is Tongue.FRENCH else "en"
    match form:
        case Format.JSON:
            typer.echo(formats.as_json(found, tongue))
        case Format.GITHUB:
            if found:
                typer.echo(formats.as_github(found, new, _folder(after), tongue))
        case Format.TEXT:
            _tell(found, tongue)
    raise typer.Exit(1 if found else 0)


def _folder(name: str) -> str:
    return Path(name).as_posix() if Path(name).is_dir() else ""


def _trouble(message: str) -> NoReturn:
    Console(stderr=True).print(f"[bold red]visavis:[/] {escape(message)}", soft_wrap=True, highlight=False)
    raise typer.Exit(2)


def _tell(found: Difference, language: Language) -> None:
    from rules.diff.difference import SECTIONS  # noqa: PLC0415

    console = Console()
    place = 0 if language == "en" else 1
    if not found:
        console.print(_same(found, language), highlight=False)
        return
    for section in SECTIONS:
        told = found.of(section)
        if told:
            colour = _COLOURS.get(section, "bold")
            console.print(f"[{colour}]{_HEADINGS[section][place]}[/]", highlight=False)
            for each in told:
                console.print(f"  {_line(each, language)}", markup=False, highlight=False, soft_wrap=True)
            console.print()
    count, loose = len(found.told), len(found.loosening)
    said = (
        f"{count} difference(s) from {found.before} to {found.after}, {loose} of them loosening."
        if language == "en"
        else f"{count} différence(s) de {found.before} à {found.after}, dont {loose} qui assouplissent."
    )
    console.print(said, highlight=False)


def _same(found: Difference, language: Language) -> str:
    if not found.layout:
        return f"No difference: {found.after}." if language == "en" else f"Aucune différence : {found.after}."
    if language == "en":
        return f"The rules are the same; comments or layout differ ({found.before}, {found.after})."
    return f"Les règles sont les mêmes ; les commentaires ou la mise en page diffèrent ({found.before}, {found.after})."


def _line(told: Told, language: Language) -> str:
    topic = ""
    if told.weight is not None:
        topic = told.weight.topic if language == "en" else _TOPICS[told.weight.topic]
        topic = f" [{topic}]"
    return f"{_MARKS[told.change.kind]} {told.sentence(language)}{topic}"
