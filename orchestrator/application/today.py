"""What happened in each group since its local midnight, counted as it happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from orchestrator.application.ledger_records import Handling, Wait
from orchestrator.application.ports import Policies
from orchestrator.application.records import Json
from orchestrator.application.report_periods import day_of, zone_of
from orchestrator.application.wait_report import target_of
from orchestrator.domain.ledger import ABANDONED, FAILED, WaitOutcome


@dataclass(slots=True)
class _Day:
    """Waits that began on this day, and handlings that ended on it."""

    day: date
    began: int = 0
    outcomes: Counter[WaitOutcome] = field(default_factory=Counter[WaitOutcome])
    within: int = 0
    answered_seconds: float = 0.0
    handled: int = 0
    handle_seconds: float = 0.0

    def view(self) -> Json:
        """→ `BoardToday`."""
        over = self.outcomes.total() - self.outcomes["requeued"]
        answered = self.outcomes["answered"]
        return {
            "day": self.day,
            "offered": self.began - self.outcomes["requeued"],
            "answered": answered,
            "abandoned": sum(self.outcomes[outcome] for outcome in ABANDONED),
            "failed": sum(self.outcomes[outcome] for outcome in FAILED),
            "service_level": round(self.within / over, 4) if over else None,
            "wait_mean": round(self.answered_seconds / answered, 1) if answered else None,
            "handle_mean": round(self.handle_seconds / self.handled, 1) if self.handled else None,
        }


class Today:
    """Listens to the ledger (`ledger_follower.LedgerListener`). Counts as the report of waits does."""

    def __init__(self, policies: Policies, now: Callable[[], datetime]) -> None:
        self._policies = policies
        self._now = now
        self._days: dict[str, _Day] = {}

    def view(self, group: str) -> Json:
        """→ `BoardToday` of a group; on a day on which nothing has happened yet, with nothing in it."""
        today = self._day(group, self._now())
        return (today or _Day(day_of(self._now(), zone_of(self._policies.live, group)))).view()

    def wait_began(self, wait: Wait) -> None:
        day = self._day(wait.group, wait.entered_at)
        if day is not None:
            day.began += 1

    def wait_ended(self, wait: Wait) -> None:
        day = self._day(wait.group, wait.entered_at)
        if day is None or wait.ended_at is None or wait.outcome is None:
            return
        day.outcomes[wait.outcome] += 1
        if wait.outcome == "answered":
            seconds = wait.seconds(wait.ended_at)
            day.answered_seconds += seconds
            day.within += seconds <= target_of(self._policies.live, wait.group)

    def handling_began(self, handling: Handling) -> None:
        """Counted when it ends."""

    def handling_ended(self, handling: Handling) -> None:
        if handling.ended_at is None:
            return
        day = self._day(handling.group, handling.ended_at)
        if day is not None:
            day.handled += 1
            day.handle_seconds += handling.seconds(handling.ended_at)

    def _day(self, group: str, moment: datetime) -> _Day | None:
        """The count that a moment belongs to; None for a day before the one that is counted."""
        wanted = day_of(moment, zone_of(self._policies.live, group))
        found = self._days.get(group)
        if found is None or found.day < wanted:
            found = self._days[group] = _Day(wanted)
        return found if found.day == wanted else None
