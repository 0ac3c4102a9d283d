"""Rows that could both win and lead to different states, so that only their order decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator.domain.model.explored import Example, Explored
from orchestrator.domain.model.never import example_of
from orchestrator.domain.model.steps import Step
from rules.check.cases import (
    Condition,
    Domains,
    TooManyCasesError,
    Values,
    can_hold,
    domains_of,
    implies,
    winners,
)
from rules.facts import FactValue
from rules.machine import CompiledRow

_MOST_PAIRS = 20_000


def ambiguous_rows(explored: Explored) -> Iterator[tuple[CompiledRow, CompiledRow, Example | None]]:
    """Pairs (the earlier, the later) that a reachable case leaves both possible, with an example.

    A row that is the narrower case of a later one is how exceptions are written, and no ambiguity.
    """
    judged: set[tuple[str, str]] = set()
    for (case, settled), occasion in explored.questions.items():
        rows = explored.policy.memory.candidates_for(case, dict(settled))
        if len({row.to for row in rows}) < 2:
            continue
        conditions = [explored.conditions[row.id] for row in rows]
        domains, known = domains_of(conditions), dict(settled)
        for at, row in enumerate(rows):
            others = [
                (place, other)
                for place, other in enumerate(rows[at + 1 :], start=at + 1)
                if other.to != row.to and (row.id, other.id) not in judged
            ]
            if not others or conditions[at] is None or len(judged) > _MOST_PAIRS:
                continue
            for place, other in others:
                if conditions[place] is None:
                    continue
                both = _both(conditions[: at + 1], conditions[place], known, domains)
                if both is None:
                    continue
                judged.add((row.id, other.id))
                if implies(conditions[at], conditions[place]) or implies(conditions[place], conditions[at]):
                    continue
                step = Step(occasion.event, {**occasion.assumed, **both}, occasion.after)
                yield row, other, example_of(explored, occasion, step)


def _both(
    rows: Sequence[Condition | None], other: Condition | None, known: Values, domains: Domains
) -> dict[str, FactValue] | None:
    """Facts under which the last of the rows wins and the other condition holds as well."""
    try:
        for winner, facts in winners(rows, known, domains):
            if winner == len(rows) - 1:
                also = can_hold(other, {**known, **facts}, domains)
                if also is not None:
                    return facts | also
    except TooManyCasesError:
        pass
    return None
