"""``visavis report …``: what became of waits."""

from __future__ import annotations

import asyncio
from typing import Annotated, cast

import typer
from rich.table import Table

from orchestrator.adapters.unreachable import Unreachable
from orchestrator.application.errors import ApplicationError
from orchestrator.application.records import Json
from orchestrator.commands.shared import DataDir, fail, fail_with, out, read_settings
from orchestrator.observability import configure_logs
from orchestrator.settings import SettingError
from rules.findings import PolicyError

reports = typer.Typer(help="Reports.", no_args_is_help=True)

_SHOWN = (
    "offered",
    "answered",
    "abandoned",
    "failed",
    "service_level",
    "wait_p50",
    "wait_p90",
    "handle_mean",
)


@reports.callback()
def _reports() -> None:
    """Keeps `waits` a command of its own while it is the only one."""


@reports.command("waits")
def waits(
    start: Annotated[str, typer.Option("--from", help="A local date, or a moment with its offset from UTC.")],
    end: Annotated[str, typer.Option("--to", help="Not part of the period any more.")],
    by: Annotated[str, typer.Option(help="Of group, channel, site, day and hour.")] = "group",
    group: Annotated[str | None, typer.Option(help="Of this group only.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")] = False,
    bom: Annotated[bool, typer.Option(help="Begin the CSV with a byte order mark.")] = False,
    data_dir: DataDir = None,
) -> None:
    """How long people waited, and what came of it."""
    from orchestrator.api.reports import dimensions  # noqa: PLC0415 - quick to start without it
    from orchestrator.api.schemas_reports import WaitReportRow  # noqa: PLC0415
    from orchestrator.application.report_csv import csv_of  # noqa: PLC0415
    from orchestrator.application.report_periods import Period, bound  # noqa: PLC0415
    from orchestrator.application.wait_report import DIMENSIONS, WaitQuery  # noqa: PLC0415
    from orchestrator.main import open_reports  # noqa: PLC0415

    settings = read_settings(data_dir)
    configure_logs("WARNING")

    async def make(query: WaitQuery) -> list[Json]:
        async with open_reports(settings) as report:
            return cast("list[Json]", (await report.make(query))["rows"])

    try:
        query = WaitQuery(Period(bound(start), bound(end)), dimensions(by), group)
        rows = asyncio.run(make(query))
    except ApplicationError as error:
        fail(error.detail)
    except PolicyError as error:
        fail_with(error)
    except (SettingError, Unreachable) as error:
        fail(str(error))
    if as_csv:
        columns = [*query.by, *(name for name in WaitReportRow.model_fields if name not in DIMENSIONS)]
        typer.echo(csv_of(columns, rows, bom=bom), nl=False)
        return
    table = Table(box=None)
    for name in (*query.by, *_SHOWN):
        table.add_column(name, no_wrap=name in query.by)
    for row in rows:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in (*query.by, *_SHOWN)))
    out.print(table)
