"""Acknowledged messages per second and delivery latency between a visitor's and an agent's socket.

Every message is acknowledged only after its durable commit. The same run measures a bare FastAPI socket echo,
which stores nothing, as the peer. Client and server share this machine's cores.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import websockets
from rich.console import Console
from rich.table import Table

from bench.server import AGENTS, PASSWORD, SITE

OPEN = (1, 50, 500)
SECONDS = 6.0
TOGETHER = 16
"""How many messages are under way at once, at most: enough to keep the server busy."""


@dataclass
class Result:
    sent: int = 0
    seconds: float = 0.0
    acknowledged_ms: list[float] = field(default_factory=list)
    delivered_ms: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.sent / self.seconds

    def delivery(self, share: float) -> float:
        ordered = sorted(self.delivered_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@contextmanager
def server(*arguments: str) -> Iterator[int]:
    """A server of `bench.server` in a process of its own; yields its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.server", *arguments], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(timeout=20)


async def wait_until_it_answers(url: str) -> None:
    async with httpx.AsyncClient() as client:
        for _ in range(300):
            try:
                await client.get(url)
            except httpx.HTTPError:
                await asyncio.sleep(0.1)
            else:
                return
    raise RuntimeError(f"{url} did not answer within 30 s")


@dataclass
class Visitor:
    conversation_id: str
    headers: dict[str, str]


@dataclass
class Estate:
    """The product with its agents at their sockets, and visitors who talk to them."""

    url: str
    client: httpx.AsyncClient
    visitors: list[Visitor] = field(default_factory=list)
    under_way: dict[str, float] = field(default_factory=dict)
    delivered_ms: list[float] = field(default_factory=list)
    desks: list[asyncio.Task[None]] = field(default_factory=list)
    accepted: asyncio.Event = field(default_factory=asyncio.Event)

    async def staff(self) -> None:
        for number in range(AGENTS):
            headers = {"Origin": self.url, "X-Visavis": "desk"}
            async with httpx.AsyncClient(base_url=self.url, headers=headers) as fresh:
                login = {"email": f"agent{number}@bench.example", "password": PASSWORD}
                (await fresh.post("/api/auth/login", json=login)).raise_for_status()
                headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in fresh.cookies.items())
                await fresh.put("/api/agent/presence", json={"chat": True, "video": False}, headers=headers)
            ready = asyncio.Event()
            self.desks.append(asyncio.create_task(self.desk(headers, ready)))
            await ready.wait()

    async def desk(self, headers: dict[str, str], ready: asyncio.Event) -> None:
        """An agent: accepts every invitation at once, and notes when each visitor's message arrives."""
        address = self.url.replace("http", "ws") + "/api/agent/socket"
        async with websockets.connect(
            address, additional_headers={"Cookie": headers["Cookie"]}, origin=headers["Origin"], max_size=None
        ) as socket:
            await socket.send(json.dumps({"type": "hello", "after": 0, "can_video": False}))
            async for raw in socket:
                frame = json.loads(raw)
                match frame["type"]:
                    case "welcome":
                        ready.set()
                    case "ping":
                        await socket.send('{"type":"pong"}')
                    case "invitation":
                        await self.accept(frame["invitation"], headers)
                    case "message":
                        began = self.under_way.pop(frame["message"]["client_id"] or "", None)
                        if began is not None:
                            self.delivered_ms.append((time.perf_counter() - began) * 1000)
                    case _:
                        pass

    async def accept(self, invitation: dict[str, Any], headers: dict[str, str]) -> None:
        conversation = invitation["conversation"]["id"]
        path = f"/api/agent/conversations/{conversation}/invitation/{invitation['id']}/accept"
        await self.client.post(path, headers=headers)
        self.accepted.set()

    async def add_visitor(self) -> None:
        opened = await self.client.post(
            "/api/visitor/session", json={"site_key": SITE, "language": "fr"}, headers={"Origin": self.url}
        )
        headers = {"Origin": self.url, "Authorization": f"Bearer {opened.json()['token']}"}
        started = await self.client.post(
            "/api/visitor/conversations", json={"client_id": "start"}, headers=headers
        )
        visitor = Visitor(started.json()["conversation"]["id"], headers)
        await self.post(visitor, "first", "Bonjour")
        while True:
            self.accepted.clear()
            shown = await self.client.get(
                f"/api/visitor/conversations/{visitor.conversation_id}", headers=headers
            )
            if shown.json()["conversation"]["party"] == "agent":
                break
            try:
                await asyncio.wait_for(self.accepted.wait(), 1)
            except TimeoutError:
                continue
        self.visitors.append(visitor)

    async def post(self, visitor: Visitor, client_id: str, text: str) -> None:
        answer = await self.client.post(
            f"/api/visitor/conversations/{visitor.conversation_id}/messages",
            json={"client_id": client_id, "text": text},
            headers=visitor.headers,
        )
        answer.raise_for_status()

    async def measure(self, seconds: float) -> Result:
        """Messages from all visitors in turn, at most `TOGETHER` under way and one at a time per conversation."""
        result = Result()
        self.delivered_ms = result.delivered_ms
        number = 0
        start = time.perf_counter()

        async def talk(share: list[Visitor]) -> None:
            nonlocal number
            place = 0
            while time.perf_counter() - start < seconds:
                visitor = share[place % len(share)]
                place += 1
                number += 1
                client_id = f"m{number}-{int(start)}"
                began = time.perf_counter()
                self.under_way[client_id] = began
                await self.post(visitor, client_id, "Où en est ma commande ?")
                result.acknowledged_ms.append((time.perf_counter() - began) * 1000)
                result.sent += 1

        lanes = min(TOGETHER, len(self.visitors))
        await asyncio.gather(*(talk(self.visitors[lane::lanes]) for lane in range(lanes)))
        result.seconds = time.perf_counter() - start
        for _ in range(50):
            if not self.under_way:
                break
            await asyncio.sleep(0.1)
        if self.under_way:
            raise RuntimeError(f"{len(self.under_way)} acknowledged messages were not delivered within 5 s")
        return result


async def echo_result(port: int, sockets: int, seconds: float) -> Result:
    """The same shape of load on the bare echo: `sockets` open, at most `TOGETHER` messages under way."""
    result = Result()
    address = f"ws://127.0.0.1:{port}/echo"
    opened = [await websockets.connect(address) for _ in range(sockets)]
    start = time.perf_counter()

    async def talk(share: list[websockets.ClientConnection]) -> None:
        place = 0
        while time.perf_counter() - start < seconds:
            socket = share[place % len(share)]
            place += 1
            began = time.perf_counter()
            await socket.send('{"type":"message","text":"Où en est ma commande ?"}')
            await socket.recv()
            result.delivered_ms.append((time.perf_counter() - began) * 1000)
            result.sent += 1

    lanes = min(TOGETHER, sockets)
    await asyncio.gather(*(talk(opened[lane::lanes]) for lane in range(lanes)))
    result.seconds = time.perf_counter() - start
    for socket in opened:
        await socket.close()
    return result


async def compare(console: Console) -> None:
    table = Table(
        "open",
        "acknowledged/s",
        "delivery p50 ms",
        "p99 ms",
        "echo/s",
        "echo p50 ms",
        "echo p99 ms",
        "× echo p50",
        title="messages, each committed durably before it is acknowledged",
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        server("product", folder) as port,
        server("echo") as echo_port,
    ):
        url = f"http://127.0.0.1:{port}"
        await wait_until_it_answers(f"{url}/healthz")
        await wait_until_it_answers(f"http://127.0.0.1:{echo_port}/")
        limits = httpx.Limits(max_connections=64)
        async with httpx.AsyncClient(base_url=url, limits=limits, timeout=60) as client:
            estate = Estate(url, client)
            await estate.staff()
            for wanted in OPEN:
                while len(estate.visitors) < wanted:
                    await asyncio.gather(
                        *(estate.add_visitor() for _ in range(min(20, wanted - len(estate.visitors))))
                    )
                    console.print(f"{len(estate.visitors)} conversations open", end="\r")
                ours = await estate.measure(SECONDS)
                peer = await echo_result(echo_port, wanted, SECONDS / 3)
                table.add_row(
                    str(wanted),
                    f"{ours.rate:,.0f}",
                    f"{ours.delivery(0.5):.1f}",
                    f"{ours.delivery(0.99):.1f}",
                    f"{peer.rate:,.0f}",
                    f"{peer.delivery(0.5):.2f}",
                    f"{peer.delivery(0.99):.2f}",
                    f"{ours.delivery(0.5) / peer.delivery(0.5):.0f}",
                )
            for desk in estate.desks:
                desk.cancel()
    console.print(table)


def run(console: Console) -> None:
    asyncio.run(compare(console))
