"""A circuit breaker (Nygard, *Release It!*, 2007): who fails again and again is left in peace for a while."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

FAILURES = 5
"""In a row, before it opens."""
PAUSES = (timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=30), timedelta(seconds=60))
"""How long it stays open, the first time, the second …"""
PAUSE_MOST = timedelta(seconds=60)

State = Literal["closed", "open", "half_open"]


class Breaker:
    """``closed``: everything passes. ``open``: nothing does. ``half_open``: one call tries whether it is well again."""

    def __init__(self) -> None:
        self._failures = 0
        self._opened = 0
        self._until: datetime | None = None
        self._trying = False

    def state(self, now: datetime) -> State:
        if self._until is None:
            return "closed"
        return "open" if now < self._until else "half_open"

    def may_pass(self, now: datetime) -> bool:
        """Whether a call may be made now; whoever is told so says how it went."""
        state = self.state(now)
        if state == "half_open" and not self._trying:
            self._trying = True
            return True
        return state == "closed"

    def succeeded(self) -> None:
        self._failures = self._opened = 0
        self._until = None
        self._trying = False

    def failed(self, now: datetime, *, retry_after: timedelta | None = None) -> None:
        """``retry_after``: it asked to be left alone this long (HTTP 429, 503), a minute at most."""
        was_open, self._trying = self._until is not None, False
        self._failures += 1
        if retry_after is None and self._failures < FAILURES and not was_open:
            return
        pause = PAUSES[min(self._opened, len(PAUSES) - 1)]
        self._opened += 1
        self._until = now + (min(retry_after, PAUSE_MOST) if retry_after is not None else pause)

    def let_go(self) -> None:
        """The call was given up without an answer either way."""
        self._trying = False
