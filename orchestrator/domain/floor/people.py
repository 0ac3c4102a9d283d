"""Agents as the floor sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ChannelState = Literal["available", "paused", "offline"]


@dataclass(frozen=True, slots=True)
class Profile:
    """What an agent is, apart from what they do now. Agents with equal profiles are looked at together.

    ``groups`` are pairs of group and rank, sorted; under the strategy `priority` rank 1 is asked first.
    ``languages`` are primary subtags; without any, every language will do. ``skills`` are pairs of skill and
    level (1 to 10), sorted. ``chat_slots`` and ``video_slots`` are how much they take; None: as the group says.
    """

    groups: tuple[tuple[str, int], ...]
    languages: frozenset[str] = frozenset()
    skills: tuple[tuple[str, int], ...] = ()
    chat_slots: int | None = None
    video_slots: int | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """An agent as of now. What they hold is told by `Floor.hold`.

    ``connected``: a page of theirs is open, or was a moment ago; ``here``: it is open. ``idle_since`` is when they last
    got free. Until ``wrap_up_until`` they finish what they had, and are asked nothing new.
    """

    id: str
    profile: Profile
    connected: bool
    chat: ChannelState
    video: ChannelState
    can_video: bool
    idle_since: datetime
    wrap_up_until: datetime | None = None
    here: bool = True
