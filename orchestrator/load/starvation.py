"""How long the machine did not let a process run although it wanted to.

A service that is slow has to answer for it. One that other programs keep from the processors has not: nothing that
it could do would make it quicker. Linux counts for each thread how long it ran, and how long it was ready to run and
waited for a processor (``/proc/<process>/task/<thread>/schedstat``: two numbers of nanoseconds); elsewhere nothing is
known, and nothing is excused.
"""

from __future__ import annotations

from pathlib import Path

NANOSECONDS = 1e-9
WITHOUT_A_PAUSE = 0.95
KEPT_WAITING = 0.25


class Starvation:
    """Of one process.

    Of several threads that were kept waiting at once only the one that waited longest counts. A stretch in which the
    process was at work without a pause, and was kept waiting for a quarter of it or more, counts as a whole: what was
    kept from it before has piled up, and is what it works off. One that is at work without a pause and is let run has
    itself to blame.
    """

    def __init__(self, process: int, *, proc: Path = Path("/proc")) -> None:
        self._threads = proc / str(process) / "task"
        self._known = self._read()

    def since_last(self, passed: float) -> float:
        """Seconds to be excused of the ``passed`` ones since this was last asked."""
        before, self._known = self._known, self._read()
        waited, at_work = 0.0, 0.0
        for thread, (ran, was_ready) in self._known.items():
            then_ran, then_ready = before.get(thread, (ran, was_ready))
            waited = max(waited, was_ready - then_ready)
            at_work += ran - then_ran + was_ready - then_ready
        if at_work >= WITHOUT_A_PAUSE * passed and waited >= KEPT_WAITING * passed:
            return passed
        return min(passed, waited)

    def _read(self) -> dict[str, tuple[float, float]]:
        found: dict[str, tuple[float, float]] = {}
        try:
            for thread in self._threads.iterdir():
                ran, was_ready, *_ = (thread / "schedstat").read_text("ascii").split()
                found[thread.name] = (int(ran) * NANOSECONDS, int(was_ready) * NANOSECONDS)
        except (OSError, ValueError):
            return {}
        return found
