"""A real coturn, from Debian's package, with credentials that end, over UDP, TCP and TLS."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from typing import Any

from orchestrator.adapters.clock import SystemClock
from orchestrator.adapters.turn import IceServers
from tests.integration.netns.network import ADDRESS, Network, NoNetworksError

SECRET = "a-secret-of-the-test"
KEY, CERT = "key.pem", "cert.pem"


def ensure() -> str:
    """The TURN server, installed if need be."""
    for _ in range(2):
        if found := shutil.which("turnserver"):
            return found
        if shutil.which("apt-get") is None or os.geteuid() != 0:
            break
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "coturn"]
        for command in (["apt-get", "update", "-qq"], install):
            subprocess.run(command, capture_output=True, check=False)
    raise NoNetworksError("install coturn (as root this is tried with apt-get)")


def servers(scheme: str, *, secret: str = SECRET) -> list[dict[str, Any]]:
    """What a page is given: ``scheme`` is udp, tcp or tls."""
    host = ADDRESS["turn"]
    url = f"turns:{host}:5349?transport=tcp" if scheme == "tls" else f"turn:{host}:3478?transport={scheme}"
    return IceServers([{"urls": [url]}], secret, SystemClock())("visitor")


def certificate(folder: str) -> None:
    """Make a key and a certificate for the address, which signs itself."""
    key, cert = f"{folder}/{KEY}", f"{folder}/{CERT}"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ),
            *("-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=turn"),
            *("-addext", f"subjectAltName=IP:{ADDRESS['turn']}"),
        ],
        capture_output=True,
        check=True,
    )


@contextlib.asynccontextmanager
async def coturn(net: Network, folder: str) -> AsyncIterator[None]:
    """Run it with the key and certificate in ``folder`` (`certificate`)."""
    program, address = ensure(), ADDRESS["turn"]
    command: Sequence[str] = [
        *(program, "-n", "--no-cli", "--log-file", "stdout", "--pidfile", f"{folder}/pid"),
        *("--listening-ip", address, "--relay-ip", address, "--listening-port", "3478"),
        *("--tls-listening-port", "5349", "--cert", f"{folder}/{CERT}", "--pkey", f"{folder}/{KEY}"),
        *("--realm", "visavis", "--use-auth-secret", "--static-auth-secret", SECRET),
        *("--userdb", f"{folder}/turndb", "--no-dtls"),
    ]
    process = await asyncio.create_subprocess_exec(
        *net.inside("turn", command),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=folder,
    )
    try:
        await _listens(net)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _listens(net: Network) -> None:
    command = net.inside("turn", ["ss", "-ltn"])
    for _ in range(100):
        found = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
        if ":3478" in found.stdout and ":5349" in found.stdout:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the TURN server does not listen")
