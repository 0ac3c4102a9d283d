"""What each agent's days were made of: time in each state, and the conversations they had.

Times are seconds within the local day. *On duty* is the time with the chat or the video switch available, or with a
conversation; *busy* is the time with at least one conversation, and *occupancy* its share of the time on duty. The
time in *wrap-up*, in which nothing new was offered, is told by itself: the switches stayed as they were meanwhile.
Conversations count for the day on which the agent got them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from orchestrator.application.ledger_records import Handling
from orchestrator.application.ports import Clock, Policies, Store
from orchestrator.application.records import Json, Spell
from orchestrator.application.report_periods import Period, days_between, zone_of

MOST_DAYS = 92
CHANNELS = ("chat", "video", "desk")

Stretch = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class AgentQuery:
    """``zone`` None: that of the policy's default group."""

    period: Period
    agent_id: str | None = None
    zone: tzinfo | None = None


class AgentReport:
    def __init__(self, store: Store, clock: Clock, policies: Policies) -> None:
        self._store = store
        self._clock = clock
        self._policies = policies

    async def make(self, query: AgentQuery) -> Json:
        """→ `AgentReport`: a row for each agent and day with anything to tell, by day and name.

        Raises:
            Invalid: the period is empty or too long.
        """
        query.period.check(most_days=MOST_DAYS)
        live, now = self._policies.live, self._clock.now()
        zone = query.zone or zone_of(live, live.routing.default_group)
        start, end = query.period.within(zone)
        rows: list[Json] = []
        only = None if query.agent_id is None else [query.agent_id]
        # Nothing of the future is known, and what goes on counts until now.
        for day, begins, ends in days_between(start, min(end, now), zone):
            async with self._store.transaction(read_only=True) as tx:
                spells = await tx.spells.between(begins, ends, agent_ids=only)
                handlings = await tx.ledger.handlings_during(begins, ends, agent_ids=only)
                names = {agent.id: agent.name for agent in await tx.people.agents()}
            ids = {one.agent_id for one in spells} | {one.agent_id for one in handlings}
            for agent_id in sorted(ids, key=lambda one: (names.get(one, ""), one)):
                rows.append(
                    {"agent_id": agent_id, "agent": names.get(agent_id, "")}
                    | _day(
                        day,
                        (begins, ends),
                        [one for one in spells if one.agent_id == agent_id],
                        [one for one in handlings if one.agent_id == agent_id],
                    )
                )
        return {"made_at": now, "zone": str(zone), "rows": rows}


def _day(day: date, span: Stretch, spells: Sequence[Spell], handlings: Sequence[Handling]) -> Json:
    times: dict[str, dict[str, float]] = {channel: defaultdict(float) for channel in CHANNELS}
    pauses: dict[str, float] = defaultdict(float)
    duty: list[Stretch] = []
    wrap_up: list[Stretch] = []
    for spell in spells:
        stretch = _cut((spell.started_at, spell.ended_at), span)
        if spell.channel == "wrap_up":
            wrap_up.append(stretch)
            continue
        times[spell.channel][spell.state] += _seconds([stretch])
        if spell.state == "paused":
            pauses[spell.reason or "none"] += _seconds([stretch])
        if spell.state == "available" and spell.channel != "desk":
            duty.append(stretch)
    busy = [_cut((one.started_at, one.ended_at), span) for one in handlings]
    began = [one for one in handlings if span[0] <= one.started_at < span[1]]
    over = [one for one in began if one.ended_at is not None]
    busy_seconds, duty_seconds = _seconds(_union(busy)), _seconds(_union([*duty, *busy]))
    return {
        "day": day,
        "chat": _rounded(times["chat"]),
        "video": _rounded(times["video"]),
        "desk": _rounded(times["desk"]),
        "pauses": _rounded(pauses),
        "wrap_up_seconds": round(_seconds(_union(wrap_up)), 1),
        "conversations": len(began),
        "handle_mean": _mean([one.seconds(span[1]) for one in over]),
        "video_seconds": round(sum(one.video_seconds for one in began), 1),
        "busy_seconds": round(busy_seconds, 1),
        "duty_seconds": round(duty_seconds, 1),
        "occupancy": round(busy_seconds / duty_seconds, 4) if duty_seconds else None,
    }


def _cut(stretch: tuple[datetime, datetime | None], span: Stretch) -> Stretch:
    start, end = stretch
    begins = max(start, span[0])
    return begins, max(begins, min(end or span[1], span[1]))


def _union(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same time without overlaps."""
    joined: list[Stretch] = []
    for start, end in sorted(stretches):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _seconds(stretches: Iterable[Stretch]) -> float:
    return sum((end - start).total_seconds() for start, end in stretches)


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 1) if values else None


def _rounded(seconds: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 1) for name, value in sorted(seconds.items())}
