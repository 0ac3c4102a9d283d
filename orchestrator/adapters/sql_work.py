"""Work to be done and what was heard of it: the outbox, timers, feeds, keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, or_, select, update

from orchestrator.adapters.codec import dump_effect, load_effect
from orchestrator.adapters.columns import UtcDateTime, among
from orchestrator.adapters.session import Append, Session, Write
from orchestrator.adapters.statements import without_nul
from orchestrator.adapters.tables import FeedRow, KeyRow, OutboxRow, StreamRow, TimerRow
from orchestrator.adapters.upsert import upsert
from orchestrator.application.records import DueTimer, FeedEntry, NewEffect, NewFeedEntry, OutboxItem
from orchestrator.domain.conversation import TimerName

outbox = OutboxRow.__table__  # type: ignore[attr-defined]
timers = TimerRow.__table__  # type: ignore[attr-defined]
streams = StreamRow.__table__  # type: ignore[attr-defined]
feed = FeedRow.__table__  # type: ignore[attr-defined]
keys = KeyRow.__table__  # type: ignore[attr-defined]


# The numbers are given out by the database in the same go: the stream's counter is moved on, and an entry takes
# its place counted back from there.
_ENTRY = ("stream", "back", "kind", "conversation_id", "ref", "detail", "at")


def _entry_arrays(rows: Sequence[dict[str, Any]]) -> list[list[Any]]:
    counts = Counter(row["stream"] for row in rows)
    streams_moved = [list(counts), list(counts.values())]
    columns: list[list[Any]] = [[] for _ in _ENTRY]
    for row in rows:
        counts[row["stream"]] -= 1
        for column, name in zip(columns, _ENTRY, strict=True):
            column.append(counts[row["stream"]] if name == "back" else without_nul(row[name]))
    return streams_moved + columns


# Streams in one order, so that two transactions never wait for each other's.
_ENTRIES = Append(
    (
        (
            "moved",
            "INSERT INTO stream (name, seq) SELECT p.name, p.more FROM unnest($1::VARCHAR[], $2::INTEGER[]) "
            "AS p(name, more) ORDER BY p.name "
            "ON CONFLICT (name) DO UPDATE SET seq = stream.seq + excluded.seq RETURNING name, seq",
        ),
        (
            "told",
            "INSERT INTO feed (stream, seq, kind, conversation_id, ref, detail, at) "
            "SELECT e.stream, moved.seq - e.back, e.kind, e.conversation_id, e.ref, e.detail, e.at "
            "FROM unnest($3::VARCHAR[], $4::INTEGER[], $5::VARCHAR[], $6::VARCHAR[], $7::VARCHAR[], "
            "$8::VARCHAR[], $9::TIMESTAMP WITH TIME ZONE[]) "
            "AS e(stream, back, kind, conversation_id, ref, detail, at) "
            "JOIN moved ON moved.name = e.stream RETURNING 1",
        ),
    ),
    _entry_arrays,
)

_COUNTER = select(streams.c.seq).where(streams.c.name == bindparam("stream")).scalar_subquery()
_APPEND = insert(feed).values(
    stream=bindparam("stream"),
    seq=_COUNTER - bindparam("back"),
    kind=bindparam("kind"),
    conversation_id=bindparam("conversation_id"),
    ref=bindparam("ref"),
    detail=bindparam("detail"),
    at=bindparam("at"),
)


_new_stream = upsert("sqlite", streams)
_ADVANCE = _new_stream.on_conflict_do_update(
    index_elements=["name"], set_={"seq": streams.c.seq + _new_stream.excluded.seq}
)
_AFTER = (
    select(feed)
    .where(feed.c.stream == bindparam("stream"), feed.c.seq > bindparam("after"))
    .order_by(feed.c.seq)
    .limit(bindparam("most"))
)
_END_TIMER = Write(
    delete(timers).where(
        timers.c.conversation_id == bindparam("conversation_id"), timers.c.name == bindparam("name")
    ),
    "timer",
    ("conversation_id", "name"),
)
_HEAD = select(streams.c.seq).where(streams.c.name == bindparam("stream"))


@cache
def _set_timer(dialect: str) -> Write:
    statement = upsert(dialect, timers)
    set_ = statement.on_conflict_do_update(
        index_elements=["conversation_id", "name"], set_={"deadline": statement.excluded.deadline}
    )
    return Write(set_, "timer", ("conversation_id", "name"))


@cache
def _add_effects(dialect: str) -> Write:
    return Write(upsert(dialect, outbox).on_conflict_do_nothing().inline(), "outbox")


@cache
def _add_key(dialect: str) -> Any:
    return upsert(dialect, keys).on_conflict_do_nothing()


@cache
def _note_key(dialect: str) -> Write:
    return Write(_add_key(dialect), "processed_key", ("key",))


def _claim() -> Any:
    # Only the head of a lane may be taken, so that one effect is over before the next one of its lane starts.
    earlier = outbox.alias("earlier")
    blocked = select(earlier.c.id).where(earlier.c.lane == outbox.c.lane, earlier.c.id < outbox.c.id).exists()
    now = bindparam("now", type_=UtcDateTime())
    due = (
        select(outbox.c.id)
        .where(
            outbox.c.not_before <= now,
            or_(outbox.c.claimed_until.is_(None), outbox.c.claimed_until < now),
            ~blocked,
        )
        .order_by(outbox.c.id)
        .limit(bindparam("most"))
        # What another process is taking at this moment is not waited for.
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return (
        update(outbox)
        .where(outbox.c.id == due.c.id)
        .values(claimed_by=bindparam("owner"), claimed_until=bindparam("lease"))
        .returning(outbox)
    )


_CLAIM = _claim()
_DONE = delete(outbox).where(outbox.c.id == bindparam("item"))
_RETRY = (
    update(outbox)
    .where(outbox.c.id == bindparam("item"))
    .values(
        attempts=outbox.c.attempts + 1,
        not_before=bindparam("later"),
        error=bindparam("why"),
        claimed_by=None,
        claimed_until=None,
    )
)
# A claimed item is due again when its lease ends: whoever claimed it is dead by then.
_due_at = func.coalesce(outbox.c.claimed_until, outbox.c.not_before, type_=UtcDateTime())
_NEXT_DUE = select(func.min(_due_at, type_=UtcDateTime())).where(
    _due_at > bindparam("now", type_=UtcDateTime())
)
_DUE_TIMERS = (
    select(timers)
    .where(timers.c.deadline <= bindparam("now", type_=UtcDateTime()))
    .order_by(timers.c.deadline)
    .limit(bindparam("most"))
)
_NEXT_DEADLINE = select(func.min(timers.c.deadline))


@cache
def _known(dialect: str) -> Any:
    return select(keys.c.key).where(among(dialect, keys.c.key, "keys"))


class SqlOutbox:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, effects: Sequence[NewEffect], *, at: datetime) -> None:
        if not effects:
            return
        rows: list[dict[str, Any]] = []
        for effect in effects:
            name, body = dump_effect(effect.effect)
            rows.append(
                {
                    "key": effect.key,
                    "lane": effect.lane,
                    "conversation_id": effect.conversation_id,
                    "name": name,
                    "body": body,
                    "attempts": 0,
                    "not_before": at,
                }
            )
        await self._session.put(_add_effects(self._session.dialect), rows)

    async def settle(self, *, done: Sequence[int], retry: Mapping[int, tuple[datetime, str]]) -> None:
        if done:
            await self._session.write(_DONE, [{"item": item_id} for item_id in sorted(done)])
        if retry:
            rows = [
                {"item": item_id, "later": retry[item_id][0], "why": retry[item_id][1][:500]}
                for item_id in sorted(retry)
            ]
            await self._session.write(_RETRY, rows)

    async def claim(self, owner: str, now: datetime, *, until: datetime, limit: int) -> list[OutboxItem]:
        values = {"owner": owner, "lease": until, "now": now, "most": limit}
        rows = list(await self._session.read(_CLAIM, values))
        return [
            OutboxItem(
                id=row.id,
                key=row.key,
                lane=row.lane,
                conversation_id=row.conversation_id,
                effect=load_effect(row.name, row.body),
                attempts=row.attempts,
            )
            for row in sorted(rows, key=lambda row: row.id)
        ]

    async def next_due(self, now: datetime) -> datetime | None:
        return (await self._session.read(_NEXT_DUE, {"now": now})).value()

    async def release(self, owner: str | None = None) -> None:
        claimed = outbox.c.claimed_by.is_not(None) if owner is None else outbox.c.claimed_by == owner
        await self._session.write(update(outbox).where(claimed).values(claimed_by=None, claimed_until=None))

    async def pending(self) -> int:
        return (await self._session.read(select(func.count()).select_from(outbox))).value()


class SqlTimers:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def replace(
        self, conversation_id: str, before: Mapping[TimerName, datetime], after: Mapping[TimerName, datetime]
    ) -> None:
        gone = [name.value for name in before if name not in after]
        changed = [
            {"conversation_id": conversation_id, "name": name.value, "deadline": deadline}
            for name, deadline in after.items()
            if before.get(name) != deadline
        ]
        if gone:
            rows = [{"conversation_id": conversation_id, "name": name} for name in gone]
            await self._session.put(_END_TIMER, rows)
        if changed:
            await self._session.put(_set_timer(self._session.dialect), changed)

    async def due(self, now: datetime, *, limit: int) -> list[DueTimer]:
        found = await self._session.read(_DUE_TIMERS, {"now": now, "most": limit})
        return [DueTimer(row.conversation_id, TimerName(row.name), row.deadline) for row in found]

    async def next_deadline(self) -> datetime | None:
        return (await self._session.read(_NEXT_DEADLINE)).value()

    async def remove(self, timer: DueTimer) -> None:
        await self._session.write(
            delete(timers).where(
                timers.c.conversation_id == timer.conversation_id,
                timers.c.name == timer.name.value,
                timers.c.deadline == timer.deadline,
            )
        )


class SqlFeed:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def append(self, entries: Sequence[NewFeedEntry], *, at: datetime) -> None:
        if not entries:
            return
        rows: list[dict[str, Any]] = [
            {
                "stream": entry.stream,
                "kind": entry.kind,
                "conversation_id": entry.conversation_id,
                "ref": entry.ref,
                "detail": entry.detail,
                "at": at,
            }
            for entry in entries
        ]
        if self._session.dialect == "postgresql":
            await self._session.put(_ENTRIES, rows)
            return
        counts = Counter(entry.stream for entry in entries)
        await self._session.write(
            _ADVANCE, [{"name": name, "seq": number} for name, number in counts.items()]
        )
        for row in rows:
            counts[row["stream"]] -= 1
            row["back"] = counts[row["stream"]]
        await self._session.write(_APPEND, rows)

    async def after(self, stream: str, seq: int, *, limit: int) -> list[FeedEntry]:
        await self._session.send()
        found = await self._session.read(_AFTER, {"stream": stream, "after": seq, "most": limit})
        return [
            FeedEntry(row.stream, row.seq, row.kind, row.conversation_id, row.ref, row.detail)
            for row in found
        ]

    async def head(self, stream: str) -> int:
        await self._session.send()
        return (await self._session.read(_HEAD, {"stream": stream})).value() or 0


class SqlKeys:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, key: str, at: datetime) -> bool:
        added = await self._session.read(_add_key(self._session.dialect), {"key": key, "at": at})
        return added.count == 1

    async def note(self, key: str, at: datetime) -> None:
        await self._session.put(_note_key(self._session.dialect), ({"key": key, "at": at},))

    async def known(self, keys: Sequence[str]) -> frozenset[str]:
        found = await self._session.read(_known(self._session.dialect), {"keys": list(keys)})
        return frozenset(found.values())
