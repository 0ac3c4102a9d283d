"""Is a group open? A pure question of its hours and of the moment."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from rules.schema.routing import GroupSpec, Weekday

_WEEKDAYS: tuple[Weekday, ...] = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)


def group_open(group: GroupSpec, now: datetime) -> bool:
    """Whether ``group`` is within its hours at ``now``, which must carry a time zone.

    Hours are local: over a change of the clocks, 09:00 stays 09:00.
    """
    if now.tzinfo is None:
        raise ValueError("the moment needs a time zone")
    hours = group.hours
    if hours == "always":
        return True
    local = now.astimezone(ZoneInfo(hours.time_zone))
    if local.date() in hours.closed_on:
        return False
    spans = hours.week.get(_WEEKDAYS[local.weekday()], ())
    return any(span.holds(local.time()) for span in spans)
