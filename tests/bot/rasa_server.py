"""A real Rasa with this repository's bot, for any test suite.

In a ``conftest.py``: ``from tests.bot.rasa_server import rasa_model, rasa_python`` and then either
``with running_rasa(rasa_python, rasa_model, callback_url=…, secret=…, log=…) as server`` in a fixture of one's own.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot import environment

START_TIMEOUT_SECONDS = 120


@dataclass(frozen=True)
class RasaServer:
    """A bot that is ready to be talked to."""

    port: int
    secret: str
    callback_url: str
    api_token: str
    log: Path
    pid: int
    started_in_seconds: float

    @property
    def base_url(self) -> str:
        """Return the address of the process."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def webhook_url(self) -> str:
        """Return where to post deliveries."""
        return environment.webhook_url(self.port)


@pytest.fixture(scope="session")
def rasa_python() -> Path:
    """Return the Python with Rasa; installs it when it is not there (a minute and 1.6 GB, once)."""
    return environment.ensure_environment()


@pytest.fixture(scope="session")
def rasa_model(rasa_python: Path) -> Path:
    """Return the trained bot; trains it when its files have changed (some ten seconds)."""
    return environment.ensure_model(rasa_python)


@contextmanager
def running_rasa(
    python: Path,
    model: Path,
    *,
    callback_url: str,
    secret: str,
    log: Path,
    project: Path = environment.PROJECT,
) -> Iterator[RasaServer]:
    """Serve the bot on a free port while the block runs, and wait until it is ready."""
    port, token, began = free_port(), "for-tests-only", time.monotonic()
    argv, env = environment.serve_command(
        python, model, port, secret=secret, callback_url=callback_url, project=project, api_token=token
    )
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv, env=env, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            _wait_until_ready(process, environment.health_url(port), log)
            ready_in = time.monotonic() - began
            yield RasaServer(port, secret, callback_url, token, log, process.pid, ready_in)
        finally:
            _stop(process)


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"Rasa ended with {process.returncode}:\n{_tail(log)}")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"Rasa was not ready after {START_TIMEOUT_SECONDS} s:\n{_tail(log)}")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-25:])


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the process to end, and end it if it does not. Only this one: never by name."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, 9)
            process.wait(timeout=5)


def free_port() -> int:
    """Return a TCP port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
