"""Requests and sockets, as a page makes them: what is refused for a while is tried again, what is lost is resumed."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

Json = dict[str, Any]

TRIES = 4
RECONNECT_AFTER = 0.5
MOST_PATIENCE = 120.0
"""Longer than this nobody waits for a rate limit."""


class Refused(Exception):  # noqa: N818 - an answer, not a mistake
    """409: this is not possible now, or not any more."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Failed(Exception):  # noqa: N818
    """The service did not do what it says it does."""


@dataclass
class Traffic:
    """What happened on the wire, counted."""

    requests: int = 0
    refusals: Counter[str] = field(default_factory=Counter[str])
    errors: Counter[str] = field(default_factory=Counter[str])
    held_up: int = 0
    held_up_seconds: float = 0.0
    sockets: int = 0
    times: list[float] = field(default_factory=list[float])


@dataclass(frozen=True, slots=True)
class Service:
    """Where it is. ``addresses``: it believes us where people come from, so that each has an address of their own."""

    url: str
    own: bool
    addresses: bool = False

    @property
    def socket_url(self) -> str:
        return "ws" + self.url.removeprefix("http")

    def headers(self, person: int, origin: str) -> dict[str, str]:
        headers = {"origin": origin}
        if self.addresses:
            headers["x-forwarded-for"] = f"10.{person >> 16 & 255}.{person >> 8 & 255}.{person & 255}"
        return headers


class Requests:
    """One person's requests."""

    def __init__(
        self, client: httpx.AsyncClient, service: Service, traffic: Traffic, headers: Mapping[str, str]
    ) -> None:
        self._client = client
        self._service = service
        self._traffic = traffic
        self.headers = dict(headers)

    async def __call__(self, method: str, path: str, body: Json | None = None) -> Json:
        """Ask; returns the JSON of the answer (`{}` without one, the list under `items` of a list).

        Raises:
            Refused: 409.
            Failed: any other answer that is no success, or none after several tries.
        """
        for last in range(1, TRIES + 1):
            answer = await self._ask(method, path, body)
            if answer is None or answer.status_code >= 500:
                if last == TRIES:
                    break
                await asyncio.sleep(RECONNECT_AFTER * last)
                continue
            if answer.status_code == 429:
                await self._wait_out(answer.headers.get("retry-after"))
                return await self(method, path, body)
            return self._read(answer, method, path)
        raise Failed(f"{method} {_shape(path)} failed {TRIES} times")

    async def raw(
        self, method: str, path: str, body: Json | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """One request, whatever comes of it."""
        self._traffic.requests += 1
        return await self._client.request(
            method, self._service.url + path, json=body, headers=self.headers | dict(headers or {})
        )

    async def _ask(self, method: str, path: str, body: Json | None) -> httpx.Response | None:
        clock = asyncio.get_running_loop().time
        started = clock()
        try:
            answer = await self.raw(method, path, body)
        except httpx.HTTPError as error:
            self._traffic.errors[f"{method} {_shape(path)}: {type(error).__name__}"] += 1
            return None
        self._traffic.times.append(clock() - started)
        if answer.status_code >= 500:
            self._traffic.errors[f"{method} {_shape(path)}: {answer.status_code}"] += 1
        return answer

    def _read(self, answer: httpx.Response, method: str, path: str) -> Json:
        if answer.status_code == 409:
            code = str(answer.json().get("code", "conflict"))
            self._traffic.refusals[code] += 1
            raise Refused(code)
        if answer.status_code >= 400:
            code = answer.json().get("code", "") if "json" in answer.headers.get("content-type", "") else ""
            what = f"{method} {_shape(path)}: {answer.status_code} {code}"
            self._traffic.errors[what] += 1
            raise Failed(what)
        if answer.status_code == 204:
            return {}
        found = answer.json()
        return found if isinstance(found, dict) else {"items": found}

    async def _wait_out(self, retry_after: str | None) -> None:
        seconds = min(MOST_PATIENCE, float(retry_after or 1))
        self._traffic.held_up += 1
        self._traffic.held_up_seconds += seconds
        await asyncio.sleep(seconds)


class Stream:
    """A socket that comes back by itself and goes on after the last number it saw."""

    def __init__(
        self,
        service: Service,
        traffic: Traffic,
        path: str,
        headers: Mapping[str, str],
        hello: Json,
        on_frame: Callable[[Json], None],
        on_link: Callable[[bool], None],
    ) -> None:
        """``on_link``: the socket is welcome, or was lost."""
        self._service = service
        self._traffic = traffic
        self._path = path
        self._headers = dict(headers)
        self.hello = dict(hello)
        self._on_frame = on_frame
        self._on_link = on_link
        self._connection: ClientConnection | None = None
        self._may_connect = asyncio.Event()
        self._may_connect.set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep(), name="stream")

    async def stop(self) -> None:
        """The page is closed."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def drop(self, seconds: float) -> None:
        """Lose the connection, and stay away for a while."""
        self._may_connect.clear()
        if self._connection is not None:
            # As a lost network does: nobody says goodbye.
            self._connection.transport.abort()
        try:
            await asyncio.sleep(seconds)
        finally:
            self._may_connect.set()

    async def _keep(self) -> None:
        while True:
            await self._may_connect.wait()
            try:
                await self._run()
            except InvalidStatus as refusal:
                wait = refusal.response.headers.get("Retry-After")
                if refusal.response.status_code != 429:
                    self._traffic.errors[f"WS {self._path}: {refusal.response.status_code}"] += 1
                else:
                    self._traffic.held_up += 1
                    self._traffic.held_up_seconds += float(wait or 1)
                await asyncio.sleep(min(MOST_PATIENCE, float(wait or RECONNECT_AFTER)))
            except (OSError, InvalidHandshake, ConnectionClosed, TimeoutError):
                await asyncio.sleep(RECONNECT_AFTER)
            # Closed in good order: the service restarts, or the page had been there for long.
            await asyncio.sleep(0.05)

    async def _run(self) -> None:
        welcome = False
        headers = {name: value for name, value in self._headers.items() if name != "origin"}
        async with connect(
            self._service.socket_url + self._path,
            additional_headers=headers,
            origin=self._headers["origin"],  # type: ignore[arg-type]
            compression=None,
            ping_interval=None,
            close_timeout=1,
            proxy=None if self._service.own else True,
        ) as connection:
            self._connection = connection
            self._traffic.sockets += 1
            try:
                await connection.send(json.dumps(self.hello))
                async for text in connection:
                    frame: Json = json.loads(text)
                    match frame["type"]:
                        case "ping":
                            await connection.send('{"type": "pong"}')
                        case "welcome":
                            welcome = True
                            self._on_link(True)
                        case "error":
                            self._traffic.errors[f"WS {self._path}: {frame['code']}"] += 1
                        case _:
                            self._on_frame(frame)
                            if "seq" in frame:
                                self.hello["after"] = max(self.hello["after"], frame["seq"])
            finally:
                self._connection = None
                if welcome:
                    with contextlib.suppress(Exception):
                        self._on_link(False)


def _shape(path: str) -> str:
    """An address without its identifiers."""
    words = path.partition("?")[0].split("/")
    return "/".join(
        "{id}" if any(letter.isdigit() or letter == "_" for letter in word) else word for word in words
    )
