"""A service with a mistake in it: visitors' sockets leave out what agents write, now and then.

Run as a program with a folder and a port: a mistake must be made before the service is put together.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.child import Child, answers, free_port

EMAIL, PASSWORD = "admin@load.invalid", "a long enough password"


@dataclass(frozen=True, slots=True)
class Broken:
    url: str
    email: str = EMAIL
    password: str = PASSWORD


@contextmanager
def serving_with_broken_rule(folder: Path) -> Iterator[Broken]:
    folder.mkdir()
    subprocess.run(
        [sys.executable, "-m", "orchestrator", "user", "add", EMAIL, "--role=admin", "--password-stdin"],
        input=f"{PASSWORD}\n",
        text=True,
        check=True,
        capture_output=True,
        env=os.environ | {"VISAVIS_DATA_DIR": str(folder)},
    )
    port = free_port()
    child = Child(
        [sys.executable, "-m", "tests.integration.load.broken", folder, str(port)], folder / "service.log"
    )
    try:
        child.wait_until(lambda: answers(port), "the broken service", 60)
        yield Broken(f"http://127.0.0.1:{port}")
    finally:
        child.end()


def main(folder: str, port: str) -> None:
    from orchestrator.application import streams
    from orchestrator.cli import app

    right = streams._message_frame
    seen: list[str] = []

    async def wrong(tx: Any, entry: Any) -> Any:
        frame = await right(tx, entry)
        if frame is not None and frame["message"]["author"]["role"] == "agent":  # type: ignore[index]
            seen.append(entry.ref)
            # Every message is told to both sides; leaving out some leaves out some of the visitor's.
            return None if len(seen) % 3 == 0 else frame
        return frame

    streams._message_frame = wrong
    app(["up", "--host=127.0.0.1", f"--port={port}", f"--data-dir={folder}"])


if __name__ == "__main__":
    main(*sys.argv[1:])
