"""What a search finds: the conversations that were reached, how, and what was met on the way."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Party, State, TimerName
from orchestrator.domain.events import Event
from orchestrator.domain.model.canonical import Canonical, View
from orchestrator.domain.model.likeness import Likeness
from orchestrator.domain.model.properties import Account
from orchestrator.domain.model.remembering import Case, RememberingPolicy
from orchestrator.domain.model.steps import Step
from orchestrator.domain.outcome import Outcome
from rules.check.cases import Condition, Values
from rules.facts import FactValue

Node = tuple[View, Account]
Standing = tuple[State, Party]
"""Where a conversation stands: its state, and whom the visitor talks with."""
Way = tuple[Standing, Standing]


@dataclass(slots=True, eq=False)
class Visit:
    """A conversation that was reached. ``kinds`` is the set of kinds for which it was, as bits.

    ``account`` is what the search itself remembers of the conversation (see `properties`).
    """

    conversation: Conversation
    now: datetime
    kinds: int
    account: Account
    parent: Visit | None
    steps: tuple[Step, ...]
    length: int
    view: View

    @property
    def node(self) -> Node:
        return self.view, self.account

    def path(self) -> tuple[Step, ...]:
        """All steps from the start of the conversation to here."""
        parts: list[tuple[Step, ...]] = []
        visit: Visit | None = self
        while visit is not None:
            parts.append(visit.steps)
            visit = visit.parent
        steps = [step for part in reversed(parts) for step in part]
        # A visit may be one of several sites; the example is told for the one it ends on.
        first = steps[0]
        if isinstance(first.event, ev.ConversationStarted):
            here = self.conversation
            steps[0] = replace(first, event=replace(first.event, site_id=here.site_id, device=here.device))
        return tuple(steps)


@dataclass(frozen=True, slots=True)
class Example:
    """Something that can happen: a visit, the steps that follow it, and what the last of them came to."""

    visit: Visit
    steps: tuple[Step, ...]
    outcome: Outcome

    def path(self) -> tuple[Step, ...]:
        """All steps from the start of the conversation."""
        return (*self.visit.path(), *self.steps)

    @property
    def length(self) -> int:
        return self.visit.length + len(self.steps)


Question = tuple[Case, tuple[tuple[str, FactValue], ...]]


@dataclass(slots=True)
class Explored:
    """What a search found. Rows are named; examples are the first, and so the shortest, of their kind.

    ``moved``: rows that took effect; ``ways``: from which standing each of them led to which. ``broken``: (row,
    code) of results that the invariants refused; ``refused``: (row, code) of rows that would have won if a law
    had not refused before. ``unanswered``: events without a row. ``unmoved``: timers that were due and that no
    row took. ``violations``: what must not be, by code and row. ``questions``: what the rows were asked, with
    the first occasion. ``with_switches``: rows that take effect when every setting of the sites is on, should
    anybody have asked.
    """

    policy: RememberingPolicy
    likeness: Likeness
    conditions: dict[str, Condition | None]
    canonical: Canonical
    visits: list[Visit] = field(default_factory=list[Visit])
    seen: dict[Node, int] = field(default_factory=dict[Node, int])
    edges: dict[Node, dict[Node, int]] = field(default_factory=lambda: defaultdict(dict[Node, int]))
    moved: dict[str, Example] = field(default_factory=dict[str, Example])
    ways: dict[str, set[Way]] = field(default_factory=lambda: defaultdict(set[Way]))
    broken: dict[tuple[str, str], Example] = field(default_factory=dict[tuple[str, str], Example])
    refused: dict[tuple[str, str], Example] = field(default_factory=dict[tuple[str, str], Example])
    unanswered: dict[tuple[str, State, Party], Example] = field(
        default_factory=dict[tuple[str, State, Party], Example]
    )
    unmoved: dict[TimerName, Example] = field(default_factory=dict[TimerName, Example])
    violations: dict[tuple[str, str], Example] = field(default_factory=dict[tuple[str, str], Example])
    questions: dict[Question, Occasion] = field(default_factory=dict[Question, "Occasion"])
    decisions: int = 0
    complete: bool = True
    with_switches: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Occasion:
    """An event that may happen on a visit: after some steps of preparation, to ``c`` as these leave it."""

    visit: Visit
    kinds: int
    before: tuple[Step, ...]
    c: Conversation
    now: datetime
    event: Event
    assumed: Values
    after: timedelta | None

    @property
    def case(self) -> Case:
        return type(self.event).__name__, self.c.state.value, self.c.party.value


@dataclass(frozen=True, slots=True)
class Trial:
    """One way to let an event happen: the facts assumed, by which this row should win (None: no row)."""

    row: str | None
    facts: Values
