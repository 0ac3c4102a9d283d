"""The same policy, answering the same question once: a search asks each thousands of times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.check.cases import demanded, shape_of
from rules.decision import Decision
from rules.facts import FACT_BY_NAME, FactValue
from rules.machine import CompiledRow, Lifecycle
from rules.phrases import SiteEscalation
from rules.policy import Policy
from rules.vocabulary import PARTIES, CameraPolicy

Case = tuple[str, str, str]


# Facts that policies for many sites and groups name in many rows, of which any conversation sees few.
_SELECTIVE = ("site.id", "group.name")


class RememberingLifecycle(Lifecycle):
    """A lifecycle that decides by the one it is made of, once per case and facts.

    Rows about other sites and groups are left out before they are asked: they could not win.
    """

    def __init__(self, lifecycle: Lifecycle) -> None:
        self.rows = lifecycle.rows
        self.lifecycle = lifecycle
        self.asked: Mapping[str, FactValue] | None = None
        """The facts of the last question, for who wants to know what `decide` told the rows."""
        reads = {name for row in self.rows if row.guard is not None for name in row.guard.reads}
        self._selective = tuple(name for name in _SELECTIVE if name in reads)
        self._of_case: dict[Case, list[int]] = defaultdict(list)
        for place, row in enumerate(self.rows):
            for source in row.sources:
                for party in PARTIES:
                    if row.about(party):
                        self._of_case[row.event, source, party].append(place)
        self._sorted: dict[tuple[Case, str], _Sorted] = {}
        self._named: dict[tuple[Case, str, FactValue], frozenset[int]] = {}
        self._parts: dict[tuple[Case, tuple[int, ...]], Lifecycle] = {}
        self._decisions: dict[tuple[Case, tuple[FactValue, ...]], Decision] = {}
        self._chosen: dict[tuple[Case, tuple[FactValue | None, ...]], tuple[int, ...]] = {}
        self._candidates: dict[tuple[Case, tuple[int, ...]], tuple[CompiledRow, ...]] = {}

    def reads(self, event: str, state: str, party: str) -> tuple[str, ...] | None:
        return self.lifecycle.reads(event, state, party)

    def candidates(self, event: str, state: str, party: str) -> tuple[CompiledRow, ...]:
        return self.candidates_for((event, state, party), {})

    def candidates_for(self, case: Case, facts: Mapping[str, FactValue]) -> tuple[CompiledRow, ...]:
        """The rows that speak of a case, but for those about another site or group than ``facts`` name."""
        places = self._places(case, tuple(facts.get(name) for name in self._selective))
        found = self._candidates.get((case, places))
        if found is None:
            found = self._candidates[case, places] = tuple(self.rows[place] for place in places)
        return found

    def _places(self, case: Case, chosen: tuple[FactValue | None, ...]) -> tuple[int, ...]:
        """Where these rows are. ``chosen`` are the site and the group as far as they are known."""
        found = self._chosen.get((case, chosen))
        if found is None:
            left: frozenset[int] | None = None
            for name, value in zip(self._selective, chosen, strict=True):
                if value is not None:
                    named = self._possible(case, name, value)
                    left = named if left is None else left & named
            # Few are left of many: it is them that are put in order.
            places = self._of_case.get(case, []) if left is None else sorted(left)
            found = self._chosen[case, chosen] = tuple(places)
        return found

    def _possible(self, case: Case, name: str, value: FactValue) -> frozenset[int]:
        """The rows of a case that do not rule this value out."""
        key = (case, name, value)
        found = self._named.get(key)
        if found is None:
            rows = self._sorted.get((case, name))
            if rows is None:
                rows = self._sorted[case, name] = self._sort(case, name)
            asked = (place for place in rows.asked if not self._rules_out(place, name, value))
            found = self._named[key] = frozenset((*rows.of.get(value, ()), *rows.rest, *asked))
        return found

    def _rules_out(self, place: int, name: str, value: FactValue) -> bool:
        guard = self.rows[place].guard
        return guard is not None and shape_of(guard.tree, {name: value}) is False

    def _sort(self, case: Case, name: str) -> _Sorted:
        found = _Sorted()
        for place in self._of_case.get(case, []):
            guard = self.rows[place].guard
            if guard is None or name not in guard.reads:
                found.rest.append(place)
            elif (value := demanded(guard.tree, name)) is not None:
                found.of[value].append(place)
            else:
                found.asked.append(place)
        return found

    def _part(self, case: Case, places: tuple[int, ...]) -> Lifecycle:
        """Some rows of a case, as a lifecycle of their own."""
        found = self._parts.get((case, places))
        if found is None:
            found = self._parts[case, places] = Lifecycle([self.rows[place] for place in places])
        return found

    def decide(
        self, revision: str, *, event: str, state: str, party: str, facts: Mapping[str, FactValue]
    ) -> Decision:
        self.asked = facts
        case = (event, state, party)
        reads = self.lifecycle.reads(*case) or ()
        values = tuple(facts[name] if name in facts else FACT_BY_NAME[name].default for name in reads)
        key = (case, values)
        found = self._decisions.get(key)
        if found is None:
            chosen = tuple(
                facts[name] if name in facts else FACT_BY_NAME[name].default for name in self._selective
            )
            places = self._places(case, chosen)
            # Where no row is left, it still matters whether there are any for the case.
            part = self._part(case, places) if places and self._selective else self.lifecycle
            found = part.decide(revision, event=event, state=state, party=party, facts=facts)
            self._decisions[key] = found
        return found


@dataclass(frozen=True, slots=True)
class _Sorted:
    """The rows of a case by what they say of one fact: ``of`` hold for one value only, ``asked`` have to be asked."""

    of: dict[FactValue, list[int]] = field(default_factory=lambda: defaultdict(list[int]))
    asked: list[int] = field(default_factory=list[int])
    rest: list[int] = field(default_factory=list[int])


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RememberingPolicy(Policy):
    """A policy whose settings of a site are laid over each other once."""

    memory: RememberingLifecycle
    escalations: dict[str, SiteEscalation] = field(default_factory=dict[str, SiteEscalation], repr=False)
    cameras: dict[tuple[str, str | None], CameraPolicy] = field(
        default_factory=dict[tuple[str, "str | None"], CameraPolicy], repr=False
    )

    def escalation_for(self, site_id: str) -> SiteEscalation:
        found = self.escalations.get(site_id)
        if found is None:
            found = self.escalations[site_id] = Policy.escalation_for(self, site_id)
        return found

    def camera_for(self, site_id: str, group: str | None) -> CameraPolicy:
        found = self.cameras.get((site_id, group))
        if found is None:
            found = self.cameras[site_id, group] = Policy.camera_for(self, site_id, group)
        return found


def as_loaded(policy: RememberingPolicy) -> Policy:
    """The policy without its memory."""
    return Policy(
        revision=policy.revision,
        conversation=policy.conversation,
        routing=policy.routing,
        escalation=policy.escalation,
        cards=policy.cards,
        camera=policy.camera,
        engagement=policy.engagement,
        lifecycle=policy.memory.lifecycle,
        routes=policy.routes,
        files=policy.files,
        warnings=policy.warnings,
    )


def remembering(policy: Policy) -> RememberingPolicy:
    """The policy with a memory. Its answers are those of the policy."""
    memory = RememberingLifecycle(policy.lifecycle)
    return RememberingPolicy(
        memory=memory,
        revision=policy.revision,
        conversation=policy.conversation,
        routing=policy.routing,
        escalation=policy.escalation,
        cards=policy.cards,
        camera=policy.camera,
        engagement=policy.engagement,
        lifecycle=memory,
        routes=policy.routes,
        files=policy.files,
        warnings=policy.warnings,
    )
