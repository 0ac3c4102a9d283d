"""``visavis policy simulate``: what a policy would make of a load, synthetic or recorded."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from orchestrator.commands.policy import Folder
from orchestrator.commands.shared import err, fail, fail_with, out
from rules.findings import PolicyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.simulation.compare import Delta
    from orchestrator.simulation.plan import Plan
    from orchestrator.simulation.results import Recorded, Results, Tally
    from rules.policy import Policy

Config = Annotated[
    Path | None,
    typer.Option(
        "--config", help="A synthetic load: arrivals, patience, handling, crews.", show_default=False
    ),
]
RecordedFile = Annotated[
    Path | None,
    typer.Option("--arrivals", help="Recorded arrivals, instead of a synthetic load.", show_default=False),
]
CompareWith = Annotated[
    Path | None,
    typer.Option("--compare", help="Another policy, under the same visitors.", show_default=False),
]


def simulate_policy(
    folder: Folder,
    config: Config = None,
    arrivals: RecordedFile = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same day.")] = 1,
    days: Annotated[int, typer.Option(min=1, max=366, help="Of a synthetic load.")] = 1,
    compare: CompareWith = None,
    replications: Annotated[
        int, typer.Option(min=2, max=1_000, help="With --compare: how many seeds, from --seed on.")
    ] = 10,
    report: Annotated[
        Path | None, typer.Option(help="Write an HTML page with plots.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Play a load through the policy in DIR, under virtual time, and tell what it comes to.

    Decisions, distribution and wait estimates are those of the service. With --compare, both policies meet the same
    visitors in several replications, and the differences come with their 95 % confidence intervals; of recorded
    arrivals there is one run.
    """
    from orchestrator.simulation.compare import deltas, replicate  # noqa: PLC0415
    from orchestrator.simulation.report import Asked, page  # noqa: PLC0415
    from rules.load import load_policy  # noqa: PLC0415

    if (config is None) == (arrivals is None):
        fail("Say what is to be simulated: either --config LOAD.yaml or --arrivals RECORDED.json.")
    try:
        policies = [load_policy(one) for one in (folder, compare) if one is not None]
    except PolicyError as error:
        fail_with(error)
    try:
        plan, assumed = _planned(config, arrivals, policies, days)
    except PolicyError as error:
        fail(f"Nothing was simulated:\n{error}")
    times = replications if compare is not None and config is not None else 1
    with err.status("simulating", spinner="dots"):
        runs = replicate(policies, plan, seed=seed, times=times)
    found = deltas(runs) if compare is not None else []
    results = runs[0][0]
    if report is not None:
        asked = Asked(folder, config, arrivals, seed, days, compare, times)
        try:
            report.write_text(page(results, asked, assumed, found), encoding="utf-8")
        except OSError as error:
            fail(
                f"The report {report} cannot be written: {error.strerror}. Choose another file with --report."
            )
    if as_json:
        said = results.plain() | ({"compared": [_plain(one) for one in found]} if found else {})
        typer.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    _tell(results)
    if found:
        _tell_deltas(found, times)


def _planned(
    config: Path | None, arrivals: Path | None, policies: Sequence[Policy], days: int
) -> tuple[Callable[[int], Plan], list[tuple[str, str]]]:
    """The plan of a seed, and what is assumed in it, in words."""
    from orchestrator.simulation.assumed import assumed_in_load, assumed_in_record  # noqa: PLC0415
    from orchestrator.simulation.load import read_load, unknown_names  # noqa: PLC0415
    from orchestrator.simulation.plan import plan_of  # noqa: PLC0415
    from orchestrator.simulation.recorded import plan_of_record, read_arrivals, unknown_groups  # noqa: PLC0415

    if arrivals is not None:
        record, file = read_arrivals(arrivals), str(arrivals)
        unknown = [found for policy in policies for found in unknown_groups(record, policy, file)]
        if unknown:
            raise PolicyError(unknown)
        return partial(plan_of_record, record, policies[0], file), assumed_in_record(record)
    assert config is not None  # noqa: S101 - one of the two is given
    load = read_load(config)
    if load.warm_up is not None and load.warm_up >= timedelta(days=days):
        fail(f"Nobody would be counted: the warm-up takes all of {days} day(s). Give more with --days.")
    unknown = [found for policy in policies for found in unknown_names(load, policy, str(config))]
    if unknown:
        raise PolicyError(unknown)
    return partial(plan_of, load, days=days), assumed_in_load(load)


# --- in words --------------------------------------------------------------------------------------------------


def _tell(results: Results) -> None:
    out.print(
        f"{results.visitors:,} visitors in {results.days} day(s), seed {results.seed}; the bot alone served "
        f"{results.kept_by_bot:,}. Revision {results.revision}.",
        highlight=False,
    )
    for group in results.groups:
        hours = sorted(hour for name, hour in results.cells if name == group)
        rows = [(f"{hour:02d}:00", results.cells[group, hour]) for hour in hours]
        out.print(_table(f"group {group}, by hour (UTC)", [*rows, ("all day", results.of_group(group))]))
    rows = [("all", results.total())]
    if results.recorded is not None:
        rows.append(("recorded", results.recorded.total))
    if results.recorded is not None or len(results.groups) > 1:
        out.print(_table("all groups", rows))
    failed = results.total().failed
    if failed:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(failed.items()))
        out.print(f"Transfers that failed: {reasons}.", highlight=False)
    if results.recorded is not None:
        _tell_recorded(results, results.recorded)
    _tell_bands(results)


def _tell_recorded(results: Results, recorded: Recorded) -> None:
    now, then = results.total().figures(), recorded.total.figures()
    parts = [
        f"{head} {_relative(now[name], then[name])}"
        for name, head in (("wait_mean", "mean"), ("wait_p50", "p50"), ("wait_p90", "p90"))
    ]
    out.print(f"Simulated against recorded waits: {', '.join(parts)}.", highlight=False)
    if results.elsewhere:
        out.print(f"{results.elsewhere:,} were led to another group than the recorded one.", highlight=False)


def _relative(value: float, other: float) -> str:
    if math.isnan(value) or math.isnan(other) or other == 0:
        return "not comparable"
    return f"{(value - other) / other * 100:+.0f} %"


def _tell_bands(results: Results) -> None:
    from orchestrator.simulation.words import BANDS, told  # noqa: PLC0415

    lines = results.lines()
    if not lines:
        return
    title = "what visitors who had to wait were told"
    table = Table("line", title=title, title_justify="left", box=SIMPLE_HEAD)
    for head in BANDS.values():
        table.add_column(head, justify="right", no_wrap=True)
    for name, bands in lines:
        table.add_row(name, *(told(key, value) for key, value in bands.figures().items()))
    out.print(table)


def _table(title: str, rows: Sequence[tuple[str, Tally]]) -> Table:
    from orchestrator.simulation.words import HEADS, told  # noqa: PLC0415

    # Of those offered, who did not give up or fail was answered: a column less fits a terminal of eighty.
    shown = [name for name in HEADS if name != "answered"]
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 0, 0, 1), pad_edge=False)
    table.add_column("", no_wrap=True)
    for name in shown:
        table.add_column(HEADS[name], justify="right", no_wrap=True)
    for name, tally in rows:
        figures = tally.figures()
        table.add_row(name, *(told(key, figures[key], short=True) for key in shown))
    return table


def _tell_deltas(found: Sequence[Delta], times: int) -> None:
    from orchestrator.simulation.compare import told_of  # noqa: PLC0415
    from orchestrator.simulation.words import HEADS, told  # noqa: PLC0415

    over = f"over {times} replications with the same visitors" if times > 1 else "in one run: no interval"
    table = Table("figure", title=f"the other policy, {over}")
    for head in ("this", "other", "difference", "± 95 %", ""):
        table.add_column(head, justify="right")
    for one in told_of(found):
        table.add_row(
            f"{one.scope}: {HEADS[one.figure]}",
            told(one.figure, one.first),
            told(one.figure, one.other),
            told(one.figure, one.mean, signed=True),
            told(one.figure, one.half),
            "differs" if one.certain else "",
        )
    out.print(table)


def _plain(one: Delta) -> dict[str, object]:
    return {
        "scope": one.scope,
        "figure": one.figure,
        "first": one.first,
        "other": one.other,
        "difference": one.mean,
        "half_width_95": None if math.isnan(one.half) else one.half,
        "differs": one.certain,
    }
