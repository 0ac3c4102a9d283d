"""What happened and what was said: events, refusals, messages and their erasable bodies."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, bindparam, delete, insert, select

from orchestrator.adapters.codec import (
    dump_changes,
    dump_decision,
    dump_event,
    dump_facts,
    load_changes,
    load_decision,
    load_event,
    load_facts,
)
from orchestrator.adapters.session import Session, Write
from orchestrator.adapters.tables import (
    ContextRow,
    EventRow,
    LeftMessageBodyRow,
    LeftMessageRow,
    MessageBodyRow,
    MessageRow,
    RefusalRow,
)
from orchestrator.application.records import EventRecord, NewMessage, StoredMessage, TraceRecord
from orchestrator.domain.events import Event
from orchestrator.domain.facts import Facts
from rules.decision import Decision

events = EventRow.__table__  # type: ignore[attr-defined]
refusals = RefusalRow.__table__  # type: ignore[attr-defined]
messages = MessageRow.__table__  # type: ignore[attr-defined]
bodies = MessageBodyRow.__table__  # type: ignore[attr-defined]
contexts = ContextRow.__table__  # type: ignore[attr-defined]
left = LeftMessageRow.__table__  # type: ignore[attr-defined]
left_bodies = LeftMessageBodyRow.__table__  # type: ignore[attr-defined]

ERASED = {"type": "erased"}

# Built once: making a statement costs more than running it.
_INSERT_EVENT = Write(insert(events), "event")
_INSERT_MESSAGES = Write(insert(messages), "message")
_LATEST = (
    select(events.c.name, events.c.body)
    .where(events.c.conversation_id == bindparam("conversation"), events.c.name == bindparam("name"))
    .order_by(events.c.version.desc())
    .limit(1)
)
_INSERT_BODIES = Write(insert(bodies), "message_body")

_MESSAGES = select(
    messages, bodies.c.content, bodies.c.author_name, bodies.c.quick_replies, bodies.c.payload
).join_from(messages, bodies, bodies.c.message_id == messages.c.id, isouter=True)
_BY_ID = _MESSAGES.where(messages.c.id == bindparam("id"))
_BY_CLIENT_ID = _MESSAGES.where(
    messages.c.conversation_id == bindparam("conversation_id"),
    messages.c.author == bindparam("author"),
    messages.c.client_id == bindparam("client_id"),
)


class SqlEvents:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def append(self, record: EventRecord) -> None:
        name, body = dump_event(record.event)
        await self._session.put(
            _INSERT_EVENT,
            (
                {
                    "conversation_id": record.conversation_id,
                    "version": record.version,
                    "at": record.at,
                    "name": name,
                    "body": body,
                    "changes": dump_changes(record.changes),
                    "decision": dump_decision(record.decision),
                    "facts": dump_facts(record.facts) if record.facts is not None else None,
                },
            ),
        )

    async def list(self, conversation_id: str) -> list[EventRecord]:
        query = select(events).where(events.c.conversation_id == conversation_id).order_by(events.c.version)
        return [
            EventRecord(
                conversation_id=row.conversation_id,
                version=row.version,
                at=row.at,
                event=load_event(row.name, row.body),
                changes=load_changes(row.changes),
                decision=load_decision(row.decision),
                facts=load_facts(row.facts) if row.facts is not None else None,
            )
            for row in await self._session.read(query)
        ]

    async def latest(self, conversation_id: str, kind: type[Event]) -> Event | None:
        row = (
            await self._session.read(_LATEST, {"conversation": conversation_id, "name": kind.__name__})
        ).one()
        return None if row is None else _event_if_known(row.name, row.body)

    async def deny(
        self,
        conversation_id: str,
        *,
        version: int,
        at: datetime,
        event: Event,
        reason: str,
        decision: Decision,
        facts: Facts | None = None,
    ) -> None:
        name, body = dump_event(event)
        await self._session.write(
            insert(refusals),
            {
                "conversation_id": conversation_id,
                "version": version,
                "at": at,
                "event": name,
                "reason": reason,
                "decision": dump_decision(decision),
                "body": body,
                "facts": dump_facts(facts) if facts is not None else None,
            },
        )

    async def trace(self, conversation_id: str) -> list[TraceRecord]:
        moved = select(events).where(events.c.conversation_id == conversation_id).order_by(events.c.version)
        denied = select(refusals).where(refusals.c.conversation_id == conversation_id).order_by(refusals.c.id)
        records = [
            TraceRecord(
                row.version,
                row.at,
                row.name,
                "moved",
                load_decision(row.decision),
                body=_event_if_known(row.name, row.body),
            )
            for row in await self._session.read(moved)
        ]
        records += [
            TraceRecord(
                row.version,
                row.at,
                row.event,
                "denied",
                load_decision(row.decision),
                row.reason,
                body=_event_if_known(row.event, row.body),
            )
            for row in await self._session.read(denied)
        ]
        # A refusal carries the version it found, so it comes after the event that made that version.
        return sorted(records, key=lambda record: (record.version, record.outcome == "denied"))


def _event_if_known(name: str, body: str | None) -> Event | None:
    """The event; None when its body was not kept, or when it is of a kind that this version does not know."""
    try:
        return None if body is None else load_event(name, body)
    except (KeyError, ValueError):
        return None


class SqlMessages:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def append(
        self, conversation_id: str, new: Sequence[NewMessage], *, after: int, at: datetime
    ) -> tuple[StoredMessage, ...]:
        if not new:
            return ()
        stored = tuple(
            StoredMessage(
                id=message.id,
                conversation_id=conversation_id,
                position=after + offset,
                author=message.author,
                content=message.content,
                at=at,
                author_id=message.author_id,
                author_name=message.author_name,
                client_id=message.client_id,
                quick_replies=message.quick_replies,
                payload=message.payload,
                private_to=message.private_to,
            )
            for offset, message in enumerate(new, start=1)
        )
        await self._session.put(_INSERT_MESSAGES, [_place(message) for message in stored])
        await self._session.put(_INSERT_BODIES, [_body(message) for message in stored])
        return stored

    async def list(
        self, conversation_id: str, *, after: int = 0, limit: int | None = None
    ) -> list[StoredMessage]:
        query = _MESSAGES.where(
            messages.c.conversation_id == conversation_id, messages.c.position > after
        ).order_by(messages.c.position)
        return await self._all(query.limit(limit) if limit is not None else query)

    async def latest(self, conversation_id: str, count: int) -> list[StoredMessage]:
        query = (
            _MESSAGES.where(messages.c.conversation_id == conversation_id)
            .order_by(messages.c.position.desc())
            .limit(count)
        )
        return (await self._all(query))[::-1]

    async def get(self, message_id: str) -> StoredMessage | None:
        row = (await self._session.read(_BY_ID, {"id": message_id})).one()
        return None if row is None else _message(row)

    async def by_ids(self, message_ids: Sequence[str]) -> list[StoredMessage]:
        return await self._all(_MESSAGES.where(messages.c.id.in_(message_ids)).order_by(messages.c.position))

    async def by_client_id(self, conversation_id: str, author: str, client_id: str) -> StoredMessage | None:
        keys = {"conversation_id": conversation_id, "author": author, "client_id": client_id}
        row = (await self._session.read(_BY_CLIENT_ID, keys)).one()
        return None if row is None else _message(row)

    async def offered(self, conversation_id: str, value: str) -> bool:
        query = select(bodies.c.quick_replies).where(
            bodies.c.conversation_id == conversation_id, bodies.c.quick_replies.is_not(None)
        )
        rows = (await self._session.read(query)).values()
        return any(value == offer[1] for offers in rows for offer in json.loads(offers))

    async def erase(self, conversation_id: str) -> int:
        query = delete(bodies).where(bodies.c.conversation_id == conversation_id, bodies.c.keep.is_(False))
        erased = await self._session.read(query)
        await self._session.write(delete(contexts).where(contexts.c.conversation_id == conversation_id))
        of_conversation = select(left.c.id).where(left.c.conversation_id == conversation_id)
        also = await self._session.read(
            delete(left_bodies).where(left_bodies.c.left_message_id.in_(of_conversation))
        )
        return erased.count + also.count

    async def _all(self, query: Executable) -> list[StoredMessage]:
        return [_message(row) for row in await self._session.read(query)]


def _place(message: StoredMessage) -> dict[str, Any]:
    return {
        "id": message.id,
        "conversation_id": message.conversation_id,
        "position": message.position,
        "author": message.author,
        "author_id": message.author_id,
        "client_id": message.client_id,
        "private_to": message.private_to,
        "at": message.at,
    }


def _body(message: StoredMessage) -> dict[str, Any]:
    return {
        "message_id": message.id,
        "conversation_id": message.conversation_id,
        "author_name": message.author_name,
        "content": json.dumps(message.content, ensure_ascii=False),
        "quick_replies": json.dumps(message.quick_replies, ensure_ascii=False)
        if message.quick_replies
        else None,
        "payload": message.payload,
        "keep": message.content.get("type") == "notice",
    }


def _message(row: Any) -> StoredMessage:
    replies = tuple((title, value) for title, value in json.loads(row.quick_replies or "[]"))
    return StoredMessage(
        id=row.id,
        conversation_id=row.conversation_id,
        position=row.position,
        author=row.author,
        content=json.loads(row.content) if row.content is not None else dict(ERASED),
        at=row.at,
        author_id=row.author_id,
        author_name=row.author_name,
        client_id=row.client_id,
        quick_replies=replies,
        payload=row.payload,
        private_to=row.private_to,
    )
