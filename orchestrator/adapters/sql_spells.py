"""How long agents were in which state: one open spell per agent and channel, the rest is history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, or_, select, update

from orchestrator.adapters.session import Session
from orchestrator.adapters.tables import AgentSpellRow
from orchestrator.application.records import Spell, SpellChannel

spells = AgentSpellRow.__table__  # type: ignore[attr-defined]

_OPEN_OF_CHANNEL = select(spells).where(
    spells.c.agent_id == bindparam("agent"),
    spells.c.channel == bindparam("channel"),
    spells.c.ended_at.is_(None),
)
_WRAP_UP = (
    select(spells)
    .where(
        spells.c.agent_id == bindparam("agent"),
        spells.c.channel == "wrap_up",
        spells.c.ended_at > bindparam("at", type_=spells.c.ended_at.type),
    )
    .order_by(spells.c.ended_at.desc())
    .limit(1)
)


class SqlSpells:
    """See `ports.SpellTable`. Who turns a spell holds the lock on the agent's row."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def turn(
        self, agent_id: str, channel: SpellChannel, state: str, at: datetime, *, reason: str = ""
    ) -> bool:
        row = (await self._session.read(_OPEN_OF_CHANNEL, {"agent": agent_id, "channel": channel})).one()
        if row is not None:
            if (row.state, row.reason) == (state, reason):
                return False
            # A clock that was set back must not make a spell of negative length.
            at = max(at, row.started_at)
            await self._session.write(update(spells).where(spells.c.id == row.id).values(ended_at=at))
        new = {"agent_id": agent_id, "channel": channel, "state": state, "reason": reason, "started_at": at}
        await self._session.write(insert(spells), new)
        return True

    async def wrap_up(self, agent_id: str, at: datetime, until: datetime) -> None:
        row = (await self._session.read(_WRAP_UP, {"agent": agent_id, "at": at})).one()
        if row is None:
            new = {"agent_id": agent_id, "channel": "wrap_up", "state": "wrap_up", "reason": ""}
            await self._session.write(insert(spells), new | {"started_at": at, "ended_at": until})
        elif until > row.ended_at:
            await self._session.write(update(spells).where(spells.c.id == row.id).values(ended_at=until))

    async def end_wrap_up(self, agent_id: str, at: datetime) -> None:
        row = (await self._session.read(_WRAP_UP, {"agent": agent_id, "at": at})).one()
        if row is not None:
            # A clock that was set back must not make a spell of negative length.
            end = max(at, row.started_at)
            await self._session.write(update(spells).where(spells.c.id == row.id).values(ended_at=end))

    async def open(self, agent_ids: Sequence[str] | None = None) -> list[Spell]:
        query = select(spells).where(spells.c.ended_at.is_(None))
        if agent_ids is not None:
            query = query.where(spells.c.agent_id.in_(agent_ids))
        rows = await self._session.read(query.order_by(spells.c.agent_id, spells.c.channel))
        return [_spell(row) for row in rows]

    async def between(
        self, start: datetime, end: datetime, *, agent_ids: Sequence[str] | None = None
    ) -> list[Spell]:
        query = select(spells).where(
            spells.c.started_at < end, or_(spells.c.ended_at.is_(None), spells.c.ended_at > start)
        )
        if agent_ids is not None:
            query = query.where(spells.c.agent_id.in_(agent_ids))
        query = query.order_by(spells.c.agent_id, spells.c.channel, spells.c.started_at, spells.c.id)
        return [_spell(row) for row in await self._session.read(query)]


def _spell(row: Any) -> Spell:
    return Spell(row.agent_id, row.channel, row.state, row.reason, row.started_at, row.ended_at)
