"""Recorded conversations for a replay, a page at a time: decisions, events and facts; never a text."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import and_, or_, select

from orchestrator.adapters.codec import load_changes, load_event, load_facts
from orchestrator.adapters.database import open_database
from orchestrator.adapters.session import Session
from orchestrator.adapters.tables import ConversationRow, EventRow, PolicyRow, RefusalRow
from orchestrator.domain.replay import Recording, Step

conversations = ConversationRow.__table__  # type: ignore[attr-defined]
events = EventRow.__table__  # type: ignore[attr-defined]
refusals = RefusalRow.__table__  # type: ignore[attr-defined]
policies = PolicyRow.__table__  # type: ignore[attr-defined]

PAGE = 100
MOST_IDS = 5_000
"""Conversations whose ids are looked up at a time: no index is by their beginning."""


class SqlRecordings:
    """See `application.replay.Recordings`. Each page is a transaction of its own: the service is not held up."""

    def __init__(self, database_url: str, *, page: int = PAGE) -> None:
        self._database = open_database(database_url)
        self._page = page

    async def read(
        self, *, since: datetime | None = None, limit: int | None = None
    ) -> AsyncIterator[Recording]:
        """Conversations that began at ``since`` or later, the newest first, at most ``limit``."""
        left, last = limit, None
        while left is None or left > 0:
            size = MOST_IDS if left is None else min(MOST_IDS, left)
            async with self._database.transaction(write=False) as session:
                found = await _ids(session, since, last, size)
            ids = [one for _, one in found]
            for start in range(0, len(ids), self._page):
                async with self._database.transaction(write=False) as session:
                    page = await _recordings(session, ids[start : start + self._page])
                for recording in page:
                    yield recording
            if len(found) < size:
                return
            last = found[-1]
            left = None if left is None else left - len(found)

    async def policy_files(self, revision: str) -> Mapping[str, str] | None:
        async with self._database.transaction(write=False) as session:
            query = select(policies.c.files).where(policies.c.revision == revision)
            files = (await session.read(query)).value()
        return None if files is None else cast("Mapping[str, str]", json.loads(files))

    async def close(self) -> None:
        await self._database.close()


async def _ids(
    session: Session, since: datetime | None, last: tuple[datetime, str] | None, size: int
) -> list[tuple[datetime, str]]:
    """When conversations began, and their ids, from the one that follows ``last``."""
    at, name = conversations.c.started_at, conversations.c.id
    query = select(at, name)
    if since is not None:
        query = query.where(at >= since)
    if last is not None:
        query = query.where(or_(at < last[0], and_(at == last[0], name < last[1])))
    rows = await session.read(query.order_by(at.desc(), name.desc()).limit(size))
    return [(row.started_at, row.id) for row in rows]


async def _recordings(session: Session, ids: Sequence[str]) -> list[Recording]:
    steps: dict[str, list[Step]] = {one: [] for one in ids}
    revisions: dict[str, str] = dict.fromkeys(ids, "")
    moved = select(events).where(events.c.conversation_id.in_(ids)).order_by(events.c.version)
    for row in await session.read(moved):
        step = _moved(row)
        steps[row.conversation_id].append(step)
        pinned = step.changes.get("policy_revision")
        if isinstance(pinned, str):
            revisions[row.conversation_id] = pinned
    refused = select(refusals).where(refusals.c.conversation_id.in_(ids)).order_by(refusals.c.id)
    for row in await session.read(refused):
        steps[row.conversation_id].append(_refused(row))
    for one in steps.values():
        # A refusal carries the version it found, so it comes after the event that made that version.
        one.sort(key=lambda step: (step.version, step.refused is not None))
    return [Recording(one, revisions[one], tuple(steps[one])) for one in ids]


def _moved(row: Any) -> Step:
    decision = json.loads(row.decision)
    try:
        body, changes = load_event(row.name, row.body), load_changes(row.changes)
        facts = None if row.facts is None else load_facts(row.facts)
        unreadable = None
    except (KeyError, ValueError, TypeError):
        body, changes, facts, unreadable = None, {}, None, _unreadable(row.name)
    return Step(
        version=row.version,
        at=row.at,
        event=row.name,
        row=decision["row"],
        actions=tuple(decision["actions"]),
        say=tuple(decision["say"]),
        body=body,
        unreadable=unreadable,
        changes=changes,
        facts=facts,
        read=_read(decision),
    )


def _refused(row: Any) -> Step:
    body = facts = unreadable = None
    try:
        if row.body is not None:
            body = load_event(row.event, row.body)
            facts = None if row.facts is None else load_facts(row.facts)
    except (KeyError, ValueError, TypeError):
        body, facts, unreadable = None, None, _unreadable(row.event)
    return Step(
        version=row.version,
        at=row.at,
        event=row.event,
        refused=row.reason,
        body=body,
        unreadable=unreadable,
        facts=facts,
        read=_read(json.loads(row.decision)),
    )


def _unreadable(name: str) -> str:
    return f"the event {name}, which this version cannot read"


def _read(decision: Mapping[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = dict(decision["facts"])
    for miss in decision["near_misses"]:
        read |= miss["values"]
    return read
