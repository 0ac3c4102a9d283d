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
    "to_video": "video",
}
MEANINGS = {
    "offered": "conversations that wanted an agent; each is answered, gave up or failed",
    "wait_mean": "from asking for an agent until one answered, of those who were answered",
    "wait_p50": "half of those who were answered waited no longer",
    "wait_p90": "nine in ten of those who were answered waited no longer",
    "abandonment": "the share of those offered who left the line",
    "service_level": "the share of those offered who were answered within the group's service level",
    "failed": "the share of those offered whom the policy did not let wait, or not any longer",
    "occupancy": "the share of staffed time in which an agent had at least one conversation",
    "to_video": "conversations that went to video",
}
BANDS = {
    "had_to_wait": "had to wait",
    "told": "told a band",
    "within_p50": "within p50",
    "within_p90": "within p90",
    "band_error": "mean error",
}
_COUNTS = frozenset({"offered", "answered", "to_video", "had_to_wait"})
_DURATIONS = frozenset({"wait_mean", "wait_p50", "wait_p90", "band_error"})


def told(name: str, value: float, *, signed: bool = False, short: bool = False) -> str:
    """A figure of `Tally.figures` or `Bands.figures` in words; ``short`` for narrow columns."""
    if math.isnan(value):
        return "-"
    sign = "+" if signed else ""
    if name in _COUNTS:
        return f"{value:{sign},.0f}" if abs(value) >= 10 or value == int(value) else f"{value:{sign}.1f}"
    if name in _DURATIONS:
        number, unit = (value, "s") if abs(value) < 120 else (value / 60, "min")
        return f"{number:{sign},.{0 if short and abs(number) >= 10 else 1}f} {unit}"
    return f"{value * 100:{sign}.{0 if short else 1}f} %"
