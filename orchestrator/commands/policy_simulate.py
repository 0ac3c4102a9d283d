"""``visavis policy simulate``: what a policy would make of a synthetic load."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from orchestrator.commands.policy import Folder
from orchestrator.commands.shared import err, fail, fail_with, out
from rules.findings import PolicyError

if TYPE_CHECKING:
    from orchestrator.simulation.compare import Delta
    from orchestrator.simulation.results import Results, Tally

CompareWith = Annotated[
    Path | None,
    typer.Option("--compare", help="Another policy, under the same visitors.", show_default=False),
]


def simulate_policy(
    folder: Folder,
    config: Annotated[Path, typer.Option("--config", help="The load: arrivals, patience, handling, crews.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same day.")] = 1,
    days: Annotated[int, typer.Option(min=1, max=366)] = 1,
    compare: CompareWith = None,
    replications: Annotated[
        int, typer.Option(min=2, max=1_000, help="With --compare: how many seeds, from --seed on.")
    ] = 10,
    report: Annotated[
        Path | None, typer.Option(help="Write an HTML page with plots.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Play a synthetic load through the policy in DIR, under virtual time, and tell what it comes to.

    Decisions and distribution are those of the service. With --compare, both policies meet the same visitors in
    several replications, and the differences come with their 95 % confidence intervals.
    """
    from orchestrator.simulation.compare import deltas, replicate  # noqa: PLC0415
    from orchestrator.simulation.load import read_load, unknown_names  # noqa: PLC0415
    from orchestrator.simulation.report import page  # noqa: PLC0415
    from rules.load import load_policy  # noqa: PLC0415

    try:
        policies = [load_policy(one) for one in (folder, compare) if one is not None]
        load = read_load(config)
        unknown = [found for policy in policies for found in unknown_names(load, policy, str(config))]
        if unknown:
            raise PolicyError(unknown)
    except PolicyError as error:
        fail_with(error)
    times = replications if compare is not None else 1
    with err.status("simulating", spinner="dots"):
        runs = replicate(policies, load, seed=seed, days=days, times=times, told=lambda: None)
    found = deltas(runs) if compare is not None else []
    results = runs[0][0]
    if report is not None:
        try:
            report.write_text(page(results, found, times), encoding="utf-8")
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


def _tell(results: Results) -> None:
    out.print(
        f"{results.visitors:,} visitors in {results.days} day(s), seed {results.seed}; the bot alone served "
        f"{results.kept_by_bot:,}. Revision {results.revision}.",
        highlight=False,
    )
    rows: list[tuple[str, Tally]] = []
    for group in results.groups:
        hours = sorted(hour for name, hour in results.cells if name == group)
        rows += [(f"{group} {hour:02d}:00", results.cells[group, hour]) for hour in hours]
        rows.append((f"{group}, all day", results.of_group(group)))
    out.print(_table([*rows, ("all", results.total())]))
    failed = results.total().failed
    if failed:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(failed.items()))
        out.print(f"Transfers that failed: {reasons}.", highlight=False)


def _table(rows: Sequence[tuple[str, Tally]]) -> Table:
    from orchestrator.simulation.words import HEADS, told  # noqa: PLC0415

    table = Table("group and hour (UTC)")
    for head in HEADS.values():
        table.add_column(head, justify="right")
    for name, tally in rows:
        table.add_row(name, *(told(key, value) for key, value in tally.figures().items()))
    return table


def _tell_deltas(found: Sequence[Delta], times: int) -> None:
    from orchestrator.simulation.words import HEADS, told  # noqa: PLC0415

    table = Table("figure", title=f"the other policy, over {times} replications with the same visitors")
    for head in ("this", "other", "difference", "± 95 %", ""):
        table.add_column(head, justify="right")
    for one in found:
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
