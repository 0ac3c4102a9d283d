"""What a chart says, in English and in French."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from orchestrator.domain.chart import Arrow, Chart, Line, Mark, Station

Language = Literal["en", "fr"]

Sign = Mark | Literal["timer"]
_DIFFERENT: tuple[Mark, ...] = ("added", "removed", "changed")

MOST_UNUSED = 8
"""Names of unused rows that a picture shows."""

_STATIONS: dict[str, tuple[str, str]] = {
    "chat/none": ("with nobody yet", "avec personne encore"),
    "chat/bot": ("with the bot", "avec le bot"),
    "chat/agent": ("with an agent", "avec un conseiller"),
    "queued": ("waiting for an agent", "en attente d’un conseiller"),
    "video_lobby": ("about to join the call", "sur le point de rejoindre l’appel"),
    "in_video": ("on video", "en vidéo"),
    "closed": ("over", "terminée"),
}
SIGNS: dict[Mark, str] = {"same": "", "added": "+", "removed": "−", "changed": "~"}
_MARKS: dict[Mark, tuple[str, str]] = {
    "same": ("", ""),
    "added": ("added", "ajout"),
    "removed": ("removed", "retrait"),
    "changed": ("changed", "modification"),
}


def of(words: tuple[str, str], language: Language) -> str:
    return words[0 if language == "en" else 1]


def station_name(station: Station) -> str:
    return station.state.value


def station_meaning(station: Station, language: Language) -> str:
    return of(_STATIONS[station.id], language)


def counted(count: int, language: Language) -> str:
    return of((f"{count:,} now", f"{count:,}".replace(",", "\u202f") + " en ce moment"), language)


def others(count: int, language: Language) -> str:
    """Events that lead nowhere else."""
    if language == "en":
        return f"{count} event{'' if count == 1 else 's'} answered here"
    return f"{count} événement{'' if count == 1 else 's'} traité{'' if count == 1 else 's'} ici"


def title(chart: Chart, language: Language) -> str:
    if chart.before is None:
        return of(
            (f"Lifecycle of policy {chart.revision}", f"Cycle de vie de la politique {chart.revision}"),
            language,
        )
    return of(
        (
            f"Lifecycle of policy {chart.revision}, compared with {chart.before}",
            f"Cycle de vie de la politique {chart.revision}, comparée à {chart.before}",
        ),
        language,
    )


def legend(chart: Chart, language: Language) -> list[tuple[Sign, str]]:
    """The signs that the picture uses, each with its meaning."""
    said: list[tuple[Sign, str]] = [
        ("timer", of(("comes by itself after this time", "arrive de soi-même après ce délai"), language))
    ]
    if chart.before is not None:
        for mark in _DIFFERENT:
            said.append((mark, of(_MARKS[mark], language)))
    return said


def told(line: Line, language: Language) -> str:
    """A row in one line, for those who cannot see its sign."""
    said = f"{line.row}: {line.event}"
    if line.timer is not None:
        said += of((f", after {line.timer}", f", après {line.timer}"), language)
    mark = of(_MARKS[line.mark], language)
    return f"{said} ({mark})" if mark else said


def description(chart: Chart, language: Language) -> str:
    """The whole picture as text."""
    names = {
        station.id: f"{station_name(station)} ({station_meaning(station, language)})"
        for station in chart.stations
    }
    parts: list[str] = []
    for station in chart.stations:
        said = names[station.id]
        if station.count is not None:
            said += f": {counted(station.count, language)}"
        parts.append(said)
    said = ["; ".join(parts) + "."]
    for arrow in chart.arrows:
        rows = "; ".join(told(line, language) for line in arrow.lines)
        said.append(f"{names[arrow.source]} → {names[arrow.target]}: {rows}.")
    never = unused(chart, language)
    return " ".join([*said, f"{never}."] if never else said)


def unused(chart: Chart, language: Language) -> str:
    """The rows that no conversation meets, which have no arrow; empty when there are none."""
    if not chart.unused:
        return ""
    names = ", ".join(chart.unused[:MOST_UNUSED]) + (" …" if len(chart.unused) > MOST_UNUSED else "")
    return of(
        (f"Rows that never take effect: {names}", f"Lignes qui ne prennent jamais effet : {names}"), language
    )


def tooltip(arrow: Arrow, names: dict[str, str], language: Language) -> str:
    rows = "\n".join(told(line, language) for line in arrow.lines)
    return f"{names[arrow.source]} → {names[arrow.target]}\n{rows}"


def events_of(lines: Sequence[Line]) -> list[Line]:
    """The rows by their event: rows of one event with one mark are one line; what is different keeps its row's name."""
    shown: dict[tuple[str, Mark, str], Line] = {}
    for line in lines:
        key = (line.event, line.mark, "" if line.mark == "same" else line.row)
        shown.setdefault(key, line)
    return list(shown.values())
