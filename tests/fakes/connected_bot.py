"""A bot of the external-bot contract over real HTTP, which answers as it is told to, or misbehaves."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request as it came in."""

    method: str
    path: str
    query: Mapping[str, str]
    raw_query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Raw:
    """An answer byte for byte; ``drip``: seconds between bytes; ``hang``: none at all."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    drip: float = 0.0
    hang: bool = False
    cut: bool = False


Answer = Callable[[Asked], Any]


def says(*replies: Mapping[str, Any] | str) -> dict[str, Any]:
    """A Conversation with these replies; text stands for a message of text."""
    return {"idOperator": "va-shop", "variables": [], "replies": [
        {"type": "message", "payload": {"contentType": "text", "value": reply}, "quickReplies": []}
        if isinstance(reply, str) else dict(reply)
        for reply in replies
    ]}  # fmt: skip


def pause(seconds: float) -> dict[str, Any]:
    return {"type": "await", "duration": {"unit": "millis", "value": seconds * 1000}}


CLOSE = {"type": "close"}


def transfer(rule: str, seconds: float | None = None) -> dict[str, Any]:
    options = (
        {} if seconds is None else {"transferOptions": {"timeout": {"value": seconds, "unit": "seconds"}}}
    )
    return {"type": "transfer", "distributionRule": rule} | options


class Bot:
    """Its routes, by (method, first part of the path); ``messages`` answers what visitors write."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.under_way = 0
        self._more = asyncio.Condition()
        self.scenarios: Any = [{"idBot": "orders", "name": "Orders", "editorUrl": "https://bot.test/1"}]
        self.strategies: Any = [{"strategy": "customAvailability", "availability": True}]
        self.first: Any = {"replies": []}
        self.opening: Any = None
        self.messages: Answer = lambda asked: says(f"You said {asked.json['message']['payload']['value']}")
        self.echo: Answer = lambda asked: Raw()
        self.put: Any = {"idOperator": "va-shop", "external": {"idBot": "orders"}}
        self.url = ""

    def of(self, method: str, path: str) -> list[Asked]:
        return [one for one in self.asked if one.method == method and one.path.startswith(path)]

    @property
    def heard(self) -> list[tuple[str, str]]:
        """Messages as (role, words)."""
        told = [one.json["message"] for one in self.asked if one.path.endswith("/messages")]
        return [(one["author"]["role"], one["payload"]["value"]) for one in told]

    def answer(self, asked: Asked) -> Any:
        path = asked.path
        if path.endswith("/messages"):
            by_visitor = asked.json["message"]["author"]["role"] == "visitor"
            return (self.messages if by_visitor else self.echo)(asked)
        if path.endswith("/conversation-first-messages"):
            return self.first
        if path == "/conversations":
            default = {"idConversation": asked.json["idConversation"], "replies": []}
            return self.opening if self.opening is not None else default
        return {
            "/external-bots": self.scenarios,
            "/availability-strategies": self.strategies,
        }.get(path, self.put)

    async def until_under_way(self, count: int) -> None:
        """Wait until this many requests are being answered."""
        async with self._more:
            await self._more.wait_for(lambda: self.under_way >= count)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                asked = await _read(reader)
                self.asked.append(asked)
                self.under_way += 1
                async with self._more:
                    self._more.notify_all()
                try:
                    await _write(writer, self.answer(asked))
                finally:
                    self.under_way -= 1
        writer.close()


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return Asked(method, parts.path, query, parts.query, headers, body)


async def _write(writer: asyncio.StreamWriter, answer: Any) -> None:
    raw = answer if isinstance(answer, Raw) else Raw(json.dumps(answer).encode())
    if raw.hang:
        await asyncio.Event().wait()
    head = f"HTTP/1.1 {raw.status} X\r\ncontent-length: {len(raw.body)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in raw.headers.items()) + "\r\n"
    writer.write(head.encode())
    if raw.cut:
        writer.write(raw.body[: len(raw.body) // 2])
        await writer.drain()
        raise ConnectionResetError
    if raw.drip:
        for byte in raw.body:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(raw.drip)
    else:
        writer.write(raw.body)
    await writer.drain()


@asynccontextmanager
async def running_bot() -> AsyncIterator[Bot]:
    """A bot that listens on this machine."""
    bot = Bot()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        await bot.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    bot.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield bot
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
