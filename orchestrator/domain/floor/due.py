"""Who changes by the clock alone, and when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sortedcontainers import SortedList


class Due:
    """At most one moment for each name, the earliest at hand."""

    def __init__(self) -> None:
        self._moments: dict[str, datetime] = {}
        self._order: SortedList[tuple[datetime, str]] = SortedList()

    def set(self, name: str, at: datetime | None) -> None:
        """``at`` instead of what was set; None: never."""
        before = self._moments.get(name)
        if before == at:
            return
        if before is not None:
            self._order.remove((before, name))
            del self._moments[name]
        if at is not None:
            self._moments[name] = at
            self._order.add((at, name))

    def first(self) -> datetime | None:
        return self._order[0][0] if self._order else None

    def pop_until(self, now: datetime) -> Iterator[str]:
        """Each whose moment is ``now`` or past, the earliest first; they may be set again while this runs."""
        while self._order and self._order[0][0] <= now:
            _, name = self._order.pop(0)
            del self._moments[name]
            yield name
