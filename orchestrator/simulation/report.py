"""The report of a simulation as one HTML page: figures, plots, what was assumed, how to repeat it. Nothing to fetch."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from orchestrator.simulation.assumed import Assumed
from orchestrator.simulation.compare import Delta, told_of
from orchestrator.simulation.load import HOURS
from orchestrator.simulation.plots import Series, interval, plot
from orchestrator.simulation.report_style import STYLE
from orchestrator.simulation.results import Recorded, Results, Tally
from orchestrator.simulation.words import BANDS, HEADS, MEANINGS, told

MINUTES_FROM = 180.0
"""Waits of at least so many seconds are drawn in minutes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command was asked for, so that the page can say how to repeat it."""

    folder: Path
    config: Path | None
    arrivals: Path | None
    seed: int
    days: int
    compare: Path | None
    replications: int

    def command(self) -> str:
        parts = ["visavis", "policy", "simulate", str(self.folder)]
        if self.arrivals is not None:
            parts += ["--arrivals", str(self.arrivals)]
        if self.config is not None:
            parts += ["--config", str(self.config), "--days", str(self.days)]
        parts += ["--seed", str(self.seed)]
        if self.compare is not None:
            parts += ["--compare", str(self.compare)]
            if self.config is not None:
                parts += ["--replications", str(self.replications)]
        return shlex.join(parts)


def page(results: Results, asked: Asked, assumed: Assumed, deltas: Sequence[Delta] = ()) -> str:
    """``results`` of the first replication, and the differences from the other policy when there is one."""
    parts = [_head(results, asked)]
    if deltas:
        parts.append(_comparison(told_of(deltas), asked))
    parts.append(_in_all(results, asked))
    if results.recorded is not None:
        parts.append(_as_recorded(results, results.recorded))
    parts += [_group(results, group) for group in results.groups]
    parts += [_bands(results), _assumed(assumed), _repeat(results, asked), _meanings()]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>Simulation of {escape(asked.folder.name)} {escape(results.revision)}</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><style>{STYLE}</style></head>'
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def _head(results: Results, asked: Asked) -> str:
    what = "recorded arrivals" if asked.arrivals is not None else "a synthetic load"
    against = f", compared with {escape(str(asked.compare))}" if asked.compare is not None else ""
    return (
        f"<header><p>Policy simulation</p><h1>{escape(str(asked.folder))}{against}</h1>"
        f"<p>{results.visitors:,} visitors of {what} in {results.days} day(s), played through revision "
        f"<code>{escape(results.revision)}</code> with the decisions, the distribution and the wait estimate of the "
        f"service; the bot alone served {results.kept_by_bot:,} of them.</p></header>"
    )


def _in_all(results: Results, asked: Asked) -> str:
    tiles = _key_figures(results.total())
    if asked.compare is None:
        return tiles
    which = f", seed {asked.seed}" if asked.replications > 1 else ""
    return f"<section><h2>This policy{which}</h2>{tiles}</section>"


def _key_figures(total: Tally) -> str:
    figures = total.figures()
    names = (
        "offered",
        "answered",
        "wait_mean",
        "wait_p90",
        "service_level",
        "abandonment",
        "failed",
        "occupancy",
    )
    tiles = "".join(
        f"<div><dt>{escape(HEADS[name] if name != 'wait_mean' else 'mean wait')}</dt>"
        f"<dd>{told(name, figures[name])}</dd></div>"
        for name in names
    )
    return f'<dl class="tiles">{tiles}</dl>{_failures(total)}'


def _failures(tally: Tally) -> str:
    if not tally.failed:
        return ""
    reasons = ", ".join(f"{escape(reason)} {count:,}" for reason, count in sorted(tally.failed.items()))
    return f"<p>Transfers that failed, by reason: {reasons}.</p>"


def _as_recorded(results: Results, recorded: Recorded) -> str:
    rows = [("simulated", results.total()), ("as recorded", recorded.total)]
    led = (
        f" {results.elsewhere:,} were led to another group than the recorded one."
        if results.elsewhere
        else ""
    )
    return (
        "<section><h2>Against what happened</h2><p>The same visitors and agents, as they were recorded in "
        f"<code>{escape(recorded.file)}</code>.{led}</p>{_table('Simulated and recorded', rows, '')}</section>"
    )


def _group(results: Results, group: str) -> str:
    cells = [results.cells.get((group, hour), Tally()) for hour in range(HOURS)]
    active = [hour for hour, cell in enumerate(cells) if cell.offered or cell.staffed]
    if not active:
        return ""
    hours = range(active[0], active[-1] + 1)
    figures = {hour: cells[hour].figures() for hour in hours}

    def series(head: str, name: str, factor: float = 1.0) -> Series:
        return Series(head, [figures[hour][name] * factor for hour in hours])

    longest = max(
        (one["wait_p90"] for one in figures.values() if not math.isnan(one["wait_p90"])), default=0.0
    )
    unit, factor = ("minutes", 1 / 60) if longest >= MINUTES_FROM else ("seconds", 1.0)
    plots = (
        plot(
            "Conversations",
            "conversations",
            hours,
            [series("offered", "offered"), series("answered", "answered"), series("video", "to_video")],
        ),
        plot(
            "Wait until answered",
            unit,
            hours,
            [
                series("mean", "wait_mean", factor),
                series("p50", "wait_p50", factor),
                series("p90", "wait_p90", factor),
            ],
        ),
        plot(
            "Service and work",
            "percent",
            hours,
            [
                series("in time", "service_level", 100),
                series("gave up", "abandonment", 100),
                series("busy", "occupancy", 100),
            ],
            top=100,
        ),
    )
    rows = [(f"{hour:02d}:00", cells[hour]) for hour in hours]
    rows.append(("all day", results.of_group(group)))
    name = escape(group)
    return (
        f'<section><h2>Group {name}</h2><div class="plots">{"".join(plots)}</div>'
        f"{_failures(results.of_group(group))}"
        "<details><summary>Figures by hour</summary>"
        f"{_table(f'{group} by hour', rows, 'hour (UTC)')}</details></section>"
    )


def _scrolled(label: str, table: str) -> str:
    return f'<div class="wide" role="region" tabindex="0" aria-label="{escape(label)}">{table}</div>'


def _table(label: str, rows: Sequence[tuple[str, Tally]], first: str) -> str:
    heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in (first, *HEADS.values()))
    body = ""
    for name, tally in rows:
        values = "".join(f"<td>{told(key, value)}</td>" for key, value in tally.figures().items())
        body += f'<tr><th scope="row">{escape(name)}</th>{values}</tr>'
    return _scrolled(label, f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>")


def _comparison(deltas: Sequence[Delta], asked: Asked) -> str:
    body, scope = "", ""
    for one in deltas:
        if one.scope != scope:
            scope = one.scope
            title = "all groups" if scope == "all" else f"group {scope}"
            body += f'<tr class="scope"><th scope="rowgroup" colspan="7">{escape(title)}</th></tr>'
        clear = _clear(one)
        body += (
            f'<tr class="{"certain" if one.certain else ""}"><th scope="row">{HEADS[one.figure]}</th>'
            f"<td>{told(one.figure, one.first)}</td><td>{told(one.figure, one.other)}</td>"
            f"<td>{told(one.figure, one.mean, signed=True)}</td><td>± {told(one.figure, one.half)}</td>"
            f"<td>{interval(one.mean, one.half)}</td><td>{clear}</td></tr>"
        )
    heads = ("", "this", "other", "difference", "95 %", "around 0", "")
    row = "".join(f'<th scope="col">{head}</th>' for head in heads)
    if asked.replications > 1:
        over = (
            f"Means over {asked.replications} replications, in each of which both policies meet the same visitors. The "
            "difference is <em>other</em> minus <em>this</em>, with its paired 95 % confidence interval; it is drawn "
            "around 0, each on a scale of its own, and is clear when the interval leaves out 0. Everything below the "
            "table is of <em>this</em> in the first replication."
        )
    else:
        over = "One run of each with the recorded visitors: there is no interval, and small differences mean nothing."
    table = f'<table class="compared"><thead><tr>{row}</tr></thead><tbody>{body}</tbody></table>'
    return f"<section><h2>Compared</h2><p>{over}</p>{_scrolled('Comparison', table)}</section>"


def _clear(one: Delta) -> str:
    if one.mean == 0 and not one.half > 0:
        return "the same"
    if math.isnan(one.half):
        return ""
    return "differs" if one.certain else "no clear difference"


def _bands(results: Results) -> str:
    lines = results.lines()
    if not lines:
        return ""
    heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in ("line", *BANDS.values()))
    body = ""
    for name, bands in lines:
        values = "".join(f"<td>{told(key, value)}</td>" for key, value in bands.figures().items())
        body += f'<tr><th scope="row">{escape(name)}</th>{values}</tr>'
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    return (
        "<section><h2>What visitors were told of their wait</h2><p>The estimate of the service learns from what "
        "happens here, beginning with nothing: it says nothing before it has seen enough. Of the waits that were told "
        "a band, half should be within p50 and nine in ten within p90; who gave up is allowed for.</p>"
        f"{_scrolled('Wait estimate', table)}</section>"
    )


def _assumed(assumed: Assumed) -> str:
    rows, last = "", ""
    for name, text in assumed:
        rows += (f"<dt>{escape(name)}</dt>" if name != last else "") + f"<dd>{escape(text)}</dd>"
        last = name
    return f'<section><h2>What was assumed</h2><dl class="assumed">{rows}</dl></section>'


def _repeat(results: Results, asked: Asked) -> str:
    return (
        "<section><h2>How to repeat it</h2><p>The same revision, load and seed give the same figures on any machine. "
        f"This was revision <code>{escape(results.revision)}</code>, seed {asked.seed}.</p>"
        f"<pre>{escape(asked.command())}</pre></section>"
    )


def _meanings() -> str:
    rows = "".join(
        f"<dt>{escape(HEADS[name])}</dt><dd>{escape(text)}</dd>" for name, text in MEANINGS.items()
    )
    return f'<section><h2>What the words mean</h2><dl class="assumed">{rows}</dl></section>'
