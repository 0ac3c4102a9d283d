"""Firefox, driven over WebDriver BiDi: as much of it as the media tests need.

Debian's package is installed where there is no Firefox, as root. Playwright cannot drive the stock build.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

PREFS = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "permissions.default.camera": 1,
    "permissions.default.microphone": 1,
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.autoplay.default": 0,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}
START_WITHIN = 60


class NoFirefoxError(RuntimeError):
    """There is no Firefox and none could be installed."""


def ensure() -> str:
    """The Firefox to drive, installed if need be."""
    for _ in range(2):
        for name in ("firefox-esr", "firefox"):
            if found := shutil.which(name):
                return found
        if shutil.which("apt-get") is None or os.geteuid() != 0:
            break
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "firefox-esr"]
        for command in (["apt-get", "update", "-qq"], install):
            subprocess.run(command, capture_output=True, check=False)
    raise NoFirefoxError("install firefox-esr (or firefox) and put it on the PATH")


class Firefox:
    """One page of one Firefox."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._count = 0
        self._context = ""

    async def _ask(self, method: str, **params: Any) -> Any:
        self._count += 1
        await self._socket.send(json.dumps({"id": self._count, "method": method, "params": params}))
        while True:
            answer = json.loads(await self._socket.recv())
            if answer.get("id") == self._count:
                if answer.get("type") == "error":
                    raise RuntimeError(f"{method}: {answer.get('message')}")
                return answer["result"]

    async def begin(self) -> None:
        await self._ask("session.new", capabilities={})
        tree = await self._ask("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]

    async def goto(self, url: str) -> None:
        await self._ask("browsingContext.navigate", context=self._context, url=url, wait="complete")

    async def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, awaited; it travels as JSON."""
        wrapped = f"(async () => JSON.stringify((await ({expression})) ?? null))()"
        found = await self._ask(
            "script.evaluate", expression=wrapped, target={"context": self._context}, awaitPromise=True
        )
        if found["type"] == "exception":
            raise RuntimeError(found["exceptionDetails"]["text"])
        return json.loads(found["result"]["value"])


@contextlib.asynccontextmanager
async def firefox() -> AsyncIterator[Firefox]:
    program = await asyncio.to_thread(ensure)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFS.items()]
        (Path(profile) / "user.js").write_text("\n".join(lines))
        options = ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"]
        process = await asyncio.create_subprocess_exec(
            program,
            *options,
            "about:blank",
            env={**os.environ, "HOME": profile},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        drain: asyncio.Task[object] | None = None
        try:
            assert process.stderr is not None
            async with asyncio.timeout(START_WITHIN):
                while line := (await process.stderr.readline()).decode(errors="replace"):
                    if found := re.search(r"BiDi listening on (ws://\S+)", line):
                        break
                else:
                    raise NoFirefoxError("Firefox ended before it could be driven")
            drain = asyncio.create_task(process.stderr.read())
            async with connect(found[1] + "/session", max_size=None) as socket:
                page = Firefox(socket)
                await page.begin()
                yield page
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            if drain is not None:
                drain.cancel()


@contextlib.asynccontextmanager
async def page_at(html: str) -> AsyncIterator[str]:
    """An address on localhost, which browsers give camera and microphone to, that answers with ``html``."""
    body = html.encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head.encode() + body)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://localhost:{server.sockets[0].getsockname()[1]}/"
