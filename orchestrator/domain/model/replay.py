"""Running an example through `decide`: the same steps, the same policy, the same states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from orchestrator.domain.conversation import Conversation
from orchestrator.domain.decide import decide
from orchestrator.domain.evolve import evolve
from orchestrator.domain.model.steps import Plain, Step, StepError, facts_from, moment_of, read_step
from orchestrator.domain.outcome import Moved, Outcome
from rules.policy import Policy

BEGINNING = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""A Monday morning: when examples begin, unless somebody says otherwise."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One step that was taken: what it came to, and the conversation after it (unchanged unless it moved)."""

    step: Step
    now: datetime
    outcome: Outcome
    conversation: Conversation | None


def run(
    policy: Policy, steps: Sequence[Plain | Step], *, beginning: datetime = BEGINNING
) -> tuple[Taken, ...]:
    """Every step in turn, from nothing. What is refused or ignored changes nothing, and the next step follows.

    Args:
        steps: as `domain.model.steps` describes them; the first is usually `ConversationStarted`.
        beginning: when the first step happens; steps without `after` follow a second later, timers when due.

    Raises:
        StepError: a step cannot be read, or speaks of something that the conversation does not have.
    """
    taken: list[Taken] = []
    c: Conversation | None = None
    now = beginning
    for number, written in enumerate(steps, start=1):
        step = written if isinstance(written, Step) else read_step(written, c, policy, number)
        if taken:
            now = moment_of(step, c, now)
        outcome = decide(c, step.event, facts_from(step.facts, step.event, c, policy), policy, now)
        if isinstance(outcome, Moved):
            c = evolve(c, outcome.changes)
        taken.append(Taken(step, now, outcome, c))
    return tuple(taken)


__all__ = ["BEGINNING", "Step", "StepError", "Taken", "run"]
