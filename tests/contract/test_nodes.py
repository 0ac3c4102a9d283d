"""What every store must do for processes among each other."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from orchestrator.application.ports import Store

NOW = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


async def test_a_lease_has_one_owner_until_it_ends(store: Store) -> None:
    async with store.transaction() as tx:
        assert await tx.leases.acquire("distribution", "a", NOW, later(10))
        assert not await tx.leases.acquire("distribution", "b", later(9), later(20))
        assert await tx.leases.acquire("distribution", "a", later(5), later(15))
        assert await tx.leases.acquire("something else", "b", NOW, later(10))
    async with store.transaction() as tx:
        assert not await tx.leases.acquire("distribution", "b", later(14), later(20))
        assert await tx.leases.acquire("distribution", "b", later(15), later(20))
        assert not await tx.leases.renew("distribution", "a", later(16), later(30))


async def test_a_lease_is_renewed_only_while_it_lasts(store: Store) -> None:
    async with store.transaction() as tx:
        assert not await tx.leases.renew("l", "a", NOW, later(10))
        assert await tx.leases.acquire("l", "a", NOW, later(10))
        assert await tx.leases.renew("l", "a", later(9), later(19))
        assert not await tx.leases.acquire("l", "b", later(18), later(30))
        assert not await tx.leases.renew("l", "a", later(19), later(30))
        assert await tx.leases.acquire("l", "a", later(19), later(30))


async def test_a_lease_is_given_back_by_its_owner_alone(store: Store) -> None:
    async with store.transaction() as tx:
        assert await tx.leases.acquire("l", "a", NOW, later(10))
        await tx.leases.release("l", "b")
        assert not await tx.leases.acquire("l", "b", NOW, later(10))
        await tx.leases.release("l", "a")
        await tx.leases.release("l", "a")
        assert await tx.leases.acquire("l", "b", NOW, later(10))


async def test_everything_of_one_owner_is_given_back(store: Store) -> None:
    async with store.transaction() as tx:
        for name, owner in (("l", "a"), ("m", "a"), ("n", "b")):
            assert await tx.leases.acquire(name, owner, NOW, later(10))
        await tx.leases.release_all("a")
        assert [await tx.leases.acquire(name, "c", NOW, later(10)) for name in "lmn"] == [True, True, False]


async def test_of_many_who_want_a_lease_one_gets_it(store: Store) -> None:
    async def want(owner: str) -> bool:
        async with store.transaction() as tx:
            return await tx.leases.acquire("l", owner, NOW, later(10))

    got = await asyncio.gather(*(want(f"n{number}") for number in range(8)))
    assert sorted(got) == [False] * 7 + [True]


async def test_processes_are_alive_while_they_say_so(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.nodes.register("a", NOW, until=later(6))
        await tx.nodes.register("b", later(1), until=later(7))
        assert await tx.nodes.living(later(5)) == ["a", "b"]
        assert await tx.nodes.dead(later(5)) == []
        assert await tx.nodes.beat("b", until=later(10))
        assert await tx.nodes.living(later(6)) == ["b"]
        assert await tx.nodes.dead(later(6)) == ["a"]
        await tx.nodes.remove("a")
        assert await tx.nodes.dead(later(6)) == []
        assert not await tx.nodes.beat("a", until=later(20))
        assert await tx.nodes.living(later(6)) == ["b"]


async def test_a_room_is_in_one_place(store: Store) -> None:
    async def claim(node: str) -> str:
        async with store.transaction() as tx:
            return await tx.rooms.claim("call", node, NOW)

    owners = set(await asyncio.gather(*(claim(node) for node in ("a", "b", "c"))))
    assert len(owners) == 1
    (owner,) = owners
    async with store.transaction() as tx:
        assert await tx.rooms.claim("call", "d", later(1)) == owner
        assert await tx.rooms.owner("call") == owner
        assert await tx.rooms.claim("other", "d", NOW) == "d"
        assert await tx.rooms.of_node("d") == ["other"]
        await tx.rooms.remove("call")
        assert await tx.rooms.owner("call") is None
        assert await tx.rooms.claim("call", "d", later(2)) == "d"
        assert await tx.rooms.of_node("d") == ["call", "other"]
