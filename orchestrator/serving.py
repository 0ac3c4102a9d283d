"""Uvicorn as this service needs it: where it listens, how it is set up, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator

import uvicorn
from fastapi import FastAPI

from orchestrator.settings import Settings
from orchestrator.tls import Certificate


def server_config(app: FastAPI, settings: Settings, certificate: Certificate | None = None) -> uvicorn.Config:
    """How the service is served, on a loop that the caller made."""
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies) or None,
        loop="none",
        # Frames have a limit of their own, with an answer that says so; this one is for what is absurd.
        ws_max_size=256 * 1024,
        # Pages cannot see the protocol's pings: the sockets have their own.
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=65,
        ssl_certfile=certificate.cert_file if certificate else None,
        ssl_keyfile=certificate.key_file if certificate else None,
    )


class Server(uvicorn.Server):
    """Uvicorn, ended by a signal without dying of it, and with something to do once it answers."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], Awaitable[None]] | None = None) -> None:
        super().__init__(config)
        self._started = started
        self.failed = False

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # Uvicorn's own raises the signal again when it is done, before our children are ended.
        if self._started is None:
            yield  # a second server in this process: the first one hears the signals
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.should_exit:
            self.failed = True
        elif self._started is not None:
            # What was loaded stays: looking through it for garbage would stop everything for a tenth of a second.
            gc.collect()
            gc.freeze()
            await self._started()
