"""What the ledger keeps: waits in lines, and agents' times with conversations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from orchestrator.domain.ledger import Channel, HandlingEnd, WaitOutcome
from orchestrator.domain.wait_time.terms import Forecast


@dataclass(frozen=True, slots=True)
class Quote:
    """The band of seconds that a visitor was told on entering a line: half wait no longer than ``p50``, nine of ten
    no longer than ``p90``."""

    p50: float
    p90: float


@dataclass(frozen=True, slots=True)
class Wait:
    """One stay in one line; open while ``ended_at`` is None. ``agent_id`` is who answered.

    ``forecast`` is what was known of it when it began, ``quoted`` the band of it that the visitor was told."""

    conversation_id: str
    version: int
    group: str
    channel: Channel
    site_id: str
    language: str
    priority: int
    entered_at: datetime
    ended_at: datetime | None = None
    outcome: WaitOutcome | None = None
    agent_id: str | None = None
    invitations: int = 0
    quoted: Quote | None = None
    forecast: Forecast | None = None

    @property
    def key(self) -> tuple[str, int]:
        return self.conversation_id, self.version

    def seconds(self, now: datetime) -> float:
        """How long it was, or is by ``now``; never less than nothing, whatever the clocks say."""
        return max(0.0, ((self.ended_at or now) - self.entered_at).total_seconds())


@dataclass(frozen=True, slots=True)
class Handling:
    """One agent's time with one conversation; open while ``ended_at`` is None."""

    conversation_id: str
    version: int
    agent_id: str
    group: str
    channel: Channel
    site_id: str
    started_at: datetime
    ended_at: datetime | None = None
    ended_by: HandlingEnd | None = None
    video_seconds: float = 0.0

    @property
    def key(self) -> tuple[str, int]:
        return self.conversation_id, self.version

    def seconds(self, now: datetime) -> float:
        return max(0.0, ((self.ended_at or now) - self.started_at).total_seconds())


@dataclass(frozen=True, slots=True)
class InLine:
    """A conversation that waits, as it stands in the line of its group."""

    conversation_id: str
    group: str
    channel: Channel
    at_head: bool
    rank_at: datetime
    invited_agent_id: str | None = None
