"""Work to be done and what was heard of it: the outbox, timers, feeds, keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, or_, select, update

from orchestrator.adapters.codec import dump_effect, load_effect
from orchestrator.adapters.columns import UtcDateTime
from orchestrator.adapters.session import Session
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


_AFTER = (
    select(feed)
    .where(feed.c.stream == bindparam("stream"), feed.c.seq > bindparam("after"))
    .order_by(feed.c.seq)
    .limit(bindparam("most"))
)
_END_TIMER = delete(timers).where(
    timers.c.conversation_id == bindparam("conversation"), timers.c.name == bindparam("timer")
)
_HEAD = select(streams.c.seq).where(streams.c.name == bindparam("stream"))


@cache
def _advance(dialect: str) -> Any:
    statement = upsert(dialect, streams)
    return statement.on_conflict_do_update(
        index_elements=["name"], set_={"seq": streams.c.seq + statement.excluded.seq}
    )


@cache
def _set_timer(dialect: str) -> Any:
    statement = upsert(dialect, timers)
    return statement.on_conflict_do_update(
        index_elements=["conversation_id", "name"], set_={"deadline": statement.excluded.deadline}
    )


@cache
def _add_effects(dialect: str) -> Any:
    return upsert(dialect, outbox).on_conflict_do_nothing()


@cache
def _add_key(dialect: str) -> Any:
    return upsert(dialect, keys).on_conflict_do_nothing()


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
_KNOWN = select(keys.c.key).where(keys.c.key == bindparam("key"))


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
        await self._session.write(_add_effects(self._session.dialect), rows)

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
            rows = [{"conversation": conversation_id, "timer": name} for name in gone]
            await self._session.write(_END_TIMER, rows)
        if changed:
            await self._session.write(_set_timer(self._session.dialect), changed)

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
        counts = Counter(entry.stream for entry in entries)
        # In one order, so that two transactions never wait for each other's streams.
        await self._session.write(
            _advance(self._session.dialect), [{"name": name, "seq": counts[name]} for name in sorted(counts)]
        )
        rows: list[dict[str, Any]] = []
        for entry in entries:
            counts[entry.stream] -= 1
            rows.append(
                {
                    "stream": entry.stream,
                    "back": counts[entry.stream],
                    "kind": entry.kind,
                    "conversation_id": entry.conversation_id,
                    "ref": entry.ref,
                    "detail": entry.detail,
                    "at": at,
                }
            )
        await self._session.write(_APPEND, rows)

    async def after(self, stream: str, seq: int, *, limit: int) -> list[FeedEntry]:
        found = await self._session.read(_AFTER, {"stream": stream, "after": seq, "most": limit})
        return [
            FeedEntry(row.stream, row.seq, row.kind, row.conversation_id, row.ref, row.detail)
            for row in found
        ]

    async def head(self, stream: str) -> int:
        return (await self._session.read(_HEAD, {"stream": stream})).value() or 0


class SqlKeys:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, key: str, at: datetime) -> bool:
        added = await self._session.read(_add_key(self._session.dialect), {"key": key, "at": at})
        return added.count == 1

    async def known(self, key: str) -> bool:
        return (await self._session.read(_KNOWN, {"key": key})).one() is not None
