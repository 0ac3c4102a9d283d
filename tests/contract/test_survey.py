"""What every store must do when supervisors look through conversations."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator.application.ports import Store
from orchestrator.application.records import Site, User, Visitor
from orchestrator.domain.conversation import Conversation, Device, Party, QueueEntry, State

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def one(name: str, seconds: float, **values: Any) -> Conversation:
    base = Conversation(name, "shop", "v1", "fr", Device.DESKTOP, "r", at(seconds), version=1)
    return replace(base, **values)


async def put(store: Store, *conversations: Conversation) -> None:
    async with store.transaction() as tx:
        await tx.sites.add(Site("shop", "key", "Shop", ("https://shop.example",), "fr"))
        await tx.people.add_visitor(Visitor("v1", "shop", NOW))
        await tx.people.add_user(User("a1", "a1@x", "A", "agent", "hash"))
        for conversation in conversations:
            await tx.conversations.insert(conversation, last_position=0)


async def names(store: Store, **values: Any) -> list[str]:
    query: dict[str, Any] = {"closed": False, "limit": 10} | values
    async with store.transaction(read_only=True) as tx:
        return [conversation.id for conversation in await tx.conversations.page(**query)]


async def test_open_ones_come_oldest_first_closed_ones_latest_first(store: Store) -> None:
    await put(
        store,
        one("c2", 1),
        one("c1", 1),
        one("c3", 0),
        *(one(f"d{n}", n, state=State.CLOSED, closed_at=at(100 - n // 2)) for n in range(4)),
    )
    assert await names(store) == ["c3", "c1", "c2"]
    assert await names(store, limit=1, after="c3") == ["c1"]
    assert await names(store, after="c2") == []
    assert await names(store, closed=True) == ["d1", "d0", "d3", "d2"]
    assert await names(store, closed=True, after="d0", limit=1) == ["d3"]
    assert await names(store, after="unknown") == []


async def test_they_are_found_by_state_agent_and_group(store: Store) -> None:
    queue = QueueEntry("experts", NOW, rank_at=NOW)
    await put(
        store,
        one("held", 0, party=Party.AGENT, agent_id="a1", group="advisors"),
        one("waits", 1, state=State.QUEUED, queue=queue, group="experts"),
        one("idle", 2),
        one("over", 3, state=State.CLOSED, closed_at=at(9), group="advisors"),
    )
    assert await names(store, state="queued") == ["waits"]
    assert await names(store, agent_id="a1") == ["held"]
    assert await names(store, group="advisors") == ["held"]
    assert await names(store, group="experts", state="queued") == ["waits"]
    assert await names(store, group="experts", agent_id="a1") == []
    assert await names(store, closed=True, group="advisors") == ["over"]
    assert await names(store, group="'; --") == []
