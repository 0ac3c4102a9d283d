"""How long the machine did not let a process run although it wanted to.

A service that is slow has to answer for it. One that other programs keep from the processors has not: nothing that it
could do would make it quicker. Linux counts how long each thread was ready to run and waited for a processor
(``/proc/<process>/task/<thread>/schedstat``, second number, in nanoseconds); elsewhere nothing is known, and nothing is
excused.
"""

from __future__ import annotations

from pathlib import Path

NANOSECONDS = 1e-9


class Starvation:
    """Of one process. Of several threads that were kept waiting at once only the one that waited longest counts."""

    def __init__(self, process: int, *, proc: Path = Path("/proc")) -> None:
        self._threads = proc / str(process) / "task"
        self._waited = self._read()

    def since_last(self) -> float:
        """Seconds since this was last asked in which a thread of the process waited for a processor."""
        before, self._waited = self._waited, self._read()
        return max((now - before.get(thread, now) for thread, now in self._waited.items()), default=0.0)

    def _read(self) -> dict[str, float]:
        waited: dict[str, float] = {}
        try:
            for thread in self._threads.iterdir():
                numbers = (thread / "schedstat").read_text("ascii").split()
                waited[thread.name] = int(numbers[1]) * NANOSECONDS
        except (OSError, ValueError, IndexError):
            return {}
        return waited
