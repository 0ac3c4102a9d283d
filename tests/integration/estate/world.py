"""Two processes behind a round-robin proxy, on one PostgreSQL and one NATS, and the people who use them."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.integration.media.peers import Peer
from tests.servers.child import Child, answers, free_port
from tests.servers.proxy import RoundRobin

ROOT = Path(__file__).parents[3]
SHOP = "https://shop.example"
PASSWORD = "correct horse battery"
SECRET = "a secret that both processes share, in tests"
WITHIN = 20.0

Json = dict[str, Any]


class Process:
    """``visavis up``, as an operator starts it."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        folder.mkdir()
        self.port = free_port()
        self.log = folder / "log"
        command = [sys.executable, "-m", "orchestrator", "up", "--port", str(self.port)]
        settings = environment | {"VISAVIS_DATA_DIR": str(folder / "data"), "PYTHONPATH": str(ROOT)}
        self.child = Child(command, self.log, environment=settings, folder=ROOT)

    def wait(self) -> None:
        def ready() -> bool:
            if not answers(self.port):
                return False
            try:
                return httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=2).status_code == 200
            except httpx.HTTPError:
                return False

        self.child.wait_until(ready, "the service", 60)


@dataclass
class Page:
    """An open page: its socket, which comes back by itself, and everything that it was told.

    What a page may see twice (a view that is sent again) it knows by its number; a line of the history twice, or out of
    order, would be a mistake.
    """

    open_socket: Callable[[], Any]
    hello: Json
    proxy: RoundRobin
    frames: list[Json] = field(default_factory=list[Json])
    connected: int = 0
    """How often the socket was opened."""
    _socket: ClientConnection | None = None
    _heard: asyncio.Condition = field(default_factory=asyncio.Condition)
    _task: asyncio.Task[None] | None = None
    _comes_back: bool = True

    async def open(self) -> None:
        self._task = asyncio.create_task(self._run())
        await self.until(lambda frame: frame["type"] == "welcome")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def leave(self) -> None:
        """Do not come back when the connection ends."""
        self._comes_back = False

    @property
    def served_by(self) -> int:
        """The port of the process that holds the socket."""
        assert self._socket is not None
        return self.proxy.served_by(self._socket.local_address[1])

    async def send(self, frame: Json) -> None:
        assert self._socket is not None
        await self._socket.send(json.dumps(frame))

    async def until(self, wanted: Callable[[Json], object], *, after: int = 0) -> Json:
        """The first frame after the first so many that is wanted."""
        async with asyncio.timeout(WITHIN), self._heard:
            while True:
                for frame in self.frames[after:]:
                    if wanted(frame):
                        return frame
                await self._heard.wait()

    async def until_connected(self, times: int) -> None:
        async with asyncio.timeout(WITHIN), self._heard:
            while self.connected < times:
                await self._heard.wait()

    async def until_texts(self, count: int) -> list[str]:
        async with asyncio.timeout(WITHIN), self._heard:
            while len(self.texts) < count:
                await self._heard.wait()
        return self.texts

    @property
    def texts(self) -> list[str]:
        """What people wrote, as this page was told, in that order."""
        contents = [frame["message"]["content"] for frame in self.frames if frame["type"] == "message"]
        return [content["text"] for content in contents if content["type"] == "text"]

    @property
    def positions(self) -> list[int]:
        return [frame["message"]["position"] for frame in self.frames if frame["type"] == "message"]

    async def _run(self) -> None:
        seen = 0
        while self._comes_back:
            try:
                async with self.open_socket() as socket:
                    self._socket = socket
                    await socket.send(json.dumps(self.hello | {"after": seen}))
                    self.connected += 1
                    async for text in socket:
                        frame = json.loads(text)
                        if frame["type"] == "ping":
                            await socket.send('{"type": "pong"}')
                        if frame["type"] != "welcome":
                            seen = max(seen, frame.get("seq", 0))
                        async with self._heard:
                            self.frames.append(frame)
                            self._heard.notify_all()
            except (ConnectionClosed, InvalidHandshake, OSError, EOFError):
                await asyncio.sleep(0.05)


class People:
    """Visitors and agents of one estate. Every request is a connection of its own: each process gets its share."""

    def __init__(self, proxy: RoundRobin, processes: list[Process]) -> None:
        self.proxy = proxy
        self.processes = processes
        self.url = f"http://127.0.0.1:{proxy.port}"
        self.client = httpx.AsyncClient(
            base_url=self.url, limits=httpx.Limits(max_keepalive_connections=0), timeout=WITHIN
        )
        self.pages: list[Page] = []
        self.peers: list[Peer] = []
        self._numbers = itertools.count()

    async def close(self) -> None:
        for peer in self.peers:
            await peer.close()
        for page in self.pages:
            await page.close()
        await self.client.aclose()

    async def call(
        self, method: str, path: str, headers: dict[str, str], *, at: int | None = None, **body: Any
    ) -> httpx.Response:
        """``at``: the port of the process that is to answer, as if the proxy had chosen it."""
        if at is not None:
            path, headers = f"http://127.0.0.1:{at}{path}", headers | {"host": f"127.0.0.1:{self.proxy.port}"}
        answer = await self._ask(method, path, headers=headers, **body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    async def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """As pages do: what broke on the way is asked again, under the same name."""
        async with asyncio.timeout(WITHIN):
            while True:
                try:
                    return await self.client.request(method, path, **more)
                except httpx.TransportError:
                    await asyncio.sleep(0.05)

    async def page(
        self, path: str, hello: Json, headers: dict[str, str], *, not_at: int | None = None
    ) -> Page:
        """Open a socket, at another process than ``not_at``."""
        address = f"ws://127.0.0.1:{self.proxy.port}{path}"
        origin = headers["origin"]
        more = {name: value for name, value in headers.items() if name == "cookie"}
        while True:
            page = Page(
                lambda: connect(address, origin=origin, additional_headers=more),  # type: ignore[arg-type]
                hello,
                self.proxy,
            )
            await page.open()
            if page.served_by != not_at:
                self.pages.append(page)
                return page
            await page.close()

    async def visitor(self, site: str) -> Visitor:
        body = {"site_key": site, "language": "fr", "can_video": True}
        opened = await self.call("POST", "/api/visitor/session", {"origin": SHOP}, json=body)
        visitor = Visitor(self, opened.json())
        started = await self.call(
            "POST", "/api/visitor/conversations", visitor.headers, json={"client_id": "start"}
        )
        visitor.conversation = started.json()["conversation"]["id"]
        return visitor

    async def agent(self, name: str) -> Agent:
        headers = {"origin": self.url, "x-visavis": "desk"}
        body = {"email": f"{name}@x.test", "password": PASSWORD}
        answer = await self.call("POST", "/api/auth/login", headers, json=body)
        cookie = "; ".join(f"{key}={value}" for key, value in answer.cookies.items())
        self.client.cookies.clear()
        return Agent(self, answer.json()["id"], headers | {"cookie": cookie})

    async def connect_media(self, token_path: str, headers: dict[str, str], luma: int) -> Peer:
        """Join a call: the token from one process, the offer to whichever is next."""
        async with asyncio.timeout(WITHIN):
            while True:
                peer = Peer(luma=luma)
                self.peers.append(peer)
                token = (await self.call("POST", token_path, headers)).json()
                await peer.pc.setLocalDescription(await peer.pc.createOffer())
                answer = await self._ask(
                    "POST",
                    token["url"],
                    content=peer.pc.localDescription.sdp,
                    headers={
                        "authorization": f"Bearer {token['token']}",
                        "content-type": "application/sdp",
                        "origin": headers["origin"],
                    },
                )
                if answer.status_code == 201:
                    await peer.accept(answer.text)
                    return peer
                # The process that had the room is gone, and not yet known to be: as a page does, try again.
                assert answer.status_code in (404, 409), answer.text
                await asyncio.sleep(0.25)


@dataclass
class Visitor:
    people: People
    session: Json
    conversation: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.session['token']}", "origin": SHOP}

    @property
    def path(self) -> str:
        return f"/api/visitor/conversations/{self.conversation}"

    async def page(self, **options: Any) -> Page:
        hello = {"type": "hello", "token": self.session["token"]}
        return await self.people.page("/api/visitor/socket", hello, {"origin": SHOP}, **options)

    async def act(self, what: str) -> Json:
        return (await self.people.call("POST", f"{self.path}/{what}", self.headers)).json()

    async def write(self, text: str) -> None:
        body = {"client_id": text.replace(" ", "-"), "text": text}
        await self.people.call("POST", f"{self.path}/messages", self.headers, json=body)

    async def see(self) -> Json:
        return (await self.people.call("GET", self.path, self.headers)).json()["conversation"]

    async def join(self, luma: int) -> Peer:
        return await self.people.connect_media(f"{self.path}/call/token", self.headers, luma)


@dataclass
class Agent:
    people: People
    id: str
    headers: dict[str, str]

    async def page(self, **options: Any) -> Page:
        hello = {"type": "hello", "can_video": True}
        return await self.people.page("/api/agent/socket", hello, self.headers, **options)

    async def switch(self, state: str) -> None:
        """Both channels: available, paused or offline."""
        body = {"chat": {"state": state}, "video": {"state": state}}
        await self.people.call("PUT", "/api/agent/presence", self.headers, json=body)

    async def accept(self, invitation: Json, *, at: int) -> str:
        conversation = invitation["conversation"]["id"]
        path = f"/api/agent/conversations/{conversation}/invitation/{invitation['id']}/accept"
        await self.people.call("POST", path, self.headers, at=at)
        return conversation

    async def write(self, conversation: str, text: str) -> None:
        body = {"client_id": text.replace(" ", "-"), "text": text}
        path = f"/api/agent/conversations/{conversation}/messages"
        await self.people.call("POST", path, self.headers, json=body)

    async def join(self, conversation: str, luma: int) -> Peer:
        path = f"/api/agent/conversations/{conversation}/call/token"
        return await self.people.connect_media(path, self.headers, luma)
