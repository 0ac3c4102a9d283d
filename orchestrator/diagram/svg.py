"""A chart as SVG: one file without scripts, fonts or remote resources, readable on light and on dark ground.

What is different is told by a sign and a kind of stroke, and by colour besides. Whoever cannot see the picture is read
its title and its description, which say all that is in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from orchestrator.diagram import words
from orchestrator.diagram.layout import Curve, Point, Size, lay_out
from orchestrator.diagram.words import Language
from orchestrator.domain.chart import Arrow, Chart, Line, Mark, Station

_ROW = 16.0
_NAME = 22.0
_CHAR = 7.2  # the mean width of a letter at the size of the text, in a wide font
_BOLD = 9.0
_MARGIN = 28.0
_HEAD = 62.0
_FOOT = 40.0
_PADDING = 12.0
_CLOCK = 13.0  # the clock and the space after it

# Places that stand side by side.
_LEVELS = (("chat/none", "chat/bot"),)

_STYLE = """
svg { --ground: #ffffff; --ink: #1b2430; --soft: #5a6675; --box: #f3f6fa; --edge: #7b8794; --chat: #1f4fd8;
  --wait: #8a5a00; --video: #7a2fb5; --end: #5a6675; --added: #0b7a3b; --removed: #b3261e; --changed: #8a5a00;
  --now: #0b5d66; font-family: system-ui, "Segoe UI", "DejaVu Sans", sans-serif; font-size: 12px; }
@media (prefers-color-scheme: dark) { svg { --ground: #12171e; --ink: #e8edf3; --soft: #a6b2c0; --box: #1d2530;
  --edge: #8794a3; --chat: #8fb0ff; --wait: #f0c060; --video: #d3a2ff; --end: #a6b2c0; --added: #6fdc9a;
  --removed: #ff9a92; --changed: #f0c060; --now: #7fdbe6; } }
.ground { fill: var(--ground); } text { fill: var(--ink); } .soft { fill: var(--soft); }
.title { font-size: 17px; font-weight: 600; } .name { font-size: 14px; font-weight: 600; }
.box { fill: var(--box); stroke-width: 2; } .chat { stroke: var(--chat); } .queued { stroke: var(--wait); }
.video_lobby, .in_video { stroke: var(--video); } .closed { stroke: var(--end); }
.line { fill: none; stroke: var(--edge); stroke-width: 1.5; } .head { fill: var(--edge); stroke: none; }
.halo { fill: var(--ground); opacity: 0.9; }
.added { fill: var(--added); font-weight: 600; } .removed { fill: var(--removed); text-decoration: line-through; }
.changed { fill: var(--changed); font-weight: 600; }
.line.added, .line.removed, .line.changed { fill: none; stroke-width: 2.5; }
.line.added { stroke: var(--added); } .line.removed { stroke: var(--removed); stroke-dasharray: 3 4; }
.line.changed { stroke: var(--changed); stroke-dasharray: 10 4; }
.head.added { fill: var(--added); } .head.removed { fill: var(--removed); } .head.changed { fill: var(--changed); }
.badge { fill: var(--now); } .count { fill: var(--ground); font-weight: 700; }
.clock { fill: none; stroke: var(--soft); stroke-width: 1.2; stroke-linecap: round; }
g.arrow:hover .line { stroke-width: 3; }
""".strip()


@dataclass(frozen=True, slots=True)
class _Text:
    """A line of a box or of an arrow."""

    text: str
    mark: Mark = "same"
    clock: bool = False
    soft: bool = False

    @property
    def width(self) -> float:
        return len(self.text) * _CHAR + (_CLOCK if self.clock else 0)


def as_svg(chart: Chart, language: Language = "en") -> str:
    """The whole picture."""
    boxes = {station.id: _box(station, language) for station in chart.stations}
    labels = {(arrow.source, arrow.target): _label(arrow.lines) for arrow in chart.arrows}
    layout = lay_out(
        {station.id: _box_size(station, boxes[station.id], language) for station in chart.stations},
        {way: _size(lines) for way, lines in labels.items()},
        _LEVELS,
    )
    names = {
        station.id: f"{words.station_name(station)} ({words.station_meaning(station, language)})"
        for station in chart.stations
    }
    title = words.title(chart, language)
    legend = _legend(chart, language)
    unused = words.unused(chart, language)
    never = [_Text(unused, soft=True)] if unused else []
    width = max(layout.size[0], len(title) * 9.5, legend[1], *(line.width for line in never)) + 2 * _MARGIN
    height = layout.size[1] + _HEAD + _FOOT + _MARGIN
    shift = ((width - layout.size[0]) / 2, _HEAD)

    # Every line first, so that none goes through words.
    drawn = [(arrow, layout.curves[arrow.source, arrow.target].moved(shift)) for arrow in chart.arrows]
    body = [_line(arrow, curve, words.tooltip(arrow, names, language)) for arrow, curve in drawn]
    body += [
        _words(curve.label, labels[arrow.source, arrow.target], words.tooltip(arrow, names, language))
        for arrow, curve in drawn
        if curve.label is not None
    ]
    for station in chart.stations:
        size = _box_size(station, boxes[station.id], language)
        centre = layout.nodes[station.id]
        body.append(
            _station(station, (centre[0] + shift[0], centre[1] + shift[1]), size, boxes[station.id], language)
        )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
            f'height="{height:.0f}" role="img" aria-labelledby="chart-title chart-description" lang="{language}">',
            f'<title id="chart-title">{escape(title)}</title>',
            f'<desc id="chart-description">{escape(words.description(chart, language))}</desc>',
            f"<style>{_STYLE}</style>",
            '<defs><g id="clock"><circle cx="5" cy="5" r="4.4"/><path d="M5 2.4V5l1.9 1.3"/></g></defs>',
            f'<rect class="ground" width="{width:.0f}" height="{height:.0f}"/>',
            f'<text class="title" x="{_MARGIN}" y="36">{escape(title)}</text>',
            *body,
            _legend_at(legend[0], height - _FOOT + 2),
            *_texts(never, _MARGIN, height - _FOOT + 2 + 1.4 * _ROW),
            "</svg>\n",
        ]
    )


# --- what stands where -----------------------------------------------------------------------------------------


def _text_of(line: Line) -> _Text:
    said = line.event
    if line.timer is not None:
        said = f"{line.timer} {said}"
    if line.mark != "same":
        said = f"{words.SIGNS[line.mark]} {said} ({line.row})"
    return _Text(said, line.mark, clock=line.timer is not None)


def _label(lines: Iterable[Line]) -> list[_Text]:
    return [_text_of(line) for line in words.events_of(list(lines))]


def _box(station: Station, language: Language) -> list[_Text]:
    """What is said in a box below its name: what it means, its timers, what is different, and the rest as a number."""
    lines = words.events_of(station.stays)
    shown = [line for line in lines if line.timer is not None or line.mark != "same"]
    rest = len(lines) - len(shown)
    texts = [_Text(words.station_meaning(station, language), soft=True), *map(_text_of, shown)]
    return [*texts, _Text(words.others(rest, language), soft=True)] if rest else texts


def _size(lines: list[_Text]) -> Size:
    return max(line.width for line in lines) + 12, len(lines) * _ROW + 6


def _box_size(station: Station, lines: list[_Text], language: Language) -> Size:
    name = len(words.station_name(station)) * _BOLD
    if station.count is not None:
        name += _badge_width(station.count, language) + 16
    return max(name, *(line.width for line in lines)) + 2 * _PADDING, _NAME + len(
        lines
    ) * _ROW + 2 * _PADDING - 4


def _badge_width(count: int, language: Language) -> float:
    return len(words.counted(count, language)) * 7.8 + 18


# --- drawing ------------------------------------------------------------------------------------------------------


def _station(station: Station, centre: Point, size: Size, lines: list[_Text], language: Language) -> str:
    left, top = centre[0] - size[0] / 2, centre[1] - size[1] / 2
    radius = size[1] / 2 if station.id == "closed" else 10
    tooltip = "\n".join(
        [words.station_name(station), *(words.told(line, language) for line in station.stays)]
    )
    parts = [
        f'<g class="station"><title>{escape(tooltip)}</title>',
        f'<rect class="box {station.state.value}" x="{left:.1f}" y="{top:.1f}" width="{size[0]:.1f}" '
        f'height="{size[1]:.1f}" rx="{radius:.0f}"/>',
        f'<text class="name" x="{left + _PADDING:.1f}" y="{top + _PADDING + 11:.1f}">'
        f"{escape(words.station_name(station))}</text>",
        *_texts(lines, left + _PADDING, top + _PADDING + _NAME + 8),
    ]
    if station.count is not None:
        width = _badge_width(station.count, language)
        x, y = left + size[0] - width - 8, top + 8
        parts.append(f'<rect class="badge" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="20" rx="10"/>')
        parts.append(
            f'<text class="count" x="{x + width / 2:.1f}" y="{y + 14:.1f}" text-anchor="middle">'
            f"{escape(words.counted(station.count, language))}</text>"
        )
    return "\n".join([*parts, "</g>"])


def _texts(lines: list[_Text], left: float, first: float) -> list[str]:
    parts: list[str] = []
    for number, line in enumerate(lines):
        y = first + number * _ROW
        style = line.mark if line.mark != "same" else "soft" if line.soft else ""
        x = left
        if line.clock:
            parts.append(f'<use class="clock" href="#clock" x="{left:.1f}" y="{y - 9:.1f}"/>')
            x += _CLOCK
        named = f" class={quoteattr(style)}" if style else ""
        parts.append(f'<text{named} x="{x:.1f}" y="{y:.1f}">{escape(line.text)}</text>')
    return parts


def _line(arrow: Arrow, curve: Curve, tooltip: str) -> str:
    marks = {line.mark for line in arrow.lines}
    mark = f" {marks.pop()}" if len(marks) == 1 and marks != {"same"} else ""
    points = curve.points
    path = f"M{_at(points[0])} C{' '.join(_at(point) for point in points[1:])}"
    return (
        f'<g class="arrow"><title>{escape(tooltip)}</title>\n<path class="line{mark}" d="{path}"/>\n'
        f"{_head(points[-1], curve.tip or points[-1], mark)}\n</g>"
    )


def _words(centre: Point, lines: list[_Text], tooltip: str) -> str:
    width, height = _size(lines)
    left, top = centre[0] - width / 2, centre[1] - height / 2
    return "\n".join(
        [
            f"<g><title>{escape(tooltip)}</title>",
            f'<rect class="halo" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" rx="4"/>',
            *_texts(lines, left + 6, top + 15),
            "</g>",
        ]
    )


def _head(end: Point, tip: Point, mark: str) -> str:
    """A triangle from the end of the line to its tip."""
    dx, dy = tip[0] - end[0], tip[1] - end[1]
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    ox, oy = -dy / length * 4.5, dx / length * 4.5
    corners = f"{_at((end[0] + ox, end[1] + oy))} {_at(tip)} {_at((end[0] - ox, end[1] - oy))}"
    return f'<polygon class="head{mark}" points="{corners}"/>'


def _at(point: Point) -> str:
    return f"{point[0]:.1f},{point[1]:.1f}"


def _legend(chart: Chart, language: Language) -> tuple[list[tuple[float, _Text]], float]:
    """Each line with its station from the left, and how wide they are together."""
    placed: list[tuple[float, _Text]] = []
    x = 0.0
    for sign, meaning in words.legend(chart, language):
        if sign == "timer":
            text = _Text(meaning, clock=True, soft=True)
        else:
            text = _Text(f"{words.SIGNS[sign]} {meaning}", sign)
        placed.append((x, text))
        x += text.width + 28
    return placed, x


def _legend_at(placed: list[tuple[float, _Text]], y: float) -> str:
    return "\n".join(part for x, text in placed for part in _texts([text], _MARGIN + x, y))
