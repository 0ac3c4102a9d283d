"""Reports, as JSON or as CSV, for supervisors and admins."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Query, Request, Response

from orchestrator.api import schemas_reports as schemas
from orchestrator.api.guard import SupervisorUser
from orchestrator.api.platform import PlatformDep
from orchestrator.application.agent_report import AgentQuery
from orchestrator.application.errors import Invalid
from orchestrator.application.records import Json
from orchestrator.application.report_csv import columns_of, csv_of
from orchestrator.application.report_periods import Period, bound, zone_named
from orchestrator.application.wait_report import DIMENSIONS, Dimension, WaitQuery

router = APIRouter(prefix="/api/reports", tags=["reports"])
board = APIRouter(prefix="/api/supervisor", tags=["supervisor"])

From = Annotated[
    str,
    Query(
        alias="from",
        max_length=40,
        description="A local date, or a moment with its offset from UTC.",
        examples=["2026-03-01"],
    ),
]
To = Annotated[
    str,
    Query(alias="to", max_length=40, description="Not part of the period any more.", examples=["2026-04-01"]),
]
Name = Annotated[str | None, Query(max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]
Format = Annotated[
    Literal["json", "csv"] | None,
    Query(description="Without it, what the header `Accept` prefers."),
]
WithBom = Annotated[bool, Query(description="Begin the CSV with a byte order mark, for spreadsheets.")]

_CSV: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/csv": {"schema": {"type": "string"}}},
        "description": "JSON, or CSV (RFC 4180) with `Accept: text/csv` or `format=csv`.",
    }
}


@router.get("/waits", response_model=schemas.WaitReport, responses=_CSV)
async def waits(
    request: Request,
    user: SupervisorUser,
    platform: PlatformDep,
    start: From,
    end: To,
    by: Annotated[str, Query(max_length=64, description="Of group, channel, site, day and hour.")] = "group",
    group: Name = None,
    channel: schemas.ChannelName | None = None,
    site: Name = None,
    format: Format = None,  # noqa: A002 - the word that callers expect
    bom: WithBom = False,
) -> Any:
    """How long people waited and what came of it. Hours and days are those of each group's time zone."""
    query = WaitQuery(Period(bound(start), bound(end)), dimensions(by), group, channel, site)
    report = await platform.reporting.waits.make(query)
    if not _wants_csv(request, format):
        return report
    columns = [*query.by, *(name for name in schemas.WaitReportRow.model_fields if name not in DIMENSIONS)]
    return _csv("waits", columns, cast("list[Json]", report["rows"]), bom=bom)


@router.get("/agents", response_model=schemas.AgentReport, responses=_CSV)
async def agents(
    request: Request,
    user: SupervisorUser,
    platform: PlatformDep,
    start: From,
    end: To,
    agent: Name = None,
    zone: Annotated[
        str | None, Query(max_length=64, description="Without it, that of the default group's hours.")
    ] = None,
    format: Format = None,  # noqa: A002
    bom: WithBom = False,
) -> Any:
    """What each agent's days were made of: time in each state, and conversations."""
    where = None if zone is None else zone_named(zone)
    report = await platform.reporting.agents.make(AgentQuery(Period(bound(start), bound(end)), agent, where))
    if not _wants_csv(request, format):
        return report
    rows = cast("list[Json]", report["rows"])
    return _csv("agents", columns_of(rows) or list(schemas.AgentReportRow.model_fields), rows, bom=bom)


@router.get("/wait-grades", response_model=list[schemas.WaitGrade])
async def wait_grades(user: SupervisorUser, platform: PlatformDep) -> Any:
    """How good the wait estimates that visitors were told have been."""
    return [
        {"group": line.group, "channel": line.channel, **asdict(grade)}
        for line, grade in platform.reporting.estimates.grades().items()
    ]


@board.get("/board", response_model=schemas.Board, responses={304: {"description": "Nothing has changed."}})
async def live_board(request: Request, user: SupervisorUser, platform: PlatformDep) -> Response:
    """Who waits, who works, and how the day goes. Ask again every two seconds with `If-None-Match`: an answer without
    a body says that nothing has changed."""
    made = schemas.Board.model_validate(await platform.reporting.board.view())
    body = made.model_dump_json().encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": etag, "cache-control": "private, no-cache"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def dimensions(by: str) -> tuple[Dimension, ...]:
    """Read ``group,hour``.

    Raises:
        Invalid: a word is none of the dimensions, or comes twice.
    """
    words = [word.strip() for word in by.split(",") if word.strip()]
    known: dict[str, Dimension] = {name: name for name in DIMENSIONS}
    if not words or len(set(words)) < len(words) or not set(words) <= set(known):
        raise Invalid("dimensions_unknown", f"`by` takes each of {', '.join(DIMENSIONS)} once at most.")
    return tuple(known[word] for word in words)


def _wants_csv(request: Request, wanted: str | None) -> bool:
    if wanted is not None:
        return wanted == "csv"
    accepted = request.headers.get("accept", "").lower()
    return "text/csv" in accepted and "application/json" not in accepted


def _csv(name: str, columns: list[str], rows: list[Json], *, bom: bool) -> Response:
    return Response(
        csv_of(columns, rows, bom=bom),
        media_type="text/csv; charset=utf-8",
        headers={
            "content-disposition": f'attachment; filename="{name}.csv"',
            "cache-control": "no-store",
        },
    )
