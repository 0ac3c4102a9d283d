"""The shapes of reports, of the supervisor's board and of what a visitor may expect. Durations are seconds."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from orchestrator.api.schemas import Model, WaitBand, WaitReason

ChannelName = Literal["chat", "video"]
Share = Annotated[float, Field(ge=0, le=1)]


# --- history --------------------------------------------------------------------------------------------


class WaitReportRow(Model):
    """One combination of what was asked for in `by`. `offered` = answered + abandoned + failed + messages + closed +
    waiting; waits that were sent to another line (`requeued`) begin anew there and are not in it. The service level
    is the share of the offered waits that are over which was answered within the group's target."""

    group: str | None = None
    channel: ChannelName | None = None
    site: str | None = None
    day: date | None = None
    hour: datetime | None = None
    offered: int
    answered: int
    abandoned: int
    failed: int
    timed_out: int
    failed_full: int
    failed_closed: int
    failed_nobody: int
    failed_declined: int
    messages: int
    closed: int
    requeued: int
    waiting: int
    invitations: int
    service_level: Share | None
    wait_mean: float | None
    wait_p50: float | None
    wait_p90: float | None
    handled: int
    handle_mean: float | None
    video_seconds: float


class WaitReport(Model):
    made_at: datetime
    by: list[Literal["group", "channel", "site", "day", "hour"]]
    rows: list[WaitReportRow]


class AgentReportRow(Model):
    """An agent's day. `chat`, `video` and `desk` are the time in each state, `pauses` that of each reason;
    `wrap_up_seconds` the time after conversations in which nothing new was offered.
    `occupancy` is the share of the time on duty (available or with a conversation) that was spent with one."""

    agent_id: str
    agent: str
    day: date
    chat: dict[str, float]
    video: dict[str, float]
    desk: dict[str, float]
    pauses: dict[str, float]
    wrap_up_seconds: float
    conversations: int
    handle_mean: float | None
    video_seconds: float
    busy_seconds: float
    duty_seconds: float
    occupancy: Share | None


class AgentReport(Model):
    """`zone` is where the days are days."""

    made_at: datetime
    zone: str
    rows: list[AgentReportRow]


class WaitGrade(Model):
    """How the bands that visitors of a line were told compare with how long they waited. Of a perfect estimate the
    shares are 0.5 and 0.9. `n` is the weight of the evidence in visitors, `error` the mean distance from the middle.
    An unreliable line is told that its wait is unknown."""

    group: str
    channel: ChannelName
    n: float
    share_below_p50: float | None
    share_below_p90: float | None
    error: float | None
    reliable: bool


# --- now ------------------------------------------------------------------------------------------------


class ChannelOutlook(Model):
    """What asking for this channel would come to now. `queue`: there is a place to wait, for about `wait`."""

    channel: ChannelName
    group: str
    status: Literal["available", "queue", "full", "closed", "unavailable"]
    open: bool
    waiting: int
    wait: WaitBand | None = None
    wait_unknown: bool = False
    wait_reason: WaitReason | None = None
    leave_message: bool = False


class Outlook(Model):
    """One entry for each channel that was asked about."""

    channels: list[ChannelOutlook]


class BoardLine(Model):
    """Who waits for a channel of a group; `longest_since` is the entry of who waits longest."""

    waiting: int
    places: int
    longest_since: datetime | None
    wait: WaitBand | None
    wait_unknown: bool
    wait_reason: WaitReason | None


class BoardToday(Model):
    """Since the local midnight of the group. The means are of answered waits and of handlings that are over."""

    day: date
    offered: int
    answered: int
    abandoned: int
    failed: int
    service_level: Share | None
    wait_mean: float | None
    handle_mean: float | None


class BoardAgents(Model):
    """Agents who serve a group, each counted in one state."""

    available: int
    busy: int
    paused: dict[str, int]
    wrap_up: int
    away: int
    offline: int


class BoardGroup(Model):
    """`target_seconds` and `target_share` (percent) are what the group aims at."""

    group: str
    label: dict[str, str]
    open: bool
    chat: BoardLine
    video: BoardLine
    agents: BoardAgents
    today: BoardToday
    target_seconds: float
    target_share: int


class BoardAgent(Model):
    """`since` is when the state of the channel or of the desk began, as far as it is known."""

    id: str
    name: str
    state: Literal["available", "busy", "paused", "wrap_up", "away", "offline"]
    reason: str
    since: datetime | None
    chat: Literal["available", "paused", "offline"]
    video: Literal["available", "paused", "offline"]
    groups: list[str]
    chats: int
    videos: int
    conversations: list[str]


class BoardEntry(Model):
    """A conversation that waits, in the order of its line."""

    conversation_id: str
    group: str
    channel: ChannelName
    since: datetime
    position: int
    priority: int
    invited_agent_id: str | None


class Board(Model):
    """Everything the supervisor sees. Moments rather than durations, so that it stays the same while nothing happens.
    At most 200 entries of each group's line are listed; the counts are of all."""

    groups: list[BoardGroup]
    agents: list[BoardAgent]
    queue: list[BoardEntry]


EXAMPLES: dict[str, list[dict[str, object]]] = {
    "WaitReportRow": [
        {
            "group": "advisors",
            "hour": "2026-03-02T09:00:00+01:00",
            "offered": 42,
            "answered": 37,
            "abandoned": 3,
            "failed": 2,
            "timed_out": 1,
            "failed_full": 0,
            "failed_closed": 0,
            "failed_nobody": 0,
            "failed_declined": 1,
            "messages": 0,
            "closed": 0,
            "requeued": 1,
            "waiting": 0,
            "invitations": 45,
            "service_level": 0.83,
            "wait_mean": 21.4,
            "wait_p50": 14.0,
            "wait_p90": 58.2,
            "handled": 36,
            "handle_mean": 412.0,
            "video_seconds": 5210.5,
        }
    ],
    "AgentReportRow": [
        {
            "agent_id": "usr_02",
            "agent": "Claire",
            "day": "2026-03-02",
            "chat": {"available": 25200.0, "paused": 3600.0},
            "video": {"available": 25200.0, "paused": 3600.0},
            "desk": {"connected": 28800.0},
            "pauses": {"lunch": 7200.0},
            "wrap_up_seconds": 900.0,
            "conversations": 31,
            "handle_mean": 405.0,
            "video_seconds": 4100.0,
            "busy_seconds": 18900.0,
            "duty_seconds": 25200.0,
            "occupancy": 0.75,
        }
    ],
    "WaitGrade": [
        {
            "group": "advisors",
            "channel": "chat",
            "n": 312.0,
            "share_below_p50": 0.52,
            "share_below_p90": 0.91,
            "error": 18.5,
            "reliable": True,
        }
    ],
    "ChannelOutlook": [
        {
            "channel": "video",
            "group": "advisors",
            "status": "queue",
            "open": True,
            "waiting": 2,
            "wait": {"p50": 140.0, "p90": 320.0},
            "wait_unknown": False,
            "wait_reason": None,
            "leave_message": True,
        }
    ],
    "BoardEntry": [
        {
            "conversation_id": "cnv_01",
            "group": "advisors",
            "channel": "chat",
            "since": "2026-03-02T08:30:00Z",
            "position": 1,
            "priority": 0,
            "invited_agent_id": None,
        }
    ],
}
