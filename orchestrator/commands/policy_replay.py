"""``visavis policy replay``: recorded conversations through a draft."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.commands.shared import DataDir, fail, out, read_settings

if TYPE_CHECKING:
    from orchestrator.domain.replay import ReplayReport
    from orchestrator.settings import Settings
    from rules.policy import Policy

CHANGED, UNCLEAR = 1, 3


class ReportFormat(Enum):
    """How the report is told."""

    TEXT = "text"
    JSON = "json"


def replay_policy(
    draft: Annotated[
        str, typer.Argument(metavar="DIR", help="The draft's folder, a number, or a revision of the store.")
    ],
    since: Annotated[
        str | None,
        typer.Option(help="Conversations that began so long ago at most: 7d, 12h.", show_default="all"),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="The newest so many.", show_default="all")] = None,
    fail_on_change: Annotated[
        bool,
        typer.Option("--fail-on-change", help="For a gate: exit code 1 on a change, 3 if it cannot be told."),
    ] = False,
    form: Annotated[
        ReportFormat, typer.Option("--format", help="For people, or for programs.")
    ] = ReportFormat.TEXT,
    data_dir: DataDir = None,
) -> None:
    """Take recorded conversations through a draft, and tell what would go otherwise, with examples.

    Read are the stored events with the facts that were known then, never a text: it works after texts were erased. What
    the draft asks and nobody recorded "cannot be told". After its first difference a conversation is not compared any
    further. `visavis explain CONVERSATION` tells the story of an example.
    """
    from orchestrator.commands.policy_source import SourceError, policy_from  # noqa: PLC0415 - slow to load
    from orchestrator.domain.replay.telling import lines, plain, summary  # noqa: PLC0415

    begun = _since(since)
    try:
        policy = policy_from(draft, data_dir)
    except SourceError as error:
        fail(str(error))
    report = _replayed(policy, read_settings(data_dir), begun, limit)
    if form is ReportFormat.JSON:
        typer.echo(json.dumps(plain(report), ensure_ascii=False, indent=2))
    else:
        for line in lines(report):
            out.print(line, markup=False, highlight=False, soft_wrap=True)
        out.print(
            f"{summary(report)}. Revision {report.revision}.", markup=False, highlight=False, soft_wrap=True
        )
    if fail_on_change and report.changed:
        raise typer.Exit(CHANGED)
    if fail_on_change and report.unclear:
        raise typer.Exit(UNCLEAR)


def _since(text: str | None) -> datetime | None:
    """The moment that lies so long ago."""
    from rules.durations import parse_duration  # noqa: PLC0415

    if text is None:
        return None
    try:
        ago: timedelta = parse_duration(text)
        return datetime.now(UTC) - ago
    except (ValueError, OverflowError):
        fail(f"--since {text} is no stretch of time: write it like 7d, 12h or 30m.")


def _replayed(policy: Policy, settings: Settings, since: datetime | None, limit: int | None) -> ReplayReport:
    from orchestrator.adapters.sql_recordings import SqlRecordings  # noqa: PLC0415
    from orchestrator.adapters.unreachable import Unreachable  # noqa: PLC0415
    from orchestrator.application.replay import replay  # noqa: PLC0415
    from orchestrator.main import upgrade_database  # noqa: PLC0415
    from orchestrator.observability import configure_logs  # noqa: PLC0415
    from orchestrator.settings import SettingError  # noqa: PLC0415

    configure_logs("ERROR")

    async def run() -> ReplayReport:
        await upgrade_database(settings)
        recordings = SqlRecordings(settings.database)
        try:
            return await replay(policy, recordings.read(since=since, limit=limit), recordings.policy_files)
        finally:
            await recordings.close()

    try:
        return asyncio.run(run())
    except (SettingError, Unreachable) as error:
        fail(str(error))
