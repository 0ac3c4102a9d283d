"""Users, agents, visitors, sockets, sites, contexts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Executable, bindparam, delete, func, insert, select, update

from orchestrator.adapters.columns import among
from orchestrator.adapters.locks import lock_name
from orchestrator.adapters.session import Session, Write
from orchestrator.adapters.tables import ContextRow, SiteRow, SocketRow, UserRow, VisitorRow
from orchestrator.adapters.upsert import upsert
from orchestrator.application.records import Agent, ChannelState, Context, Site, User, Visitor

users = UserRow.__table__  # type: ignore[attr-defined]
visitors = VisitorRow.__table__  # type: ignore[attr-defined]
sockets = SocketRow.__table__  # type: ignore[attr-defined]
sites = SiteRow.__table__  # type: ignore[attr-defined]
contexts = ContextRow.__table__  # type: ignore[attr-defined]

_SOCKETS = (
    select(func.count())
    .select_from(sockets)
    .where(sockets.c.subject == "agent:" + users.c.id)
    .correlate(users)
    .scalar_subquery()
)
_AGENTS = select(users, _SOCKETS.label("sockets"))
_AGENT = _AGENTS.where(users.c.id == bindparam("id"))
_LOCKED_AGENT = _AGENT.with_for_update(of=users)


@cache
def _agents_by_id(dialect: str, *, lock: bool) -> Executable:
    query = _AGENTS.where(among(dialect, users.c.id, "ids")).order_by(users.c.id)
    return query.with_for_update(of=users) if lock else query


_VISITOR = select(visitors).where(visitors.c.id == bindparam("id"))
_ADD_SOCKET = insert(sockets)
_REMOVE_SOCKET = delete(sockets).where(sockets.c.id == bindparam("socket"))
_COUNT = (
    select(func.count())
    .select_from(sockets)
    .where(sockets.c.subject == bindparam("subject"), sockets.c.node != bindparam("besides"))
)
_SITE = select(sites).where(sites.c.id == bindparam("id"))


@cache
def _setting(*columns: str) -> Write:
    """Sets these columns of one user. Made once for each set of them: making a statement costs more than running it."""
    values = {name: bindparam(name) for name in columns}
    return Write(
        update(users).where(users.c.id == bindparam("b_id")).values(values),
        "user_account",
        ("b_id",),
        sets=True,
    )


class SqlPeople:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def add_user(self, user: User) -> None:
        await self._session.write(insert(users), _user_values(user))

    async def user(self, user_id: str) -> User | None:
        return await self._user(select(users).where(users.c.id == user_id))

    async def user_by_email(self, email: str) -> User | None:
        return await self._user(select(users).where(users.c.email == email))

    async def users(self) -> list[User]:
        return [_user(row) for row in await self._session.read(select(users).order_by(users.c.email))]

    async def save_user(self, user: User) -> None:
        values = _user_values(user)
        await self._session.write(update(users).where(users.c.id == values.pop("id")).values(**values))

    async def agent(self, agent_id: str, *, lock: bool = False) -> Agent | None:
        row = (await self._session.read(_LOCKED_AGENT if lock else _AGENT, {"id": agent_id})).one()
        return None if row is None else _agent(row)

    async def lock_agents(self, ids: Sequence[str]) -> list[Agent]:
        query = _agents_by_id(self._session.dialect, lock=True)
        return [_agent(row) for row in await self._session.read(query, {"ids": list(ids)})]

    async def in_grace(self) -> list[tuple[str, datetime]]:
        query = _AGENTS.where(users.c.seen_until.is_not(None), _SOCKETS == 0).order_by(users.c.seen_until)
        return [(row.id, row.seen_until) for row in await self._session.read(query)]

    async def agents(self, ids: Sequence[str] | None = None, *, present: bool = False) -> list[Agent]:
        if ids is not None and not present:
            query = _agents_by_id(self._session.dialect, lock=False)
            return [_agent(row) for row in await self._session.read(query, {"ids": list(ids)})]
        query = _AGENTS.order_by(users.c.id)
        if present:
            query = query.where((users.c.chat_state == "available") | (users.c.video_state == "available"))
        if ids is not None:
            query = query.where(users.c.id.in_(ids))
        return [_agent(row) for row in await self._session.read(query)]

    async def set_presence(
        self,
        agent_id: str,
        *,
        chat: ChannelState,
        video: ChannelState,
        chat_reason: str = "",
        video_reason: str = "",
    ) -> None:
        await self._set(
            agent_id,
            chat_state=chat,
            chat_reason=chat_reason,
            video_state=video,
            video_reason=video_reason,
        )

    async def set_missed(self, agent_id: str, missed: int) -> None:
        await self._set(agent_id, missed=missed)

    async def set_wrap_up(self, agent_id: str, until: datetime | None) -> None:
        await self._set(agent_id, wrap_up_until=until)

    async def set_can_video(self, agent_id: str, can_video: bool) -> None:
        await self._set(agent_id, can_video=can_video)

    async def set_idle_since(self, agent_id: str, at: datetime) -> None:
        await self._set(agent_id, idle_since=at)

    async def set_last_seen(self, agent_id: str, at: datetime) -> None:
        await self._set(agent_id, last_seen_at=at)

    async def add_visitor(self, visitor: Visitor) -> None:
        await self._session.write(insert(visitors), asdict(visitor))

    async def visitor(self, visitor_id: str) -> Visitor | None:
        row = (await self._session.read(_VISITOR, {"id": visitor_id})).one()
        return None if row is None else Visitor(**row._mapping)

    async def save_visitor(self, visitor: Visitor) -> None:
        values = asdict(visitor)
        await self._session.write(update(visitors).where(visitors.c.id == values.pop("id")).values(**values))

    async def add_socket(self, socket_id: str, subject: str, node: str, at: datetime) -> int:
        await lock_name(self._session, subject)
        await self._session.write(
            _ADD_SOCKET, {"id": socket_id, "subject": subject, "node": node, "opened_at": at}
        )
        return await self._count(subject)

    async def remove_socket(self, socket_id: str, subject: str, *, seen_until: datetime | None = None) -> int:
        await lock_name(self._session, subject)
        await self._session.write(_REMOVE_SOCKET, {"socket": socket_id})
        left = await self._count(subject)
        kind, _, subject_id = subject.partition(":")
        if kind == "agent" and left == 0 and seen_until is not None:
            await self._set(subject_id, seen_until=seen_until)
        return left

    async def sockets(self, subject: str, *, besides: str | None = None) -> int:
        await lock_name(self._session, subject)
        return await self._count(subject, besides or "")

    async def open_sockets(self, node: str | None = None) -> list[tuple[str, str]]:
        query = select(sockets.c.id, sockets.c.subject).order_by(sockets.c.subject, sockets.c.id)
        if node is not None:
            query = query.where(sockets.c.node == node)
        return [(row.id, row.subject) for row in await self._session.read(query)]

    async def forget_sockets(self, subject: str, node: str | None = None) -> None:
        removal = delete(sockets).where(sockets.c.subject == subject)
        await self._session.write(removal if node is None else removal.where(sockets.c.node == node))

    async def set_seen_until(self, agent_ids: Sequence[str], seen_until: datetime | None) -> None:
        await self._session.write(
            update(users).where(users.c.id.in_(agent_ids)).values(seen_until=seen_until)
        )

    async def _count(self, subject: str, besides: str = "") -> int:
        return (await self._session.read(_COUNT, {"subject": subject, "besides": besides})).value()

    async def _set(self, agent_id: str, **values: Any) -> None:
        await self._session.put(_setting(*values), ({"b_id": agent_id} | values,))

    async def _user(self, query: Executable) -> User | None:
        row = (await self._session.read(query)).one()
        return None if row is None else _user(row)


class SqlSites:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, site: Site) -> None:
        await self._session.write(insert(sites), _site_values(site))

    async def save(self, site: Site) -> None:
        await self._session.write(update(sites).where(sites.c.id == site.id).values(**_site_values(site)))

    async def get(self, site_id: str) -> Site | None:
        row = (await self._session.read(_SITE, {"id": site_id})).one()
        return None if row is None else _site(row)

    async def by_key(self, key: str) -> Site | None:
        return await self._one(select(sites).where(sites.c.key == key))

    async def list(self) -> list[Site]:
        return [_site(row) for row in await self._session.read(select(sites).order_by(sites.c.id))]

    async def _one(self, query: Executable) -> Site | None:
        row = (await self._session.read(query)).one()
        return None if row is None else _site(row)


class SqlContext:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def get(self, conversation_id: str) -> Context:
        query = select(contexts).where(contexts.c.conversation_id == conversation_id)
        row = (await self._session.read(query)).one()
        return Context() if row is None else Context(row.page_url, row.summary, json.loads(row.slots))

    async def put(self, conversation_id: str, context: Context) -> None:
        values = {
            "page_url": context.page_url,
            "summary": context.summary,
            "slots": json.dumps(dict(context.slots), ensure_ascii=False),
        }
        statement = upsert(self._session.dialect, contexts).values(conversation_id=conversation_id, **values)
        await self._session.write(
            statement.on_conflict_do_update(index_elements=["conversation_id"], set_=values)
        )


def _user_values(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "picture_url": user.picture_url,
        "password_hash": user.password_hash,
        "token_version": user.token_version,
        "may_propose_video": user.may_propose_video,
        "languages": ",".join(user.languages),
        "groups": json.dumps(user.groups),
        "skills": json.dumps(user.skills),
        "chat_slots": user.chat_slots,
        "video_slots": user.video_slots,
        "deactivated_at": user.deactivated_at,
    }


def _user(row: Any) -> User:
    return User(
        id=row.id,
        email=row.email,
        name=row.name,
        role=row.role,
        password_hash=row.password_hash,
        picture_url=row.picture_url,
        may_propose_video=row.may_propose_video,
        languages=tuple(filter(None, row.languages.split(","))),
        groups=_pairs(row.groups),
        skills=_pairs(row.skills),
        token_version=row.token_version,
        chat_slots=row.chat_slots,
        video_slots=row.video_slots,
        deactivated_at=row.deactivated_at,
    )


def _agent(row: Any) -> Agent:
    return Agent(
        id=row.id,
        name=row.name,
        picture_url=row.picture_url,
        may_propose_video=row.may_propose_video,
        languages=tuple(filter(None, row.languages.split(","))),
        groups=_pairs(row.groups),
        skills=_pairs(row.skills),
        chat_slots=row.chat_slots,
        video_slots=row.video_slots,
        active=row.deactivated_at is None,
        chat_state=row.chat_state,
        chat_reason=row.chat_reason,
        video_state=row.video_state,
        video_reason=row.video_reason,
        can_video=row.can_video,
        missed=row.missed,
        idle_since=row.idle_since,
        wrap_up_until=row.wrap_up_until,
        last_seen_at=row.last_seen_at,
        sockets=row.sockets,
        seen_until=row.seen_until,
    )


def _pairs(text: str) -> tuple[tuple[str, int], ...]:
    return tuple((name, number) for name, number in json.loads(text))


def _site(row: Any) -> Site:
    return Site(
        row.id, row.key, row.name, tuple(json.loads(row.allowed_origins)), row.language, row.bot, row.bot_id
    )


def _site_values(site: Site) -> dict[str, Any]:
    return asdict(site) | {"allowed_origins": json.dumps(site.allowed_origins)}
