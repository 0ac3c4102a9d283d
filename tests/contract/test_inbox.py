"""What every store must do with left messages."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.application.errors import VersionConflict
from orchestrator.application.ports import Store
from orchestrator.application.records import LeftMessage, Site, User, Visitor
from orchestrator.domain.conversation import Conversation, Device

NOW = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
WORDS = "Où est ma commande ?\n« Merci »"


def left(name: str, seconds: float = 0, group: str = "advisors", **values: object) -> LeftMessage:
    at = NOW + timedelta(seconds=seconds)
    base = LeftMessage(name, "c1", "v1", "shop", group, "fr", at, "Zoé", "zoe@x.test", WORDS)
    return replace(base, **values)  # type: ignore[arg-type]


async def put(store: Store, *messages: LeftMessage) -> None:
    async with store.transaction() as tx:
        await tx.sites.add(Site("shop", "key", "Shop", ("https://shop.example",), "fr"))
        await tx.people.add_visitor(Visitor("v1", "shop", NOW))
        await tx.people.add_user(User("a1", "a1@x", "A", "agent", "hash"))
        for name in ("c1", "c2"):
            conversation = Conversation(name, "shop", "v1", "fr", Device.DESKTOP, "r", NOW, version=1)
            await tx.conversations.insert(conversation, last_position=0)
        for message in messages:
            await tx.inbox.add(message)


async def names(store: Store, **values: object) -> list[str]:
    query = {"groups": None, "limit": 10} | values
    async with store.transaction(read_only=True) as tx:
        return [message.id for message in await tx.inbox.unfinished(**query)]  # type: ignore[arg-type]


async def read(store: Store, name: str) -> LeftMessage:
    async with store.transaction(read_only=True) as tx:
        found = await tx.inbox.get(name)
    assert found is not None
    return found


async def test_it_comes_back_as_it_was(store: Store) -> None:
    await put(store, left("m1"))
    assert await read(store, "m1") == left("m1")
    async with store.transaction(read_only=True) as tx:
        assert await tx.inbox.get("m2") is None


async def test_where_it_stands_is_stored_and_what_was_said_is_kept(store: Store) -> None:
    await put(store, left("m1"))
    changed = left(
        "m1",
        state="answered",
        taken_by="a1",
        taken_at=NOW,
        answered_by="a1",
        answered_how="email",
        answered_at=NOW,
        answer="Bientôt.",
        mail_attempts=2,
        mail_error="timeout",
    )
    async with store.transaction() as tx:
        await tx.inbox.save(replace(changed, text="other words", email="other@x.test"))
    assert await read(store, "m1") == changed


async def test_one_that_is_gone_cannot_be_stored(store: Store) -> None:
    await put(store)
    with pytest.raises(VersionConflict):
        async with store.transaction() as tx:
            await tx.inbox.save(left("m1"))


async def test_the_oldest_come_first_page_by_page(store: Store) -> None:
    await put(store, left("m3", 2), left("m1", 1), left("m0", 2), left("m2", 0))
    assert await names(store) == ["m2", "m1", "m0", "m3"]
    assert await names(store, limit=2) == ["m2", "m1"]
    assert await names(store, limit=2, after="m1") == ["m0", "m3"]
    assert await names(store, after="m0") == ["m3"]
    assert await names(store, after="unknown") == []


async def test_only_what_is_still_to_be_answered(store: Store) -> None:
    await put(
        store,
        left("open", 0),
        left("mine", 1, state="taken", taken_by="a1"),
        left("theirs", 2, state="sending", taken_by="a2"),
        left("done", 3, state="answered", taken_by="a1"),
        left("gone", 4, state="dismissed"),
        left("elsewhere", 5, group="experts"),
    )
    assert await names(store) == ["open", "mine", "theirs", "elsewhere"]
    assert await names(store, groups=["advisors"]) == ["open", "mine", "theirs"]
    assert await names(store, groups=["advisors"], held_by="a1") == ["open", "mine"]
    async with store.transaction(read_only=True) as tx:
        assert await tx.inbox.count_open(None) == 2
        assert await tx.inbox.count_open(["experts", "none"]) == 1
        assert await tx.inbox.count_unfinished("v1") == 4
        assert await tx.inbox.count_unfinished("v2") == 0


async def test_erasing_a_conversation_erases_what_was_left_in_it(store: Store) -> None:
    await put(store, left("m1"), left("m2", conversation_id="c2"))
    async with store.transaction() as tx:
        assert await tx.messages.erase("c1") == 1
    erased = await read(store, "m1")
    assert (erased.name, erased.email, erased.text, erased.erased) == ("", "", "", True)
    async with store.transaction() as tx:
        await tx.inbox.save(replace(erased, state="dismissed", answer="to nobody"))
    assert (await read(store, "m1")).answer is None
    assert (await read(store, "m2")).text == WORDS


async def test_presence_is_that_of_the_visitor(store: Store) -> None:
    await put(store, left("m1"))
    async with store.transaction() as tx:
        await tx.people.add_socket("s1", "visitor:v1", "local", NOW)
        await tx.people.add_socket("s2", "visitor:v2", "local", NOW)
    assert (await read(store, "m1")).visitor_present
    async with store.transaction() as tx:
        await tx.people.remove_socket("s1", "visitor:v1")
    assert not (await read(store, "m1")).visitor_present


async def test_two_cannot_take_the_same(store: Store) -> None:
    await put(store, left("m1"))

    async def take(agent_id: str) -> bool:
        async with store.transaction() as tx:
            message = await tx.inbox.get("m1", lock=True)
            assert message is not None
            await asyncio.sleep(0)
            if message.state != "open":
                return False
            await tx.inbox.save(replace(message, state="taken", taken_by=agent_id))
            return True

    taken = await asyncio.gather(*(take(f"a{number}") for number in range(4)))
    assert sorted(taken) == [False, False, False, True]
