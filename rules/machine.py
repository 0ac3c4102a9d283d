"""The lifecycle as a `transitions.Machine`, one per policy.

Theory of operation
-------------------
A policy's rows become a flat machine: its states are the lifecycle's states, its triggers are the events, and
a row is one transition per state it may leave. Only what the machine is good at is asked of it:

* *Which rows are candidates?* Those of this event in this state, in the order of the file.
* *Which one wins?* The first that can be executed, which asks two things in turn: is the visitor talking with the
  party the row is about, and does its guard hold?
* *Where does it lead?* The machine moves the model to the row's target; a row without one is internal.

Nothing else happens in the machine. There are no callbacks: actions are names that the domain carries out later,
all or nothing, after the decision (a failing callback would leave a state changed halfway); so `_RowEvent` and
`_RowTransition` leave out what the library does for callbacks and queues, which is most of its work. There are no
automatic transitions: what a policy does not say cannot happen. It is synchronous and not queued: a queued machine
answers "yes" before it has looked at a guard.

The model is made for one decision and thrown away; the machine keeps no state between decisions, so that one
machine serves every conversation of its policy. While the machine goes through the rows, the model keeps the
trace: rows whose guard failed, with the facts the guard reads. A row about another party leaves no trace: it
does not speak of this case at all.

Facts become a CEL activation once per decision, and only those that any candidate reads: building the activation
is what a decision mostly costs, and it costs per fact. An answer depends on nothing but the case and these facts, so
it is remembered; not where a fact is a measure (a duration), which hardly ever comes again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from transitions import Event, EventData, Machine, Transition

from rules.decision import Decision, NearMiss
from rules.facts import FACT_BY_NAME, FactValue
from rules.guards import Guard, World, check_names, facts_for, world_of
from rules.vocabulary import PARTIES, STATES

Case = tuple[str, str, str]
"""An event, a state and a party."""

MOST_REMEMBERED = 4096
"""Answers that a lifecycle remembers; then it begins anew. About a kilobyte each."""


@dataclass(frozen=True, slots=True)
class CompiledRow:
    """A row with its guard compiled. ``party`` is the set it is about; empty means any."""

    id: str
    event: str
    sources: tuple[str, ...]
    parties: frozenset[str]
    guard: Guard | None
    to: str | None
    actions: tuple[str, ...]
    say: tuple[str, ...]

    def about(self, party: str) -> bool:
        return not self.parties or party in self.parties


class _Trial:
    """The machine's model for one decision: where the conversation stands, and the trace of the rows tried."""

    __slots__ = ("facts", "near_misses", "party", "read", "row", "state", "world")

    def __init__(self, state: str, party: str, facts: dict[str, FactValue]) -> None:
        self.state = state
        self.party = party
        self.facts = facts
        self.world: World | None = None
        self.row: CompiledRow | None = None
        self.near_misses: list[NearMiss] = []
        self.read: dict[str, FactValue] = {}

    def admits(self, row: CompiledRow) -> bool:
        guard = row.guard
        if guard is not None:
            values = {name: self.facts[name] for name in guard.reads}
            self.read.update(values)
            if self.world is None:
                self.world = world_of(self.facts)
            holds = guard.holds(self.world)
            if holds is not True:
                error = None if holds is False else holds
                self.near_misses.append(NearMiss(row.id, guard.source, values, error))
                return False
        self.row = row
        return True


class _RowTransition(Transition):
    """A row, as a way from one of its states. Nothing can be called before it, after it or between."""

    def __init__(self, source: str, dest: str | None, *plain: None, row: CompiledRow) -> None:
        super().__init__(source, dest, *plain)  # pyright: ignore[reportArgumentType] - None: internal
        self.row = row

    def execute(self, event_data: EventData) -> bool:
        trial: _Trial = event_data.model  # pyright: ignore[reportAssignmentType]
        row = self.row
        if (row.parties and trial.party not in row.parties) or not trial.admits(row):
            return False
        if self.dest is not None:
            trial.state = self.dest
        return True


class _RowEvent(Event):
    """An event of the policy. Its rows are tried in their order, for the state in which the model is."""

    def trigger(self, model: _Trial) -> bool:  # pyright: ignore[reportIncompatibleMethodOverride]
        event_data = EventData(None, self, self.machine, model, (), {})
        return any(transition.execute(event_data) for transition in self.transitions.get(model.state, ()))


class _RowMachine(Machine):
    event_cls = _RowEvent
    transition_cls = _RowTransition


class Lifecycle:
    """The compiled ``conversation.yaml``: decides which row answers an event."""

    def __init__(self, rows: Sequence[CompiledRow]) -> None:
        self.rows = tuple(rows)
        self._machine = _RowMachine(
            model=None,
            states=[{"name": state, "final": state == "closed"} for state in STATES],
            initial=None,  # pyright: ignore[reportArgumentType]
            auto_transitions=False,
            send_event=True,
            queued=False,
        )
        for row in self.rows:
            self._machine.add_transition(
                row.event,
                list(row.sources),
                row.to,
                row=row,
            )
        # What the candidates of each case read together. No entry: no row speaks of the case.
        self._cases: dict[Case, tuple[str, ...]] = {}
        for row in self.rows:
            for source in row.sources:
                for party in PARTIES:
                    if row.about(party):
                        case = (row.event, source, party)
                        reads = row.guard.reads if row.guard else ()
                        self._cases[case] = tuple(dict.fromkeys((*self._cases.get(case, ()), *reads)))
        self._memorable = frozenset(
            case
            for case, reads in self._cases.items()
            if all(FACT_BY_NAME[name].type != "double" for name in reads)
        )
        self._memory: dict[tuple[str, Case, tuple[FactValue, ...]], Decision] = {}

    def candidates(self, event: str, state: str, party: str) -> tuple[CompiledRow, ...]:
        """The rows that speak of a case, in order."""
        return tuple(
            row for row in self.rows if row.event == event and state in row.sources and row.about(party)
        )

    def reads(self, event: str, state: str, party: str) -> tuple[str, ...] | None:
        """The facts that the rows of a case read together; None when no row speaks of it."""
        return self._cases.get((event, state, party))

    def decide(
        self, revision: str, *, event: str, state: str, party: str, facts: Mapping[str, FactValue]
    ) -> Decision:
        """The first matching row, and why. KeyError for undeclared facts.

        ``conversation.state`` and ``conversation.party`` are always the state and party asked about.
        """
        check_names(facts)
        case = (event, state, party)
        reads = self._cases.get(case)
        if reads is None:
            return Decision(revision, event, state, party, None, None, (), (), (), {}, known=False)
        values = facts_for(reads, facts)
        if "conversation.state" in values:
            values["conversation.state"] = state
        if "conversation.party" in values:
            values["conversation.party"] = party
        if case not in self._memorable:
            return self._ask(revision, event, state, party, values)
        question = (revision, case, tuple(values.values()))
        known = self._memory.get(question)
        if known is None:
            if len(self._memory) >= MOST_REMEMBERED:
                self._memory.clear()
            known = self._memory[question] = self._ask(revision, event, state, party, values)
        return known

    def forget(self) -> None:
        """Forget what was decided: every question is asked anew."""
        self._memory.clear()

    def _ask(
        self, revision: str, event: str, state: str, party: str, values: dict[str, FactValue]
    ) -> Decision:
        trial = _Trial(state, party, values)
        self._machine.events[event].trigger(trial)
        row, misses = trial.row, tuple(trial.near_misses)
        if row is None:
            return Decision(revision, event, state, party, None, None, (), (), misses, trial.read)
        return Decision(
            revision, event, state, party, row.id, row.to, row.actions, row.say, misses, trial.read
        )
