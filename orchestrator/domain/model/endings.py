"""Does every conversation end? Closed can be reached from everywhere, and time alone leads there when nobody acts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime

from orchestrator.domain.conversation import Conversation, State
from orchestrator.domain.decide import decide
from orchestrator.domain.evolve import evolve
from orchestrator.domain.model.canonical import Canonical
from orchestrator.domain.model.explored import Example, Explored, Node, Visit
from orchestrator.domain.model.steps import Step, facts_from
from orchestrator.domain.outcome import Ignored, Moved, Outcome
from orchestrator.domain.timers import EVENT_OF_TIMER
from rules.facts import FactValue

# Longer than any chain of waits that leads somewhere.
_MOST_WAITS = 60

# The world while nobody acts: as it usually is, and with nobody at work.
_WORLDS: tuple[Mapping[str, FactValue], ...] = (
    {},
    {"group.open": False, "group.has_free_agent": False, "group.waiting": 10_000},
)


def without_end(explored: Explored) -> Example | None:
    """The conversation nearest to the start from which `closed` cannot be reached any more."""
    before: dict[Node, list[tuple[Node, int]]] = defaultdict(list)
    for source, targets in explored.edges.items():
        for target, kinds in targets.items():
            before[target].append((source, kinds))
    ends: dict[Node, int] = {
        visit.node: explored.seen[visit.node]
        for visit in explored.visits
        if visit.conversation.state is State.CLOSED
    }
    todo = list(ends)
    while todo:
        node = todo.pop()
        for source, kinds in before[node]:
            reached = ends.get(source, 0) | (kinds & ends[node])
            if reached != ends.get(source, 0):
                ends[source] = reached
                todo.append(source)
    for visit in explored.visits:
        if visit.kinds & ~ends.get(visit.node, 0):
            return Example(visit, (), Ignored(""))
    return None


def endless_waits(explored: Explored) -> Iterator[tuple[str, Example]]:
    """Rows of timers that come back for ever when nobody acts, each with the steps of one turn."""
    told: set[str] = set()
    for world in _WORLDS:
        ending: set[object] = set()
        for visit in explored.visits:
            found = _turn(explored, visit, world, ending)
            if found is not None and found[0] not in told:
                told.add(found[0])
                yield found


def _turn(
    explored: Explored, visit: Visit, world: Mapping[str, FactValue], ending: set[object]
) -> tuple[str, Example] | None:
    c, now = visit.conversation, visit.now
    passed: dict[object, int] = {}
    steps: list[Step] = []
    rows: list[str] = []
    outcome: Outcome = Ignored("")
    while c.timers:
        moment = _moment(c, now, explored.canonical)
        if moment in ending:
            break
        if moment in passed or len(steps) >= _MOST_WAITS:
            again = passed.get(moment, 0)
            row = next((row for row in rows[again:] if row), "")
            return (row, Example(visit, tuple(steps), outcome)) if row else None
        passed[moment] = len(steps)
        timer = min(c.timers, key=lambda name: (c.timers[name], name))
        event = EVENT_OF_TIMER[timer]()
        now = max(now, c.timers[timer])
        outcome = decide(c, event, facts_from(world, event, c, explored.policy), explored.policy, now)
        if not isinstance(outcome, Moved):
            break
        c = evolve(c, outcome.changes)
        steps.append(Step(event, world))
        rows.append(outcome.decision.row or "")
    ending.update(passed)
    return None


def _moment(c: Conversation, now: datetime, canonical: Canonical) -> object:
    return canonical(c), frozenset((name, deadline - now) for name, deadline in c.timers.items())
