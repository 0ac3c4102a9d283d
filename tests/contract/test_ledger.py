"""What every store must keep of waits and handlings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from orchestrator.application.ledger_records import Handling, InLine, Quote, Wait
from orchestrator.application.ports import Store
from orchestrator.application.records import Site, User, Visitor
from orchestrator.domain.conversation import Conversation, Device, Need, QueueEntry, State
from orchestrator.domain.ledger import (
    HandlingBegan,
    HandlingEnded,
    VideoCounted,
    WaitBegan,
    WaitEnded,
    WaitInvited,
)
from orchestrator.domain.wait_time.terms import Forecast, Unknown, WaitBand

TOLD = Forecast(WaitBand(30.0, 95.5), WaitBand(30.0, 95.5), 41.1 / 3, 1.25, 2.0)
NOW = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def began(name: str, seconds: float, version: int = 3, group: str = "advisors") -> WaitBegan:
    return WaitBegan(name, version, group, "chat", "shop", "fr", 2, later(seconds))


def wait(name: str, seconds: float, version: int = 3, **values: object) -> Wait:
    return Wait(name, version, "advisors", "chat", "shop", "fr", 2, later(seconds), **values)  # type: ignore[arg-type]


def taken(name: str, seconds: float, agent: str = "a1", version: int = 5) -> HandlingBegan:
    return HandlingBegan(name, version, agent, "advisors", "video", "shop", later(seconds))


def handling(name: str, seconds: float, agent: str = "a1", version: int = 5, **values: object) -> Handling:
    return Handling(name, version, agent, "advisors", "video", "shop", later(seconds), **values)  # type: ignore[arg-type]


async def scene(store: Store, *names: str) -> None:
    async with store.transaction() as tx:
        await tx.sites.add(Site("shop", "key", "Shop", ("https://shop.example",), "fr"))
        await tx.people.add_visitor(Visitor("v1", "shop", NOW))
        for name in ("a1", "a2"):
            await tx.people.add_user(User(name, f"{name}@x", name, "agent", "hash"))
        for name in names:
            one = Conversation(name, "shop", "v1", "fr", Device.DESKTOP, "r", NOW, version=1)
            await tx.conversations.insert(one, last_position=0)


async def test_a_wait_from_its_beginning_to_its_end(store: Store) -> None:
    await scene(store, "c1")
    async with store.transaction() as tx:
        await tx.ledger.append([began("c1", 0)], forecast=TOLD)
        await tx.ledger.append([WaitInvited("c1")])
        await tx.ledger.append([WaitInvited("c1")])
    async with store.transaction(read_only=True) as tx:
        going_on = wait("c1", 0, invitations=2, quoted=Quote(30.0, 95.5), forecast=TOLD)
        assert await tx.ledger.open_waits() == [going_on]
        assert await tx.ledger.waits_of(["c1", "unknown"]) == [going_on]
    async with store.transaction() as tx:
        await tx.ledger.append([WaitEnded("c1", "answered", later(40), "a1")])
    async with store.transaction(read_only=True) as tx:
        assert await tx.ledger.open_waits() == []
        (over,) = await tx.ledger.waits_of(["c1"])
    assert over == wait(
        "c1",
        0,
        ended_at=later(40),
        outcome="answered",
        agent_id="a1",
        invitations=2,
        quoted=Quote(30.0, 95.5),
        forecast=TOLD,
    )
    assert over.seconds(later(1_000)) == 40.0


async def test_a_band_that_was_withheld_is_kept_and_was_not_quoted(store: Store) -> None:
    withheld = Forecast(Unknown("not_reliable"), WaitBand(3.3, 9.9), 4.2, 0.7, 1.5)
    await scene(store, "c1", "c2", "c3")
    async with store.transaction() as tx:
        await tx.ledger.append([began("c1", 0)], forecast=withheld)
        await tx.ledger.append([began("c2", 1)], forecast=Forecast(Unknown("closed"), slot_free=True))
        await tx.ledger.append([began("c3", 2)])
    async with store.transaction(read_only=True) as tx:
        first, second, third = await tx.ledger.open_waits()
    assert (first.quoted, first.forecast) == (None, withheld)
    assert second.forecast == Forecast(Unknown("closed"), slot_free=True)
    assert (third.quoted, third.forecast) == (None, None)


async def test_an_end_and_a_beginning_in_one_go_are_two_waits(store: Store) -> None:
    await scene(store, "c1", "c2")
    async with store.transaction() as tx:
        await tx.ledger.append([began("c1", 0)])
        await tx.ledger.append([began("c2", 1)])
        await tx.ledger.append(
            [WaitEnded("c1", "requeued", later(5)), began("c1", 5, version=7, group="sales")]
        )
    async with store.transaction(read_only=True) as tx:
        first, second = await tx.ledger.waits_of(["c1"])
        assert (first.outcome, first.ended_at, second.outcome, second.group) == (
            "requeued",
            later(5),
            None,
            "sales",
        )
        assert [one.conversation_id for one in await tx.ledger.open_waits()] == ["c2", "c1"]


async def test_a_handling_adds_up_its_video(store: Store) -> None:
    await scene(store, "c1")
    async with store.transaction() as tx:
        await tx.ledger.append([taken("c1", 0)])
        await tx.ledger.append([VideoCounted("c1", 60.5)])
        await tx.ledger.append(
            [
                VideoCounted("c1", 30.0),
                HandlingEnded("c1", "handed_over", later(100)),
                taken("c1", 100, "a2", 9),
            ]
        )
    async with store.transaction(read_only=True) as tx:
        assert await tx.ledger.open_handlings() == [handling("c1", 100, "a2", 9)]
        found = await tx.ledger.handlings_during(NOW, later(1_000))
    assert found == [
        handling("c1", 0, ended_at=later(100), ended_by="handed_over", video_seconds=90.5),
        handling("c1", 100, "a2", 9),
    ]


async def test_what_changed_since_a_moment(store: Store) -> None:
    await scene(store, "c1", "c2", "c3")
    async with store.transaction() as tx:
        for name, seconds in (("c1", 0), ("c2", 10), ("c3", 20)):
            await tx.ledger.append([began(name, seconds), taken(name, seconds + 1)])
        await tx.ledger.append([WaitEnded("c1", "left", later(15)), HandlingEnded("c1", "closed", later(15))])
        await tx.ledger.append([WaitEnded("c2", "away", later(12)), HandlingEnded("c2", "lost", later(12))])
    async with store.transaction(read_only=True) as tx:
        waits = await tx.ledger.waits_changed(later(15))
        handlings = await tx.ledger.handlings_changed(later(15))
        assert await tx.ledger.waits_changed(later(21)) == []
    assert sorted(one.conversation_id for one in waits) == ["c1", "c3"]
    assert sorted(one.conversation_id for one in handlings) == ["c1", "c3"]


async def test_pages_miss_nothing_that_began_at_the_same_moment(store: Store) -> None:
    names = ["c1", "c2", "c3", "c4"]
    await scene(store, *names)
    async with store.transaction() as tx:
        for name in names:
            await tx.ledger.append([began(name, 0), WaitEnded(name, "left", later(1)), began(name, 0, 9)])
            await tx.ledger.append(
                [taken(name, 0), HandlingEnded(name, "lost", later(1)), taken(name, 0, "a2", 9)]
            )
    async with store.transaction(read_only=True) as tx:
        waits: list[tuple[str, int]] = []
        page = await tx.ledger.waits_between(NOW, later(1), limit=3)
        while page:
            waits += [one.key for one in page]
            page = await tx.ledger.waits_between(NOW, later(1), limit=3, after=page[-1])
        handlings: list[tuple[str, int]] = []
        found = await tx.ledger.handlings_between(NOW, later(1), limit=3)
        while found:
            handlings += [one.key for one in found]
            found = await tx.ledger.handlings_between(NOW, later(1), limit=3, after=found[-1])
        assert await tx.ledger.waits_between(later(1), later(2), limit=3) == []
    assert waits == [(name, version) for name in names for version in (3, 9)]
    assert handlings == [(name, version) for name in names for version in (5, 9)]


async def test_handlings_that_touch_a_stretch(store: Store) -> None:
    await scene(store, "c1", "c2", "c3", "c4")
    async with store.transaction() as tx:
        for name, start, end in (("c1", 0, 10), ("c2", 5, 30), ("c3", 20, 30)):
            await tx.ledger.append([taken(name, start), HandlingEnded(name, "closed", later(end))])
        await tx.ledger.append([taken("c4", 1, "a2")])
    async with store.transaction(read_only=True) as tx:
        found = await tx.ledger.handlings_during(later(10), later(20))
        own = await tx.ledger.handlings_during(later(10), later(20), agent_ids=["a2"])
    assert [one.conversation_id for one in found] == ["c2", "c4"]
    assert [one.conversation_id for one in own] == ["c4"]


async def test_a_line_in_its_order(store: Store) -> None:
    await scene(store)
    entries = {
        "late": QueueEntry("advisors", later(9), later(9)),
        "urgent": QueueEntry("advisors", later(8), later(-600), priority=1),
        "returned": QueueEntry("advisors", later(10), later(10), at_head=True),
        "elsewhere": QueueEntry("sales", later(0), later(0)),
    }
    async with store.transaction() as tx:
        for name, entry in entries.items():
            one = Conversation(
                name, "shop", "v1", "fr", Device.DESKTOP, "r", NOW, version=1, state=State.QUEUED, queue=entry,
                need=Need.VIDEO if name == "urgent" else Need.CHAT,
            )  # fmt: skip
            await tx.conversations.insert(one, last_position=0)
        line = await tx.ledger.line("advisors", limit=10)
        assert [one.conversation_id for one in await tx.ledger.line("advisors", limit=2)] == [
            "returned",
            "urgent",
        ]
    assert line == [
        InLine("returned", "advisors", "chat", True, later(10)),
        InLine("urgent", "advisors", "video", False, later(-600)),
        InLine("late", "advisors", "chat", False, later(9)),
    ]
