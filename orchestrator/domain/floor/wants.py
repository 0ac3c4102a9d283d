"""What a waiting conversation asks of an agent, and how that changes while it waits."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from orchestrator.domain.actions import wants_video
from orchestrator.domain.conversation import Conversation, Need
from rules.languages import primary_subtag
from rules.policy import Policy
from rules.schema.routing import GroupSpec, Relaxation

Skills = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Want:
    """``language`` is a primary subtag, None: any. ``skills`` are pairs of skill and least level, sorted."""

    group: str
    language: str | None
    skills: Skills
    chat: bool
    video: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """From ``since`` on these wants hold, the preferred first. ``relaxed`` says what was given up by then:
    ``skill_levels``, ``skills``, ``language``, ``overflow:<group>``.
    """

    since: datetime
    wants: tuple[Want, ...]
    relaxed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A conversation that waits.

    It counts in the line of ``group`` and of its channel (``video``), which is ordered by ``at_head``, ``rank_at``
    (`domain.conversation.rank_of`) and id. Until ``sticky_until`` only ``sticky`` is asked, provided that nothing
    but being busy keeps them from it. While ``resting``, everybody who could take it has declined: they are asked
    again once ``declined`` is emptied, while somebody else is asked at once. ``invited``: an invitation is open.
    """

    id: str
    group: str
    video: bool
    at_head: bool
    rank_at: datetime
    entered_at: datetime
    stages: tuple[Stage, ...]
    declined: frozenset[str] = frozenset()
    sticky: str | None = None
    sticky_until: datetime | None = None
    resting: bool = False
    invited: bool = False


def stage_at(entry: Waiting, now: datetime | None) -> int:
    """Which stage holds: the last that began, or the first if none did, or if nothing is known of the time."""
    if now is None:
        return 0
    index = len(entry.stages) - 1
    while index > 0 and entry.stages[index].since > now:
        index -= 1
    return max(index, 0)


def stage_of(entry: Waiting, index: int) -> Stage:
    """That stage; without any, nothing is wanted."""
    return entry.stages[index] if entry.stages else Stage(entry.entered_at, ())


def explained_want(stage: Stage) -> int:
    """Which of a stage's wants agents left out are told of: the first, as far as it is relaxed by now."""
    first = stage.wants[0]
    same = (first.group, first.chat, first.video)
    return max(index for index, want in enumerate(stage.wants) if (want.group, want.chat, want.video) == same)


def given_up(entry: Waiting, want: Want) -> tuple[str, ...]:
    """What ``want`` asks less than the conversation asked at first, in the codes of `Stage`."""
    full = entry.stages[0].wants[0] if entry.stages[0].wants else want
    codes: list[str] = []
    if want.skills != full.skills:
        codes.append("skill_levels" if want.skills else "skills")
    if want.language != full.language:
        codes.append("language")
    if want.group != full.group:
        codes.append(f"overflow:{want.group}")
    return tuple(codes)


def may_wait(c: Conversation, pinned: Policy, places: int) -> bool:
    """Whether a conversation that nobody can take now may stay in the line.

    With 0 places nobody is parked; a card that escalates gives up at once under ``no_video_agent: alternative``.
    """
    by_card = wants_video(c) and c.need is Need.CHAT
    gives_up = by_card and pinned.escalation_for(c.site_id).no_video_agent == "alternative"
    return places > 0 and not gives_up


def stages_of(conversation: Conversation, pinned: Policy, live: Policy) -> tuple[Stage, ...]:
    """What the conversation asks for from its entry into the queue on; nothing when it does not queue.

    In each stage channels come first (who was promised video is first offered video, wherever it is), then groups
    (the own, then those that help out, in the order in which they join), then what is asked of the agent (first
    everything, then what is left of it). What the own group relaxes is relaxed for every group that is asked.
    """
    queue = conversation.queue
    if queue is None:
        return ()
    groups = live.routing.groups
    own = queue.group if queue.group in groups else live.routing.default_group
    channels = _channels(conversation, pinned)
    language = primary_subtag(conversation.language)
    demands = [(timedelta(0), _Demand(language, queue.skills))]
    demands += _relaxed(groups[own], demands[0][1])
    joined = _joined(groups, own)
    stages: list[Stage] = []
    for after in sorted({after for after, _ in (*demands, *joined)}):
        asked = [group for at, group in joined if at <= after]
        due = [demand for at, demand in demands if at <= after]
        wants = tuple(
            Want(group, demand.language, demand.skills, chat=chat, video=video)
            for chat, video in channels
            for group in asked
            for demand in due
        )
        relaxed = (*due[-1].given_up, *(f"overflow:{group}" for group in asked[1:]))
        stages.append(Stage(queue.entered_at + after, wants, relaxed))
    return tuple(stages)


def _channels(c: Conversation, pinned: Policy) -> tuple[tuple[bool, bool], ...]:
    """Chat and video as they are wished for, the preferred first.

    A visitor's direct video wants video presence alone; a card that escalates wants both channels, and by the
    policy's ``no_video_agent`` falls back to a chat agent (`chat`), waits on (`wait`) or gives up (`alternative`).
    """
    if not wants_video(c):
        return ((True, False),)
    if c.need is Need.VIDEO:
        return ((False, True),)
    if pinned.escalation_for(c.site_id).no_video_agent == "chat":
        return ((True, True), (True, False))
    return ((True, True),)


@dataclass(frozen=True, slots=True)
class _Demand:
    """What is asked of an agent, and what was given up of it so far."""

    language: str | None
    skills: Skills
    given_up: tuple[str, ...] = ()


def _relaxed(spec: GroupSpec, full: _Demand) -> Iterator[tuple[timedelta, _Demand]]:
    """The steps that change anything."""
    before = full
    said: list[Relaxation] = []
    for step in spec.relax:
        said.append(step)
        demand = _after(said, full)
        if demand != before:
            yield step.after, demand
        before = demand


def _after(steps: list[Relaxation], full: _Demand) -> _Demand:
    lowered = max((step.skill_levels or 0 for step in steps), default=0)
    language, skills, given_up = full.language, full.skills, list[str]()
    if any(step.skills == "none" for step in steps):
        skills = ()
    elif lowered:
        skills = tuple((skill, max(1, level - lowered)) for skill, level in skills)
    if skills != full.skills:
        given_up.append("skill_levels" if skills else "skills")
    if any(step.language == "any" for step in steps):
        language = None
        given_up.append("language")
    return _Demand(language, skills, tuple(given_up))


def _joined(groups: Mapping[str, GroupSpec], own: str) -> list[tuple[timedelta, str]]:
    """The groups that are asked and after which wait: each once, by the quickest way of overflows (Dijkstra)."""
    found: list[tuple[timedelta, str]] = []
    seen: set[str] = set()
    # Of two that join at the same time, the one that is named first comes first.
    order = count(1)
    ways = [(timedelta(0), 0, own)]
    while ways:
        after, _, name = heapq.heappop(ways)
        if name in seen or name not in groups:
            continue
        seen.add(name)
        found.append((after, name))
        for overflow in groups[name].overflow:
            heapq.heappush(ways, (after + overflow.after, next(order), overflow.group))
    return found
