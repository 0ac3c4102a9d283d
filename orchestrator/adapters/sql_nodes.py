"""Processes among each other: who is alive, who has a lease, whose media node has a room."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, insert, or_, select, update

from orchestrator.adapters.node_tables import LeaseRow, NodeRow, RoomRow
from orchestrator.adapters.session import Session
from orchestrator.adapters.upsert import upsert

nodes = NodeRow.__table__  # type: ignore[attr-defined]
leases = LeaseRow.__table__  # type: ignore[attr-defined]
rooms = RoomRow.__table__  # type: ignore[attr-defined]

_BEAT = (
    update(nodes)
    .where(nodes.c.id == bindparam("node"))
    .values(alive_until=bindparam("until"))
    .returning(nodes.c.id)
)
_RENEW = (
    update(leases)
    .where(
        leases.c.name == bindparam("lease"),
        leases.c.owner == bindparam("by"),
        leases.c.until > bindparam("now"),
    )
    .values(until=bindparam("new_until"))
    .returning(leases.c.name)
)


@cache
def _take(dialect: str) -> Any:
    statement = upsert(dialect, leases)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["name"],
        set_={"owner": new.owner, "until": new.until},
        where=or_(leases.c.owner == new.owner, leases.c.until <= bindparam("now")),
    ).returning(leases.c.name)


@cache
def _claim(dialect: str) -> Any:
    statement = upsert(dialect, rooms)
    # Changes nothing, but gives the row that is there, which "do nothing" would not.
    return statement.on_conflict_do_update(
        index_elements=["call_id"], set_={"call_id": statement.excluded.call_id}
    ).returning(rooms.c.node)


class SqlNodes:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def register(self, node: str, now: datetime, *, until: datetime) -> None:
        await self._session.write(insert(nodes), {"id": node, "started_at": now, "alive_until": until})

    async def beat(self, node: str, *, until: datetime) -> bool:
        return (await self._session.read(_BEAT, {"node": node, "until": until})).one() is not None

    async def living(self, now: datetime) -> list[str]:
        query = select(nodes.c.id).where(nodes.c.alive_until > now).order_by(nodes.c.started_at, nodes.c.id)
        return (await self._session.read(query)).values()

    async def dead(self, now: datetime) -> list[str]:
        query = select(nodes.c.id).where(nodes.c.alive_until <= now).order_by(nodes.c.alive_until, nodes.c.id)
        return (await self._session.read(query)).values()

    async def remove(self, node: str) -> None:
        await self._session.write(delete(nodes).where(nodes.c.id == node))


class SqlLeases:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def acquire(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        values = {"name": name, "owner": owner, "until": until, "now": now}
        return (await self._session.read(_take(self._session.dialect), values)).one() is not None

    async def renew(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        values = {"lease": name, "by": owner, "now": now, "new_until": until}
        return (await self._session.read(_RENEW, values)).one() is not None

    async def release(self, name: str, owner: str) -> None:
        await self._session.write(delete(leases).where(leases.c.name == name, leases.c.owner == owner))

    async def release_all(self, owner: str) -> None:
        await self._session.write(delete(leases).where(leases.c.owner == owner))


class SqlRooms:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def claim(self, call_id: str, node: str, at: datetime) -> str:
        values = {"call_id": call_id, "node": node, "opened_at": at}
        return (await self._session.read(_claim(self._session.dialect), values)).value()

    async def owner(self, call_id: str) -> str | None:
        return (await self._session.read(select(rooms.c.node).where(rooms.c.call_id == call_id))).value()

    async def of_node(self, node: str) -> list[str]:
        query = select(rooms.c.call_id).where(rooms.c.node == node).order_by(rooms.c.call_id)
        return (await self._session.read(query)).values()

    async def remove(self, call_id: str) -> None:
        await self._session.write(delete(rooms).where(rooms.c.call_id == call_id))
