"""What every bus must do."""

from __future__ import annotations

import asyncio

from orchestrator.application.notify import queue_topic
from orchestrator.application.ports import Subscription
from orchestrator.application.records import Json
from tests.contract.conftest import Hall


async def frames_until(listener: Subscription, last: Json) -> list[Json]:
    """What is heard, up to a certain frame."""
    heard: list[Json] = []
    async with asyncio.timeout(5):
        while not heard or heard[-1] != last:
            heard += await listener.wait()
    return heard


async def test_a_listener_wakes_up(hall: Hall) -> None:
    listener = await hall.listen("visitor:1", "visitor:2")
    await hall.bus.publish(["visitor:2", "visitor:3"])
    assert await asyncio.wait_for(listener.wait(), 5) == []


async def test_a_hint_between_reading_and_waiting_is_not_lost(hall: Hall) -> None:
    listener = await hall.listen("a", "end")
    await hall.bus.publish(["a"])
    await hall.bus.publish(["a"])
    await hall.bus.publish_ephemeral("end", {"n": 0})
    await frames_until(listener, {"n": 0})
    waiting = asyncio.ensure_future(listener.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    await hall.bus.publish(["a"])
    await asyncio.wait_for(waiting, 5)


async def test_frames_reach_who_listens_now(hall: Hall) -> None:
    early = await hall.listen("a")
    await hall.bus.publish_ephemeral("a", {"type": "typing", "n": 1})
    assert await frames_until(early, {"type": "typing", "n": 1}) == [{"type": "typing", "n": 1}]
    late = await hall.listen("a", "b")
    await hall.bus.publish_ephemeral("a", {"type": "typing", "n": 2})
    last: Json = {"type": "typing", "n": 2}
    assert await frames_until(early, last) == [last]
    assert await frames_until(late, last) == [last]


async def test_a_moving_line_is_told_as_a_frame(hall: Hall) -> None:
    listener = await hall.listen(queue_topic("advisors"))
    await hall.bus.publish([queue_topic("advisors")])
    assert await asyncio.wait_for(listener.wait(), 5) == [{"type": "refresh"}]


async def test_refreshing_once_is_enough(hall: Hall) -> None:
    listener = await hall.listen(queue_topic("advisors"), "end")
    for _ in range(3):
        await hall.bus.publish([queue_topic("advisors")])
        await hall.bus.publish_ephemeral(queue_topic("advisors"), {"type": "refresh"})
    await hall.bus.publish_ephemeral("end", {"n": 0})
    # Those that were already read when the next one came are not counted.
    heard = await frames_until(listener, {"n": 0})
    assert set(map(str, heard)) == {str({"type": "refresh"}), str({"n": 0})}


async def test_streams_can_be_added_and_removed(hall: Hall) -> None:
    listener = await hall.listen("a")
    other = await hall.listen("b")
    listener.add("b")
    listener.remove("a")
    await hall.bus.publish_ephemeral("a", {"n": 1})
    await hall.bus.publish_ephemeral("b", {"n": 2})
    assert await frames_until(other, {"n": 2}) == [{"n": 2}]
    assert await frames_until(listener, {"n": 2}) == [{"n": 2}]


async def test_closing_ends_the_wait(hall: Hall) -> None:
    listener = await hall.listen("a")
    waiting = asyncio.ensure_future(listener.wait())
    await asyncio.sleep(0)
    listener.close()
    assert await asyncio.wait_for(waiting, 5) == []
    await hall.bus.publish(["a"])


async def test_a_listener_that_does_not_read_costs_little(hall: Hall) -> None:
    lazy = await hall.listen("a")
    reader = await hall.listen("end")
    for number in range(10_000):
        await hall.bus.publish_ephemeral("a", {"n": number})
    await hall.bus.publish_ephemeral("end", {"end": True})
    await frames_until(reader, {"end": True})
    frames = await frames_until(lazy, {"n": 9_999})
    assert len(frames) <= 1_000


async def test_any_name_can_be_listened_to(hall: Hall) -> None:
    listener = await hall.listen("a.*.> b")
    other = await hall.listen("a.x.y b")
    await hall.bus.publish_ephemeral("a.x.y b", {"n": 1})
    await hall.bus.publish_ephemeral("a.*.> b", {"n": 2})
    assert await frames_until(other, {"n": 1}) == [{"n": 1}]
    assert await frames_until(listener, {"n": 2}) == [{"n": 2}]
