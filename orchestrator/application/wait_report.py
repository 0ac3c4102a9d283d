"""How long people waited and what came of it, by group, channel, site, day and hour.

A wait belongs to the hour in which it began, a handling to the hour in which the agent got the conversation.

* *offered*: waits that began, without those that were sent to another line (``requeued``), which begin anew there.
* *abandoned*: the visitor left the line, closed the conversation or went away. *failed*: the service gave up.
* *service level*: of the offered waits that are over, the share that was answered within the group's target.
* *wait*: of answered waits, in seconds; percentiles are nearest-rank.
* *handle time*: of handlings that are over, in seconds, from getting the conversation to losing it.
"""

from __future__ import annotations

import asyncio
import math
from array import array
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Literal, TypeVar

from orchestrator.application.errors import Invalid
from orchestrator.application.ledger_records import Handling, Wait
from orchestrator.application.ports import Clock, Policies, Store, Transaction
from orchestrator.application.records import Json
from orchestrator.application.report_periods import (
    Period,
    common_zone,
    day_of,
    hour_of,
    zone_of,
)
from orchestrator.domain.ledger import ABANDONED, FAILED, Channel, WaitOutcome
from rules.policy import Policy
from rules.schema.routing import ServiceLevel

Dimension = Literal["group", "channel", "site", "day", "hour"]
DIMENSIONS: tuple[Dimension, ...] = ("group", "channel", "site", "day", "hour")

MOST_DAYS = 366
MOST_ROWS = 50_000
PAGE = 2_000

Key = tuple[object, ...]
Entry = TypeVar("Entry", Wait, Handling)
Pages = Callable[[Transaction, Entry | None], Awaitable[list[Entry]]]


@dataclass(frozen=True, slots=True)
class WaitQuery:
    """Which waits, and by what they are told apart. Filters that are None let everything through."""

    period: Period
    by: tuple[Dimension, ...] = ("group",)
    group: str | None = None
    channel: Channel | None = None
    site: str | None = None


@dataclass(slots=True)
class Tally:
    """What one row adds up."""

    outcomes: Counter[WaitOutcome] = field(default_factory=Counter[WaitOutcome])
    waiting: int = 0
    within: int = 0
    invitations: int = 0
    answered_after: array[float] = field(default_factory=lambda: array("d"))
    handled: int = 0
    handle_seconds: float = 0.0
    video_seconds: float = 0.0

    def add_wait(self, wait: Wait, target: float) -> None:
        """``target``: seconds within which the group wants to answer."""
        self.invitations += wait.invitations
        if wait.outcome is None or wait.ended_at is None:
            self.waiting += 1
            return
        self.outcomes[wait.outcome] += 1
        if wait.outcome == "answered":
            seconds = wait.seconds(wait.ended_at)
            self.answered_after.append(seconds)
            self.within += seconds <= target

    def add_handling(self, handling: Handling) -> None:
        self.video_seconds += handling.video_seconds
        if handling.ended_at is not None:
            self.handled += 1
            self.handle_seconds += handling.seconds(handling.ended_at)

    @property
    def offered(self) -> int:
        return self.waiting + self.outcomes.total() - self.outcomes["requeued"]

    def view(self) -> Json:
        """→ the numbers of `WaitReportRow`."""
        over = self.offered - self.waiting
        waits = sorted(self.answered_after)
        return {
            "offered": self.offered,
            "answered": self.outcomes["answered"],
            "abandoned": sum(self.outcomes[outcome] for outcome in ABANDONED),
            "failed": sum(self.outcomes[outcome] for outcome in FAILED),
            **{outcome: self.outcomes[outcome] for outcome in sorted(FAILED)},
            "messages": self.outcomes["message"],
            "closed": self.outcomes["closed"],
            "requeued": self.outcomes["requeued"],
            "waiting": self.waiting,
            "invitations": self.invitations,
            "service_level": round(self.within / over, 4) if over else None,
            "wait_mean": round(sum(waits) / len(waits), 1) if waits else None,
            "wait_p50": nearest_rank(waits, 0.5),
            "wait_p90": nearest_rank(waits, 0.9),
            "handled": self.handled,
            "handle_mean": round(self.handle_seconds / self.handled, 1) if self.handled else None,
            "video_seconds": round(self.video_seconds, 1),
        }


def nearest_rank(ordered: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of all does not exceed; None of nothing."""
    if not ordered:
        return None
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 1)


class WaitReport:
    def __init__(self, store: Store, clock: Clock, policies: Policies) -> None:
        self._store = store
        self._clock = clock
        self._policies = policies

    async def make(self, query: WaitQuery) -> Json:
        """→ `WaitReport`: a row for each combination that occurred, in order.

        Raises:
            Invalid: the period is empty or too long, or there would be too many rows.
        """
        query.period.check(most_days=MOST_DAYS)
        sheet = _Sheet(query, self._policies.live)
        start, end = sheet.reach()
        await self._read(
            lambda tx, last: tx.ledger.waits_between(start, end, limit=PAGE, after=last), sheet.wait
        )
        await self._read(
            lambda tx, last: tx.ledger.handlings_between(start, end, limit=PAGE, after=last), sheet.handling
        )
        return {"made_at": self._clock.now(), "by": list(query.by), "rows": sheet.rows()}

    async def _read(self, page: Pages[Entry], take: Callable[[Entry], None]) -> None:
        """Page by page, each in a transaction of its own: a long report must not hold up anybody."""
        last: Entry | None = None
        while True:
            async with self._store.transaction(read_only=True) as tx:
                entries = await page(tx, last)
            for entry in entries:
                take(entry)
            if len(entries) < PAGE:
                return
            last = entries[-1]
            await asyncio.sleep(0)


class _Sheet:
    """Sorts entries into rows."""

    def __init__(self, query: WaitQuery, policy: Policy) -> None:
        self._query = query
        self._policy = policy
        self._tallies: dict[Key, Tally] = {}
        apart = "group" in query.by or query.group is not None
        # Rows that mix groups need one zone; rows of one group have its own.
        self._shared = None if apart else common_zone(policy, policy.routing.groups)
        self._bounds: dict[str, tuple[tzinfo, datetime, datetime]] = {}

    def reach(self) -> tuple[datetime, datetime]:
        """What must be read, in whichever zone the days are."""
        if self._query.group is not None:
            return self._query.period.within(zone_of(self._policy, self._query.group))
        groups = self._policy.routing.groups
        bounds = [
            self._query.period.within(zone) for zone in (UTC, *(zone_of(self._policy, one) for one in groups))
        ]
        return min(start for start, _ in bounds), max(end for _, end in bounds)

    def wait(self, wait: Wait) -> None:
        tally = self._tally(wait.group, wait.channel, wait.site_id, wait.entered_at)
        if tally is not None:
            tally.add_wait(wait, target_of(self._policy, wait.group))

    def handling(self, handling: Handling) -> None:
        tally = self._tally(handling.group, handling.channel, handling.site_id, handling.started_at)
        if tally is not None:
            tally.add_handling(handling)

    def _tally(self, group: str, channel: Channel, site: str, at: datetime) -> Tally | None:
        query = self._query
        if (
            query.group not in (None, group)
            or query.channel not in (None, channel)
            or query.site not in (None, site)
        ):
            return None
        zone, start, end = self._zone(group)
        if not start <= at < end:
            return None
        values: Mapping[Dimension, object] = {"group": group, "channel": channel, "site": site}
        key = tuple(
            hour_of(at, zone) if name == "hour" else day_of(at, zone) if name == "day" else values[name]
            for name in query.by
        )
        tally = self._tallies.get(key)
        if tally is None:
            if len(self._tallies) >= MOST_ROWS:
                raise Invalid(
                    "too_many_rows", f"More than {MOST_ROWS} rows: ask for less time or fewer dimensions."
                )
            tally = self._tallies[key] = Tally()
        return tally

    def _zone(self, group: str) -> tuple[tzinfo, datetime, datetime]:
        found = self._bounds.get(group)
        if found is None:
            zone = self._shared or zone_of(self._policy, group)
            found = self._bounds[group] = (zone, *self._query.period.within(zone))
        return found

    def rows(self) -> list[Json]:
        return [
            dict(zip(self._query.by, key, strict=True)) | self._tallies[key].view()
            for key in sorted(self._tallies)  # type: ignore[type-var] - of one kind in each place
        ]


def target_of(policy: Policy, group: str) -> float:
    """Seconds within which a group wants to answer; one that is gone is judged as a new one would be."""
    spec = policy.routing.groups.get(group)
    return (spec.service_level.within if spec is not None else ServiceLevel().within).total_seconds()
