"""A chart in Mermaid's language for state diagrams, for pages and wikis that draw it themselves.

https://mermaid.js.org/syntax/stateDiagram.html
"""

from __future__ import annotations

from orchestrator.diagram import words
from orchestrator.diagram.words import Language
from orchestrator.domain.chart import Chart, Line, Station

_START, _END = "[*]", "[*]"


def as_mermaid(chart: Chart, language: Language = "en") -> str:
    """The whole diagram as text."""
    lines = ["---", f"title: {words.title(chart, language)}", "---", "stateDiagram-v2"]
    lines += [f"    accTitle: {words.title(chart, language)}"]
    for station in chart.stations:
        lines.append(f"    state {_quoted(_said(station, language))} as {_id(station.id)}")
    lines += [f"    {_START} --> {_id('chat/none')}", f"    {_START} --> {_id('chat/bot')}"]
    for arrow in chart.arrows:
        events = ", ".join(_event(line) for line in words.events_of(arrow.lines))
        lines.append(f"    {_id(arrow.source)} --> {_id(arrow.target)}: {events}")
    lines.append(f"    {_id('closed')} --> {_END}")
    return "\n".join(lines) + "\n"


def _said(station: Station, language: Language) -> str:
    said = f"{words.station_name(station)}, {words.station_meaning(station, language)}"
    return said if station.count is None else f"{said}: {words.counted(station.count, language)}"


def _id(station: str) -> str:
    return station.replace("/", "_")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "'") + '"'


def _event(line: Line) -> str:
    said = line.event if line.timer is None else f"{line.event} ({line.timer})"
    return said if line.mark == "same" else f"{words.SIGNS[line.mark]} {said} [{line.row}]"
