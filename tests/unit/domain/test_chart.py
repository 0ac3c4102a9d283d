"""The chart of a policy: what the exploration saw, and what is different."""

from __future__ import annotations

from functools import cache

import pytest
import yaml

from orchestrator.domain.chart import Arrow, Chart, Line, chart_of
from orchestrator.domain.conversation import Party, State
from rules.compile import compile_policy
from rules.policy import Policy
from tests.unit.rules.shipped import FILES, compiled


@cache
def shipped() -> Policy:
    return compile_policy(FILES)


@cache
def chart() -> Chart:
    return chart_of(shipped())


def arrow(found: Chart, source: str, target: str) -> Arrow:
    return next(each for each in found.arrows if (each.source, each.target) == (source, target))


def rows(found: Arrow) -> set[str]:
    return {line.row for line in found.lines}


def test_every_row_of_the_shipped_policy_is_somewhere() -> None:
    drawn = {line.row for each in chart().arrows for line in each.lines}
    drawn |= {line.row for station in chart().stations for line in station.stays}
    assert drawn == {row.id for row in shipped().conversation.transitions}
    assert chart().unused == ()
    assert chart().before is None


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("queued", "chat/bot", {"nobody-found", "waited-too-long", "visitor-leaves-queue"}),
        ("queued", "chat/none", {"nobody-found", "waited-too-long", "visitor-leaves-queue"}),
        ("chat/bot", "chat/agent", {"assigned-from-chat"}),
        ("video_lobby", "in_video", {"both-are-connected"}),
        ("chat/agent", "closed", {"idle-too-long", "closed"}),
    ],
)
def test_arrows_are_what_rows_do(source: str, target: str, expected: set[str]) -> None:
    assert expected <= rows(arrow(chart(), source, target))


def test_nothing_leads_straight_to_video() -> None:
    sources = {each.source for each in chart().arrows if each.target == "in_video"}
    assert sources == {"video_lobby"}


def test_events_of_timers_say_after_how_long() -> None:
    found = {line.event: line.timer for line in arrow(chart(), "queued", "chat/bot").lines}
    assert found["QueueTimedOut"] == "10m"
    assert found["QueueLeft"] is None


def test_what_is_different_is_marked() -> None:
    data = yaml.safe_load(FILES["conversation.yaml"])
    data["states"]["queued"]["max_wait"] = "20m"
    by_id = {row["id"]: row for row in data["transitions"]}
    data["transitions"].remove(by_id["video-resumed"])
    by_id["lobby-left"] |= {"to": "closed", "do": ["close"]}
    by_id["hung-up"]["say"] = []
    after = compile_policy({**FILES, "conversation.yaml": yaml.safe_dump(data, sort_keys=False)})
    found = chart_of(after, shipped())
    assert found.before == shipped().revision
    assert (
        Line("waited-too-long", "QueueTimedOut", "10m → 20m", "changed")
        in arrow(found, "queued", "chat/bot").lines
    )
    assert (
        Line("video-resumed", "VideoResumed", None, "removed")
        in arrow(found, "chat/agent", "video_lobby").lines
    )
    assert Line("lobby-left", "LobbyLeft", None, "removed") in arrow(found, "video_lobby", "chat/agent").lines
    assert Line("lobby-left", "LobbyLeft", None, "added") in arrow(found, "video_lobby", "closed").lines
    assert Line("hung-up", "HungUp", None, "changed") in arrow(found, "in_video", "chat/agent").lines
    marked = {line.row for each in found.arrows for line in each.lines if line.mark != "same"}
    assert marked == {"waited-too-long", "video-resumed", "lobby-left", "hung-up"}


def test_nothing_is_marked_between_a_policy_and_itself() -> None:
    found = chart_of(shipped(), shipped())
    assert found.arrows == chart().arrows
    assert found.stations == chart().stations


def test_a_row_that_never_takes_effect_has_no_arrow() -> None:
    found = chart_of(
        compiled("conversation.yaml", "when: card.escalates\n", "when: card.escalates && false\n")
    )
    assert found.unused == ("card-cannot-escalate", "assigned-card-cannot-escalate")
    assert all(line.row not in found.unused for each in found.arrows for line in each.lines)


def test_conversations_are_counted_where_they_stand() -> None:
    counts = {
        (State.CHAT, Party.BOT): 5,
        (State.CHAT, Party.AGENT): 3,
        (State.QUEUED, Party.NONE): 2,
        (State.IN_VIDEO, Party.AGENT): 1,
    }
    found = {station.id: station.count for station in chart_of(shipped(), None, counts).stations}
    assert found == {
        "chat/none": 0,
        "chat/bot": 5,
        "chat/agent": 3,
        "queued": 2,
        "video_lobby": 0,
        "in_video": 1,
        "closed": None,
    }
    assert all(station.count is None for station in chart().stations)
