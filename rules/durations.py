"""Durations as people write them: ``30s``, ``15m``, ``2h``, ``1m30s``, ``1d``."""

from __future__ import annotations

import re
from datetime import timedelta

_DURATION = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?", re.ASCII)
LONGEST = timedelta(days=365)


def parse_duration(text: str) -> timedelta:
    """The duration, or a ValueError that says how to write one."""
    found = _DURATION.fullmatch(text.strip())
    if not text.strip() or found is None:
        raise ValueError("is not a duration; write for instance `30s`, `15m`, `2h` or `1m30s`")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    duration = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not timedelta(0) < duration <= LONGEST:
        raise ValueError("is not between one second and 365 days; write for instance `30s`, `15m` or `2h`")
    return duration


def format_duration(duration: timedelta) -> str:
    """The shortest way to write a duration in whole seconds."""
    seconds = int(duration.total_seconds())
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
