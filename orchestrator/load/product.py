"""A product of one's own for a run: the real `visavis up` as a child, on a temporary folder that goes with it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

ADMIN = "admin@load.invalid"
STARTS_WITHIN = 60.0
ENDS_WITHIN = 15.0


class NotStarted(Exception):  # noqa: N818
    """The service did not come up; says why, as far as it said so itself."""


@dataclass(frozen=True, slots=True)
class Product:
    """``log``: what the service said, its last lines first of all. ``process``: its number, once it runs."""

    url: str
    email: str
    password: str
    log: Path
    process: int = 0

    def errors(self) -> int:
        """How many lines of its log are errors."""
        with contextlib.suppress(OSError):
            return sum(
                '"error"' in line or "ERROR" in line for line in self.log.read_text("utf-8").splitlines()
            )
        return 0


@asynccontextmanager
async def own_product(keep: Path | None = None) -> AsyncIterator[Product]:
    """Start it, and end it. ``keep``: its folder, which stays, so that one can look up why something happened.

    The child believes this machine where people come from, as it would a proxy: each simulated person then has an
    address of their own, and the limits of the interface hold as they are.

    Raises:
        NotStarted: it does not come up.
    """
    with _folder(keep) as name:
        folder = Path(name)
        password = secrets.token_urlsafe(18)
        await _make_admin(folder, password)
        port = _free_port()
        product = Product(f"http://127.0.0.1:{port}", ADMIN, password, folder / "service.log")
        with product.log.open("wb") as log:
            child = await asyncio.create_subprocess_exec(
                *_command("up", "--host", "127.0.0.1", "--port", str(port), "--data-dir", name),
                stdout=log,
                stderr=log,
                stdin=asyncio.subprocess.DEVNULL,
                env=_environment(VISAVIS_TRUSTED_PROXIES='["127.0.0.1"]', VISAVIS_LOG_LEVEL="WARNING"),
                # Ctrl-C is ours to hear: the child is ended when the run has come to an end.
                start_new_session=True,
            )
            try:
                await _until_ready(product, child)
                yield replace(product, process=child.pid)
            finally:
                await _end(child)


def _folder(keep: Path | None) -> AbstractContextManager[str]:
    if keep is None:
        return tempfile.TemporaryDirectory(prefix="visavis-load-")
    if keep.exists() and any(keep.iterdir()):
        raise NotStarted(f"{keep} is not empty: give --keep a folder that is new.")
    keep.mkdir(parents=True, exist_ok=True, mode=0o700)
    return nullcontext(str(keep.absolute()))


async def _make_admin(folder: Path, password: str) -> None:
    command = _command("user", "add", ADMIN, "--role", "admin", "--password-stdin", "--data-dir", str(folder))
    child = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=_environment(),
    )
    said, _ = await child.communicate(f"{password}\n".encode())
    if child.returncode != 0:
        raise NotStarted(f"The first account could not be made: {said.decode(errors='replace').strip()}")


async def _until_ready(product: Product, child: asyncio.subprocess.Process) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STARTS_WITHIN):
                while child.returncode is None:
                    with contextlib.suppress(httpx.HTTPError):
                        if (await client.get(f"{product.url}/readyz")).status_code == 200:
                            return
                    await asyncio.sleep(0.1)
    said = product.log.read_text("utf-8", errors="replace").strip().splitlines()[-20:]
    raise NotStarted("The service did not start. Its last words:\n" + "\n".join(said))


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        child.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(ENDS_WITHIN):
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()


def _command(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "orchestrator", *arguments)


def _environment(**values: str) -> dict[str, str]:
    """Ours without the settings of whatever is deployed from here: this must not touch its database."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("VISAVIS_")}
    return kept | {"PYTHONUNBUFFERED": "1"} | values


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
