"""What every bus must do."""

from __future__ import annotations

import asyncio

from orchestrator.application.notify import queue_topic
from orchestrator.application.ports import Bus


async def test_a_listener_wakes_up(bus: Bus) -> None:
    listener = bus.subscribe("visitor:1", "visitor:2")
    await bus.publish(["visitor:2", "visitor:3"])
    assert await asyncio.wait_for(listener.wait(), 5) == []


async def test_a_hint_between_reading_and_waiting_is_not_lost(bus: Bus) -> None:
    listener = bus.subscribe("a")
    await bus.publish(["a"])
    await bus.publish(["a"])
    await asyncio.wait_for(listener.wait(), 5)
    waiting = asyncio.ensure_future(listener.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    await bus.publish(["a"])
    await asyncio.wait_for(waiting, 5)


async def test_frames_reach_who_listens_now(bus: Bus) -> None:
    early = bus.subscribe("a")
    await bus.publish_ephemeral("a", {"type": "typing", "n": 1})
    late = bus.subscribe("a")
    await bus.publish_ephemeral("a", {"type": "typing", "n": 2})
    assert [frame["n"] for frame in await early.wait()] == [1, 2]
    assert [frame["n"] for frame in await late.wait()] == [2]


async def test_a_moving_line_is_told_once_as_a_frame(bus: Bus) -> None:
    listener = bus.subscribe(queue_topic("advisors"))
    for _ in range(3):
        await bus.publish([queue_topic("advisors")])
    assert await asyncio.wait_for(listener.wait(), 5) == [{"type": "refresh"}]


async def test_streams_can_be_added_and_removed(bus: Bus) -> None:
    listener = bus.subscribe("a")
    listener.add("b")
    listener.remove("a")
    await bus.publish_ephemeral("a", {"n": 1})
    await bus.publish_ephemeral("b", {"n": 2})
    assert await asyncio.wait_for(listener.wait(), 5) == [{"n": 2}]


async def test_closing_ends_the_wait(bus: Bus) -> None:
    listener = bus.subscribe("a")
    waiting = asyncio.ensure_future(listener.wait())
    await asyncio.sleep(0)
    listener.close()
    assert await asyncio.wait_for(waiting, 5) == []
    await bus.publish(["a"])


async def test_a_listener_that_does_not_read_costs_little(bus: Bus) -> None:
    listener = bus.subscribe("a")
    for number in range(10_000):
        await bus.publish_ephemeral("a", {"n": number})
    frames = await listener.wait()
    assert len(frames) <= 1_000
    assert frames[-1] == {"n": 9_999}
