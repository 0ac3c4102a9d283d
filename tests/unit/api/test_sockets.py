"""One socket at a time, spoken to in raw ASGI: what it refuses, and when it gives up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Self, cast

import pytest
from fastapi import FastAPI

from orchestrator.api.app import create_app
from orchestrator.api.platform import Platform, Timings
from orchestrator.application.errors import Unauthenticated
from tests.unit.api.stubs import OWN, SHOP, StubAccounts, user

WELCOME = {"type": "welcome", "seq": 7, "server_time": "2026-01-15T09:30:00Z"}
HELLO = {"type": "hello", "token": "visitor-v1", "after": 3}
HOUR = 3600.0


@dataclass
class StubStream:
    """Sends a welcome, then whatever a test puts in."""

    frames: asyncio.Queue[Mapping[str, object]]
    entered: int = 0
    left: int = 0
    alive_times: int = 0

    async def alive(self) -> None:
        self.alive_times += 1

    async def __aenter__(self) -> Self:
        self.entered += 1
        return self

    async def __aexit__(self, *_: object) -> None:
        self.left += 1

    async def __aiter__(self) -> AsyncIterator[Mapping[str, object]]:
        yield WELCOME
        while True:
            yield await self.frames.get()


@dataclass
class StubStreams:
    stream: StubStream = field(default_factory=lambda: StubStream(asyncio.Queue()))
    opened: list[tuple[str, int]] = field(default_factory=list)

    def visitor(self, visitor_id: str, *, after: int = 0) -> StubStream:
        self.opened.append((visitor_id, after))
        return self.stream

    def agent(self, agent_id: str, *, after: int = 0, can_video: bool = True) -> StubStream:
        self.opened.append((agent_id, after))
        return self.stream


class Peer:
    """The browser's end of a socket. Never reading is what a slow one does: ``stalled`` blocks our sends."""

    def __init__(self, app: FastAPI, path: str, headers: Mapping[str, str]) -> None:
        self._app = app
        self._to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.reading = asyncio.Event()
        self.reading.set()
        self._scope = {
            "type": "websocket",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "ws",
            "server": ("service.test", 80),
            "client": ("192.0.2.1", 5000),
            "root_path": "",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "subprotocols": [],
            "state": {},
            "extensions": {"websocket.http.response": {}},
        }
        self.task: asyncio.Task[None] | None = None

    async def connect(self) -> dict[str, Any]:
        self._to_app.put_nowait({"type": "websocket.connect"})
        app = cast("Any", self._app)
        self.task = asyncio.create_task(app(self._scope, self._to_app.get, self._take))
        return await self.received.get()

    async def _take(self, message: dict[str, Any]) -> None:
        await self.reading.wait()
        self.received.put_nowait(message)

    def say(self, frame: object) -> None:
        text = frame if isinstance(frame, str) else json.dumps(frame)
        self._to_app.put_nowait({"type": "websocket.receive", "text": text})

    def say_bytes(self, data: bytes) -> None:
        self._to_app.put_nowait({"type": "websocket.receive", "bytes": data})

    def go(self) -> None:
        self._to_app.put_nowait({"type": "websocket.disconnect", "code": 1001})

    async def frame(self) -> dict[str, Any]:
        message = await self.received.get()
        assert message["type"] == "websocket.send", message
        return json.loads(message["text"])

    async def close_code(self) -> int:
        message = await self.received.get()
        assert message["type"] == "websocket.close", message
        return message["code"]

    async def ended(self) -> None:
        assert self.task is not None
        await self.task


@pytest.fixture
def streams() -> StubStreams:
    return StubStreams()


@pytest.fixture
def typed(stubs: Any) -> list[tuple[str, str]]:
    """Who was reported as typing, where."""
    seen: list[tuple[str, str]] = []

    async def typing(who: str, conversation_id: str) -> None:
        seen.append((who, conversation_id))

    stubs.conversations.visitor_typing = stubs.conversations.agent_typing = typing
    return seen


def app_with(platform: Platform, streams: StubStreams, **timings: float) -> FastAPI:
    given = Timings(**({"hello": HOUR, "ping": HOUR, "send": HOUR} | timings))
    options = replace(platform.options, timings=given)
    return create_app(replace(platform, streams=cast("Any", streams), options=options))


@asynccontextmanager
async def visitor(app: FastAPI, *, hello: bool = True, origin: str = SHOP) -> AsyncIterator[Peer]:
    peer = Peer(app, "/api/visitor/socket", {"host": "service.test", "origin": origin})
    assert (await peer.connect())["type"] == "websocket.accept"
    try:
        if hello:
            peer.say(HELLO)
            assert await peer.frame() == WELCOME
        yield peer
    finally:
        peer.reading.set()
        peer.go()
        await peer.ended()


async def test_a_visitor_goes_on_where_it_was(platform: Platform, streams: StubStreams) -> None:
    async with visitor(app_with(platform, streams)) as peer:
        streams.stream.frames.put_nowait({"type": "bot", "status": "starting"})
        assert await peer.frame() == {"type": "bot", "status": "starting"}
    assert streams.opened == [("v1", 3)]
    assert (streams.stream.entered, streams.stream.left) == (1, 1)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", OWN])
async def test_other_pages_are_refused_before_the_handshake(
    platform: Platform, streams: StubStreams, origin: str
) -> None:
    peer = Peer(
        app_with(platform, streams), "/api/visitor/socket", {"host": "service.test", "origin": origin}
    )
    answer = await peer.connect()
    assert answer["type"] == "websocket.http.response.start"
    assert answer["status"] == 403
    await peer.ended()


async def test_a_page_without_origin_is_refused(platform: Platform, streams: StubStreams) -> None:
    for path in ("/api/visitor/socket", "/api/agent/socket"):
        headers = {"host": "service.test", "cookie": "visavis_session=session-agent"}
        answer = await Peer(app_with(platform, streams), path, headers).connect()
        assert answer["status"] == 403


async def test_the_origin_must_be_of_the_tokens_own_site(platform: Platform, streams: StubStreams) -> None:
    async with visitor(app_with(platform, streams), hello=False, origin="http://other.example:8080") as peer:
        peer.say(HELLO)
        assert (await peer.frame())["code"] == "origin_not_allowed"
        assert await peer.close_code() == 4403
    assert streams.stream.entered == 0


@pytest.mark.parametrize(
    ("first", "code", "close"),
    [
        ({"type": "hello", "token": "stolen"}, "unauthenticated", 4401),
        ({"type": "hello", "token": "visitor-gone"}, "session_over", 4401),
        ({"type": "hello"}, "invalid_frame", 4400),
        ({"type": "hello", "token": "visitor-v1", "after": -1}, "invalid_frame", 4400),
        ({"type": "typing", "conversation_id": "c1"}, "invalid_frame", 4400),
        ("not json", "invalid_frame", 4400),
        ("[" * 10_000, "invalid_frame", 4400),
        ("x" * 16_385, "frame_too_large", 1009),
        ("é" * 8_193, "frame_too_large", 1009),
    ],
)
async def test_bad_hellos(
    platform: Platform, streams: StubStreams, first: object, code: str, close: int
) -> None:
    async with visitor(app_with(platform, streams), hello=False) as peer:
        peer.say(first)
        frame = await peer.frame()
        assert (frame["type"], frame["code"]) == ("error", code)
        assert await peer.close_code() == close
    assert streams.stream.entered == 0


async def test_binary_frames_are_refused(platform: Platform, streams: StubStreams) -> None:
    async with visitor(app_with(platform, streams)) as peer:
        peer.say_bytes(b"\x00")
        assert (await peer.frame())["code"] == "invalid_frame"
        assert await peer.close_code() == 4400


async def test_no_hello(platform: Platform, streams: StubStreams) -> None:
    async with visitor(app_with(platform, streams, hello=0.01), hello=False) as peer:
        assert (await peer.frame())["code"] == "hello_missing"
        assert await peer.close_code() == 4408


async def test_silence_ends_a_socket(platform: Platform, streams: StubStreams) -> None:
    async with visitor(app_with(platform, streams, ping=0.01)) as peer:
        assert await peer.frame() == {"type": "ping"}
        assert await peer.frame() == {"type": "ping"}
        assert await peer.close_code() == 4408, "two pings without a pong"
    assert streams.stream.left == 1


async def test_an_answer_keeps_it_open(platform: Platform, streams: StubStreams) -> None:
    async with visitor(app_with(platform, streams, ping=0.01)) as peer:
        for _ in range(6):
            assert await peer.frame() == {"type": "ping"}
            peer.say({"type": "pong"})
    assert streams.stream.alive_times >= 5, "that somebody is there is noted"


async def test_a_slow_one_is_let_go_without_an_error(platform: Platform, streams: StubStreams) -> None:
    async with visitor(app_with(platform, streams, send=0.01)) as peer:
        peer.reading.clear()
        for _ in range(1000):
            streams.stream.frames.put_nowait({"type": "bot", "status": "ready"})
        await peer.ended()
        assert streams.stream.left == 1
        assert streams.stream.frames.qsize() > 900, "frames stay where they are: nothing is buffered for it"
        assert peer.received.empty(), "it comes back by itself, so it is not told that it was refused"


async def test_typing_is_passed_on_within_limits(
    platform: Platform, streams: StubStreams, typed: list[tuple[str, str]]
) -> None:
    async with visitor(app_with(platform, streams)) as peer:
        for _ in range(15):
            peer.say({"type": "typing", "conversation_id": "c1"})
        streams.stream.frames.put_nowait({"type": "bot", "status": "ready"})
        await peer.frame()
        peer.say("nonsense")
        await peer.frame()
    assert typed == [("v1", "c1")] * 10, "the surplus is dropped and the socket stays"


async def test_a_flood_ends_a_socket(platform: Platform, streams: StubStreams) -> None:
    async with visitor(app_with(platform, streams)) as peer:
        for _ in range(100):
            peer.say({"type": "pong"})
        assert (await peer.frame())["code"] == "too_many_frames"
        assert await peer.close_code() == 4429


async def test_one_visitor_has_so_many_sockets_at_most(platform: Platform, streams: StubStreams) -> None:
    app = app_with(platform, streams)
    async with AsyncExitStack() as tabs:
        for _ in range(20):
            await tabs.enter_async_context(visitor(app))
        async with visitor(app, hello=False) as one_more:
            one_more.say(HELLO)
            assert (await one_more.frame())["code"] == "too_many_sockets"
            assert await one_more.close_code() == 4429
    assert not app.state.sockets
    async with visitor(app):
        pass


def agent(app: FastAPI, role: str | None = "agent", origin: str = OWN) -> Peer:
    headers = {"host": "service.test", "origin": origin}
    if role is not None:
        headers["cookie"] = f"visavis_session=session-{role}"
    return Peer(app, "/api/agent/socket", headers)


@pytest.mark.parametrize(
    ("role", "code", "close"),
    [(None, "not_authenticated", 4401), ("designer", "role_not_allowed", 4403)],
)
async def test_desk_sockets_are_for_agents(
    platform: Platform, streams: StubStreams, role: str | None, code: str, close: int
) -> None:
    peer = agent(app_with(platform, streams), role)
    # Accepted first: a page cannot read why a handshake failed.
    assert (await peer.connect())["type"] == "websocket.accept"
    assert (await peer.frame())["code"] == code
    assert await peer.close_code() == close


@pytest.mark.parametrize("origin", [SHOP, "https://service.test", "null"])
async def test_desk_sockets_are_for_our_own_pages(
    platform: Platform, streams: StubStreams, origin: str
) -> None:
    answer = await agent(app_with(platform, streams), origin=origin).connect()
    assert answer["status"] == 403


async def test_a_session_that_ends_ends_its_socket(platform: Platform, streams: StubStreams) -> None:
    accounts = StubAccounts()
    app = app_with(replace(platform, accounts=cast("Any", accounts)), streams, ping=0.01)
    peer = agent(app)
    await peer.connect()
    peer.say({"type": "hello", "after": 0})
    assert await peer.frame() == WELCOME

    async def revoked(_: str) -> Any:
        raise Unauthenticated("session_over")

    assert await peer.frame() == {"type": "ping"}
    accounts.user_of_session = revoked  # type: ignore[method-assign]
    seen = await peer.frame()
    while seen["type"] == "ping":
        peer.say({"type": "pong"})
        seen = await peer.frame()
    assert seen["code"] == "session_over"
    assert await peer.close_code() == 4401
    assert user("agent").id == streams.opened[0][0]
