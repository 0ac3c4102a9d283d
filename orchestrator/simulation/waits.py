"""The production wait estimate inside an estate: it learns from what happens there, and rules read what it says.

What the live service keeps in the ledger and reads back from it is told to `application.estimates` at once here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from orchestrator.application.estimates import Estimates
from orchestrator.application.ledger_records import Handling, Wait
from orchestrator.application.ports import Policies
from orchestrator.domain.conversation import Conversation, QueueEntry
from orchestrator.domain.events import Event
from orchestrator.domain.floor import Floor
from orchestrator.domain.ledger import HandlingBegan, HandlingEnded, WaitBegan, WaitEnded, ledger_of_change
from orchestrator.domain.wait_time.terms import Line
from rules.policy import Policy


@dataclass(frozen=True, slots=True)
class _Live:
    live: Policy


class Waits:
    """``estimates`` is what rules, bots and visitors are told by; `listen` hears of every wait that ended."""

    def __init__(self, policy: Policy, floor: Floor) -> None:
        self.estimates = Estimates(cast("Policies", _Live(policy)), floor)
        self._floor = floor
        self._waits: dict[str, Wait] = {}
        self._handlings: dict[str, Handling] = {}
        self._listeners: list[Callable[[Wait], None]] = []

    def listen(self, listener: Callable[[Wait], None]) -> None:
        """Be told of every wait once it has ended; its ``forecast`` is what was known when it began."""
        self._listeners.append(listener)

    def follow(self, before: Conversation | None, after: Conversation, event: Event, now: datetime) -> None:
        """What an event added to the ledger. To be called before the floor knows of it, as in the live service."""
        for entry in ledger_of_change(before, after, event, now):
            match entry:
                case WaitBegan():
                    self._wait_began(entry, after.queue, now)
                case WaitEnded():
                    self._wait_ended(entry)
                case HandlingBegan():
                    self._handling_began(entry)
                case HandlingEnded():
                    self._handling_ended(entry)
                case _:
                    pass

    def _wait_began(self, began: WaitBegan, entry: QueueEntry | None, now: datetime) -> None:
        position = None if entry is None else self._position(began.group, entry)
        wait = Wait(
            conversation_id=began.conversation_id,
            version=began.version,
            group=began.group,
            channel=began.channel,
            site_id=began.site_id,
            language=began.language,
            priority=began.priority,
            entered_at=began.at,
            forecast=self.estimates.forecast(Line(began.group, began.channel), position, now),
        )
        self._waits[began.conversation_id] = wait
        self.estimates.wait_began(wait)

    def _position(self, group: str, entry: QueueEntry) -> int:
        rank = (not entry.at_head, entry.rank_at)
        return 1 + sum((not other.at_head, other.rank_at) <= rank for other in self._floor.line(group))

    def _wait_ended(self, ended: WaitEnded) -> None:
        open_wait = self._waits.pop(ended.conversation_id)
        wait = replace(open_wait, ended_at=ended.at, outcome=ended.outcome, agent_id=ended.agent_id)
        self.estimates.wait_ended(wait)
        for listener in self._listeners:
            listener(wait)

    def _handling_began(self, began: HandlingBegan) -> None:
        handling = Handling(
            conversation_id=began.conversation_id,
            version=began.version,
            agent_id=began.agent_id,
            group=began.group,
            channel=began.channel,
            site_id=began.site_id,
            started_at=began.at,
        )
        self._handlings[began.conversation_id] = handling
        self.estimates.handling_began(handling)

    def _handling_ended(self, ended: HandlingEnded) -> None:
        open_handling = self._handlings.pop(ended.conversation_id)
        self.estimates.handling_ended(replace(open_handling, ended_at=ended.at, ended_by=ended.ended_by))
