"""The ledger under random histories: what begins ends exactly once, and is open exactly while it should be."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.conversation import Conversation
from orchestrator.domain.decide import decide
from orchestrator.domain.evolve import evolve
from orchestrator.domain.facts import Facts
from orchestrator.domain.ledger import (
    HandlingBegan,
    HandlingEnded,
    LedgerEntry,
    VideoCounted,
    WaitBegan,
    WaitEnded,
    WaitInvited,
    ledger_of_change,
)
from orchestrator.domain.outcome import Moved
from orchestrator.domain.timers import EVENT_OF_TIMER
from tests.unit.domain.arbitrary import events, facts_for, starts
from tests.unit.domain.story import T0, shipped


class Books:
    """Keeps what is open, and refuses entries that do not fit."""

    def __init__(self) -> None:
        self.wait: WaitBegan | None = None
        self.handling: HandlingBegan | None = None
        self.keys: set[tuple[str, int]] = set()
        self.video = 0.0

    def enter(self, entry: LedgerEntry) -> None:
        match entry:
            case WaitBegan():
                assert self.wait is None
                assert ("wait", entry.version) not in self.keys
                self.keys.add(("wait", entry.version))
                self.wait = entry
            case WaitInvited():
                assert self.wait is not None
            case WaitEnded():
                assert self.wait is not None
                assert entry.at >= self.wait.at
                assert (entry.outcome == "answered") == (entry.agent_id is not None)
                self.wait = None
            case HandlingBegan():
                assert self.handling is None
                assert ("handling", entry.version) not in self.keys
                self.keys.add(("handling", entry.version))
                self.handling = entry
            case VideoCounted():
                assert self.handling is not None
                self.video += entry.seconds
            case HandlingEnded():
                assert self.handling is not None
                assert entry.at >= self.handling.at
                self.handling = None

    def agree_with(self, c: Conversation) -> None:
        """What is open in the books is what the conversation is in."""
        assert (self.wait is not None) == (c.queue is not None)
        if self.wait is not None and c.queue is not None:
            assert (self.wait.group, self.wait.channel) == (c.queue.group, c.need.value)
        assert (self.handling.agent_id if self.handling is not None else None) == c.agent_id


@given(st.data())
def test_what_begins_ends_exactly_once(data: st.DataObject) -> None:
    policy, now = shipped(), T0
    start = data.draw(starts)
    outcome = decide(None, start, Facts(), policy, now)
    assert isinstance(outcome, Moved)
    c, books = evolve(None, outcome.changes), Books()
    assert ledger_of_change(None, c, start, now) == ()
    for _ in range(data.draw(st.integers(1, 30))):
        due = next((name for name, deadline in c.timers.items() if deadline <= now), None)
        event = data.draw(events) if due is None else EVENT_OF_TIMER[due]()
        outcome = decide(c, event, data.draw(facts_for(event, c.agent_id)), policy, now)
        if isinstance(outcome, Moved):
            before, c = c, evolve(c, outcome.changes)
            for entry in ledger_of_change(before, c, event, now):
                books.enter(entry)
            books.agree_with(c)
        now += timedelta(seconds=data.draw(st.sampled_from([0, 5, 61, 660])))
    assert 0.0 <= books.video <= (now - T0).total_seconds()
