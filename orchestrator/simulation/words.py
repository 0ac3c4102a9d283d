"""How figures are told to people: seconds as durations, shares as percentages."""

from __future__ import annotations

import math

HEADS = {
    "offered": "offered",
    "answered": "answered",
    "wait_mean": "wait",
    "wait_p50": "p50",
    "wait_p90": "p90",
    "abandonment": "gave up",
    "service_level": "in time",
    "failed": "failed",
    "occupancy": "busy",
    "to_video": "to video",
}
_COUNTS = frozenset({"offered", "answered", "to_video"})


def told(name: str, value: float, *, signed: bool = False) -> str:
    """A figure of `Tally.figures` in words."""
    if math.isnan(value):
        return "-"
    sign = "+" if signed else ""
    if name in _COUNTS:
        return f"{value:{sign},.0f}" if abs(value) >= 10 or value == int(value) else f"{value:{sign}.1f}"
    if name.startswith("wait_"):
        return f"{value:{sign},.1f} s" if abs(value) < 120 else f"{value / 60:{sign},.1f} min"
    return f"{value * 100:{sign}.1f} %"
