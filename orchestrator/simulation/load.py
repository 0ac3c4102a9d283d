"""How a synthetic load is written: who comes when, what they want, how long things take, and who works."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from rules.findings import Finding, PolicyError
from rules.policy import Policy
from rules.schema.base import Duration, PrimaryLanguage, SiteId, Slug, Spec, problem
from rules.schema.explain import explain
from rules.yaml_source import LARGEST_FILE, decode, parse

HOURS = 24


def _hourly(value: object) -> object:
    # One number holds for every hour.
    return (value,) * HOURS if isinstance(value, int | float) and not isinstance(value, bool) else value


def _day(value: object) -> object:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise problem("is not a date", "write for instance 2026-01-05") from None


def _number(value: object) -> object:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


Number = Annotated[float, BeforeValidator(_number), Field(ge=0, le=1_000_000)]
Share = Annotated[float, BeforeValidator(_number), Field(ge=0, le=1)]
Rates = Annotated[tuple[Number, ...], BeforeValidator(_hourly), Field(min_length=HOURS, max_length=HOURS)]
Counts = Annotated[
    tuple[Annotated[int, Field(ge=0, le=10_000)], ...],
    BeforeValidator(_hourly),
    Field(min_length=HOURS, max_length=HOURS),
]


class Span(Spec):
    """A duration that varies: lognormal with this mean, ``spread`` the standard deviation of its logarithm.

    ``exponential``: exponential with this mean instead.
    """

    mean: Duration
    spread: Annotated[float, BeforeValidator(_number), Field(ge=0, le=3)] = 0.6
    exponential: bool = False


class Wishes(Spec):
    """What visitors come for, as weights: answered by the ``bot`` alone, handed over by a ``card`` (by its id),
    asking for a ``person``, or for ``video``.
    """

    bot: Number = 0.0
    card: Mapping[Slug, Number] = {}
    person: Number = 0.0
    video: Number = 0.0

    @model_validator(mode="after")
    def _any(self) -> Wishes:
        if self.bot + self.person + self.video + sum(self.card.values()) <= 0:
            raise problem("has no wish at all", "give one of them a weight above 0")
        return self


class Stream(Spec):
    """Visitors of one site. ``per_hour``: one rate, or 24 of them from midnight (UTC) on. ``languages`` and
    ``devices`` are weights.
    """

    site: SiteId = "demo"
    per_hour: Rates
    wishes: Wishes
    languages: Annotated[Mapping[PrimaryLanguage, Number], Field(min_length=1)] = {"fr": 1.0}
    mobile: Share = 0.5
    can_video: Share = 1.0
    patience: Span | None = None


class Handling(Spec):
    """How long an agent has a conversation; ``video`` from the lobby to the end."""

    chat: Span
    video: Span | None = None


class Crew(Spec):
    """Agents who are alike. ``on_duty``: how many, one number or 24 by hour; ``answer``: how long an accept takes."""

    groups: Annotated[tuple[Slug, ...], Field(min_length=1)]
    on_duty: Counts
    languages: tuple[PrimaryLanguage, ...] = ()
    skills: Mapping[Slug, Annotated[int, Field(ge=1, le=10)]] = {}
    video: bool = True
    answer: Span | None = None
    declines: Share = 0.0


class Load(Spec):
    """``warm_up``: who comes before it has passed is not counted. ``proposes``: how many chats an agent takes to video
    by a proposal, ``accepts`` how many of these the visitor accepts.
    """

    day: Annotated[date, BeforeValidator(_day)] = date(2026, 1, 5)
    streams: Annotated[tuple[Stream, ...], Field(min_length=1, max_length=50)]
    handling: Handling
    crews: Annotated[tuple[Crew, ...], Field(max_length=200)] = ()
    proposes: Share = 0.0
    accepts: Share = 0.5
    warm_up: Duration | None = None

    @property
    def begins(self) -> datetime:
        return datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC)

    @property
    def counted_from(self) -> datetime:
        return self.begins + (self.warm_up or timedelta(0))


def read_load(path: Path) -> Load:
    """The load in a YAML file.

    Raises:
        PolicyError: it cannot be read, or says what a load cannot say.
    """
    try:
        with path.open("rb") as file:
            text = decode(str(path), file.read(LARGEST_FILE + 1))
    except OSError as error:
        advice = "check the path and the permissions"
        problem_said = f"cannot be read ({error.strerror})"
        raise PolicyError([Finding(str(path), 1, 1, "", problem_said, advice, "file.unreadable")]) from None
    document = text if isinstance(text, Finding) else parse(str(path), text)
    if isinstance(document, Finding):
        raise PolicyError([document])
    if document.findings:
        raise PolicyError(document.findings)
    try:
        return Load.model_validate(document.value)
    except ValidationError as error:
        raise PolicyError(explain(document, Load, error)) from None


def unknown_names(load: Load, policy: Policy, file: str) -> list[Finding]:
    """The groups and cards of a load that a policy does not have."""
    found = [
        ("group", name) for crew in load.crews for name in crew.groups if name not in policy.routing.groups
    ]
    found += [
        ("card", name) for stream in load.streams for name in stream.wishes.card if policy.card(name) is None
    ]
    return [
        Finding(
            file, 1, 1, "", f"names the {kind} `{name}`, which the policy does not have", "use one it has"
        )
        for kind, name in dict.fromkeys(found)
    ]
