"""Plots as SVG for the report: lines over the hours of a day, and an interval beside zero.

Colours are the page's (classes ``s0`` to ``s2``), so that a plot follows light and dark; series differ by the shape of
their marks, too. Text keeps a size that can be read on a phone, because a plot is drawn no wider than one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 440, 250, 54, 12, 14, 46
MARKS: tuple[Callable[[float, float], str], ...] = (
    lambda x, y: f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2"/>',
    lambda x, y: f'<rect x="{x - 3:.1f}" y="{y - 3:.1f}" width="6" height="6"/>',
    lambda x, y: f'<path d="M{x:.1f} {y - 4:.1f}l4 7h-8z"/>',
)


@dataclass(frozen=True, slots=True)
class Series:
    """``values`` by hour; where one is not known (NaN), the line is broken."""

    name: str
    values: Sequence[float]


def plot(
    title: str, unit: str, hours: Sequence[int], series: Sequence[Series], *, top: float | None = None
) -> str:
    """Lines over ``hours``, with axes and a legend. ``top``: where the upward axis ends at least."""
    known = [value for one in series for value in one.values if not math.isnan(value)]
    step, highest = _scale(max([*known, top or 0.0]))
    across = (WIDTH - LEFT - RIGHT) / max(1, len(hours) - 1)

    def x(place: int) -> float:
        return LEFT + place * across if len(hours) > 1 else (LEFT + WIDTH - RIGHT) / 2

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - value / highest * (HEIGHT - BOTTOM - TOP)

    parts = [_axes(title, unit, hours, x, y, step, highest)]
    for number, one in enumerate(series):
        parts.append(_line(number, one, unit, hours, x, y))
    legend = "".join(
        f'<li><svg viewBox="0 0 24 12" aria-hidden="true" class="s{number}"><path d="M1 6H23"/>{MARKS[number](12, 6)}'
        f"</svg>{escape(one.name)}</li>"
        for number, one in enumerate(series)
    )
    said = f"{title}, in {unit}, by hour: {', '.join(one.name for one in series)}. The figures are in the table below."
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><ul class="legend">{legend}</ul>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(said)}">{"".join(parts)}</svg></figure>'
    )


def _axes(
    title: str,
    unit: str,
    hours: Sequence[int],
    x: Callable[[int], float],
    y: Callable[[float], float],
    step: float,
    highest: float,
) -> str:
    marks = ""
    for number in range(round(highest / step) + 1):
        value = number * step
        marks += (
            f'<path class="grid" d="M{LEFT} {y(value):.1f}H{WIDTH - RIGHT}"/>'
            f'<text x="{LEFT - 7}" y="{y(value) + 4:.1f}" text-anchor="end">{value:,.10g}</text>'
        )
    every = max(1, math.ceil(len(hours) / 9))
    for place in range(0, len(hours), every):
        marks += f'<text x="{x(place):.1f}" y="{HEIGHT - BOTTOM + 17}" text-anchor="middle">{hours[place]:02d}</text>'
    middle = (TOP + HEIGHT - BOTTOM) / 2
    return (
        f"{marks}"
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">hour of the day (UTC)</text>'
        f'<text transform="translate(13 {middle:.0f}) rotate(-90)" text-anchor="middle">{escape(unit)}</text>'
    )


def _line(
    number: int,
    one: Series,
    unit: str,
    hours: Sequence[int],
    x: Callable[[int], float],
    y: Callable[[float], float],
) -> str:
    path, pen, marks = "", "M", ""
    for place, value in enumerate(one.values):
        if math.isnan(value):
            pen = "M"
            continue
        path += f"{pen}{x(place):.1f} {y(value):.1f}"
        pen = "L"
        marks += f"<g><title>{hours[place]:02d}:00 {escape(one.name)}: {value:,.1f} {escape(unit)}</title>"
        marks += f"{MARKS[number](x(place), y(value))}</g>"
    return f'<g class="s{number}"><path d="{path}"/>{marks}</g>' if path else ""


def _scale(highest: float) -> tuple[float, float]:
    """A round step and a round end for an axis from 0 (Heckbert, Nice numbers for graph labels, 1990)."""
    if highest <= 0:
        return 1.0, 1.0
    raw = highest / 4
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * nice for nice in (1, 2, 5, 10) if size * nice >= raw * 0.999)
    return step, step * math.ceil(highest / step * 0.999)


def interval(mean: float, half: float) -> str:
    """A difference with its interval on an axis around 0, as wide as it needs to be."""
    reach = (abs(mean) + (0.0 if math.isnan(half) else half)) * 1.15 or 1.0

    def x(value: float) -> float:
        return 60 + value / reach * 56

    bar = ""
    if not math.isnan(half) and half > 0:
        left, right = x(mean - half), x(mean + half)
        bar = f'<path d="M{left:.1f} 9H{right:.1f}M{left:.1f} 5v8M{right:.1f} 5v8"/>'
    return (
        '<svg class="interval" viewBox="0 0 120 18" aria-hidden="true"><path class="zero" d="M60 0V18"/>'
        f'{bar}<circle cx="{x(mean):.1f}" cy="9" r="3.5"/></svg>'
    )
