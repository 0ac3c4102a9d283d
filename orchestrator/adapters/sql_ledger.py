"""The ledger of waits and handlings: written with the events, read by reports, the board and the wait estimate."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, and_, bindparam, insert, or_, select, tuple_, update

from orchestrator.adapters.session import Session, Write
from orchestrator.adapters.tables import ConversationRow, HandlingRow, QueueStayRow
from orchestrator.application.ledger_records import Handling, InLine, Quote, Wait
from orchestrator.domain.ledger import (
    HandlingBegan,
    HandlingEnded,
    LedgerEntry,
    VideoCounted,
    WaitBegan,
    WaitEnded,
    WaitInvited,
)
from orchestrator.domain.wait_time.stored_forecast import as_json, of_json
from orchestrator.domain.wait_time.terms import Forecast, WaitBand

stays = QueueStayRow.__table__  # type: ignore[attr-defined]
handlings = HandlingRow.__table__  # type: ignore[attr-defined]
conversations = ConversationRow.__table__  # type: ignore[attr-defined]

# A conversation has at most one of each open, so its id finds the row.
_OPEN_STAY = and_(stays.c.conversation_id == bindparam("b_conversation_id"), stays.c.ended_at.is_(None))
_OPEN_HANDLING = and_(
    handlings.c.conversation_id == bindparam("b_conversation_id"), handlings.c.ended_at.is_(None)
)


def _of_stay(statement: Executable) -> Write:
    return Write(statement, "queue_stay", ("b_conversation_id",))


def _of_handling(statement: Executable) -> Write:
    return Write(statement, "handling", ("b_conversation_id",))


_BEGIN_STAY = Write(insert(stays), "queue_stay", ("conversation_id",))
_INVITE = _of_stay(update(stays).where(_OPEN_STAY).values(invitations=stays.c.invitations + 1))
_END_STAY = _of_stay(
    update(stays)
    .where(_OPEN_STAY)
    .values(ended_at=bindparam("at"), outcome=bindparam("how"), agent_id=bindparam("agent"))
)
_BEGIN_HANDLING = Write(insert(handlings), "handling", ("conversation_id",))
_COUNT_VIDEO = _of_handling(
    update(handlings)
    .where(_OPEN_HANDLING)
    .values(video_seconds=handlings.c.video_seconds + bindparam("seconds"))
)
_END_HANDLING = _of_handling(
    update(handlings).where(_OPEN_HANDLING).values(ended_at=bindparam("at"), ended_by=bindparam("how"))
)


class SqlLedger:
    """See `ports.LedgerTable`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def append(self, entries: Sequence[LedgerEntry], *, forecast: Forecast | None = None) -> None:
        for entry in entries:
            write, values = _written(entry, forecast)
            await self._session.put(write, (values,))

    # --- waits ------------------------------------------------------------------------------------------

    async def waits_changed(self, since: datetime) -> list[Wait]:
        # Two indexed searches: databases answer an OR over two columns by reading everything.
        began = select(stays).where(stays.c.entered_at >= since)
        ended = select(stays).where(stays.c.ended_at >= since, stays.c.entered_at < since)
        return [_wait(row) for query in (began, ended) for row in await self._session.read(query)]

    async def waits_between(
        self, start: datetime, end: datetime, *, limit: int, after: Wait | None = None
    ) -> list[Wait]:
        key = (stays.c.entered_at, stays.c.conversation_id, stays.c.version)
        query = select(stays).where(stays.c.entered_at >= start, stays.c.entered_at < end)
        if after is not None:
            query = query.where(
                or_(
                    stays.c.entered_at > after.entered_at,
                    and_(
                        stays.c.entered_at == after.entered_at,
                        tuple_(*key[1:]) > tuple_(after.conversation_id, after.version),
                    ),
                )
            )
        return [_wait(row) for row in await self._session.read(query.order_by(*key).limit(limit))]

    async def open_waits(self) -> list[Wait]:
        query = select(stays).where(stays.c.ended_at.is_(None)).order_by(stays.c.entered_at)
        return [_wait(row) for row in await self._session.read(query)]

    async def waits_of(self, conversation_ids: Sequence[str]) -> list[Wait]:
        query = select(stays).where(stays.c.conversation_id.in_(conversation_ids))
        query = query.order_by(stays.c.conversation_id, stays.c.version)
        return [_wait(row) for row in await self._session.read(query)]

    async def line(self, group: str, *, limit: int) -> list[InLine]:
        c = conversations.c
        query = (
            select(c.id, c.queue_group, c.queue_video, c.queue_at_head, c.queue_rank_at, c.invited_agent_id)
            .where(c.queue_group == group)
            .order_by(c.queue_at_head.desc(), c.queue_rank_at, c.id)
            .limit(limit)
        )
        return [
            InLine(
                row.id,
                row.queue_group,
                "video" if row.queue_video else "chat",
                row.queue_at_head,
                row.queue_rank_at,
                row.invited_agent_id,
            )
            for row in await self._session.read(query)
        ]

    # --- handlings --------------------------------------------------------------------------------------

    async def handlings_changed(self, since: datetime) -> list[Handling]:
        began = select(handlings).where(handlings.c.started_at >= since)
        ended = select(handlings).where(handlings.c.ended_at >= since, handlings.c.started_at < since)
        return [_handling(row) for query in (began, ended) for row in await self._session.read(query)]

    async def handlings_between(
        self, start: datetime, end: datetime, *, limit: int, after: Handling | None = None
    ) -> list[Handling]:
        key = (handlings.c.started_at, handlings.c.conversation_id, handlings.c.version)
        query = select(handlings).where(handlings.c.started_at >= start, handlings.c.started_at < end)
        if after is not None:
            query = query.where(
                or_(
                    handlings.c.started_at > after.started_at,
                    and_(
                        handlings.c.started_at == after.started_at,
                        tuple_(*key[1:]) > tuple_(after.conversation_id, after.version),
                    ),
                )
            )
        return [_handling(row) for row in await self._session.read(query.order_by(*key).limit(limit))]

    async def handlings_during(
        self, start: datetime, end: datetime, *, agent_ids: Sequence[str] | None = None
    ) -> list[Handling]:
        goes_on = or_(handlings.c.ended_at.is_(None), handlings.c.ended_at > start)
        query = select(handlings).where(goes_on, handlings.c.started_at < end)
        if agent_ids is not None:
            query = query.where(handlings.c.agent_id.in_(agent_ids))
        query = query.order_by(handlings.c.agent_id, handlings.c.started_at, handlings.c.conversation_id)
        return [_handling(row) for row in await self._session.read(query)]

    async def open_handlings(self) -> list[Handling]:
        query = select(handlings).where(handlings.c.ended_at.is_(None)).order_by(handlings.c.started_at)
        return [_handling(row) for row in await self._session.read(query)]

    async def handlings_of(self, conversation_ids: Sequence[str]) -> list[Handling]:
        query = select(handlings).where(handlings.c.conversation_id.in_(conversation_ids))
        query = query.order_by(handlings.c.conversation_id, handlings.c.version)
        return [_handling(row) for row in await self._session.read(query)]


def _written(entry: LedgerEntry, forecast: Forecast | None) -> tuple[Write, dict[str, Any]]:
    row: dict[str, Any] = {"b_conversation_id": entry.conversation_id}
    match entry:
        case WaitBegan():
            return _BEGIN_STAY, _new_stay(entry, forecast)
        case WaitInvited():
            return _INVITE, row
        case WaitEnded():
            return _END_STAY, row | {"at": entry.at, "how": entry.outcome, "agent": entry.agent_id}
        case HandlingBegan():
            return _BEGIN_HANDLING, _new_handling(entry)
        case VideoCounted():
            return _COUNT_VIDEO, row | {"seconds": entry.seconds}
        case HandlingEnded():
            return _END_HANDLING, row | {"at": entry.at, "how": entry.ended_by}


def _new_stay(entry: WaitBegan, forecast: Forecast | None) -> dict[str, Any]:
    told = forecast.estimate if forecast is not None else None
    return {
        "conversation_id": entry.conversation_id,
        "version": entry.version,
        "group": entry.group,
        "channel": entry.channel,
        "site_id": entry.site_id,
        "language": entry.language,
        "priority": entry.priority,
        "entered_at": entry.at,
        "invitations": 0,
        "quoted_p50": told.p50 if isinstance(told, WaitBand) else None,
        "quoted_p90": told.p90 if isinstance(told, WaitBand) else None,
        "forecast": json.dumps(as_json(forecast)) if forecast is not None else None,
    }


def _new_handling(entry: HandlingBegan) -> dict[str, Any]:
    return {
        "conversation_id": entry.conversation_id,
        "version": entry.version,
        "agent_id": entry.agent_id,
        "group": entry.group,
        "channel": entry.channel,
        "site_id": entry.site_id,
        "started_at": entry.at,
        "video_seconds": 0.0,
    }


def _wait(row: Any) -> Wait:
    p50, p90 = row.quoted_p50, row.quoted_p90
    return Wait(
        conversation_id=row.conversation_id,
        version=row.version,
        group=row.group,
        channel=row.channel,
        site_id=row.site_id,
        language=row.language,
        priority=row.priority,
        entered_at=row.entered_at,
        ended_at=row.ended_at,
        outcome=row.outcome,
        agent_id=row.agent_id,
        invitations=row.invitations,
        quoted=Quote(p50, p90) if p50 is not None and p90 is not None else None,
        forecast=of_json(json.loads(row.forecast)) if row.forecast is not None else None,
    )


def _handling(row: Any) -> Handling:
    return Handling(
        conversation_id=row.conversation_id,
        version=row.version,
        agent_id=row.agent_id,
        group=row.group,
        channel=row.channel,
        site_id=row.site_id,
        started_at=row.started_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        video_seconds=row.video_seconds,
    )
