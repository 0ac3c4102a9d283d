"""Why an agent is not asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.domain.floor import GroupRules, Profile, Want
from orchestrator.domain.floor.reasons import Condition, fits_when_free, why_left_out
from tests.unit.domain.floor.people import BOTH, CHAT, RULES, VIDEO

READY = Condition(
    Profile((("care", 1),), frozenset({"fr"}), (("tax", 5), ("visa", 1))),
    connected=True,
    chat="available",
    video="available",
    can_video=True,
    wrapping_up=False,
    chats=0,
    videos=0,
)
SKILLED = replace(BOTH, skills=(("tax", 5),))

# In the order in which they are looked at: each change comes with those of all the rows below it.
REASONS: tuple[tuple[str, dict[str, object], dict[str, object]], ...] = (
    ("not_in_group", {}, {"group": "loans"}),
    ("offline", {"chat": "offline", "video": "offline"}, {}),
    ("away", {"connected": False}, {}),
    ("paused", {"chat": "paused"}, {}),
    ("channel_off", {"video": "offline"}, {}),
    ("wrap_up", {"wrapping_up": True}, {}),
    ("language", {}, {"language": "en"}),
    ("skill", {}, {"skills": (("tax", 6),)}),
    ("chat_full", {"chats": 2}, {}),
    ("video_unable", {"can_video": False}, {}),
    ("video_full", {"videos": 1}, {}),
)
MANY = replace(RULES, video_takes=0)


def test_somebody_who_fits_is_not_left_out() -> None:
    assert why_left_out(READY, SKILLED, MANY) is None


@pytest.mark.parametrize("index", range(len(REASONS)))
def test_the_first_reason_is_told(index: int) -> None:
    one, want = READY, SKILLED
    for _, of_agent, of_want in reversed(REASONS[index:]):
        one, want = replace(one, **of_agent), replace(want, **of_want)  # type: ignore[arg-type]
    assert why_left_out(one, want, MANY) == REASONS[index][0]
    assert why_left_out(one, want, None) == "group_closed"


@pytest.mark.parametrize(("reason", "of_agent", "of_want"), REASONS)
def test_each_reason_alone(reason: str, of_agent: dict[str, object], of_want: dict[str, object]) -> None:
    one, want = replace(READY, **of_agent), replace(SKILLED, **of_want)  # type: ignore[arg-type]
    assert why_left_out(one, want, MANY) == reason
    assert fits_when_free(one, want, MANY) is (reason in {"wrap_up", "chat_full", "video_full"})


def test_who_could_not_take_it_with_nothing_else_to_do_is_not_waited_for() -> None:
    assert not fits_when_free(replace(READY, chats=2), CHAT, replace(RULES, chat_slots=0))
    assert not fits_when_free(READY, CHAT, None)


@pytest.mark.parametrize(
    ("want", "states", "reason"),
    [
        (CHAT, ("available", "offline"), None),
        (CHAT, ("available", "paused"), None),
        (CHAT, ("offline", "available"), "channel_off"),
        (CHAT, ("paused", "available"), "paused"),
        (VIDEO, ("offline", "available"), None),
        (VIDEO, ("available", "paused"), "paused"),
        (BOTH, ("available", "available"), None),
        (BOTH, ("paused", "offline"), "paused"),
        (BOTH, ("available", "offline"), "channel_off"),
    ],
)
def test_only_the_channels_that_are_wanted_must_be_on(
    want: Want, states: tuple[str, str], reason: str | None
) -> None:
    assert why_left_out(replace(READY, chat=states[0], video=states[1]), want, RULES) == reason  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("takes", "chats", "videos", "room"),
    [
        (None, 2, 0, True),
        (None, 3, 0, False),
        (None, 1, 1, False),
        (0, 2, 1, True),
        (0, 3, 1, False),
        (1, 1, 1, True),
        (1, 2, 1, False),
        (2, 0, 1, True),
        (2, 1, 1, False),
        (1, 1, 2, False),
    ],
)
def test_video_keeps_chat_slots_free(takes: int | None, chats: int, videos: int, room: bool) -> None:
    rules = GroupRules(chat_slots=3, video_slots=5, video_takes=takes, strategy="longest_idle", video=True)
    one = replace(READY, chats=chats, videos=videos)
    assert (why_left_out(one, CHAT, rules) is None) is room
    # An offer for video alone takes a chat slot too.
    assert (why_left_out(one, VIDEO, rules) is None) is room


@pytest.mark.parametrize(
    ("chat_slots", "video_slots", "chats", "videos", "chat", "video"),
    [
        (None, None, 2, 0, "chat_full", "chat_full"),
        (3, None, 2, 0, None, None),
        (1, None, 1, 0, "chat_full", "chat_full"),
        (0, None, 0, 0, "chat_full", "chat_full"),
        (None, 0, 0, 0, None, "video_full"),
        (None, 2, 0, 1, None, None),
    ],
)
def test_an_agent_who_takes_another_number_than_the_group_says(
    chat_slots: int | None,
    video_slots: int | None,
    chats: int,
    videos: int,
    chat: str | None,
    video: str | None,
) -> None:
    rules = replace(RULES, video_takes=0)
    profile = replace(READY.profile, chat_slots=chat_slots, video_slots=video_slots)
    one = replace(READY, profile=profile, chats=chats, videos=videos)
    assert why_left_out(one, CHAT, rules) == chat
    assert why_left_out(one, VIDEO, rules) == video


def test_a_group_without_video() -> None:
    assert why_left_out(READY, VIDEO, replace(RULES, video=False)) == "video_unable"
    assert why_left_out(READY, CHAT, replace(RULES, video=False)) is None


def test_what_is_not_asked_does_not_matter() -> None:
    deaf = replace(READY, profile=Profile((("care", 1),), frozenset({"de"})))
    assert why_left_out(deaf, replace(CHAT, language=None), RULES) is None
    anything = replace(READY, profile=Profile((("care", 1),)))
    assert why_left_out(anything, CHAT, RULES) is None
    assert why_left_out(anything, replace(CHAT, skills=(("visa", 1),)), RULES) == "skill"
