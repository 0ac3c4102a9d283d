"""A server as a child process: it ends when it is told to, and at the latest when the tests end."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1  # prctl(2)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False


class Child:
    """One process. ``ending`` is the signal that ends it in order."""

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        *,
        user: str | None = None,
        ending: signal.Signals = signal.SIGTERM,
        environment: dict[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self._log = log
        self._ending = ending
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=os.environ | (environment or {}),
                cwd=folder,
                user=user,
                extra_groups=[] if user is not None else None,
                # A test run that is killed must not leave servers behind.
                preexec_fn=_dies_with_parent(ending),  # noqa: PLW1509
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def wait_until(self, ready: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
        """Raises AssertionError, with what the process said, when it ends or takes too long."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.end()
                raise AssertionError(
                    f"{what} did not start:\n{self._log.read_text(errors='replace')[-4000:]}"
                )
            time.sleep(0.02)

    def end(self, *, now: bool = False) -> None:
        """Tell it to end and wait for it; ``now``: as a crash ends it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL if now else self._ending)
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(timeout=15)


def _dies_with_parent(ending: signal.Signals) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)

    def tie() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(ending))

    return tie
