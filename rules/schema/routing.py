"""``routing.yaml``: the groups of agents, and the rules that choose one for a conversation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, WithJsonSchema

from rules.schema.base import (
    Distinct,
    Duration,
    Frozen,
    Labels,
    PrimaryLanguage,
    Slug,
    Spec,
    Texts,
    Thawed,
    problem,
)
from rules.vocabulary import NeedName

Strategy = Literal["longest_idle", "least_loaded", "priority"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)", re.ASCII)


class Span(Spec):
    """A stretch of one day, from ``start`` up to and without ``end`` (None: midnight, the end of the day)."""

    start: time
    end: time | None

    def holds(self, moment: time) -> bool:
        return self.start <= moment and (self.end is None or moment < self.end)


def _span(value: object) -> object:
    if isinstance(value, Span):
        return value
    found = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise problem("is not a stretch of a day", 'write for instance "09:00-12:30", up to "24:00"')
    start = time(int(found[1]), int(found[2]))
    end = None if found[3] is None else time(int(found[3]), int(found[4]))
    if end is not None and end <= start:
        raise problem(
            "ends before it starts", "split hours over midnight: until 24:00, and from 00:00 the day after"
        )
    return Span(start=start, end=end)


def _date(value: object) -> object:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise problem("is not a date", "write for instance 2030-12-25") from None


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise problem("is not a time zone", "write for instance `Europe/Paris` (IANA names)") from None
    return value


def _hours_kind(value: object) -> str:
    # So that a mistake is told once, as what it was meant to be.
    return "always" if isinstance(value, str) else "hours"


DaySpan = Annotated[
    Span, BeforeValidator(_span), WithJsonSchema({"type": "string", "examples": ["09:00-12:30"]})
]
Day = Annotated[date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]


class Hours(Spec):
    """When a group is open. A day that is not named is closed; ``closed_on`` are dates that are closed anyway."""

    time_zone: Annotated[str, AfterValidator(_time_zone), Field(max_length=64, examples=["Europe/Paris"])]
    week: Annotated[Mapping[Weekday, tuple[DaySpan, ...]], Field(min_length=1), Frozen, Thawed]
    closed_on: tuple[Day, ...] = ()


class PerChannel(Spec):
    """A count per channel."""

    chat: Annotated[int, Field(ge=0, le=10_000)]
    video: Annotated[int, Field(ge=0, le=10_000)]


class Capacity(Spec):
    """How much one agent of the group may hold at a time."""

    chat: Annotated[int, Field(ge=0, le=100)]
    video: Annotated[int, Field(ge=0, le=10)]


class Alternative(Spec):
    """What a visitor is shown when nobody can take them. ``then``: who goes on with the conversation."""

    message: Texts
    then: Literal["back_to_bot", "stay"] = "back_to_bot"


class Overflow(Spec):
    """Another group that helps out after a while."""

    group: Slug
    after: Duration


class GroupSpec(Spec):
    """``ageing``: a waiting visitor gains one priority for each such stretch of waiting.

    ``relax_language``: after this wait, agents who do not speak the visitor's language may be asked.
    """

    label: Labels
    languages: Annotated[tuple[PrimaryLanguage, ...], Field(min_length=1), Distinct]
    video: bool = True
    places: PerChannel
    capacity: Capacity
    strategy: Strategy = "longest_idle"
    hours: Annotated[
        Annotated[Literal["always"], Tag("always")] | Annotated[Hours, Tag("hours")],
        Discriminator(_hours_kind),
    ] = "always"
    alternative: Alternative
    overflow: Overflow | None = None
    ageing: Duration | None = None
    relax_language: Duration | None = None


class RoutingRow(Spec):
    """The first row whose need and guard match chooses the group."""

    id: Slug
    need: NeedName | None = None
    when: Annotated[str, Field(min_length=1, max_length=1_000)] | None = None
    group: Slug
    priority: Annotated[int, Field(ge=-100, le=100)] = 0
    skills: Annotated[tuple[Slug, ...], Distinct] = ()


class RoutingFile(Spec):
    default_group: Slug
    groups: Annotated[Mapping[Slug, GroupSpec], Field(min_length=1, max_length=500), Frozen, Thawed]
    rules: Annotated[tuple[RoutingRow, ...], Field(max_length=1_000)] = ()
