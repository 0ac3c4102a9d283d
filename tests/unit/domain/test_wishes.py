"""What is asked of an agent, and nothing beyond it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.domain.distribution import Want, may_wait, wants_of, why_left_out
from tests.unit.domain.story import PLAIN, Story, shipped
from tests.unit.domain.test_distribution import READY


def test_the_primary_language_is_what_an_agent_must_speak() -> None:
    for language in ("fr", "FR-ca", "fr-CA-x-old"):
        (want,) = wants_of(Story(language=language).handed_over(PLAIN).conversation, shipped())
        assert want.language == "fr"


def test_for_a_call_alone_the_chat_may_be_off_but_not_full() -> None:
    call = Want("fr", chat=False, video=True)
    assert why_left_out(replace(READY, chat_present=False), call) is None
    assert why_left_out(replace(READY, free_chat=False), call) == "chat_full"


def test_an_agent_without_languages_speaks_with_everybody() -> None:
    assert why_left_out(replace(READY, languages=frozenset()), Want("de", chat=True, video=False)) is None


def test_one_place_is_a_place() -> None:
    c = Story().handed_over(PLAIN).conversation
    assert may_wait(c, shipped(), places=1)
    assert not may_wait(c, shipped(), places=0)


@pytest.mark.parametrize("lacks", ["video_present", "can_video", "free_video"])
def test_for_a_chat_no_video_is_needed(lacks: str) -> None:
    assert why_left_out(replace(READY, **{lacks: False}), Want("fr", chat=True, video=False)) is None  # type: ignore[arg-type]
