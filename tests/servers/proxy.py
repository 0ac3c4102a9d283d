"""A load balancer as plain as can be: every connection goes to the next process that takes it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Sequence
from types import TracebackType
from typing import Self


class RoundRobin:
    """``async with RoundRobin(ports) as proxy``. Knows which process a client's connection went to."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = list(ports)
        self._turn = itertools.count()
        self._server: asyncio.Server | None = None
        self._pipes: set[asyncio.Task[None]] = set()
        self._of_client: dict[int, int] = {}
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for pipe in list(self._pipes):
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)
        await self._server.wait_closed()

    def served_by(self, client_port: int) -> int:
        """The port of the process that serves the client whose own port this is."""
        return self._of_client[client_port]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in self._ports:
            port = self._ports[next(self._turn) % len(self._ports)]
            try:
                there, away = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                continue  # this one is dead: the next one takes it
            self._of_client[writer.get_extra_info("peername")[1]] = port
            both = (asyncio.create_task(_pipe(reader, away)), asyncio.create_task(_pipe(there, writer)))
            self._pipes.update(both)
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for pipe in both:
                pipe.cancel()
                self._pipes.discard(pipe)
            away.close()
            break
        writer.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
