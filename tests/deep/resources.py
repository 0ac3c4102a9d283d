"""What a process holds on to, so that a soak can say whether it grows."""

from __future__ import annotations

import asyncio
import gc
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Held:
    """``kinds``: living Python objects by type, 0 where they cannot be seen (another process)."""

    rss: int
    descriptors: int
    tasks: int
    kinds: Counter[str]

    @property
    def objects(self) -> int:
        return self.kinds.total()

    def grown_since(self, earlier: Held, most: int = 12) -> str:
        """In words, with the kinds of objects that grew most."""
        kinds = (self.kinds - earlier.kinds).most_common(most)
        return (
            f"RSS {earlier.rss / 1e6:.1f} -> {self.rss / 1e6:.1f} MB, descriptors {earlier.descriptors} -> "
            f"{self.descriptors}, tasks {earlier.tasks} -> {self.tasks}, objects {earlier.objects} -> "
            f"{self.objects}: {kinds}"
        )


def memory_of(pid: int) -> int:
    """Resident bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


def descriptors_of(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def held() -> Held:
    """What this process holds now, garbage collected. Needs a running event loop."""
    gc.collect()
    return Held(
        memory_of(os.getpid()),
        descriptors_of(os.getpid()),
        len(asyncio.all_tasks()),
        Counter(type(one).__qualname__ for one in gc.get_objects()),
    )
