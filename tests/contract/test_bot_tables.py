"""Connected bots in the store, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from orchestrator.application.connected.records import (
    BotSession,
    Close,
    ConnectedBot,
    HandOver,
    Pause,
    Say,
    Script,
)
from orchestrator.application.ports import Store
from tests.contract.test_store import NOW, conversation, people, put

BOT = ConnectedBot("shop", "Shop", "Botty", "fr", "https://bot.test", "orders", "v1", "a secret", NOW)


async def test_bots_are_put_changed_and_removed(store: Store) -> None:
    other = replace(BOT, id="another", connected_at=None)
    async with store.transaction() as tx:
        await tx.bots.put(BOT)
        await tx.bots.put(other)
    changed = replace(BOT, pseudo="Botta", secret="another secret")
    async with store.transaction() as tx:
        await tx.bots.put(changed)
    async with store.transaction(read_only=True) as tx:
        assert await tx.bots.all() == [other, changed]
        assert await tx.bots.get("shop") == changed
    async with store.transaction() as tx:
        await tx.bots.remove("shop")
        assert await tx.bots.get("shop") is None


async def test_a_script_is_kept_as_it_is(store: Store) -> None:
    await people(store)
    await put(store, conversation())
    steps = (
        Say({"type": "cards", "cards": [{"title": "Chaise", "price": "9 €"}]}, (("Oui", "Oui"),)),
        Pause(timedelta(milliseconds=1500)),
        HandOver("rule", timedelta(seconds=20)),
        Close(),
    )
    script = Script("s1", "c1", "shop", "Botty", "m1", steps, until=NOW, last_said="m2", echoes=3)
    async with store.transaction() as tx:
        assert await tx.bots.script("c1") is None
        await tx.bots.put_script(script)
    following = replace(script, id="s2", position=2, waiting=True, until=None)
    async with store.transaction() as tx:
        found = await tx.bots.script("c1")
        assert found is not None
        assert replace(found, steps=tuple(found.steps)) == script
        await tx.bots.put_script(following)
    async with store.transaction(read_only=True) as tx:
        found = await tx.bots.script("c1")
        assert found is not None
        assert (found.id, found.position, found.waiting) == ("s2", 2, True)


async def test_how_a_bot_calls_a_conversation(store: Store) -> None:
    await people(store)
    await put(store, conversation())
    async with store.transaction() as tx:
        assert await tx.bots.session("c1") is None
        await tx.bots.put_session(BotSession("c1", "theirs"))
        await tx.bots.put_session(BotSession("c1", "theirs-2"))
    async with store.transaction(read_only=True) as tx:
        assert await tx.bots.session("c1") == BotSession("c1", "theirs-2")


async def test_a_site_keeps_its_bot(store: Store) -> None:
    await people(store)
    async with store.transaction() as tx:
        site = await tx.sites.get("shop")
        assert site is not None
        assert site.bot_id is None
        await tx.sites.save(replace(site, bot_id="shop-fr"))
    async with store.transaction(read_only=True) as tx:
        found = await tx.sites.by_key("key")
        assert found is not None
        assert found.bot_id == "shop-fr"
