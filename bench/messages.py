"""Acknowledged messages per second and delivery latency between a visitor's and an agent's socket.

Every message is acknowledged only after its durable commit. The same run measures a bare FastAPI socket echo,
which stores nothing, as the peer. Client and server share this machine's cores.

Each number of open conversations is measured twice: with one message under way at a time, which shows how long one
takes, and with as many as keep the server busy, which shows the rate; the delivery times are then mostly queueing.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvloop
import websockets
from rich.console import Console
from rich.table import Table
from websockets.typing import Origin

from bench.server import AGENTS, PASSWORD, SITE

OPEN = (1, 50, 500)
SECONDS = 6.0
BUSY = 16
"""How many messages under way at once keep the server busy."""


@dataclass
class Result:
    sent: int = 0
    seconds: float = 0.0
    server_cpu: float = 0.0
    delivered_ms: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.sent / self.seconds

    def delivery(self, share: float) -> float:
        ordered = sorted(self.delivered_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    pid: int

    def cpu(self) -> float:
        """Seconds of processor time that it used so far; 0 where the system does not tell (other than Linux)."""
        try:
            columns = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(columns[11]) + int(columns[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def server(*arguments: str) -> Iterator[Server]:
    """A server of `bench.server` in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.server", *arguments], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield Server(int(process.stdout.readline()), process.pid)
    finally:
        process.terminate()
        process.wait(timeout=20)


class Line:
    """One kept connection for posting JSON: a full HTTP client costs as much as the server that is measured."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> Line:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def post(self, path: str, body: dict[str, str], headers: dict[str, str]) -> None:
        data = json.dumps(body).encode()
        fields = {"Host": "127.0.0.1", "Content-Type": "application/json", "Content-Length": str(len(data))}
        head = "".join(f"{name}: {value}\r\n" for name, value in (fields | headers).items())
        self._writer.write(f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + data)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(answer.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        content = await self._reader.readexactly(length)
        if answer.split(b" ", 2)[1] not in (b"200", b"201"):
            raise RuntimeError(f"not acknowledged: {content.decode()}")

    def close(self) -> None:
        self._writer.close()


@dataclass
class Visitor:
    conversation_id: str
    headers: dict[str, str]

    @property
    def messages(self) -> str:
        return f"/api/visitor/conversations/{self.conversation_id}/messages"


@dataclass
class Estate:
    """The product with its agents at their sockets, and visitors who talk to them."""

    server: Server
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
            address,
            additional_headers={"Cookie": headers["Cookie"]},
            origin=Origin(headers["Origin"]),
            max_size=None,
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
        first = {"client_id": "first", "text": "Bonjour"}
        (await self.client.post(visitor.messages, json=first, headers=headers)).raise_for_status()
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

    async def measure(self, seconds: float, together: int) -> Result:
        """Messages from all visitors in turn, ``together`` under way, one at a time per conversation."""
        result = Result()
        self.delivered_ms = result.delivered_ms
        number = 0
        lines = [await Line.open(self.server.port) for _ in range(together)]
        start, cpu = time.perf_counter(), self.server.cpu()

        async def talk(line: Line, share: list[Visitor]) -> None:
            nonlocal number
            for visitor in itertools.cycle(share):
                if time.perf_counter() - start >= seconds:
                    return
                number += 1
                client_id = f"m{number}-{int(start)}"
                self.under_way[client_id] = time.perf_counter()
                await line.post(
                    visitor.messages,
                    {"client_id": client_id, "text": "Où en est ma commande ?"},
                    visitor.headers,
                )
                result.sent += 1

        await asyncio.gather(*(talk(line, self.visitors[n::together]) for n, line in enumerate(lines)))
        result.seconds = time.perf_counter() - start
        result.server_cpu = self.server.cpu() - cpu
        for line in lines:
            line.close()
        for _ in range(50):
            if not self.under_way:
                break
            await asyncio.sleep(0.1)
        if self.under_way:
            raise RuntimeError(f"{len(self.under_way)} acknowledged messages were not delivered within 5 s")
        return result


async def echo_result(port: int, sockets: int, together: int, seconds: float) -> Result:
    """The same shape of load on the bare echo."""
    result = Result()
    address = f"ws://127.0.0.1:{port}/echo"
    opened = [await websockets.connect(address) for _ in range(sockets)]
    start = time.perf_counter()

    async def talk(share: list[websockets.ClientConnection]) -> None:
        for socket in itertools.cycle(share):
            if time.perf_counter() - start >= seconds:
                return
            began = time.perf_counter()
            await socket.send('{"type":"message","text":"Où en est ma commande ?"}')
            await socket.recv()
            result.delivered_ms.append((time.perf_counter() - began) * 1000)
            result.sent += 1

    await asyncio.gather(*(talk(opened[lane::together]) for lane in range(together)))
    result.seconds = time.perf_counter() - start
    for socket in opened:
        await socket.close()
    return result


async def compare(console: Console) -> None:
    table = Table(
        "open",
        "under way",
        "stored/s",
        "CPU ms each",
        "delivered p50 ms",
        "p99 ms",
        "echo/s",
        "echo p50 ms",
        "p99 ms",
        title="messages, each committed durably before it is acknowledged",
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        server("product", folder) as product,
        server("echo") as peer,
    ):
        url = f"http://127.0.0.1:{product.port}"
        limits = httpx.Limits(max_connections=64)
        async with httpx.AsyncClient(base_url=url, limits=limits, timeout=60) as client:
            estate = Estate(product, url, client)
            await estate.staff()
            for wanted in OPEN:
                with console.status("") as progress:
                    while len(estate.visitors) < wanted:
                        more = min(20, wanted - len(estate.visitors))
                        await asyncio.gather(*(estate.add_visitor() for _ in range(more)))
                        progress.update(f"{len(estate.visitors)} of {wanted} conversations open")
                for together in sorted({1, min(BUSY, wanted)}):
                    ours = await estate.measure(SECONDS, together)
                    echoed = await echo_result(peer.port, wanted, together, SECONDS / 3)
                    table.add_row(
                        str(wanted),
                        str(together),
                        f"{ours.rate:,.0f}",
                        f"{ours.server_cpu * 1000 / ours.sent:.2f}",
                        f"{ours.delivery(0.5):.1f}",
                        f"{ours.delivery(0.99):.1f}",
                        f"{echoed.rate:,.0f}",
                        f"{echoed.delivery(0.5):.2f}",
                        f"{echoed.delivery(0.99):.2f}",
                    )
            for desk in estate.desks:
                desk.cancel()
    console.print(table)
    console.print(f"Load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, this client included.")


def run(console: Console) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(compare(console))
