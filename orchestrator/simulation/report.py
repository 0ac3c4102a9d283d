"""The report of a simulation as one HTML page: tables and plots, with nothing to fetch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from orchestrator.simulation.compare import Delta
from orchestrator.simulation.load import HOURS
from orchestrator.simulation.results import Results, Tally
from orchestrator.simulation.words import HEADS, told

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 720, 220, 56, 26, 12

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1c2430 }
table { border-collapse: collapse; margin: 1rem 0; font-size: .875rem }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid #d9dee6 }
th:first-child, td:first-child { text-align: left }
svg { width: 100%; height: auto } svg text { font: 11px system-ui, sans-serif; fill: #465063 }
.certain { font-weight: 600 } figure { margin: 1.5rem 0 } figcaption { font-weight: 600 }
"""

Series = Sequence[tuple[str, str, Sequence[float]]]


def page(results: Results, deltas: Sequence[Delta] = (), replications: int = 1) -> str:
    """``results`` in tables and plots by hour, and the comparison when there is one."""
    parts = [
        f"<h1>Simulation of {escape(results.revision)}</h1>",
        f"<p>{results.visitors:,} visitors in {results.days} day(s), seed {results.seed}; the bot alone served "
        f"{results.kept_by_bot:,}. Waits are those of visitors who were answered; <em>in time</em> is the share of "
        "all offered that was answered within the group's service level. Hours are UTC.</p>",
        _table([("all", results.total()), *((group, results.of_group(group)) for group in results.groups)]),
    ]
    if deltas:
        parts.append(_comparison(deltas, replications))
    for group in results.groups:
        parts.append(_group(results, group))
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Simulation</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><main>{body}</main></body></html>\n"
    )


def _group(results: Results, group: str) -> str:
    cells = [results.cells.get((group, hour), Tally()) for hour in range(HOURS)]
    figures = [cell.figures() for cell in cells]

    def series(name: str, factor: float = 1.0) -> list[float]:
        return [one[name] * factor for one in figures]

    lines: Series = [
        ("mean", "#1b5fc1", series("wait_mean")),
        ("p50", "#2f855a", series("wait_p50")),
        ("p90", "#b7472a", series("wait_p90")),
    ]
    shares: Series = [
        ("in time", "#2f855a", series("service_level", 100)),
        ("gave up", "#b7472a", series("abandonment", 100)),
        ("busy", "#1b5fc1", series("occupancy", 100)),
    ]
    counts: Series = [
        ("offered", "#1b5fc1", series("offered")),
        ("answered", "#2f855a", series("answered")),
        ("to video", "#7a4fb5", series("to_video")),
    ]
    rows = [(f"{hour:02d}:00", cell) for hour, cell in enumerate(cells) if cell.offered or cell.staffed]
    return (
        f"<h2>{escape(group)}</h2>"
        + plot("Conversations by hour", counts)
        + plot("Wait in seconds, by hour of entering the line", lines)
        + plot("Percent, by hour", shares)
        + _failures(results.of_group(group))
        + _table(rows)
    )


def _failures(tally: Tally) -> str:
    if not tally.failed:
        return "<p>No transfer failed.</p>"
    told_of = ", ".join(f"{escape(reason)}: {count:,}" for reason, count in sorted(tally.failed.items()))
    return f"<p>Transfers that failed, by reason: {told_of}.</p>"


def _table(rows: Sequence[tuple[str, Tally]]) -> str:
    heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in ("", *HEADS.values()))
    body = ""
    for name, tally in rows:
        values = "".join(f"<td>{told(key, value)}</td>" for key, value in tally.figures().items())
        body += f"<tr><td>{escape(name)}</td>{values}</tr>"
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def _comparison(deltas: Sequence[Delta], replications: int) -> str:
    body = ""
    for one in deltas:
        mark = ' class="certain"' if one.certain else ""
        body += (
            f"<tr{mark}><td>{escape(one.scope)}: {HEADS[one.figure]}</td><td>{told(one.figure, one.first)}</td>"
            f"<td>{told(one.figure, one.other)}</td><td>{told(one.figure, one.mean, signed=True)}</td>"
            f"<td>± {told(one.figure, one.half)}</td></tr>"
        )
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("", "this", "other", "difference", "95 %"))
    return (
        f"<h2>Compared</h2><p>Means over {replications} replications with the same visitors; differences whose "
        "interval leaves out 0 are bold.</p>"
        f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    )


def plot(title: str, series: Series) -> str:
    """Lines over the hours of a day; where a value is not known, the line is broken."""
    known = [value for _, _, values in series for value in values if not math.isnan(value)]
    highest = max([*known, 1.0]) * 1.05
    across = (WIDTH - LEFT - 8) / (HOURS - 1)

    def at(hour: int, value: float) -> tuple[float, float]:
        return LEFT + hour * across, HEIGHT - BOTTOM - value / highest * (HEIGHT - BOTTOM - TOP)

    marks = ""
    for part in range(5):
        value = highest * part / 4
        _, y = at(0, value)
        marks += f'<line x1="{LEFT}" x2="{WIDTH - 8}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e3e7ed"/>'
        marks += f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:,.0f}</text>'
    for hour in range(0, HOURS, 3):
        x, _ = at(hour, 0)
        marks += f'<text x="{x:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{hour:02d}</text>'
    legend = ""
    for number, (name, colour, values) in enumerate(series):
        path, pen = "", "M"
        for hour, value in enumerate(values):
            if math.isnan(value):
                pen = "M"
                continue
            x, y = at(hour, value)
            path += f"{pen}{x:.1f} {y:.1f}"
            pen = "L"
        marks += f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-linecap="round"/>'
        legend += (
            f'<text x="{LEFT + 8 + number * 90}" y="{TOP + 4}" style="fill:{colour}">{escape(name)}</text>'
        )
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">{marks}{legend}</svg></figure>'
    )
