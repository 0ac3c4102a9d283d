"""When to try again."""

from __future__ import annotations

from datetime import timedelta

FIRST = timedelta(milliseconds=500)
LONGEST = timedelta(minutes=1)


def delay_after(attempts: int) -> timedelta:
    """The pause after so many failed attempts: doubling, up to a minute."""
    return min(FIRST * 2 ** min(attempts, 20), LONGEST)
