"""Who is invited next: a pure choice among the agents of a group, with the reason each other was left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from orchestrator.domain.actions import wants_video
from orchestrator.domain.conversation import Conversation, Need
from rules.policy import Policy

LeftOut = Literal[
    "offline", "language", "declined", "chat_off", "chat_full", "video_off", "video_unable", "video_full"
]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent of the group as of now. ``idle_since`` is when they last got free."""

    id: str
    languages: frozenset[str]
    connected: bool
    chat_present: bool
    video_present: bool
    can_video: bool
    free_chat: bool
    free_video: bool
    idle_since: datetime


@dataclass(frozen=True, slots=True)
class Want:
    """What a waiting conversation asks of an agent."""

    language: str
    chat: bool
    video: bool
    declined: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Choice:
    """``agent_id`` is None when nobody fits; ``left_out`` says why for everybody else who does not."""

    agent_id: str | None
    left_out: Mapping[str, LeftOut] = field(default_factory=dict[str, LeftOut])


def wants_of(c: Conversation, policy: Policy) -> tuple[Want, ...]:
    """The wishes of a waiting conversation, the preferred first.

    A visitor's direct video wants video presence; an escalating card wants both channels, and by the
    policy's ``no_video_agent`` falls back to a chat agent (`chat`), waits on (`wait`) or gives up (`alternative`).
    """
    language = c.language.split("-", maxsplit=1)[0].lower()
    declined = c.queue.declined if c.queue is not None else frozenset[str]()
    if not wants_video(c):
        return (Want(language, chat=True, video=False, declined=declined),)
    if c.need is Need.VIDEO:
        return (Want(language, chat=False, video=True, declined=declined),)
    both = Want(language, chat=True, video=True, declined=declined)
    if policy.escalation_for(c.site_id).no_video_agent == "chat":
        return (both, Want(language, chat=True, video=False, declined=declined))
    return (both,)


def may_wait(c: Conversation, policy: Policy, places: int) -> bool:
    """Whether a conversation that nobody can take now may stay in the line.

    With 0 places nobody is parked; a card that escalates gives up at once under ``no_video_agent: alternative``.
    """
    by_card = wants_video(c) and c.need is Need.CHAT
    gives_up = by_card and policy.escalation_for(c.site_id).no_video_agent == "alternative"
    return places > 0 and not gives_up


def choose(candidates: Sequence[Candidate], want: Want) -> Choice:
    """The longest idle agent who fits ``want``; ties go to the smaller id, so that the choice is deterministic."""
    left_out: dict[str, LeftOut] = {}
    best: Candidate | None = None
    for candidate in candidates:
        reason = why_left_out(candidate, want)
        if reason is not None:
            left_out[candidate.id] = reason
        elif best is None or (candidate.idle_since, candidate.id) < (best.idle_since, best.id):
            best = candidate
    return Choice(best.id if best is not None else None, left_out)


def why_left_out(candidate: Candidate, want: Want) -> LeftOut | None:
    """The first reason why this agent cannot be invited, or None."""
    checks: tuple[tuple[LeftOut, bool], ...] = (
        ("offline", candidate.connected),
        ("language", not candidate.languages or want.language in candidate.languages),
        ("declined", candidate.id not in want.declined),
        ("chat_off", not want.chat or candidate.chat_present),
        ("chat_full", candidate.free_chat),
        ("video_off", not want.video or candidate.video_present),
        ("video_unable", not want.video or candidate.can_video),
        ("video_full", not want.video or candidate.free_video),
    )
    return next((reason for reason, fits in checks if not fits), None)
