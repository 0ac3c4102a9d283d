"""A NATS server."""

from __future__ import annotations

import sysconfig
from pathlib import Path

from tests.servers.child import Child, answers, free_port


class NatsServer:
    """``token``: what clients must say to be let in."""

    def __init__(self, folder: Path, *, token: str | None = None) -> None:
        self._folder = folder
        self._token = token
        self.port = free_port()
        self._child: Child | None = None
        self.start()

    @property
    def url(self) -> str:
        secret = f"{self._token}@" if self._token else ""
        return f"nats://{secret}127.0.0.1:{self.port}"

    def start(self) -> None:
        server = Path(sysconfig.get_path("scripts")) / "nats-server"
        command: list[str | Path] = [server, "--addr", "127.0.0.1", "--port", str(self.port)]
        if self._token:
            command += ["--auth", self._token]
        self._child = Child(command, self._folder / "log")
        self._child.wait_until(lambda: answers(self.port), "NATS")

    def stop(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None
