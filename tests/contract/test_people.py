"""What every store must do with agents: the grace of a reload, being seen, memberships, and spells."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.application.ports import Store
from orchestrator.application.records import Spell
from tests.contract.test_store import NOW, later, people


async def test_who_is_in_the_grace_of_a_reload(store: Store) -> None:
    await people(store)
    async with store.transaction() as tx:
        assert await tx.people.in_grace() == []
        await tx.people.add_socket("s1", "agent:a1", "node", NOW)
        await tx.people.add_socket("s2", "agent:a2", "node", NOW)
        await tx.people.remove_socket("s1", "agent:a1", seen_until=later(20))
        await tx.people.remove_socket("s2", "agent:a2", seen_until=later(10))
        assert await tx.people.in_grace() == [("a2", later(10)), ("a1", later(20))]
        # Back again, on another page: no grace runs, though its end is still known.
        await tx.people.add_socket("s3", "agent:a1", "node", NOW)
        assert await tx.people.in_grace() == [("a2", later(10))]
        await tx.people.set_seen_until(["a2"], None)
        assert await tx.people.in_grace() == []


async def test_when_an_agent_was_seen_last(store: Store) -> None:
    await people(store)
    async with store.transaction() as tx:
        await tx.people.set_last_seen("a1", NOW)
        agents = await tx.people.agents()
        assert [one.last_seen_at for one in agents] == [NOW, None]


async def test_memberships_come_back_as_they_were(store: Store) -> None:
    await people(store)
    async with store.transaction() as tx:
        user = await tx.people.user("a1")
        assert user is not None
        assert (user.groups, user.skills) == ((), ())
        member = replace(
            user, groups=(("advisors", 1), ("experts", 2)), skills=(("billing", 3),), languages=()
        )
        await tx.people.save_user(member)
    async with store.transaction(read_only=True) as tx:
        assert await tx.people.user("a1") == member
        agent = await tx.people.agent("a1")
        assert agent is not None
        assert (agent.groups, agent.skills, agent.languages) == (member.groups, member.skills, ())


async def test_missed_invitations_and_wrap_up(store: Store) -> None:
    await people(store)
    async with store.transaction() as tx:
        await tx.people.set_missed("a1", 2)
        await tx.people.set_wrap_up("a1", later(60))
        first, second = await tx.people.agents()
        assert (first.missed, first.wrap_up_until) == (2, later(60))
        assert (second.missed, second.wrap_up_until) == (0, None)
        await tx.people.set_wrap_up("a1", None)
        agent = await tx.people.agent("a1")
        assert agent is not None
        assert agent.wrap_up_until is None


async def test_a_spell_ends_where_the_next_begins(store: Store) -> None:
    await people(store)
    async with store.transaction() as tx:
        assert await tx.spells.turn("a1", "chat", "available", NOW)
        assert not await tx.spells.turn("a1", "chat", "available", later(5)), "the same state goes on"
        assert await tx.spells.turn("a1", "chat", "paused", later(10), reason="lunch")
        assert await tx.spells.turn("a1", "chat", "paused", later(20), reason="training"), "another reason"
        assert await tx.spells.turn("a1", "desk", "connected", later(1))
        assert await tx.spells.turn("a2", "chat", "offline", later(2))
    async with store.transaction(read_only=True) as tx:
        assert await tx.spells.open() == [
            Spell("a1", "chat", "paused", "training", later(20)),
            Spell("a1", "desk", "connected", "", later(1)),
            Spell("a2", "chat", "offline", "", later(2)),
        ]
        assert [one.agent_id for one in await tx.spells.open(["a2"])] == ["a2"]
        assert await tx.spells.open([]) == []
        assert await tx.spells.between(NOW, later(100), agent_ids=["a1"]) == [
            Spell("a1", "chat", "available", "", NOW, later(10)),
            Spell("a1", "chat", "paused", "lunch", later(10), later(20)),
            Spell("a1", "chat", "paused", "training", later(20)),
            Spell("a1", "desk", "connected", "", later(1)),
        ]


async def test_spells_of_a_stretch_are_those_that_touch_it(store: Store) -> None:
    await people(store)
    async with store.transaction() as tx:
        for second, state in ((0, "available"), (10, "paused"), (20, "offline")):
            await tx.spells.turn("a1", "chat", state, later(second))
        touched = await tx.spells.between(later(10), later(20))
        assert [(one.state, one.started_at) for one in touched] == [("paused", later(10))]
        assert [one.state for one in await tx.spells.between(later(19), later(21))] == ["paused", "offline"]
        assert await tx.spells.between(later(-10), NOW) == []


async def test_a_clock_that_is_set_back_makes_no_negative_spell(store: Store) -> None:
    await people(store)
    async with store.transaction() as tx:
        await tx.spells.turn("a1", "video", "available", later(10))
        await tx.spells.turn("a1", "video", "paused", NOW)
        first, second = await tx.spells.between(NOW, later(100))
        assert (first.ended_at, second.started_at) == (later(10), later(10))


async def test_a_wrap_up_is_a_spell_whose_end_is_known(store: Store) -> None:
    await people(store)
    async with store.transaction() as tx:
        await tx.spells.turn("a1", "chat", "available", NOW)
        await tx.spells.wrap_up("a1", later(10), later(40))
        await tx.spells.wrap_up("a1", later(20), later(30))  # no shorter
        await tx.spells.wrap_up("a1", later(30), later(60))  # longer
        await tx.spells.wrap_up("a2", later(5), later(15))
        await tx.spells.end_wrap_up("a2", later(8))
        await tx.spells.end_wrap_up("a2", later(9))  # it is over already
        await tx.spells.wrap_up("a1", later(60), later(70))  # the next one, right after
    async with store.transaction(read_only=True) as tx:
        assert await tx.spells.between(NOW, later(100)) == [
            Spell("a1", "chat", "available", "", NOW),
            Spell("a1", "wrap_up", "wrap_up", "", later(10), later(60)),
            Spell("a1", "wrap_up", "wrap_up", "", later(60), later(70)),
            Spell("a2", "wrap_up", "wrap_up", "", later(5), later(8)),
        ]
        assert [one.channel for one in await tx.spells.open()] == ["chat"]


async def test_an_account_with_its_own_capacity_and_its_end(store: Store) -> None:
    await people(store)
    async with store.transaction() as tx:
        user = await tx.people.user("a1")
        assert user is not None
        assert (user.chat_slots, user.video_slots, user.deactivated_at) == (None, None, None)
        changed = replace(user, chat_slots=4, video_slots=0, deactivated_at=later(3))
        await tx.people.save_user(changed)
    async with store.transaction(read_only=True) as tx:
        assert await tx.people.user("a1") == changed
        agent, other = await tx.people.agent("a1"), await tx.people.agent("a2")
        assert agent is not None
        assert (agent.chat_slots, agent.video_slots, agent.active) == (4, 0, False)
        assert other is not None
        assert (other.chat_slots, other.video_slots, other.active) == (None, None, True)
