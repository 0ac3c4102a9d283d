"""`decide` with the shipped policy: every row that can take effect, beside `transitions` alone on the same chart.

Times are of the processor, and the best of a few rounds: what other processes do on the machine is not measured. The
conversations are those that `visavis policy check` finds by which each row takes effect. A decision takes one
conversation and knows of no other, so its cost cannot depend on how many there are.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table
from transitions import Machine

from orchestrator.domain.conversation import Conversation
from orchestrator.domain.decide import decide
from orchestrator.domain.events import Event
from orchestrator.domain.facts import Facts
from orchestrator.domain.guard_facts import guard_facts
from orchestrator.domain.model.explore import explore
from orchestrator.domain.model.replay import run as played
from orchestrator.domain.model.steps import facts_from
from orchestrator.domain.outcome import Moved
from rules.facts import FactValue
from rules.load import load_policy
from rules.machine import CompiledRow, Lifecycle
from rules.policy import Policy
from rules.vocabulary import STATES

GOAL = 15_000
ROUNDS, TIMES = 5, 300
SHOWN = 12


@dataclass(frozen=True)
class Case:
    """A conversation, and an event by which a row takes effect on it."""

    row: str
    conversation: Conversation
    event: Event
    facts: Facts
    now: datetime

    @property
    def speaks_of(self) -> tuple[str, str, str]:
        return type(self.event).__name__, self.conversation.state.value, self.conversation.party.value

    def decided(self, policy: Policy) -> object:
        return decide(self.conversation, self.event, self.facts, policy, self.now)

    def told(self, policy: Policy) -> dict[str, FactValue]:
        reads = policy.lifecycle.reads(*self.speaks_of) or ()
        return guard_facts(self.conversation, self.event, self.facts, policy, self.now, reads)


@dataclass(frozen=True)
class Costs:
    """Microseconds of the processor. ``anew``: the rows were never asked this before; ``again``: they were."""

    case: Case
    anew: float
    again: float
    rows_anew: float
    bare: float


def micros(work: Callable[[], object], times: int = TIMES) -> float:
    """What ``work`` takes of the processor: the mean of many times, in the best of a few rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time_ns()
        for _ in range(times):
            work()
        best = min(best, (time.process_time_ns() - start) / times / 1_000)
    return best


def shipped() -> Policy:
    return load_policy(Path(__file__).parents[1] / "rules" / "policies")


def cases(policy: Policy) -> Iterator[Case]:
    """Every row that can take effect, at the end of a shortest way to it."""
    for row, example in explore(policy).moved.items():
        *before, last = played(policy, example.path())
        c = before[-1].conversation if before else None
        assert isinstance(last.outcome, Moved), row
        if c is not None and last.outcome.decision.row == row:
            facts = facts_from(last.step.facts, last.step.event, c, policy)
            yield Case(row, c, last.step.event, facts, last.now)


class _Model:
    def __init__(self) -> None:
        self.state = ""


def bare(policy: Policy, case: Case) -> Callable[[], object]:
    """The same chart for the library alone: the same states and rows, whose guards are known beforehand."""
    decision = policy.decide(
        event=case.speaks_of[0],
        state=case.speaks_of[1],
        party=case.speaks_of[2],
        facts=case.told(policy),
    )
    machine: Any = Machine(model=None, states=list(STATES), initial=None, auto_transitions=False)  # pyright: ignore[reportArgumentType]
    for row in policy.lifecycle.rows:
        passes = row.id == decision.row
        machine.add_transition(row.event, list(row.sources), row.to, conditions=lambda passes=passes: passes)
    model, (event, state, _) = _Model(), case.speaks_of
    trigger = machine.events[event].trigger

    def once() -> object:
        model.state = state
        return trigger(model)

    return once


def costs_of(policy: Policy, case: Case) -> Costs:
    lifecycle, told = policy.lifecycle, case.told(policy)
    event, state, party = case.speaks_of

    def anew() -> None:
        lifecycle.forget()
        case.decided(policy)

    def rows() -> None:
        lifecycle.forget()
        policy.decide(event=event, state=state, party=party, facts=told)

    return Costs(
        case,
        anew=micros(anew),
        again=micros(lambda: case.decided(policy)),
        rows_anew=micros(rows),
        bare=micros(bare(policy, case)),
    )


def with_rows(policy: Policy, rows: Sequence[CompiledRow]) -> Policy:
    return replace(policy, lifecycle=Lifecycle(rows))


def more_elsewhere(policy: Policy, case: Case, factor: int) -> Policy:
    """The same policy with ``factor`` times the rows of every other event and state."""
    event, state, _ = case.speaks_of
    rows: list[CompiledRow] = []
    for row in policy.lifecycle.rows:
        here = row.event == event and state in row.sources
        rows += [
            row if number == 0 else replace(row, id=f"{row.id}-{number}")
            for number in range(1 if here else factor)
        ]
    return with_rows(policy, rows)


def more_here(policy: Policy, case: Case, factor: int) -> Policy:
    """The same policy with ``factor`` times the rows that are asked in vain before the one that decides."""
    rows: list[CompiledRow] = []
    before = policy.lifecycle.candidates(*case.speaks_of)
    vain = {row.id for row in before[: [row.id for row in before].index(case.row)]}
    for row in policy.lifecycle.rows:
        copies = factor if row.id in vain else 1
        rows += [row if number == 0 else replace(row, id=f"{row.id}-{number}") for number in range(copies)]
    return with_rows(policy, rows)


def run(console: Console) -> None:
    policy = shipped()
    found = list(cases(policy))
    gc.collect()
    gc.freeze()
    try:
        costs = sorted((costs_of(policy, case) for case in found), key=lambda each: -each.anew)
        _tell(console, costs)
        _tell_growth(console, policy, max(costs, key=lambda each: each.anew).case)
    finally:
        gc.unfreeze()


def _per_second(micro: float) -> str:
    return f"{1e6 / micro:,.0f}"


def _tell(console: Console, costs: Sequence[Costs]) -> None:
    slowest = costs[0].anew
    kept = "kept" if 1e6 / slowest >= GOAL else "MISSED"
    table = Table(
        title=f"decide with trace, one core: the slowest {SHOWN} of {len(costs)} rows; goal {GOAL:,}/s of each: {kept}"
    )
    table.add_column("row that decides", no_wrap=True)
    for head in ("events/s", "asked before", "rows, µs", "transitions alone, µs", "rows ÷", "decide ÷"):
        table.add_column(head, justify="right")
    for each in costs[:SHOWN]:
        table.add_row(each.case.row, *_figures(each.anew, each.again, each.rows_anew, each.bare))
    table.add_section()
    columns = zip(*((each.anew, each.again, each.rows_anew, each.bare) for each in costs), strict=True)
    table.add_row("median of all", *_figures(*(median(column) for column in columns)))
    console.print(table)
    console.print(
        "Asked anew: what the rows answered before is forgotten each time. ÷: as a multiple of `transitions` alone, "
        "whose guards are known beforehand and which keeps no trace.",
        style="dim",
    )


def _figures(anew: float, again: float, rows: float, alone: float) -> tuple[str, ...]:
    return (
        _per_second(anew),
        _per_second(again),
        f"{rows:.1f}",
        f"{alone:.1f}",
        f"{rows / alone:.1f}",
        f"{anew / alone:.1f}",
    )


def _tell_growth(console: Console, policy: Policy, case: Case) -> None:
    table = Table(
        "rows", "in all", "asked in vain", "µs anew", title=f"`{case.row}`, the slowest, with more rows"
    )

    def measure(name: str, grown: Policy) -> None:
        def anew() -> None:
            grown.lifecycle.forget()
            case.decided(grown)

        asked = [row.id for row in grown.lifecycle.candidates(*case.speaks_of)].index(case.row)
        table.add_row(name, f"{len(grown.lifecycle.rows):,}", f"{asked}", f"{micros(anew):.0f}")

    measure("as shipped", policy)
    for factor in (10, 100):
        measure(f"of other events and states × {factor}", more_elsewhere(policy, case, factor))
    for factor in (2, 4, 8, 16):
        measure(f"of this event and state × {factor}", more_here(policy, case, factor))
    console.print(table)


if __name__ == "__main__":
    run(Console(width=110))
