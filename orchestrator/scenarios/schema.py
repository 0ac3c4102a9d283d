"""How a scenario is written: what is given, then steps of what happens and what must be true after it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from orchestrator.domain.model.replay import BEGINNING
from rules.durations import parse_duration
from rules.schema.base import Duration, Language, PrimaryLanguage, SiteId, Slug, Spec, problem
from rules.vocabulary import CameraPolicy

Presence = Literal["available", "paused", "offline"]
FileName = Literal["camera", "cards", "conversation", "engagement", "escalation", "routing"]
TimerWord = Literal[
    "bot",
    "idle",
    "queue",
    "round",
    "invitation",
    "lobby",
    "reconnect",
    "resume",
    "proposal",
    "handover",
    "visitor_away",
    "agent_away",
]
Words = Annotated[str, Field(min_length=1, max_length=300)]


def _moment(value: object) -> object:
    if isinstance(value, datetime):
        return value
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise problem("is not a moment", 'write for instance "2026-01-05 10:00" (UTC)') from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _remaining(value: str) -> str:
    if value != "none":
        try:
            parse_duration(value)
        except ValueError as error:
            message, _, advice = str(error).partition("; ")
            raise problem(message, f"{advice}, or `none`", "schema.duration") from None
    return value


class VisitorGiven(Spec):
    language: Language = "fr"
    device: Literal["desktop", "mobile", "tablet"] = "desktop"
    can_video: bool = True


class AgentGiven(Spec):
    """An agent, who is there and free for everything unless it is said otherwise. No groups: of every group."""

    groups: tuple[Slug, ...] = ()
    chat: Presence = "available"
    video: Presence = "available"
    connected: bool = True
    can_video: bool = True
    may_propose_video: bool = True
    languages: tuple[PrimaryLanguage, ...] = ()
    skills: Mapping[Slug, Annotated[int, Field(ge=1, le=10)]] = {}


class Given(Spec):
    """Where a scenario begins. ``policy`` changes files of the policy for this scenario: by file, what is different."""

    site: SiteId = "demo"
    at: Annotated[datetime, BeforeValidator(_moment)] = BEGINNING
    bot: bool = True
    visitor: VisitorGiven = VisitorGiven()
    agents: Annotated[Mapping[Slug, AgentGiven], Field(max_length=200)] = {}
    policy: Mapping[FileName, Mapping[str, Any]] = {}


class Then(Spec):
    """What must be true after a step; what is not named is not looked at.

    ``row``: the row that answered the event. ``notices``: all lines that the step added to the history, in order.
    ``effects``: among those of the step; ``no_effects``: none of these. ``timers``: how long each has left.
    ``invited``, ``agent``: by name, or `none`.
    """

    outcome: Literal["moved", "denied", "ignored", "illegal"] | None = None
    reason: Words | None = None
    row: Words | None = None
    state: Literal["chat", "queued", "video_lobby", "in_video", "closed"] | None = None
    party: Literal["none", "bot", "agent"] | None = None
    need: Literal["chat", "video"] | None = None
    group: Slug | None = None
    agent: Slug | None = None
    invited: Slug | None = None
    card: Literal["matched", "no_phrase", "language", "device", "disabled", "none"] | None = None
    proposal: Literal["open", "none"] | None = None
    camera: CameraPolicy | None = None
    camera_on: bool | None = None
    reassurance: Words | None = None
    message: Words | None = None
    notices: tuple[Words, ...] | None = None
    effects: tuple[Words, ...] | None = None
    no_effects: tuple[Words, ...] | None = None
    timers: Mapping[TimerWord, Annotated[str, AfterValidator(_remaining)]] | None = None
    visitor_can: tuple[Words, ...] | None = None
    visitor_cannot: tuple[Words, ...] | None = None
    agent_can: tuple[Words, ...] | None = None
    agent_cannot: tuple[Words, ...] | None = None
    position: Annotated[int, Field(ge=0)] | None = None


class StepSpec(Spec):
    """``when`` is one of the words of `scenarios.words`; without one, ``then`` is about the beginning, or still."""

    when: str | Mapping[str, Any] | None = None
    then: Then = Then()


def _rows(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class ScenarioSpec(Spec):
    """``about`` names what the scenario is for, such as a row of a feature table."""

    name: Words
    about: Annotated[tuple[Words, ...], BeforeValidator(_rows)] = ()
    given: Given | None = None
    steps: Annotated[tuple[StepSpec, ...], Field(min_length=1, max_length=200)]


class ScenarioFile(Spec):
    """``given`` holds for all scenarios of the file; one that says something itself says it instead."""

    given: Given = Given()
    scenarios: Annotated[tuple[ScenarioSpec, ...], Field(min_length=1, max_length=500)]


class CardGiven(Spec):
    """A transfer card: by the id of one of the policy, or its own words. ``slots`` fill its `{slot}`."""

    card: Slug | None = None
    title: Words = ""
    text: Annotated[str, Field(max_length=2_000)] = ""
    slots: Mapping[str, str] = {}


class SwitchGiven(Spec):
    agent: Slug
    chat: Presence | None = None
    video: Presence | None = None
    connected: bool | None = None


class OthersGiven(Spec):
    """How many other visitors ask for an agent now."""

    chat: Annotated[int, Field(ge=0, le=1_000)] = 0
    video: Annotated[int, Field(ge=0, le=1_000)] = 0


class PassingTime(Spec):
    time: Duration
