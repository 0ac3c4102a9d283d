"""The lifecycle of a policy as a graph: where a conversation can stand, and which rows lead from where to where. Pure.

Nothing here reads the rules: the arrows are what the exploration saw `decide` do (`orchestrator.domain.model`), so that
a row which never takes effect has none. ``chat`` is three stations, since whom the visitor talks with matters there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Literal

from orchestrator.domain.conversation import Party, State
from orchestrator.domain.model.explore import explore
from orchestrator.domain.model.explored import Standing
from rules.durations import format_duration
from rules.policy import Policy
from rules.schema.conversation import Row
from rules.vocabulary import TIMED_WAITS

Mark = Literal["same", "added", "removed", "changed"]

# An answer of the bot may fail for other reasons than its timer.
_DURATIONS = {event: where for where, event, _ in TIMED_WAITS if event != "BotFailed"}


@dataclass(frozen=True, slots=True)
class Line:
    """A row on an arrow. ``timer``: the duration after which its event comes by itself, as it is written."""

    row: str
    event: str
    timer: str | None = None
    mark: Mark = "same"


@dataclass(frozen=True, slots=True)
class Arrow:
    """All rows that lead from one station to another, by their ids: `Station.id`."""

    source: str
    target: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Station:
    """Where a conversation can stand. ``party`` is None where it does not matter.

    ``stays``: rows that answer an event and lead nowhere else. ``count``: conversations that stand there now; None when
    nobody has counted.
    """

    state: State
    party: Party | None = None
    stays: tuple[Line, ...] = ()
    count: int | None = None

    @property
    def id(self) -> str:
        return station_of((self.state, self.party or Party.NONE))


@dataclass(frozen=True, slots=True)
class Chart:
    """``before`` is the revision that ``revision`` is compared with. ``unused``: rows that never take effect."""

    revision: str
    before: str | None
    stations: tuple[Station, ...]
    arrows: tuple[Arrow, ...]
    unused: tuple[str, ...]


_STATIONS: tuple[tuple[State, Party | None], ...] = (
    (State.CHAT, Party.NONE),
    (State.CHAT, Party.BOT),
    (State.QUEUED, None),
    (State.CHAT, Party.AGENT),
    (State.VIDEO_LOBBY, None),
    (State.IN_VIDEO, None),
    (State.CLOSED, None),
)


def station_of(standing: Standing) -> str:
    """The id of the station of a conversation: ``chat/bot``, ``queued``."""
    state, party = standing
    return f"{state.value}/{party.value}" if state is State.CHAT else state.value


def chart_of(
    policy: Policy, other: Policy | None = None, counts: Mapping[Standing, int] | None = None
) -> Chart:
    """The chart of ``policy``; with ``other``, what is different from that earlier one is marked.

    ``counts`` are the conversations of each standing, now.
    """
    now = _Ways.of(policy)
    then = now if other is None else _Ways.of(other)
    lines: dict[tuple[str, str], list[Line]] = defaultdict(list)
    rows = {**{row.id: row for row in then.rows.values()}, **now.rows}
    for name, row in rows.items():
        for way in sorted(now.ways.get(name, frozenset()) | then.ways.get(name, frozenset())):
            lines[way].append(_line(row, way, now, then))
    stays = {source: tuple(found) for (source, target), found in lines.items() if source == target}
    stations = tuple(
        Station(
            state,
            party,
            stays.get(station_of((state, party or Party.NONE)), ()),
            _counted(counts, state, party),
        )
        for state, party in _STATIONS
    )
    arrows = tuple(Arrow(*way, tuple(found)) for way, found in lines.items() if way[0] != way[1])
    before = None if other is None else other.revision
    unused = tuple(name for name in now.rows if name not in now.ways)
    return Chart(policy.revision, before, stations, arrows, unused)


def _counted(counts: Mapping[Standing, int] | None, state: State, party: Party | None) -> int | None:
    if counts is None or state is State.CLOSED:
        return None
    return sum(count for (where, whom), count in counts.items() if where is state and party in (None, whom))


@dataclass(frozen=True, slots=True)
class _Ways:
    """What one policy's rows do, and after how long their events come by themselves."""

    rows: Mapping[str, Row]
    ways: Mapping[str, frozenset[tuple[str, str]]]
    timers: Mapping[str, str]

    @classmethod
    def of(cls, policy: Policy) -> _Ways:
        found = explore(policy)
        return cls(
            {row.id: row for row in policy.conversation.transitions},
            {
                row: frozenset((station_of(source), station_of(target)) for source, target in ways)
                for row, ways in found.ways.items()
            },
            {event: _duration(policy, where) for event, where in _DURATIONS.items()},
        )


def _duration(policy: Policy, where: str) -> str:
    start: object = policy.conversation
    return format_duration(reduce(getattr, where.split("."), start))  # type: ignore[arg-type]


def _line(row: Row, way: tuple[str, str], now: _Ways, then: _Ways) -> Line:
    old, new = then.timers.get(row.event), now.timers.get(row.event)
    timer = new if old == new or old is None else f"{old} → {new}"
    if way not in now.ways.get(row.id, frozenset()):
        return Line(row.id, row.event, old, "removed")
    if way not in then.ways.get(row.id, frozenset()):
        return Line(row.id, row.event, new, "added")
    same = old == new and then.rows[row.id] == now.rows[row.id]
    return Line(row.id, row.event, timer, "same" if same else "changed")
