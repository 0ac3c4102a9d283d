"""What surrounds the floor's choice: how a conversation waits, and what becomes of one nobody takes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation
from orchestrator.domain.distribution import asks_in, end_of_wait, is_settled, parks, search_of, waiting_of
from orchestrator.domain.floor import Choice, Want
from rules.compile import compile_policy
from rules.policy import Policy
from tests.fakes.estate import estate, group
from tests.unit.domain.story import MATCHED, PLAIN, T0, Story
from tests.unit.domain.story import group as facts

SECONDS = timedelta(seconds=1)
OPEN = estate({"advisors": group(sticky="20s", overflow=[{"group": "far", "after": "60s"}]), "far": group()})
FULL = estate({"advisors": group(sticky="20s", places={"chat": 0, "video": 1})})
SHUT = estate({"advisors": group(hours={"time_zone": "UTC", "week": {"sunday": ["08:00-09:00"]}})})
CHAT = Want("advisors", "fr", (), chat=True, video=False)


def queued(**facts_of_group: object) -> Conversation:
    story = Story(policy=OPEN)
    story.group = facts(**facts_of_group)
    return story.handed_over(PLAIN).conversation


def refused() -> Conversation:
    story = Story(policy=OPEN).invited(PLAIN)
    story.moved(ev.InvitationDeclined("i1", "claire"))
    return story.conversation


def handed_over(verdict: object = PLAIN) -> Conversation:
    return Story(policy=OPEN).handing_over(verdict).conversation  # type: ignore[arg-type]


def nobody(**left_out: int) -> Choice:
    return Choice(None, None, left_out=left_out)  # type: ignore[arg-type]


def ended(c: Conversation, choice: Choice, live: Policy = OPEN) -> ev.Event | None:
    waiting = waiting_of(c, OPEN, live)
    assert waiting is not None
    return end_of_wait(c, waiting, choice, OPEN, live, T0)


def test_who_does_not_wait_is_not_on_the_floor() -> None:
    for story in (Story().start(), Story().accepted(PLAIN), Story().in_video()):
        assert waiting_of(story.conversation, OPEN, OPEN) is None
        assert is_settled(story.conversation, OPEN, OPEN)


def test_a_visitor_waits_for_who_knows_them_where_one_may_wait() -> None:
    c = queued(sticky_agent="claire")
    assert c.queue is not None
    waiting = waiting_of(c, OPEN, OPEN)
    assert waiting is not None
    assert (waiting.sticky, waiting.sticky_until) == ("claire", c.queue.entered_at + 20 * SECONDS)
    for live in (FULL, SHUT):
        waiting = waiting_of(c, OPEN, live)
        assert waiting is not None
        assert (waiting.sticky, waiting.sticky_until) == (None, None)


def test_a_group_that_is_gone_is_the_default_group() -> None:
    elsewhere = estate({"others": group()})
    waiting = waiting_of(queued(), OPEN, elsewhere)
    assert waiting is not None
    assert waiting.group == "others"
    assert asks_in(waiting, frozenset({"others"}), T0)


def test_who_helps_out_later_is_asked_later() -> None:
    c = queued()
    waiting = waiting_of(c, OPEN, OPEN)
    assert waiting is not None
    assert c.queue is not None
    later = c.queue.entered_at + 60 * SECONDS
    assert not asks_in(waiting, frozenset({"far"}), later - SECONDS)
    assert asks_in(waiting, frozenset({"far"}), later)


@pytest.mark.parametrize(("verdict", "video"), [(PLAIN, False), (MATCHED, True)])
def test_a_handover_waits_beside_the_line_and_not_for_its_agent(verdict: object, video: bool) -> None:
    waiting = waiting_of(handed_over(verdict), OPEN, OPEN)
    assert waiting is not None
    assert (waiting.group, waiting.at_head, waiting.declined) == ("transfer:advisors", True, {"claire"})
    wants = waiting.stages[0].wants
    assert [(want.group, want.chat, want.video) for want in wants] == [("advisors", not video, video)]


@pytest.mark.parametrize(
    ("choice", "live", "what"),
    [
        (Choice("claire", CHAT), OPEN, None),
        (nobody(), OPEN, None),
        (Choice("claire", CHAT), SHUT, "closed"),
        (nobody(), SHUT, "closed"),
        (Choice("claire", CHAT), FULL, None),
        (nobody(offline=1, away=1), FULL, "nobody"),
        (nobody(chat_full=1), FULL, "full"),
        (nobody(skill=1, offline=3), FULL, "full"),
    ],
)
def test_who_may_not_wait_is_told_why(choice: Choice, live: Policy, what: str | None) -> None:
    event = ended(queued(), choice, live)
    if what is None:
        assert event is None
    else:
        assert isinstance(event, ev.TransferFailed)
        assert (event.reason, event.search is not None) == (what, True)


def test_a_refusal_ends_the_round_when_nobody_is_left() -> None:
    assert isinstance(ended(refused(), nobody(declined=1)), ev.RoundExhausted)
    assert ended(refused(), Choice("marc", CHAT)) is None
    assert ended(Story(policy=OPEN).exhausted(PLAIN).conversation, nobody(declined=1)) is None
    event = ended(refused(), nobody(declined=1), FULL)
    assert isinstance(event, ev.TransferFailed)
    assert event.reason == "declined_by_all"


@pytest.mark.parametrize(
    ("choice", "live", "reason"),
    [
        (nobody(offline=1, declined=2), OPEN, "nobody"),
        (nobody(), OPEN, "nobody"),
        (nobody(chat_full=1, declined=2), OPEN, None),
        (nobody(wrap_up=1), OPEN, None),
        (Choice("marc", CHAT), OPEN, None),
        (Choice("marc", CHAT), SHUT, "closed"),
    ],
)
def test_a_handover_ends_unless_somebody_is_only_busy(
    choice: Choice, live: Policy, reason: str | None
) -> None:
    event = ended(handed_over(), choice, live)
    assert reason == (event.reason if isinstance(event, ev.HandoverEnded) else None)


def test_who_must_be_looked_at_again() -> None:
    assert is_settled(queued(), OPEN, OPEN)
    assert is_settled(Story(policy=OPEN).exhausted(PLAIN).conversation, OPEN, OPEN)
    assert is_settled(Story(policy=OPEN).invited(PLAIN).conversation, OPEN, FULL)
    assert not is_settled(refused(), OPEN, OPEN)
    assert not is_settled(queued(), OPEN, FULL)
    assert not is_settled(handed_over(), OPEN, OPEN)


def test_a_place_is_of_the_channel_that_is_waited_for() -> None:
    assert not parks(queued(), OPEN, FULL)
    story = Story(policy=OPEN).start()
    story.moved(ev.VideoRequested())
    assert parks(story.conversation, OPEN, FULL)
    assert not parks(Story().start().conversation, OPEN, OPEN)


def test_a_card_that_gives_up_without_video_may_not_wait() -> None:
    files = dict(OPEN.files)
    assert "no_video_agent: chat" in files["escalation.yaml"]
    files["escalation.yaml"] = files["escalation.yaml"].replace(
        "no_video_agent: chat", "no_video_agent: alternative"
    )
    strict = compile_policy(files)
    c = Story(policy=strict).handed_over(MATCHED).conversation
    assert not parks(c, strict, OPEN)
    assert parks(c, OPEN, OPEN)


def test_the_search_is_kept_as_it_was() -> None:
    waiting = waiting_of(queued(), OPEN, OPEN)
    assert waiting is not None
    choice = Choice("marc", CHAT, ("language",), {"chat_full": 2}, {"chat_full": ("a", "b")})
    kept = search_of(waiting, choice, waiting.entered_at)
    assert [want.group for want in kept.wants] == ["advisors"]
    assert kept.chosen == ev.Sought("advisors", "fr", (), chat=True, video=False)
    assert (kept.relaxed, kept.left_out, kept.examples) == (
        ("language",),
        {"chat_full": 2},
        {"chat_full": ("a", "b")},
    )
