"""The demo's bot as a child: progress, readiness, crashes, and that nothing of it survives."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path

import pytest

from orchestrator.demo import BotChild, BotState

# Stands in for `bot.environment serve`: the arguments are parent, "serve", --port n, --callback-url u.
SERVES = """
import http.server, os, sys
print("[bot] installing", flush=True)
print("[bot] serving on x", flush=True)
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
        if self.path == "/crash": os._exit(3)
    def log_message(self, *_): pass
print("x" * 200_000, flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[4])), Health).serve_forever()
"""
FAILS = """
import sys
print("[bot] looking for Python", flush=True)
print("[bot] The Rasa bot needs Python 3.10 and none was found.", file=sys.stderr, flush=True)
print("pip said no", file=sys.stderr, flush=True)
sys.exit(1)
"""
FORKS = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(f"[bot] child {child.pid}", flush=True)
child.wait()
"""


class Watched:
    """A child whose words and states can be awaited."""

    def __init__(self, tmp_path: Path, script: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self.words: list[str] = []
        self.states: asyncio.Queue[BotState] = asyncio.Queue()
        self._news = asyncio.Event()
        self.child = BotChild(
            port=self.port,
            secret="a secret for tests",
            callback_url="http://127.0.0.1:1/turns",
            log_file=tmp_path / "logs" / "bot.log",
            progress=self._say,
            command=(sys.executable, "-c", script),
            on_state=self.states.put_nowait,
            first_backoff=0.01,
        )

    def _say(self, line: str) -> None:
        self.words.append(line)
        self._news.set()

    async def says(self, part: str) -> str:
        while not (found := [line for line in self.words if part in line]):
            self._news.clear()
            await self._news.wait()
        return found[0]


async def test_becomes_ready_and_is_started_again_when_it_dies(tmp_path: Path) -> None:
    watched = Watched(tmp_path, SERVES)
    watched.child.start()
    try:
        assert watched.child.state == "starting"
        assert await watched.states.get() == "ready"
        assert watched.words[:2] == ["installing", "the bot is loading …"]
        reader, writer = await asyncio.open_connection("127.0.0.1", watched.port)
        writer.write(b"GET /crash HTTP/1.0\r\n\r\n")
        await reader.read()
        writer.close()
        assert await watched.states.get() == "down"
        assert await watched.states.get() == "starting"
        assert await watched.states.get() == "ready"
        await watched.says("started again")
    finally:
        await watched.child.stop()
    with pytest.raises(OSError, match=r"refused|Connect"):
        await asyncio.open_connection("127.0.0.1", watched.port)


async def test_says_what_is_missing_and_does_not_try_for_ever(tmp_path: Path) -> None:
    watched = Watched(tmp_path, FAILS)
    given_up = asyncio.Event()

    async def give_up() -> None:
        given_up.set()

    watched.child.on_give_up = give_up
    watched.child.start()
    await watched.says("The rest works without it")
    assert any("needs Python 3.10" in line and "pip said no" in line for line in watched.words)
    assert watched.child.state == "down"
    await given_up.wait()
    await watched.child.stop()


async def test_takes_its_own_children_along(tmp_path: Path) -> None:
    watched = Watched(tmp_path, FORKS)
    watched.child.start()
    pid = int((await watched.says("child ")).split()[-1])
    await watched.child.stop()
    while alive(pid):  # noqa: ASYNC110 - the signal is on its way, and nobody tells when it arrived
        await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    if sys.platform == "linux":
        # A zombie only waits for init to collect it.
        status = Path(f"/proc/{pid}/status")
        return status.exists() and "Z (zombie)" not in status.read_text()
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_stopping_before_starting_is_fine(tmp_path: Path) -> None:
    await Watched(tmp_path, SERVES).child.stop()
