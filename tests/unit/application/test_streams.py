"""Sockets: resumed by number, rendered when read, and counted to know who is there."""

from __future__ import annotations

import asyncio
from typing import Any

from orchestrator.application.records import FeedEntry, Json
from orchestrator.application.streams import FrameStream, newest_views
from tests.fakes.application import Application


async def take(stream: FrameStream, count: int) -> list[Json]:
    frames: list[Json] = []
    async for frame in stream:
        frames.append(frame)
        if len(frames) == count:
            break
    return frames


async def test_everything_after_a_number_in_order(app: Application) -> None:
    visitor, conversation = await app.chat(await app.site())
    for text in ("un", "deux", "trois"):
        await app.conversations.post_visitor_message(visitor, conversation, client_id=text, text=text)
    frames = await app.frames(f"visitor:{visitor}")
    assert frames[0]["type"] == "welcome"
    seqs = [frame["seq"] for frame in frames[1:]]
    assert seqs == sorted(seqs)
    words = [frame["message"]["content"]["text"] for frame in frames if frame["type"] == "message"]  # type: ignore[index]
    assert words == ["un", "deux", "trois"]
    resumed = await app.frames(f"visitor:{visitor}", after=int(str(frames[-2]["seq"])))
    assert [frame["seq"] for frame in resumed if frame["type"] == "message"] == [frames[-1]["seq"]]


async def test_what_happens_while_listening_arrives(app: Application) -> None:
    visitor, conversation = await app.chat(await app.site())
    async with app.streams.visitor(visitor, after=10_000) as stream:
        frames = stream.__aiter__()
        assert (await anext(frames))["type"] == "welcome"
        # A number from another database: the stream starts over.
        assert (await anext(frames))["type"] == "conversation"
        waiting = asyncio.ensure_future(anext(frames))
        await app.conversations.post_visitor_message(visitor, conversation, client_id="a", text="là ?")
        frame = await asyncio.wait_for(waiting, 5)
        assert frame["message"]["content"]["text"] == "là ?"  # type: ignore[index]


async def test_typing_is_passed_on_and_not_kept(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    visitor, conversation = await app.chat(key)
    await app.conversations.visitor_act(visitor, conversation, "person")
    await app.settle()
    c = await app.check(conversation)
    assert c.invitation is not None
    await app.conversations.accept(claire, conversation, c.invitation.id)
    async with app.streams.visitor(visitor) as stream:
        frames = stream.__aiter__()
        while (await anext(frames)).get("seq") != (await head(app, f"visitor:{visitor}")):
            pass
        waiting = asyncio.ensure_future(anext(frames))
        await asyncio.sleep(0)
        await app.conversations.agent_typing("u_somebody_else", conversation)
        await app.conversations.agent_typing(claire, conversation)
        while (frame := await asyncio.wait_for(waiting, 5))["type"] != "typing":
            waiting = asyncio.ensure_future(anext(frames))
        assert frame == {"type": "typing", "conversation_id": conversation, "by": "agent"}


async def head(app: Application, stream: str) -> int:
    async with app.store.transaction(read_only=True) as tx:
        return await tx.feed.head(stream)


async def test_the_place_in_the_line_is_live(app: Application) -> None:
    key = await app.site()
    people = []
    for _ in range(2):
        app.clock.advance(1)
        visitor, conversation = await app.chat(key)
        await app.conversations.visitor_act(visitor, conversation, "person")
        await app.settle()
        people.append((visitor, conversation))
    (first, first_conversation), (second, _) = people
    async with app.streams.visitor(second) as stream:
        frames = stream.__aiter__()
        frame = await anext(frames)
        while frame["type"] != "conversation" or frame["conversation"]["queue"] is None:  # type: ignore[index]
            frame = await anext(frames)
        assert frame["conversation"]["queue"]["position"] == 2  # type: ignore[index]
        await app.conversations.visitor_act(first, first_conversation, "leave_queue")
        while frame["conversation"]["queue"]["position"] == 2:  # type: ignore[index]
            frame = await asyncio.wait_for(anext(frames), 5)
        assert frame["conversation"]["queue"]["position"] == 1  # type: ignore[index]


async def test_a_line_that_moves_fast_is_told_of_once_a_second(app: Application) -> None:
    key = await app.site()
    people = []
    for _ in range(6):
        app.clock.advance(1)
        visitor, conversation = await app.chat(key)
        await app.conversations.visitor_act(visitor, conversation, "person")
        await app.settle()
        people.append((visitor, conversation))
    last, _ = people.pop()
    told: list[int] = []

    async def listen(stream: FrameStream) -> None:
        async for frame in stream:
            view: Any = frame.get("conversation")
            if view is not None and view["queue"] is not None:
                told.append(view["queue"]["position"])

    async def idle() -> None:
        for _ in range(50):
            await asyncio.sleep(0)

    async with app.streams.visitor(last) as stream:
        listening = asyncio.create_task(listen(stream))
        while told != [6]:  # noqa: ASYNC110
            await asyncio.sleep(0)
        for visitor, conversation in people:
            await app.conversations.visitor_act(visitor, conversation, "leave_queue")
            await idle()
        assert told == [6, 5], "the first move at once, the others a second later"
        app.clock.advance(1)
        await idle()
        assert told == [6, 5, 1]
        listening.cancel()
        await asyncio.wait([listening])


async def test_only_the_last_socket_makes_somebody_absent(app: Application) -> None:
    visitor, conversation = await app.chat(await app.site())
    async with app.streams.visitor(visitor):
        async with app.streams.visitor(visitor):
            pass
        assert (await app.check(conversation)).visitor_present
    assert not (await app.check(conversation)).visitor_present
    async with app.streams.visitor(visitor):
        assert (await app.check(conversation)).visitor_present


async def test_streams_end_when_the_service_stops(app: Application) -> None:
    visitor, _ = await app.chat(await app.site())

    async def listen() -> list[Json]:
        async with app.streams.visitor(visitor) as stream:
            return [frame async for frame in stream]

    listening = asyncio.create_task(listen())
    while not app.streams._open:  # noqa: ASYNC110
        await asyncio.sleep(0)
    await app.streams.stop()
    assert (await asyncio.wait_for(listening, 5))[0]["type"] == "welcome"


def test_of_several_views_of_one_thing_the_newest_is_rendered() -> None:
    entries = [
        FeedEntry("s", 1, "conversation", "a"),
        FeedEntry("s", 2, "message", "a", "m1"),
        FeedEntry("s", 3, "conversation", "b"),
        FeedEntry("s", 4, "conversation", "a"),
        FeedEntry("s", 5, "message", "a", "m2"),
    ]
    assert [entry.seq for entry in newest_views(entries)] == [2, 3, 4, 5]
