"""Recorded arrivals: who really came, what they wanted, who worked, and how long they really waited.

`visavis demo-load --arrivals-out` writes such a file, and so can an export of any other system. Seconds count from the
beginning of the record; they are those of people, whatever the speed at which a demonstration ran.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from orchestrator.application.records import Agent
from orchestrator.simulation.people import Visitor
from orchestrator.simulation.plan import HOUR, Duty, Plan
from orchestrator.simulation.results import Recorded, Tally, merged
from rules.findings import MOST_FINDINGS, Finding, PolicyError
from rules.languages import primary_subtag
from rules.policy import Policy
from rules.schema.base import Language, SiteId, Slug

LARGEST = 64 * 1024 * 1024
"""Bytes of a file: about a quarter of a million conversations."""

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""When a record begins that does not say when: within the hours of most groups."""

GAVE_UP = frozenset({"left", "away", "abandoned"})

Seconds = Annotated[float, Field(ge=0, le=100 * 86_400, allow_inf_nan=False)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Shift(_Record):
    """An agent's stretch of work. ``capacity``: chats at a time. Without ``group`` the agent is of every group."""

    agent: Annotated[str, Field(min_length=1, max_length=200)]
    group: list[Slug]
    capacity: Annotated[int, Field(ge=1, le=1_000)]
    languages: list[Language]
    video: bool
    from_s: Seconds
    until_s: Seconds


class Arrival(_Record):
    """A visitor who wanted an agent.

    ``handle_s``: how long the agent had them (or would have); ``patience_s``: when they would have left the line, None:
    never. ``waited_s``: until the outcome, ``answered``, one of `GAVE_UP`, or why it failed. ``answer_s``: how long the
    agent who was asked took to accept. ``group`` None: where the policy's rules lead.
    """

    at_s: Seconds
    group: Slug | None
    language: Language
    need: Literal["chat", "video"]
    handle_s: Seconds
    patience_s: Seconds | None
    waited_s: Seconds | None
    outcome: Annotated[str, Field(min_length=1, max_length=60)]
    answer_s: Seconds | None = None
    site: SiteId = "demo"


class Arrivals(_Record):
    """The whole file. ``begins``: when second 0 was, which decides what is open."""

    seed: int
    speed: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    staffing: list[Shift]
    conversations: Annotated[list[Arrival], Field(min_length=1, max_length=500_000)]
    begins: AwareDatetime | None = None


def read_arrivals(path: Path) -> Arrivals:
    """The recorded arrivals in a JSON file.

    Raises:
        PolicyError: it cannot be read, or is not such a record: all that is wrong with it, up to a bound.
    """
    content = _content(path)
    try:
        arrivals = Arrivals.model_validate_json(content)
    except ValidationError as error:
        found = [_finding(str(path), each) for each in error.errors(include_url=False)[:MOST_FINDINGS]]
        raise PolicyError(found) from None
    backwards = [
        Finding(
            str(path),
            1,
            1,
            f"staffing[{number}]",
            "ends before it begins",
            "`until_s` must be later than `from_s`",
        )
        for number, shift in enumerate(arrivals.staffing)
        if shift.until_s <= shift.from_s
    ]
    if backwards:
        raise PolicyError(backwards[:MOST_FINDINGS])
    return arrivals


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        advice = "check the path and the permissions"
        said = f"cannot be read ({error.strerror})"
        raise PolicyError([Finding(str(path), 1, 1, "", said, advice, "file.unreadable")]) from None
    if len(content) > LARGEST:
        advice = f"cut it: at most {LARGEST // 1024 // 1024} MB are read"
        raise PolicyError([Finding(str(path), 1, 1, "", "is too large", advice)])
    return content


def _finding(file: str, each: ErrorDetails) -> Finding:
    kind = each["type"]
    if kind == "json_invalid":
        where = _IN_JSON.search(each["msg"])
        line, column = (int(where[1]), int(where[2])) if where is not None else (1, 1)
        return Finding(file, line, column, "", "is no JSON at this place", _SEE_THE_GUIDE)
    problem = (
        "is not known here" if kind == "extra_forbidden" else each["msg"][:1].lower() + each["msg"][1:200]
    )
    return Finding(file, 1, 1, _place(each["loc"]), problem, _ADVICE.get(kind, _SEE_THE_GUIDE))


def _place(loc: tuple[int | str, ...]) -> str:
    place = ""
    for part in loc:
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else part
    return place


_IN_JSON = re.compile(r"at line (\d+) column (\d+)")
_SEE_THE_GUIDE = "see docs/guides/simulation.md for what belongs there"
_ADVICE = {
    "missing": "write it",
    "extra_forbidden": "leave it out, or correct its name",
    "greater_than_equal": "write seconds from the beginning of the record on",
}


def unknown_groups(arrivals: Arrivals, policy: Policy, file: str) -> list[Finding]:
    """The groups of a record that a policy does not have."""
    named = {group: f"staffing[{i}].group" for i, one in enumerate(arrivals.staffing) for group in one.group}
    named |= {
        one.group: f"conversations[{i}].group" for i, one in enumerate(arrivals.conversations) if one.group
    }
    advice = "use the policy it was recorded under, or rename the group in the file"
    return [
        Finding(
            file, 1, 1, place, f"names the group `{group}`, which the policy {policy.revision} lacks", advice
        )
        for group, place in named.items()
        if group not in policy.routing.groups
    ]


def plan_of_record(arrivals: Arrivals, policy: Policy, file: str, seed: int) -> Plan:
    """The record as something to play. ``policy`` says what answered in time means for what really happened."""
    begins = arrivals.begins.astimezone(UTC) if arrivals.begins is not None else MONDAY
    lasts = max([one.at_s for one in arrivals.conversations] + [shift.until_s for shift in arrivals.staffing])
    ends = begins + timedelta(seconds=lasts)
    return Plan(
        begins=begins,
        ends=ends,
        counted_from=begins,
        days=max(1, -(-int(lasts) // int(24 * HOUR.total_seconds()))),
        visitors=partial(_visitors, arrivals, begins, seed),
        duties=tuple(_duty(shift, begins) for shift in arrivals.staffing),
        recorded=_as_it_was(arrivals, policy, file),
    )


def _duty(shift: Shift, begins: datetime) -> Duty:
    agent = Agent(
        id=shift.agent,
        name=shift.agent,
        languages=tuple(primary_subtag(language) for language in shift.languages),
        groups=tuple(sorted((group, 1) for group in set(shift.group))),
        chat_slots=shift.capacity,
        can_video=shift.video,
        chat_state="available",
        video_state="available" if shift.video else "offline",
        sockets=1,
    )
    since, until = (begins + timedelta(seconds=at) for at in (shift.from_s, shift.until_s))
    return Duty(agent, since, until)


def _visitors(arrivals: Arrivals, begins: datetime, seed: int) -> Iterator[Visitor]:
    numbered = enumerate(arrivals.conversations, start=1)
    for number, one in sorted(numbered, key=lambda each: (each[1].at_s, each[0])):
        yield Visitor(
            id=str(number),
            site=one.site,
            arrives=begins + timedelta(seconds=one.at_s),
            language=one.language,
            mobile=False,
            can_video=True,
            wish="video" if one.need == "video" else "person",
            patience=one.patience_s,
            chats_for=one.handle_s,
            films_for=one.handle_s,
            is_proposed=False,
            accepts=False,
            chance=random.Random(f"{seed}:{number}"),  # noqa: S311 - chance, not a secret
            group=one.group,
            answered_after=one.answer_s,
        )


def _as_it_was(arrivals: Arrivals, policy: Policy, file: str) -> Recorded:
    groups: dict[str, Tally] = defaultdict(Tally)
    for one in arrivals.conversations:
        name = one.group or policy.routing.default_group
        tally = groups[name]
        tally.offered += 1
        if one.outcome == "answered" and one.waited_s is not None:
            goal = policy.routing.groups[name].service_level.within.total_seconds()
            tally.waits.append(one.waited_s)
            tally.to_video += one.need == "video"
            tally.in_time += one.waited_s <= goal
        elif one.outcome in GAVE_UP:
            tally.abandoned += 1
        else:
            tally.failed[one.outcome] += 1
    return Recorded(file, merged(groups.values()), dict(sorted(groups.items())))
