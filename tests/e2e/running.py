"""The product as a newcomer starts it: `visavis up --demo` in a process of its own, on a free port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
PASSWORD = "demo-for-tests-only"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@dataclass
class Running:
    """A running product. ``stop`` ends it as Ctrl-C would; ``kill`` as a power cut would.

    ``with`` starts it and ends it, also when the start fails: nothing of it outlives the tests.
    """

    data_dir: Path
    port: int = field(default_factory=free_port)
    arguments: tuple[str, ...] = ("--demo",)
    environ: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    signed_in: dict[str, Any] = field(default_factory=dict)
    """The browser storage of agents who have signed in here, by e-mail."""

    def __enter__(self) -> Running:
        try:
            return self.start()
        except BaseException:
            self.end()
            raise

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.data_dir / "visavis.log"

    def start(self, within: float = 60) -> Running:
        """Start and wait until the site answers."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "orchestrator", "up", *self.arguments, "--port", str(self.port)]
        env = os.environ | {"VISAVIS_DATA_DIR": str(self.data_dir), "VISAVIS_DEMO_PASSWORD": PASSWORD}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=env | dict(self.environ), stdout=log, stderr=subprocess.STDOUT
            )
        self.wait_for(
            lambda: httpx.get(f"{self.url}/healthz", timeout=2).is_success, within, "the site to answer"
        )
        return self

    def wait_for_bot(self, within: float = 240) -> None:
        """Wait until Rasa is trained, loaded and reachable: what the widget shows as an assistant that is there."""

        def ready() -> bool:
            opened = httpx.post(
                f"{self.url}/api/visitor/session",
                json={"site_key": "demo", "language": "fr"},
                headers={"Origin": self.url},
                timeout=5,
            )
            return bool(opened.json()["bot_status"] == "ready")

        # Opening sessions is limited per address: look seldom enough.
        self.wait_for(ready, within, "the bot to be ready", every=2.5)

    def wait_for(self, condition: Any, within: float, what: str, every: float = 0.1) -> None:
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            if self.process is not None and self.process.poll() is not None:
                break
            try:
                if condition():
                    return
            except (httpx.HTTPError, KeyError, ValueError):
                pass
            time.sleep(every)
        tail = self.log.read_text(errors="replace")[-4000:]
        raise AssertionError(f"waited {within:.0f} s for {what}; the log ends with:\n{tail}")

    def stop(self) -> int:
        """Ask it to end and wait: the exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=30)

    def end(self) -> None:
        """Stop it, and do not wait for ever."""
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=10)
