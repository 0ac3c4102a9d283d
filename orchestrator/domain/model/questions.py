"""What the rows are asked about a conversation, and the facts under which each of them would answer.

A question is a case (event, state, party) with the facts that the conversation, its site and the event settle. What
is left open - the agents, the group, and what an event can change at will - is tried in those combinations that make
another row win.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation
from orchestrator.domain.events import Event
from orchestrator.domain.facts import Facts
from orchestrator.domain.model.explored import Question, Trial
from orchestrator.domain.model.remembering import Case, RememberingPolicy
from rules.check.cases import Condition, Domains, TooManyCasesError, Values, domains_of, winners
from rules.facts import FACT_BY_NAME, FactValue
from rules.machine import CompiledRow

# Fields that an event changes at will, and the events that do. A row that does more makes the field matter.
AT_WILL: Mapping[str, tuple[str, ...]] = {
    "language": ("LanguageChosen",),
    "can_video": ("CapabilityChanged",),
    "visitor_present": ("VisitorDisconnected", "VisitorReconnected"),
    "agent_present": ("AgentDisconnected", "AgentReconnected"),
}
FIELD_OF_FACT: Mapping[str, str] = {
    "conversation.language": "language",
    "visitor.can_video": "can_video",
    "visitor.present": "visitor_present",
}

# Facts that are the same for all conversations of a site and a device.
_OF_THE_SITE = ("site.", "escalation.", "camera.", "conversation.device")

# How many combinations of facts are kept for one row, should a law refuse the first.
_TRIES = 4


def change_of(field: str, value: FactValue) -> Event:
    """The event that gives a field of `AT_WILL` this value."""
    match field:
        case "language":
            return ev.LanguageChosen(str(value))
        case "can_video":
            return ev.CapabilityChanged(value is True)
        case _:
            return ev.VisitorReconnected() if value is True else ev.VisitorDisconnected()


class Questions:
    """The rows of a policy, asked. ``complete`` turns False when a question has too many cases to try them all."""

    def __init__(
        self, policy: RememberingPolicy, conditions: Mapping[str, Condition | None], tracked: frozenset[str]
    ) -> None:
        self.complete = True
        self._lifecycle = policy.memory
        self._conditions = conditions
        self._tracked = tracked
        self._trials: dict[Question, tuple[Trial, ...]] = {}
        self._domains: dict[tuple[Case, int], tuple[tuple[CompiledRow, ...], Domains]] = {}
        self._about_site: dict[Case, bool] = {}

    def rows(self, case: Case) -> tuple[CompiledRow, ...]:
        return self._lifecycle.candidates(*case)

    def about_site(self, case: Case) -> bool:
        """Whether the rows of a case read anything that differs between sites or devices."""
        known = self._about_site.get(case)
        if known is None:
            reads = self._lifecycle.reads(*case) or ()
            known = self._about_site[case] = any(name.startswith(_OF_THE_SITE) for name in reads)
        return known

    def domains(self, case: Case, rows: tuple[CompiledRow, ...] | None = None) -> Domains:
        """The values that the rows of a case (or some of them) can tell apart, by fact."""
        rows = self.rows(case) if rows is None else rows
        key = (case, id(rows))
        known = self._domains.get(key)
        if known is None:
            # The rows are kept with it, so that their identity stays theirs.
            known = self._domains[key] = (rows, domains_of(self.conditions(rows)))
        return known[1]

    def conditions(self, rows: Sequence[CompiledRow]) -> list[Condition | None]:
        return [self._conditions[row.id] for row in rows]

    def question(
        self, case: Case, values: Mapping[str, FactValue], facts: Facts, c: Conversation, event: Event
    ) -> Question:
        """What the rows are asked, given what `decide` told them."""
        return case, tuple(
            (name, values[name] if name in values else FACT_BY_NAME[name].default)
            for name in self._lifecycle.reads(*case) or ()
            if not self._is_open(name, facts, c, event)
        )

    def _is_open(self, name: str, facts: Facts, c: Conversation, event: Event) -> bool:
        """Whether the fact may have any value, whatever the conversation is."""
        family, _, what = name.partition(".")
        match family:
            case "agent":
                return facts.agent is not None
            case "group":
                return facts.group is not None and what != "name"
            case "queue":
                if what == "waited":
                    return c.queue is not None
                return facts.group is not None and what != "priority"
            case _:
                field = FIELD_OF_FACT.get(name)
                own = field is not None and type(event).__name__ in AT_WILL[field]
                return field is not None and field not in self._tracked and not own

    def trials(self, question: Question) -> tuple[Trial, ...]:
        """A few combinations of facts for each row that can win, and for no row winning."""
        known = self._trials.get(question)
        if known is not None:
            return known
        case, settled = question
        rows = self._lifecycle.candidates_for(case, dict(settled))
        domains = self.domains(case, rows)
        found: dict[int | None, list[Trial]] = defaultdict(list)
        try:
            for row, facts in winners(self.conditions(rows), dict(settled), domains):
                if len(found[row]) < _TRIES:
                    found[row].append(Trial(None if row is None else rows[row].id, facts))
        except TooManyCasesError:
            self.complete = False
        trials = tuple(trial for each in found.values() for trial in each)
        self._trials[question] = trials
        return trials


def preparations(c: Conversation, facts: Values) -> int:
    """How many events must come before, so that the facts an event can change at will are these."""
    return sum(
        getattr(c, FIELD_OF_FACT[name]) != value for name, value in facts.items() if name in FIELD_OF_FACT
    )
