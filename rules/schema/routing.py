"""``routing.yaml``: the groups of agents, and the rules that choose one for a conversation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    PlainValidator,
    Tag,
    TypeAdapter,
    WithJsonSchema,
    model_validator,
)

from rules.schema.base import (
    SLUG,
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
        advice = "write for instance `Europe/Paris` (IANA names)"
        raise problem("is not a time zone", advice, "schema.time_zone") from None
    return value


def _hours_kind(value: object) -> str:
    # So that a mistake is told once, as what it was meant to be.
    return "always" if isinstance(value, str) else "hours"


DaySpan = Annotated[
    Span,
    BeforeValidator(_span),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$",
            "examples": ["09:00-12:30"],
        }
    ),
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


def _video_takes(value: object) -> object:
    if value == "all" or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100):
        return value
    raise problem("is neither `all` nor a number of chats (0 to 100)", "write `all`, or for instance `1`")


def _most_missed(value: object) -> object:
    if value is None or value == "never":
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise problem("is neither a whole number nor `never`", "write for instance `3`, or `never`")


class Capacity(Spec):
    """How much one agent of the group may hold at a time.

    ``video_takes``: while an agent is in video, new chats are held off: `all` of them, or as many as this number.
    It blocks new work only. The chat that belongs to the video counts as a chat besides.
    """

    chat: Annotated[int, Field(ge=0, le=100)]
    video: Annotated[int, Field(ge=0, le=10)]
    video_takes: Annotated[
        Literal["all"] | int,
        BeforeValidator(_video_takes),
        WithJsonSchema({"oneOf": [{"const": "all"}, {"type": "integer", "minimum": 0, "maximum": 100}]}),
    ] = "all"


class Alternative(Spec):
    """What a visitor is shown when nobody can take them. ``then``: who goes on with the conversation.

    ``leave_message``: the visitor may leave a message and an address to be answered at.
    """

    message: Texts
    then: Literal["back_to_bot", "stay"] = "back_to_bot"
    leave_message: bool = False


class Relaxation(Spec):
    """After this wait, less is asked of an agent: what one entry relaxes stays relaxed.

    ``skill_levels``: every level that is asked for is lowered by so much (to 1 at the least, so the skill itself is
    still needed). ``skills: none``: no skill is needed. ``language: any``: nor the visitor's language.
    """

    after: Duration
    skill_levels: Annotated[int, Field(ge=1, le=9)] | None = None
    skills: Literal["none"] | None = None
    language: Literal["any"] | None = None

    @model_validator(mode="after")
    def _relaxes(self) -> Relaxation:
        if self.skill_levels is None and self.skills is None and self.language is None:
            raise problem("relaxes nothing", "add `skill_levels:`, `skills: none` or `language: any`")
        return self


class Overflow(Spec):
    """Another group that helps out after a while, from when on its own overflow counts too."""

    group: Slug
    after: Duration


class ServiceLevel(Spec):
    """What the group aims at: this share (percent) of its visitors answered within this time."""

    within: Duration = timedelta(seconds=30)
    share: Annotated[int, Field(ge=1, le=100)] = 80


class GroupSpec(Spec):
    """``sticky``: how long a visitor who returns waits for the agent who knows them, before anybody is asked.

    ``ageing``: a waiting visitor gains one priority for each such stretch of waiting. ``when_closed`` and
    ``when_full`` say more precisely than ``alternative`` why nobody came. ``wrap_up``: after a conversation an agent
    is given no new one for so long. ``pause_after_missed``: so many invitations in a row without an answer pause an
    agent (None, written `never`: nobody is paused).
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
    sticky: Duration | None = None
    relax: Annotated[tuple[Relaxation, ...], Field(max_length=20)] = ()
    overflow: Annotated[tuple[Overflow, ...], Field(max_length=20)] = ()
    ageing: Duration | None = None
    alternative: Alternative
    when_closed: Alternative | None = None
    when_full: Alternative | None = None
    wrap_up: Duration | None = None
    pause_after_missed: Annotated[
        Annotated[int, Field(ge=1, le=20)] | None,
        BeforeValidator(_most_missed),
        WithJsonSchema({"oneOf": [{"const": "never"}, {"type": "integer", "minimum": 1, "maximum": 20}]}),
    ] = 3
    service_level: ServiceLevel = ServiceLevel()


SkillLevels = tuple[tuple[str, int], ...]

_HIGHEST_LEVEL = 10
_STRICT = ConfigDict(strict=True)
_SKILL_LIST = TypeAdapter(Annotated[tuple[Slug, ...], Distinct, Field(max_length=20)], config=_STRICT)
_SKILL_MAP = TypeAdapter(
    Annotated[Mapping[Slug, Annotated[int, Field(ge=1, le=_HIGHEST_LEVEL)]], Field(max_length=20)],
    config=_STRICT,
)


def _skills(value: object) -> SkillLevels:
    """Skills as pairs of name and least level, by name."""
    if isinstance(value, Mapping):
        return tuple(sorted(_SKILL_MAP.validate_python(value).items()))
    if isinstance(value, tuple):
        return tuple((name, 1) for name in sorted(_SKILL_LIST.validate_python(value)))
    raise problem(
        "names no skills", "write `[mortgage]`, or `{ mortgage: 3 }` with the least level (1 to 10) of each"
    )


def _as_written(value: SkillLevels) -> dict[str, int]:
    return dict(value)


Skills = Annotated[
    SkillLevels,
    PlainValidator(_skills),
    PlainSerializer(_as_written),
    WithJsonSchema(
        {
            "oneOf": [
                {"type": "array", "items": {"type": "string", "pattern": SLUG}, "uniqueItems": True},
                {
                    "type": "object",
                    "propertyNames": {"pattern": SLUG},
                    "additionalProperties": {"type": "integer", "minimum": 1, "maximum": _HIGHEST_LEVEL},
                },
            ]
        }
    ),
]


class RoutingRow(Spec):
    """The first row whose need and guard match chooses the group.

    ``skills``: what an agent must be able to do, each with the least level (1 to 10); a list means level 1.
    """

    id: Slug
    need: NeedName | None = None
    when: Annotated[str, Field(min_length=1, max_length=1_000)] | None = None
    group: Slug
    priority: Annotated[int, Field(ge=-100, le=100)] = 0
    skills: Skills = ()


MISSED = "missed"
"""The reason of a pause that nobody chose: too many invitations in a row were not answered."""


class PauseReason(Spec):
    """A reason that agents choose when they pause. A list and no free text: reports must not hold what people write
    about themselves."""

    id: Slug
    label: Labels


def _distinct_reasons(reasons: tuple[PauseReason, ...]) -> tuple[PauseReason, ...]:
    ids = [reason.id for reason in reasons]
    if len(set(ids)) != len(ids):
        raise problem("has two reasons with the same id", "give each reason an id of its own")
    if MISSED in ids:
        raise problem(f"has a reason `{MISSED}`, which the platform itself gives", "choose another id")
    return reasons


class RoutingFile(Spec):
    default_group: Slug
    groups: Annotated[Mapping[Slug, GroupSpec], Field(min_length=1, max_length=500), Frozen, Thawed]
    rules: Annotated[tuple[RoutingRow, ...], Field(max_length=1_000)] = ()
    pause_reasons: Annotated[
        tuple[PauseReason, ...], Field(max_length=20), AfterValidator(_distinct_reasons)
    ] = ()
