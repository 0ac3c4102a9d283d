"""What every store must do."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.application.errors import VersionConflict
from orchestrator.application.ports import Store
from orchestrator.application.records import (
    AgentLoad,
    Context,
    DueTimer,
    EventRecord,
    NewEffect,
    NewFeedEntry,
    NewMessage,
    Site,
    User,
    Visitor,
)
from orchestrator.domain import effects as fx
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import (
    Call,
    Conversation,
    Device,
    Invitation,
    Need,
    Party,
    Purpose,
    QueueEntry,
    Role,
    State,
    TimerName,
)
from orchestrator.domain.facts import AgentFacts, Facts, GroupFacts
from rules.decision import Decision

NOW = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
DECISION = Decision("r", "VisitorWrote", "chat", "bot", "row", None, ("a",), (), (), {"x": 1.0, "y": True})


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def conversation(name: str = "c1", **values: object) -> Conversation:
    base = Conversation(name, "shop", "v1", "fr", Device.DESKTOP, "r", NOW, version=1)
    return replace(base, **values)  # type: ignore[arg-type]


def waiting(name: str, seconds: float, **values: object) -> Conversation:
    entry = QueueEntry("advisors", later(seconds), **{"rank_at": later(seconds), **values})  # type: ignore[arg-type]
    return conversation(name, state=State.QUEUED, queue=entry)


async def people(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.sites.add(Site("shop", "key", "Shop", ("https://shop.example",), "fr"))
        await tx.people.add_visitor(Visitor("v1", "shop", NOW))
        for name in ("a1", "a2"):
            await tx.people.add_user(User(name, f"{name}@x", name, "agent", "hash", languages=("fr", "en")))


async def put(store: Store, *conversations: Conversation) -> None:
    async with store.transaction() as tx:
        for one in conversations:
            await tx.conversations.insert(one, last_position=0)


async def test_a_snapshot_comes_back_as_it_was(store: Store) -> None:
    await people(store)
    one = conversation(
        state=State.IN_VIDEO,
        party=Party.AGENT,
        agent_id="a1",
        call=Call("call1", NOW, started_at=later(1)),
        timers={TimerName.RECONNECT: later(20)},
    )
    await put(store, one)
    async with store.transaction(read_only=True) as tx:
        loaded = await tx.conversations.load("c1")
        assert loaded is not None
        assert loaded.conversation == one
        assert await tx.conversations.with_call("call1") == one
        assert await tx.conversations.with_open_calls() == [one]
        assert await tx.conversations.load("c2") is None


async def test_an_old_version_is_refused(store: Store) -> None:
    await people(store)
    await put(store, conversation())
    async with store.transaction() as tx:
        await tx.conversations.save(conversation(version=2), expected_version=1, last_position=3)
    with pytest.raises(VersionConflict):
        async with store.transaction() as tx:
            await tx.conversations.save(conversation(version=2), expected_version=1, last_position=9)
    async with store.transaction(read_only=True) as tx:
        loaded = await tx.conversations.load("c1")
        assert loaded is not None
        assert loaded.last_position == 3


async def test_all_or_nothing(store: Store) -> None:
    await people(store)

    async def half() -> None:
        async with store.transaction() as tx:
            await tx.conversations.insert(conversation(), last_position=0)
            await tx.keys.add("k", NOW)
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        await half()
    async with store.transaction(read_only=True) as tx:
        assert await tx.conversations.load("c1") is None
        assert not await tx.keys.known(["k"])


async def test_writers_wait_for_each_other(store: Store) -> None:
    await people(store)
    await put(store, conversation())

    async def bump() -> None:
        async with store.transaction() as tx:
            loaded = await tx.conversations.load("c1")
            assert loaded is not None
            c = loaded.conversation
            await asyncio.sleep(0)
            await tx.conversations.save(
                replace(c, version=c.version + 1), expected_version=c.version, last_position=0
            )

    await asyncio.gather(*(bump() for _ in range(20)))
    async with store.transaction(read_only=True) as tx:
        loaded = await tx.conversations.load("c1")
        assert loaded is not None
        assert loaded.conversation.version == 21


async def test_the_line_has_an_order(store: Store) -> None:
    await people(store)
    await put(
        store,
        waiting("late", 9),
        waiting("early", 1),
        waiting("important", 5, priority=2, rank_at=later(-5)),
        waiting("returned", 8, at_head=True),
        replace(waiting("elsewhere", 0), queue=QueueEntry("others", NOW, NOW)),
    )
    async with store.transaction(read_only=True) as tx:
        line = await tx.conversations.queue("advisors")
        assert [one.id for one in line] == ["returned", "important", "early", "late"]
        assert [await tx.conversations.queue_position(one) for one in line] == [1, 2, 3, 4]
        assert await tx.conversations.queued_groups() == ["advisors", "others"]
        assert [one.id for one in await tx.conversations.queue("advisors", limit=1)] == ["returned"]


async def test_an_invited_one_does_not_count_as_waiting(store: Store) -> None:
    await people(store)
    invitation = Invitation("i1", "a1", Purpose.OFFER, later(30))
    await put(
        store,
        replace(waiting("c1", 1), invitation=invitation),
        waiting("c2", 2),
        replace(waiting("c3", 3), need=Need.VIDEO),
    )
    async with store.transaction(read_only=True) as tx:
        assert await tx.conversations.queue_length("advisors") == 2
        assert await tx.conversations.queue_length("advisors", video=True) == 1
        assert [one.id for one in await tx.conversations.queue("advisors", uninvited=True)] == ["c2", "c3"]
        assert [one.id for one in await tx.conversations.invited_of_agent("a1")] == ["c1"]


async def test_capacity_is_counted_from_conversations(store: Store) -> None:
    await people(store)
    invitation = Invitation("i1", "a1", Purpose.OFFER, later(30), holds_video=True)
    held = {"party": Party.AGENT, "agent_id": "a1"}
    await put(
        store,
        conversation("chat", **held),
        conversation("call", state=State.IN_VIDEO, call=Call("k", NOW), **held),
        replace(waiting("offered", 1), need=Need.VIDEO, invitation=invitation),
        conversation("closed", state=State.CLOSED, closed_at=NOW),
    )
    async with store.transaction(read_only=True) as tx:
        assert await tx.conversations.load_of_agent("a1") == AgentLoad(3, 2)
        assert await tx.conversations.load_of_agent("a1", own="call") == AgentLoad(3, 2, 1, 1)
        loads = await tx.conversations.loads_of_agents(["a1", "a2"])
        assert loads == {"a1": AgentLoad(3, 2), "a2": AgentLoad()}
        assert [one.id for one in await tx.conversations.open_of_agent("a1")] == ["call", "chat"]
        assert await tx.conversations.count_by_state() == {"chat": 1, "in_video": 1, "queued": 1}


async def test_conversations_of_a_visitor(store: Store) -> None:
    await people(store)
    await put(store, conversation("old", state=State.CLOSED, closed_at=later(5)))
    async with store.transaction() as tx:
        assert await tx.conversations.open_of_visitor("v1") is None
        await tx.conversations.insert(conversation("new", started_at=later(9)), last_position=0)
        newest = await tx.conversations.latest_of_visitor("v1")
        assert newest is not None
        assert newest.id == "new"
        assert await tx.conversations.open_of_visitor("v1") == newest
        before = await tx.conversations.of_visitor("v1", before=later(9), limit=5)
        assert newest not in before
        again = await tx.conversations.of_visitor("v1", before=later(10), limit=1)
        assert again == [newest]
        assert await tx.conversations.of_visitor("v1", before=later(10), limit=5) == [newest, *before]
        assert await tx.conversations.of_visitor("v2", before=later(10), limit=5) == []
        assert [one.id for one in await tx.conversations.not_closed()] == ["new"]


async def test_events_and_refusals_in_order(store: Store) -> None:
    await people(store)
    await put(store, conversation())
    changes: dict[str, object] = {"version": 2, "timers": {TimerName.IDLE: later(1)}, "agent_id": None}
    facts = Facts(
        AgentFacts("a1", "Claire", free_chat=True), GroupFacts("g", places=3, wait_p50=2.5), live="r1"
    )
    record = EventRecord("c1", 2, NOW, ev.VisitorWrote("m1"), changes, DECISION, facts)
    async with store.transaction() as tx:
        await tx.events.append(record)
        await tx.events.deny(
            "c1", version=1, at=NOW, event=ev.HungUp(Role.AGENT), reason="no_row", decision=DECISION
        )
        await tx.events.deny(
            "c1", version=2, at=NOW, event=ev.VideoRequested(), reason="law", decision=DECISION, facts=facts
        )
    async with store.transaction(read_only=True) as tx:
        (kept,) = await tx.events.list("c1")
        # Who was asked about is known by an id that outlives no account; the name is not kept.
        nameless = replace(facts, agent=AgentFacts("a1", free_chat=True))
        assert kept == replace(record, facts=nameless)
        trace = await tx.events.trace("c1")
        assert [(one.event, one.outcome) for one in trace] == [
            ("HungUp", "denied"),
            ("VisitorWrote", "moved"),
            ("VideoRequested", "denied"),
        ]
        assert [one.body for one in trace] == [
            ev.HungUp(Role.AGENT),
            ev.VisitorWrote("m1"),
            ev.VideoRequested(),
        ]


async def test_messages_and_their_erasure(store: Store) -> None:
    await people(store)
    await put(store, conversation())
    words = NewMessage("m1", "visitor", {"type": "text", "text": "é"}, client_id="a", payload="/x")
    offer = NewMessage("m2", "bot", {"type": "text", "text": "?"}, quick_replies=(("Oui", "/yes"),))
    notice = NewMessage("m3", "system", {"type": "notice", "key": "closed", "params": {}})
    async with store.transaction() as tx:
        stored = await tx.messages.append("c1", [words, offer, notice], after=0, at=NOW)
        await tx.context.put("c1", Context("https://shop.example", "sum", {"order": "12"}))
    assert [one.position for one in stored] == [1, 2, 3]
    async with store.transaction() as tx:
        assert tuple(await tx.messages.list("c1")) == stored
        assert [one.id for one in await tx.messages.list("c1", after=1, limit=1)] == ["m2"]
        assert [one.id for one in await tx.messages.latest("c1", 2)] == ["m2", "m3"]
        assert [one.id for one in await tx.messages.by_ids(["m3", "m1"])] == ["m1", "m3"]
        assert await tx.messages.by_client_id("c1", "visitor", "a") == stored[0]
        assert await tx.messages.by_client_id("c1", "agent", "a") is None
        assert await tx.messages.offered("c1", "/yes")
        assert not await tx.messages.offered("c1", "Oui")
        assert (await tx.context.get("c1")).slots == {"order": "12"}
        assert await tx.messages.erase("c1") == 2
        left = await tx.messages.list("c1")
        assert [one.content["type"] for one in left] == ["erased", "erased", "notice"]
        assert [one.position for one in left] == [1, 2, 3]
        assert left[0].payload is None
        assert await tx.context.get("c1") == Context()
        assert not await tx.messages.offered("c1", "/yes")


async def test_a_feed_is_numbered_per_stream(store: Store) -> None:
    entries = [NewFeedEntry("visitor:1", "message", "c1", "m1"), NewFeedEntry("agent:1", "agent")]
    async with store.transaction() as tx:
        await tx.feed.append(entries, at=NOW)
        assert (await tx.feed.head("visitor:1"), await tx.feed.head("agent:1")) == (1, 1)
        await tx.feed.append([entries[0], entries[0]], at=NOW)
        await tx.feed.append([], at=NOW)
    async with store.transaction(read_only=True) as tx:
        assert await tx.feed.head("visitor:1") == 3
        assert await tx.feed.head("visitor:2") == 0
        assert [one.seq for one in await tx.feed.after("visitor:1", 1, limit=10)] == [2, 3]
        assert len(await tx.feed.after("visitor:1", 0, limit=2)) == 2


async def test_a_feed_has_no_gap_under_contention(store: Store) -> None:
    async def add() -> None:
        async with store.transaction() as tx:
            await tx.feed.append([NewFeedEntry("s", "agent")], at=NOW)

    await asyncio.gather(*(add() for _ in range(30)))
    async with store.transaction(read_only=True) as tx:
        assert [one.seq for one in await tx.feed.after("s", 0, limit=100)] == list(range(1, 31))


def effect(key: str, lane: str) -> NewEffect:
    return NewEffect(key, lane, "c1", fx.AskBot(key))


async def test_the_outbox_gives_the_head_of_each_lane_once(store: Store) -> None:
    new = [effect("a1", "a"), effect("a2", "a"), effect("b1", "b"), effect("a1", "a")]
    async with store.transaction() as tx:
        await tx.outbox.add(new, at=NOW)
        assert await tx.outbox.pending() == 3
        items = await tx.outbox.claim("me", NOW, until=later(60), limit=10)
        assert [one.key for one in items] == ["a1", "b1"]
        assert items[0].effect == fx.AskBot("a1")
        assert await tx.outbox.claim("you", NOW, until=later(60), limit=10) == []
        await tx.outbox.settle(done=[items[0].id], retry={items[1].id: (later(5), "down")})
        (second,) = await tx.outbox.claim("me", NOW, until=later(60), limit=10)
        assert second.key == "a2"
        assert await tx.outbox.next_due(NOW) == later(5)
        # What somebody claimed is due when the claim ends.
        assert await tx.outbox.next_due(later(5)) == later(60)
        (again,) = await tx.outbox.claim("me", later(6), until=later(60), limit=10)
        assert (again.key, again.attempts) == ("b1", 1)
        # A lease that ran out, and a start with nobody else there.
        assert [one.key for one in await tx.outbox.claim("you", later(61), until=later(99), limit=9)] == [
            "a2",
            "b1",
        ]
        await tx.outbox.release("me")
        assert await tx.outbox.claim("me", later(61), until=later(99), limit=1) == []
        await tx.outbox.release("you")
        assert [one.key for one in await tx.outbox.claim("me", later(61), until=later(99), limit=1)] == ["a2"]
        await tx.outbox.release()
        assert len(await tx.outbox.claim("me", later(61), until=later(99), limit=1)) == 1


async def test_timers(store: Store) -> None:
    await people(store)
    await put(store, conversation())
    before = {TimerName.IDLE: later(10), TimerName.BOT: later(5)}
    after = {TimerName.IDLE: later(20), TimerName.QUEUE: later(30)}
    async with store.transaction() as tx:
        await tx.timers.replace("c1", {}, before)
        await tx.timers.replace("c1", before, after)
        assert await tx.timers.next_deadline() == later(20)
        due = await tx.timers.due(later(30), limit=10)
        assert due == [DueTimer("c1", TimerName.IDLE, later(20)), DueTimer("c1", TimerName.QUEUE, later(30))]
        await tx.timers.remove(DueTimer("c1", TimerName.IDLE, later(10)))
        assert len(await tx.timers.due(later(30), limit=10)) == 2
        await tx.timers.remove(due[0])
        assert await tx.timers.due(later(30), limit=10) == due[1:]


async def test_people_presence_and_sockets(store: Store) -> None:
    await people(store)
    async with store.transaction() as tx:
        await tx.people.set_presence("a1", chat="available", video="paused", video_reason="lunch")
        await tx.people.set_can_video("a1", False)
        await tx.people.set_idle_since("a1", NOW)
        assert await tx.people.add_socket("s1", "agent:a1", "node", NOW) == 1
        assert await tx.people.add_socket("s2", "agent:a1", "node", NOW) == 2
        await tx.people.add_socket("s3", "visitor:v1", "other", NOW)
        agent = await tx.people.agent("a1", lock=True)
        assert agent is not None
        assert (agent.sockets, agent.chat_present, agent.video_present, agent.can_video) == (
            2,
            True,
            False,
            False,
        )
        assert (agent.idle_since, agent.languages) == (NOW, ("fr", "en"))
        assert [one.id for one in await tx.people.agents(present=True)] == ["a1"]
        assert [one.id for one in await tx.people.agents(["a2", "a1"])] == ["a1", "a2"]
        assert await tx.people.remove_socket("s1", "agent:a1", seen_until=later(10)) == 1
        assert await tx.people.remove_socket("s2", "agent:a1", seen_until=later(10)) == 0
        agent = await tx.people.agent("a1")
        assert agent is not None
        assert (agent.sockets, agent.seen_until) == (0, later(10))
        await tx.people.add_socket("s4", "visitor:v1", "node", NOW)
        await tx.people.add_socket("s5", "visitor:v2", "node", NOW)
        assert await tx.people.sockets("visitor:v1") == 2
        assert await tx.people.sockets("visitor:v1", besides="other") == 1
        assert await tx.people.open_sockets("other") == [("s3", "visitor:v1")]
        assert await tx.people.open_sockets() == [
            ("s3", "visitor:v1"),
            ("s4", "visitor:v1"),
            ("s5", "visitor:v2"),
        ]
        await tx.people.forget_sockets("visitor:v1", "other")
        assert await tx.people.sockets("visitor:v1") == 1
        await tx.people.forget_sockets("visitor:v1")
        assert await tx.people.open_sockets() == [("s5", "visitor:v2")]
        user = await tx.people.user_by_email("a1@x")
        assert user is not None
        await tx.people.save_user(replace(user, name="New", token_version=3))
        assert (await tx.people.user("a1")) == replace(user, name="New", token_version=3)
        visitor = await tx.people.visitor("v1")
        assert visitor is not None
        await tx.people.save_visitor(replace(visitor, language="en", page_url="x"))
        assert await tx.people.visitor("v1") == replace(visitor, language="en", page_url="x")


async def test_keys_sites_and_policies(store: Store) -> None:
    await people(store)
    async with store.transaction() as tx:
        assert await tx.keys.add("k", NOW)
        assert not await tx.keys.add("k", later(1))
        site = await tx.sites.by_key("key")
        assert site is not None
        assert await tx.sites.list() == [site]
        await tx.sites.save(replace(site, name="New", bot=False))
        assert await tx.sites.get("shop") == replace(site, name="New", bot=False)
        await tx.policies.add("r", {"a.yaml": "é"}, NOW)
        await tx.policies.add("r", {"a.yaml": "é"}, NOW)
        assert await tx.policies.files("r") == {"a.yaml": "é"}
        assert await tx.policies.files("s") is None


async def test_ready_until_closed(store: Store) -> None:
    assert await store.ready()
