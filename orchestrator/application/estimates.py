"""The wait estimate put to use (V7): fed by the ledger and the floor, told to visitors, bots, guards and supervisors.

The estimator (`domain.wait_time`) learns from the ledger of all processes. What it must know of the lines and of who
is on duty is taken from the floor, at most once a second: a thousand visitors who ask cost one look.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from orchestrator.application.ledger_records import Handling, Wait
from orchestrator.application.ports import Policies
from orchestrator.application.report_periods import zone_of
from orchestrator.domain.floor import GroupRules, Seat, Waiting
from orchestrator.domain.wait_time.estimator import WaitEstimator
from orchestrator.domain.wait_time.terms import Channel, Estimate, Forecast, Grade, Line, Unknown
from orchestrator.domain.wait_time.view import LineView, Pool
from rules.hours import group_open
from rules.policy import Policy

CHANNELS: tuple[Channel, ...] = ("chat", "video")
FRESH = timedelta(seconds=1)
FORGOTTEN = 4.0
"""A conversation that has lasted so many times the mean was perhaps forgotten open: of it, no more is counted."""

_GAVE_UP = frozenset({"left", "away", "message"})
_CLOSED = Forecast(Unknown("closed"))


class FloorPicture(Protocol):
    """What is needed of `domain.floor.Floor`."""

    def line(self, group: str) -> Iterator[Waiting]: ...
    def agents(self, group: str) -> Iterator[tuple[Seat, tuple[int, int]]]: ...


@dataclass(slots=True)
class _Queue:
    """A group's line in its order. ``ranks`` are comparable over groups; ``ahead[channel][i]`` counts those of the
    channel among the first ``i``; ``first`` is the entry of the first of each channel."""

    ranks: list[tuple[bool, datetime]] = field(default_factory=list[tuple[bool, datetime]])
    ahead: dict[Channel, list[int]] = field(default_factory=lambda: {channel: [0] for channel in CHANNELS})
    first: dict[Channel, datetime] = field(default_factory=dict[Channel, datetime])

    def count(self, channel: Channel, places: int) -> int:
        """How many of a channel are among the first ``places``."""
        sums = self.ahead[channel]
        return sums[min(max(places, 0), len(sums) - 1)]


@dataclass(slots=True)
class _Picture:
    """The floor at one moment, and the forecasts that were made of it."""

    at: datetime
    revision: str
    queues: dict[str, _Queue]
    pools: tuple[Pool, ...]
    running: dict[Line, float]
    forecasts: dict[tuple[Line, int], Forecast] = field(default_factory=dict[tuple[Line, int], Forecast])


class Estimates:
    """See `ports.WaitEstimates`; besides, it listens to the ledger (`ledger_follower.LedgerListener`)."""

    def __init__(
        self, policies: Policies, floor: FloorPicture, *, estimator: WaitEstimator | None = None
    ) -> None:
        self._policies = policies
        self._floor = floor
        self._estimator = estimator or WaitEstimator()
        self._picture: _Picture | None = None
        self._running: dict[tuple[str, int], tuple[Line, datetime]] = {}

    # --- what is told -----------------------------------------------------------------------------------

    def estimate(self, line: Line, position: int | None, now: datetime) -> Estimate:
        """The band for who is at ``position`` in the group's line (1 is its head; None: behind everybody)."""
        return self.forecast(line, position, now).estimate

    def forecast(self, line: Line, position: int | None, now: datetime) -> Forecast:
        """The same with what it was made of."""
        live = self._policies.live
        spec = live.routing.groups.get(line.group)
        if spec is None or not group_open(spec, now):
            return _CLOSED
        picture = self._look(live, now)
        behind = len(picture.queues[line.group].ranks) + 1
        position = behind if position is None else max(1, position)
        key = (line, position)
        found = picture.forecasts.get(key)
        if found is None:
            view = _view(picture, line, position - 1, now)
            found = picture.forecasts[key] = self._estimator.forecast(
                view, now.astimezone(zone_of(live, line.group))
            )
        return found

    def grades(self) -> dict[Line, Grade]:
        """How the bands of every line of the live policy have turned out."""
        return {
            line: self._estimator.grade(line)
            for group in self._policies.live.routing.groups
            for line in (Line(group, channel) for channel in CHANNELS)
        }

    def _look(self, live: Policy, now: datetime) -> _Picture:
        picture = self._picture
        if (
            picture is None
            or picture.revision != live.revision
            or not timedelta(0) <= now - picture.at < FRESH
        ):
            groups = live.routing.groups
            picture = self._picture = _Picture(
                now,
                live.revision,
                {group: _queue(self._floor.line(group)) for group in groups},
                _pools(self._floor, {name: GroupRules.of(spec) for name, spec in groups.items()}, now),
                self._lasted(now),
            )
        return picture

    def _lasted(self, now: datetime) -> dict[Line, float]:
        """Seconds that the conversations which go on have lasted, by line."""
        means = {channel: self._estimator.handle_mean(channel) for channel in CHANNELS}
        lasted: dict[Line, float] = defaultdict(float)
        for line, since in self._running.values():
            mean = means[line.channel]
            if mean is not None:
                lasted[line] += min(max(0.0, (now - since).total_seconds()), FORGOTTEN * mean)
        return lasted

    # --- what is learnt ---------------------------------------------------------------------------------

    def wait_began(self, wait: Wait) -> None:
        forecast = wait.forecast
        if forecast is None and wait.quoted is not None:
            # Kept before forecasts were: what was quoted is all that is known.
            forecast = Forecast.stored(wait.quoted.p50, wait.quoted.p90)
        if forecast is not None:
            self._estimator.arrived(Line(wait.group, wait.channel), _name(wait), forecast)

    def wait_ended(self, wait: Wait) -> None:
        if wait.ended_at is None:
            return
        line, at, seconds = (
            Line(wait.group, wait.channel),
            self._local(wait.group, wait.ended_at),
            wait.seconds(wait.ended_at),
        )
        if wait.outcome == "answered":
            self._estimator.answered(line, _name(wait), seconds, at)
        else:
            self._estimator.abandoned(line, _name(wait), seconds, at, gave_up=wait.outcome in _GAVE_UP)

    def handling_began(self, handling: Handling) -> None:
        self._running[handling.key] = (Line(handling.group, handling.channel), handling.started_at)

    def handling_ended(self, handling: Handling) -> None:
        self._running.pop(handling.key, None)
        spec = self._policies.live.routing.groups.get(handling.group)
        if handling.ended_at is None or spec is None:
            return
        wrap_up = spec.wrap_up.total_seconds() if spec.wrap_up is not None else 0.0
        seconds = handling.seconds(handling.ended_at) + wrap_up
        at = self._local(handling.group, handling.ended_at)
        self._estimator.served(Line(handling.group, handling.channel), seconds, at)

    def _local(self, group: str, moment: datetime) -> datetime:
        return moment.astimezone(zone_of(self._policies.live, group))


def _name(wait: Wait) -> str:
    return f"{wait.conversation_id}:{wait.version}"


def _queue(entries: Iterator[Waiting]) -> _Queue:
    queue = _Queue()
    for entry in entries:
        channel: Channel = "video" if entry.video else "chat"
        queue.ranks.append((not entry.at_head, entry.rank_at))
        for one, sums in queue.ahead.items():
            sums.append(sums[-1] + (one == channel))
        queue.first[channel] = min(entry.entered_at, queue.first.get(channel, entry.entered_at))
    return queue


def _pools(floor: FloorPicture, rules: Mapping[str, GroupRules], now: datetime) -> tuple[Pool, ...]:
    """Who is on duty, told apart by the lines they serve.

    An agent has the slots of the most generous group. Chats and videos are taken as slots of their own, unless the
    agent holds one conversation at a time; who is paused, away or offline takes nobody and counts for nothing. Who has
    left the desk a moment ago, as one who reloads it has, counts where somebody else is there: where nobody is, nobody
    knows whether anybody will be.
    """
    groups_of: dict[str, list[str]] = defaultdict(list)
    seats: dict[str, tuple[Seat, tuple[int, int]]] = {}
    for group in rules:
        for seat, load in floor.agents(group):
            if seat.connected and "available" in (seat.chat, seat.video):
                groups_of[seat.id].append(group)
                seats[seat.id] = (seat, load)
    slots: dict[frozenset[Line], list[float]] = defaultdict(lambda: [0.0, 0.0])
    attended: set[Line] = set()
    for agent_id, groups in groups_of.items():
        seat, load = seats[agent_id]
        own = seat.profile.chat_slots, seat.profile.video_slots
        serves = {group: rules[group].of_agent(*own) for group in groups}
        for lines, count, free in _slots(seat, load, serves, now):
            slots[lines][0] += count
            slots[lines][1] += free
            if seat.here:
                attended |= lines
    return tuple(
        Pool(lines & attended, count, free) for lines, (count, free) in slots.items() if lines & attended
    )


def _slots(
    seat: Seat, load: tuple[int, int], rules: Mapping[str, GroupRules], now: datetime
) -> Iterator[tuple[frozenset[Line], float, float]]:
    chats, videos = load
    resting = seat.wrap_up_until is not None and now < seat.wrap_up_until
    chat_lines = frozenset(
        Line(group, "chat") for group, one in rules.items() if one.chat_slots and seat.chat == "available"
    )
    video_lines = frozenset(
        Line(group, "video")
        for group, one in rules.items()
        if one.video and one.video_slots and seat.can_video and seat.video == "available"
    )
    chat_slots = max((one.chat_slots for one in rules.values()), default=0)
    video_slots = max((one.video_slots for one in rules.values()), default=0)
    room = not resting and any(one.room_for_chat(chats, videos) for one in rules.values())
    video_room = room and any(one.room_for_video(videos) for one in rules.values())
    if chat_slots == 1 and chat_lines and video_lines:
        yield chat_lines | video_lines, 1.0, float(room)
        return
    if chat_lines:
        yield chat_lines, float(chat_slots), float(max(0, chat_slots - chats) if room else 0)
    if video_lines:
        yield video_lines, float(video_slots), float(max(0, video_slots - videos) if video_room else 0)


def _view(picture: _Picture, line: Line, before: int, now: datetime) -> LineView:
    """The line as who has ``before`` others of the group in front sees it."""
    queue = picture.queues.get(line.group, _Queue())
    own = [pool for pool in picture.pools if line in pool.lines]
    rivals = {other for pool in own for other in pool.lines if other != line}
    rank = queue.ranks[before] if 0 <= before < len(queue.ranks) else (True, now)
    counted: dict[Line, int] = {}
    for rival in rivals:
        theirs = picture.queues.get(rival.group, _Queue())
        places = before if rival.group == line.group else bisect_left(theirs.ranks, rank)
        counted[rival] = theirs.count(rival.channel, places)
    first = queue.first.get(line.channel)
    return LineView(
        line=line,
        ahead=queue.count(line.channel, before),
        pools=tuple(pool for pool in picture.pools if rivals & pool.lines or line in pool.lines),
        waiting=queue.count(line.channel, len(queue.ranks)),
        head_waited=max(0.0, (now - first).total_seconds()) if first is not None else 0.0,
        rivals=counted,
        running=picture.running,
    )
