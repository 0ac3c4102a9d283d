"""The stretches of time that reports cover, and the local hours and days they are divided into.

A day or an hour is one of the place where people work: over a change of the clocks a day has 23 or 25 hours, and the
hour that comes twice is two rows with different offsets from UTC.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from orchestrator.application.errors import Invalid
from rules.policy import Policy

Bound = date | datetime


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start`` up to and without ``end``. A date stands for its local midnight, a moment for itself."""

    start: Bound
    end: Bound

    def within(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """The two moments, in a zone."""
        return _moment(self.start, zone), _moment(self.end, zone)

    def check(self, *, most_days: int) -> None:
        """Raises:
        Invalid: it ends before it starts, or is longer than ``most_days``.
        """
        start, end = self.within(UTC)
        if end <= start:
            raise Invalid("period_empty", "`to` must be later than `from`; it is not part of the period.")
        if end - start > timedelta(days=most_days):
            raise Invalid("period_too_long", f"Ask for {most_days} days at most.")


def bound(text: str) -> Bound:
    """Read ``2026-03-29`` or ``2026-03-29T08:00:00+02:00``.

    Raises:
        Invalid: it is neither a date nor a moment with its offset from UTC.
    """
    try:
        if len(text) == len("2026-03-29"):
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(
            "period_malformed", "Write a date (2026-03-29) or a moment (2026-03-29T08:00:00Z)."
        ) from None
    if moment.tzinfo is None:
        raise Invalid("period_malformed", "A moment needs its offset from UTC, for instance a final Z.")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise Invalid("period_malformed", "This moment is out of reach.") from None


def _moment(when: Bound, zone: tzinfo) -> datetime:
    return when if isinstance(when, datetime) else midnight(when, zone)


def midnight(day: date, zone: tzinfo) -> datetime:
    """The first moment of a local day, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def hour_of(moment: datetime, zone: tzinfo) -> datetime:
    """The start of the local hour, with its offset from UTC as a fixed one: the hour that comes twice stays two."""
    local = moment.astimezone(zone)
    start = local.replace(minute=0, second=0, microsecond=0)
    offset = local.utcoffset()
    # Of a clock that is changed within the hour, what counts is the offset in force at the moment.
    return start if offset is None else start.replace(tzinfo=timezone(offset), fold=0)


def day_of(moment: datetime, zone: tzinfo) -> date:
    return moment.astimezone(zone).date()


def days_between(start: datetime, end: datetime, zone: tzinfo) -> list[tuple[date, datetime, datetime]]:
    """The local days of a stretch with the moments that bound each, cut at the stretch's own ends."""
    days: list[tuple[date, datetime, datetime]] = []
    day = day_of(start, zone)
    while (begins := midnight(day, zone)) < end:
        days.append((day, max(begins, start), min(midnight(day + timedelta(days=1), zone), end)))
        day += timedelta(days=1)
    return days


def zone_of(policy: Policy, group: str) -> tzinfo:
    """Where the people of a group work: the zone of its hours; UTC when it is always open, or gone."""
    spec = policy.routing.groups.get(group)
    return UTC if spec is None or spec.hours == "always" else ZoneInfo(spec.hours.time_zone)


def common_zone(policy: Policy, groups: Iterable[str]) -> tzinfo:
    """The zone that these groups share; UTC when they do not."""
    zones = {str(zone): zone for zone in (zone_of(policy, group) for group in groups)}
    return next(iter(zones.values())) if len(zones) == 1 else UTC


def zone_named(name: str) -> tzinfo:
    """Raises:
    Invalid: there is no such time zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid("zone_unknown", "Write an IANA name, for instance Europe/Paris.") from None
