"""Left messages and their erasable bodies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, func, insert, literal, or_, select, update

from orchestrator.adapters.session import Session
from orchestrator.adapters.tables import LeftMessageBodyRow, LeftMessageRow, SocketRow
from orchestrator.application.records import LeftMessage

left = LeftMessageRow.__table__  # type: ignore[attr-defined]
bodies = LeftMessageBodyRow.__table__  # type: ignore[attr-defined]
sockets = SocketRow.__table__  # type: ignore[attr-defined]

_PLACE = (
    "conversation_id",
    "visitor_id",
    "site_id",
    "group",
    "language",
    "at",
)
_STANDING = (
    "state",
    "taken_by",
    "taken_at",
    "answered_by",
    "answered_how",
    "answered_at",
    "mail_attempts",
    "mail_error",
)
_UNFINISHED = left.c.state.in_(("open", "taken", "sending"))
_PRESENT = select(sockets.c.id).where(sockets.c.subject == literal("visitor:") + left.c.visitor_id).exists()
_MESSAGES = select(
    left, bodies.c.name, bodies.c.email, bodies.c.text, bodies.c.answer, _PRESENT.label("visitor_present")
).join_from(left, bodies, bodies.c.left_message_id == left.c.id, isouter=True)


class SqlInbox:
    """See `ports.InboxTable`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, message: LeftMessage) -> None:
        await self._session.write(insert(left), {"id": message.id, **_of(message, _PLACE + _STANDING)})
        await self._session.write(
            insert(bodies),
            {"left_message_id": message.id, **_of(message, ("name", "email", "text", "answer"))},
        )

    async def get(self, message_id: str, *, lock: bool = False) -> LeftMessage | None:
        query = _MESSAGES.where(left.c.id == message_id)
        if lock:
            query = query.with_for_update(of=left)
        row = (await self._session.read(query)).one()
        return None if row is None else _message(row)

    async def save(self, message: LeftMessage) -> None:
        await self._session.write(
            update(left).where(left.c.id == message.id).values(**_of(message, _STANDING)), only_if_found=True
        )
        # Erased meanwhile, there is no body any more, and an answer must not make one.
        await self._session.write(
            update(bodies).where(bodies.c.left_message_id == message.id).values(answer=message.answer)
        )

    async def unfinished(
        self,
        *,
        groups: Sequence[str] | None,
        held_by: str | None = None,
        after: str | None = None,
        limit: int,
    ) -> list[LeftMessage]:
        query = _MESSAGES.where(_UNFINISHED, *_in(groups))
        if held_by is not None:
            query = query.where(or_(left.c.state == "open", left.c.taken_by == held_by))
        if after is not None:
            at = select(left.c.at).where(left.c.id == after).scalar_subquery()
            query = query.where(or_(left.c.at > at, and_(left.c.at == at, left.c.id > after)))
        query = query.order_by(left.c.at, left.c.id).limit(limit)
        return [_message(row) for row in await self._session.read(query)]

    async def count_open(self, groups: Sequence[str] | None) -> int:
        query = select(func.count()).select_from(left).where(left.c.state == "open", *_in(groups))
        return (await self._session.read(query)).value()

    async def count_unfinished(self, visitor_id: str) -> int:
        query = select(func.count()).select_from(left).where(_UNFINISHED, left.c.visitor_id == visitor_id)
        return (await self._session.read(query)).value()


def _in(groups: Sequence[str] | None) -> tuple[Any, ...]:
    return () if groups is None else (left.c.group.in_(groups),)


def _of(message: LeftMessage, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(message, name) for name in names}


def _message(row: Any) -> LeftMessage:
    values = {name: getattr(row, name) for name in (*_PLACE, *_STANDING)}
    return LeftMessage(
        id=row.id,
        **values,
        name=row.name or "",
        email=row.email or "",
        text=row.text or "",
        answer=row.answer,
        visitor_present=bool(row.visitor_present),
    )
