"""Connected bots, what each of them is saying, and how it calls a conversation."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import delete, select

from orchestrator.adapters.bot_tables import BotScriptRow, BotSessionRow, ConnectedBotRow
from orchestrator.adapters.session import Session
from orchestrator.adapters.upsert import upsert
from orchestrator.application.connected.records import BotSession, ConnectedBot, Script

bots = ConnectedBotRow.__table__  # type: ignore[attr-defined]
scripts = BotScriptRow.__table__  # type: ignore[attr-defined]
sessions = BotSessionRow.__table__  # type: ignore[attr-defined]

_SCRIPT = TypeAdapter(Script)


class SqlConnectedBots:
    """See `ports.ConnectedBotTable`."""

    def __init__(self, session: Session, *, lock: bool) -> None:
        self._session = session
        self._lock = lock

    async def all(self) -> list[ConnectedBot]:
        return [_bot(row) for row in await self._session.read(select(bots).order_by(bots.c.id))]

    async def get(self, bot_id: str) -> ConnectedBot | None:
        row = (await self._session.read(select(bots).where(bots.c.id == bot_id))).one()
        return None if row is None else _bot(row)

    async def put(self, bot: ConnectedBot) -> None:
        await self._put(bots, "id", asdict(bot))

    async def remove(self, bot_id: str) -> None:
        await self._session.write(delete(bots).where(bots.c.id == bot_id))

    async def script(self, conversation_id: str) -> Script | None:
        query = select(scripts.c.body).where(scripts.c.conversation_id == conversation_id)
        body = (await self._session.read(query.with_for_update() if self._lock else query)).value()
        return None if body is None else _SCRIPT.validate_json(body)

    async def put_script(self, script: Script) -> None:
        body = _SCRIPT.dump_json(script).decode()
        await self._put(
            scripts,
            "conversation_id",
            {"conversation_id": script.conversation_id, "id": script.id, "body": body},
        )

    async def session(self, conversation_id: str) -> BotSession | None:
        row = (
            await self._session.read(select(sessions).where(sessions.c.conversation_id == conversation_id))
        ).one()
        return None if row is None else BotSession(row.conversation_id, row.external_id)

    async def put_session(self, session: BotSession) -> None:
        await self._put(sessions, "conversation_id", asdict(session))

    async def _put(self, table: Any, key: str, values: dict[str, Any]) -> None:
        changed = {name: value for name, value in values.items() if name != key}
        statement = upsert(self._session.dialect, table).values(**values)
        await self._session.write(statement.on_conflict_do_update(index_elements=[key], set_=changed))


def _bot(row: Any) -> ConnectedBot:
    return ConnectedBot(
        id=row.id,
        name=row.name,
        pseudo=row.pseudo,
        language=row.language,
        url=row.url,
        scenario=row.scenario,
        version=row.version,
        secret=row.secret,
        connected_at=row.connected_at,
    )
