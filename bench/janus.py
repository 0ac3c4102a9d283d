"""Janus, the WebRTC server in C, as a peer to compare with: Debian's package, its VideoCall plugin, one process.

``apt-get install janus`` (1.1). It is run with a configuration of its own in a temporary folder, with one event loop
for all calls, which is its cheapest way on one core.
"""

import asyncio
import contextlib
import itertools
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

PORT = 18188
LIBRARIES = Path("/usr/lib/x86_64-linux-gnu/janus")
CONFIG = {
    "janus.jcfg": """
general: {{ configs_folder = "{folder}" plugins_folder = "{libraries}/plugins"
  transports_folder = "{libraries}/transports" debug_level = 2 event_loops = 1 }}
nat: {{ ice_enforce_list = "{address}" ignore_mdns = true }}
media: {{ ipv6 = false }}
plugins: {{ disable = "{others}" }}
transports: {{ disable = "{other_transports}" }}
""",
    "janus.transport.websockets.jcfg": """
general: {{ json = "compact" ws = true ws_port = {port} ws_ip = "127.0.0.1" }}
admin: {{ admin_ws = false }}
""",
    "janus.plugin.videocall.jcfg": "general: {{ }}\n",
}


def installed() -> bool:
    return shutil.which("janus") is not None and LIBRARIES.is_dir()


class Handle:
    """One person of a call, as Janus sees them."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids: dict[str, int] = {}
        self._numbers = itertools.count()
        self._events: list[dict[str, Any]] = []

    async def open(self, name: str) -> None:
        self._ids["session_id"] = (await self._ask(janus="create"))["data"]["id"]
        attached = await self._ask(janus="attach", plugin="janus.plugin.videocall")
        self._ids["handle_id"] = attached["data"]["id"]
        await self.message({"request": "register", "username": name})
        await self.event("registered")

    async def message(self, body: dict[str, Any], sdp: str | None = None) -> None:
        jsep = (
            {}
            if sdp is None
            else {"jsep": {"type": "answer" if body["request"] == "accept" else "offer", "sdp": sdp}}
        )
        await self._ask(janus="message", body=body, **jsep)

    async def event(self, name: str) -> str:
        """The SDP that came with an event of this name."""
        while True:
            for event in self._events:
                if event["plugindata"]["data"].get("result", {}).get("event") == name:
                    self._events.remove(event)
                    return str(event.get("jsep", {}).get("sdp", ""))
                if "error" in event["plugindata"]["data"]:
                    raise RuntimeError(event["plugindata"]["data"]["error"])
            await self._read()

    async def _ask(self, **message: Any) -> dict[str, Any]:
        transaction = f"t{next(self._numbers)}"
        await self._socket.send(json.dumps({**self._ids, **message, "transaction": transaction}))
        while True:
            answer = await self._read()
            if answer.get("transaction") == transaction and answer["janus"] in ("success", "ack"):
                return answer

    async def _read(self) -> dict[str, Any]:
        answer = json.loads(await asyncio.wait_for(self._socket.recv(), 20))
        if answer["janus"] == "error":
            raise RuntimeError(answer["error"]["reason"])
        if answer["janus"] == "event":
            self._events.append(answer)
        return answer


class Janus:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.pid = process.pid
        self._sockets = contextlib.AsyncExitStack()

    async def handle(self, name: str) -> Handle:
        while True:
            with contextlib.suppress(OSError):
                socket = await self._sockets.enter_async_context(
                    connect(f"ws://127.0.0.1:{PORT}", subprotocols=["janus-protocol"], max_size=None)  # type: ignore[list-item]
                )
                break
            await asyncio.sleep(0.2)
        made = Handle(socket)
        await made.open(name)
        return made

    async def close(self) -> None:
        await self._sockets.aclose()


@contextlib.asynccontextmanager
async def janus(address: str, core: int | None) -> AsyncIterator[Janus]:

    def others(kind: str, wanted: str) -> str:
        return ",".join(sorted(p.name for p in (LIBRARIES / kind).glob("*.so") if wanted not in p.name))

    values = {
        "libraries": LIBRARIES,
        "address": address,
        "port": PORT,
        "others": others("plugins", "videocall"),
        "other_transports": others("transports", "websockets"),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, text in CONFIG.items():
            (Path(folder) / name).write_text(text.format(folder=folder, **values))
        process = await asyncio.create_subprocess_exec(
            "janus",
            "-F",
            folder,
            "-C",
            f"{folder}/janus.jcfg",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        if core is not None:
            os.sched_setaffinity(process.pid, {core})
        server = Janus(process)
        try:
            yield server
        finally:
            await server.close()
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 5)
            if process.returncode is None:
                process.kill()
                await process.wait()
