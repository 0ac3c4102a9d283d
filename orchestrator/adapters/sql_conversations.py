"""Snapshots of conversations, and the questions asked of all of them: queues, loads, calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import JSON, Executable, and_, bindparam, cast, func, insert, or_, select, update

from orchestrator.adapters.codec import dump_conversation, load_conversation
from orchestrator.adapters.columns import among
from orchestrator.adapters.session import Session, Write
from orchestrator.adapters.tables import ConversationRow
from orchestrator.application.records import AgentLoad, LoadedConversation
from orchestrator.domain.conversation import Conversation, Need
from orchestrator.domain.follow_up import holdings

table = ConversationRow.__table__  # type: ignore[attr-defined]
c = table.c

_LOAD = select(c.snapshot, c.last_position).where(c.id == bindparam("id"))
_LOCK_AND_LOAD = _LOAD.with_for_update()
_QUEUE_ORDER = (c.queue_at_head.desc(), c.queue_rank_at, c.id)
_HELD = select(c.id, c.agent_id, c.agent_video, c.invited_agent_id, c.invited_video)
_HELD_BY_ONE = _HELD.where(or_(c.agent_id == bindparam("agent"), c.invited_agent_id == bindparam("agent")))


@cache
def _load_all(dialect: str, *, lock: bool) -> Executable:
    query = select(c.id, c.snapshot, c.last_position).where(among(dialect, c.id, "ids"))
    return query.order_by(c.id).with_for_update() if lock else query


@cache
def _by_ids(dialect: str) -> Executable:
    return select(c.snapshot).where(among(dialect, c.id, "ids"))


@cache
def _held_by(dialect: str) -> Executable:
    return _HELD.where(
        or_(among(dialect, c.agent_id, "agents"), among(dialect, c.invited_agent_id, "agents"))
    )


_ADVANCE = update(table).where(c.id == bindparam("b_id")).values(last_position=bindparam("last_position"))
_SAVE = Write(
    update(table)
    .where(c.id == bindparam("b_id"), c.version == bindparam("b_version"))
    .values(
        {
            column.name: bindparam(column.name)
            for column in table.columns
            if column.name not in ("id", "site_id", "visitor_id", "started_at")
        }
    ),
    "conversation",
    ("b_id",),
    must_find=True,
)


def _columns(conversation: Conversation, last_position: int) -> dict[str, Any]:
    """The row of a snapshot: what is searched by is derived here and nowhere else."""
    held = holdings(conversation)
    queue, invitation, agent_id = conversation.queue, conversation.invitation, conversation.agent_id
    return {
        "version": conversation.version,
        "last_position": last_position,
        "state": conversation.state.value,
        "agent_id": agent_id,
        "agent_video": agent_id is not None and held[agent_id][1] > 0,
        "invited_agent_id": invitation.agent_id if invitation else None,
        "invited_video": invitation is not None and held[invitation.agent_id][1] > 0,
        "invitation_expires_at": invitation.expires_at if invitation else None,
        "queue_group": queue.group if queue else None,
        "queue_at_head": queue.at_head if queue else False,
        "queue_rank_at": queue.rank_at if queue else None,
        "queue_video": conversation.need is Need.VIDEO,
        "call_id": conversation.call.id if conversation.call else None,
        "closed_at": conversation.closed_at,
        "snapshot": dump_conversation(conversation),
    }


class SqlConversations:
    def __init__(self, session: Session, *, lock: bool) -> None:
        self._session = session
        self._lock = lock

    async def load(self, conversation_id: str) -> LoadedConversation | None:
        query = _LOCK_AND_LOAD if self._lock else _LOAD
        row = (await self._session.read(query, {"id": conversation_id})).one()
        return None if row is None else LoadedConversation(load_conversation(row.snapshot), row.last_position)

    async def load_all(self, ids: Sequence[str]) -> Mapping[str, LoadedConversation]:
        if len(ids) == 1:
            found = await self.load(ids[0])
            return {} if found is None else {ids[0]: found}
        query = _load_all(self._session.dialect, lock=self._lock)
        return {
            row.id: LoadedConversation(load_conversation(row.snapshot), row.last_position)
            for row in await self._session.read(query, {"ids": list(ids)})
        }

    async def insert(self, conversation: Conversation, *, last_position: int) -> None:
        fixed = {
            "id": conversation.id,
            "site_id": conversation.site_id,
            "visitor_id": conversation.visitor_id,
            "started_at": conversation.started_at,
        }
        await self._session.write(insert(table), fixed | _columns(conversation, last_position))

    async def save(self, conversation: Conversation, *, expected_version: int, last_position: int) -> None:
        keys = {"b_id": conversation.id, "b_version": expected_version}
        values = keys | _columns(conversation, last_position)
        await self._session.put(_SAVE, (values,))

    async def advance(self, conversation_id: str, *, last_position: int) -> None:
        await self._session.write(_ADVANCE, {"b_id": conversation_id, "last_position": last_position})

    async def open_of_visitor(self, visitor_id: str) -> Conversation | None:
        return await self._first(
            select(c.snapshot)
            .where(c.visitor_id == visitor_id, c.closed_at.is_(None))
            .order_by(c.started_at.desc(), c.id.desc())
            .limit(1)
        )

    async def latest_of_visitor(self, visitor_id: str) -> Conversation | None:
        return await self._first(
            select(c.snapshot)
            .where(c.visitor_id == visitor_id)
            .order_by(c.started_at.desc(), c.id.desc())
            .limit(1)
        )

    async def of_visitor(self, visitor_id: str, *, before: datetime, limit: int) -> list[Conversation]:
        return await self._all(
            select(c.snapshot)
            .where(c.visitor_id == visitor_id, c.started_at < before)
            .order_by(c.started_at.desc(), c.id.desc())
            .limit(limit)
        )

    async def open_of_agent(self, agent_id: str) -> list[Conversation]:
        return await self._all(select(c.snapshot).where(c.agent_id == agent_id).order_by(c.started_at, c.id))

    async def invited_of_agent(self, agent_id: str) -> list[Conversation]:
        return await self._all(
            select(c.snapshot).where(c.invited_agent_id == agent_id).order_by(c.invitation_expires_at, c.id)
        )

    async def page(
        self,
        *,
        closed: bool,
        state: str | None = None,
        group: str | None = None,
        agent_id: str | None = None,
        after: str | None = None,
        limit: int,
    ) -> list[Conversation]:
        order, newest_first = (c.closed_at, True) if closed else (c.started_at, False)
        query = select(c.snapshot).where(c.closed_at.is_not(None) if closed else c.closed_at.is_(None))
        if state is not None:
            query = query.where(c.state == state)
        if agent_id is not None:
            query = query.where(c.agent_id == agent_id)
        if group is not None:
            query = query.where(self._in_snapshot("group") == group)
        if after is not None:
            at = select(order).where(c.id == after).scalar_subquery()
            follows = order < at if newest_first else order > at
            same = and_(order == at, c.id < after if newest_first else c.id > after)
            query = query.where(or_(follows, same))
        by = (order.desc(), c.id.desc()) if newest_first else (order, c.id)
        return await self._all(query.order_by(*by).limit(limit))

    def _in_snapshot(self, name: str) -> Any:
        """A text of the snapshot that no column repeats. The databases read JSON in ways of their own."""
        if self._session.dialect == "sqlite":
            return func.json_extract(c.snapshot, f"$.{name}")
        return cast(c.snapshot, JSON)[name].as_string()

    async def queue(
        self, group: str, *, uninvited: bool = False, limit: int | None = None
    ) -> list[Conversation]:
        query = select(c.snapshot).where(c.queue_group == group).order_by(*_QUEUE_ORDER)
        if uninvited:
            query = query.where(c.invited_agent_id.is_(None))
        if limit is not None:
            query = query.limit(limit)
        return await self._all(query)

    async def queue_length(self, group: str, *, video: bool | None = None) -> int:
        query = (
            select(func.count())
            .select_from(table)
            .where(c.queue_group == group, c.invited_agent_id.is_(None))
        )
        if video is not None:
            query = query.where(c.queue_video == video)
        return (await self._session.read(query)).value()

    async def queue_position(self, conversation: Conversation) -> int:
        entry = conversation.queue
        if entry is None:
            return 0
        same_part = c.queue_at_head == entry.at_head
        ahead = [
            and_(same_part, c.queue_rank_at < entry.rank_at),
            and_(same_part, c.queue_rank_at == entry.rank_at, c.id < conversation.id),
        ]
        if not entry.at_head:
            ahead.append(c.queue_at_head.is_(True))
        query = select(func.count()).select_from(table).where(c.queue_group == entry.group, or_(*ahead))
        return (await self._session.read(query)).value() + 1

    async def count_by_state(self) -> Mapping[str, int]:
        query = select(c.state, func.count()).where(c.closed_at.is_(None)).group_by(c.state)
        return {row[0]: row[1] for row in await self._session.read(query)}

    async def queued_groups(self) -> list[str]:
        query = select(c.queue_group).where(c.queue_group.is_not(None)).distinct()
        return sorted((await self._session.read(query)).values())

    async def with_call(self, call_id: str) -> Conversation | None:
        return await self._first(select(c.snapshot).where(c.call_id == call_id))

    async def with_open_calls(self) -> list[Conversation]:
        return await self._all(select(c.snapshot).where(c.call_id.is_not(None)).order_by(c.id))

    async def not_closed(self) -> list[Conversation]:
        return await self._all(select(c.snapshot).where(c.closed_at.is_(None)).order_by(c.id))

    async def by_ids(self, ids: Sequence[str]) -> list[Conversation]:
        rows = await self._session.read(_by_ids(self._session.dialect), {"ids": list(ids)})
        return [load_conversation(snapshot) for snapshot in rows.values()]

    async def active_versions(self) -> Mapping[str, int]:
        query = select(c.id, c.version).where(
            or_(c.queue_group.is_not(None), c.agent_id.is_not(None), c.invited_agent_id.is_not(None))
        )
        return {row.id: row.version for row in await self._session.read(query)}

    async def load_of_agent(self, agent_id: str, *, own: str | None = None) -> AgentLoad:
        return (await self._loads([agent_id], own)).get(agent_id, AgentLoad())

    async def loads_of_agents(self, agent_ids: Sequence[str]) -> Mapping[str, AgentLoad]:
        return await self._loads(agent_ids, None)

    async def _loads(self, agent_ids: Sequence[str], own: str | None) -> dict[str, AgentLoad]:
        wanted = set(agent_ids)
        query, values = _held_by(self._session.dialect), {"agents": sorted(wanted)}
        if len(wanted) == 1:
            query, values = _HELD_BY_ONE, {"agent": agent_ids[0]}
        sums = {agent_id: [0, 0, 0, 0] for agent_id in agent_ids}
        for row in await self._session.read(query, values):
            held = ((row.agent_id, row.agent_video), (row.invited_agent_id, row.invited_video))
            for agent_id, video in held:
                if agent_id not in wanted:
                    continue
                counts = sums[agent_id]
                counts[0] += 1
                counts[1] += bool(video)
                if row.id == own:
                    counts[2] += 1
                    counts[3] += bool(video)
        return {agent_id: AgentLoad(*counts) for agent_id, counts in sums.items()}

    async def _first(self, query: Executable) -> Conversation | None:
        snapshot = (await self._session.read(query)).value()
        return None if snapshot is None else load_conversation(snapshot)

    async def _all(self, query: Executable) -> list[Conversation]:
        return [load_conversation(snapshot) for snapshot in (await self._session.read(query)).values()]
