"""Why an agent is not asked, and what a choice comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from orchestrator.domain.floor.group_rules import GroupRules
from orchestrator.domain.floor.people import ChannelState, Profile
from orchestrator.domain.floor.wants import Skills, Want

LeftOut = Literal[
    "group_closed",
    "not_in_group",
    "offline",
    "away",
    "paused",
    "channel_off",
    "wrap_up",
    "language",
    "skill",
    "declined",
    "sticky",
    "chat_full",
    "video_unable",
    "video_full",
]

# What concerns this one conversation comes before the load of the agent.
LOAD: frozenset[LeftOut | None] = frozenset({None, "chat_full", "video_unable", "video_full"})
MOST_EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class Choice:
    """Who is asked, by which want and what had to be relaxed for it; ``agent_id`` is None when nobody fits.

    ``left_out`` counts every agent of the first want's group who was not chosen and does not fit, once, by the first
    reason in the order of `LeftOut`; what has been relaxed by then is no reason. ``examples`` names up to 20
    of them for each reason.
    """

    agent_id: str | None
    want: Want | None
    relaxed: tuple[str, ...] = ()
    left_out: Mapping[LeftOut, int] = field(default_factory=dict[LeftOut, int])
    examples: Mapping[LeftOut, tuple[str, ...]] = field(default_factory=dict[LeftOut, tuple[str, ...]])


@dataclass(frozen=True, slots=True)
class Condition:
    """Everything about an agent, but for their name and how long they have been idle, that decides what they fit.

    ``chats`` and ``videos`` are held, or reserved for an invitation that is on its way.
    """

    profile: Profile
    connected: bool
    chat: ChannelState
    video: ChannelState
    can_video: bool
    wrapping_up: bool
    chats: int
    videos: int


def why_left_out(one: Condition, want: Want, rules: GroupRules | None) -> LeftOut | None:
    """The first reason why an agent in this condition cannot take what is wanted, or None.

    ``rules`` are those of the want's group; None: the group is closed, or is no more. An offer always takes a chat
    slot, be it for video alone, because who is in video is written to as well.
    """
    if rules is None:
        return "group_closed"
    profile = one.profile
    if all(group != want.group for group, _ in profile.groups):
        return "not_in_group"
    absent = _why_absent(one, want)
    if absent is not None:
        return absent
    if want.language is not None and profile.languages and want.language not in profile.languages:
        return "language"
    if want.skills and not _can(dict(profile.skills), want.skills):
        return "skill"
    return _why_full(one, want, rules)


def fits_when_free(one: Condition, want: Want, rules: GroupRules | None) -> bool:
    """Whether nothing but what they are doing now keeps an agent from what is wanted."""
    return why_left_out(replace(one, wrapping_up=False, chats=0, videos=0), want, rules) is None


def _can(levels: Mapping[str, int], skills: Skills) -> bool:
    return all(levels.get(skill, 0) >= level for skill, level in skills)


def _why_absent(one: Condition, want: Want) -> LeftOut | None:
    if one.chat == one.video == "offline":
        return "offline"
    if not one.connected:
        return "away"
    asked = {state for state, wanted in ((one.chat, want.chat), (one.video, want.video)) if wanted}
    if "paused" in asked:
        return "paused"
    if "offline" in asked:
        return "channel_off"
    return "wrap_up" if one.wrapping_up else None


def _why_full(one: Condition, want: Want, rules: GroupRules) -> LeftOut | None:
    rules = rules.of_agent(one.profile.chat_slots, one.profile.video_slots)
    if not rules.room_for_chat(one.chats, one.videos):
        return "chat_full"
    if want.video and not (one.can_video and rules.video):
        return "video_unable"
    if want.video and not rules.room_for_video(one.videos):
        return "video_full"
    return None
