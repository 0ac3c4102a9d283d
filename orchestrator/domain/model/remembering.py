"""The same policy, answering the same question once: a search asks each thousands of times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.check.cases import shape_of
from rules.decision import Decision
from rules.facts import FACT_BY_NAME, FactValue
from rules.machine import CompiledRow, Lifecycle
from rules.phrases import SiteEscalation
from rules.policy import Policy
from rules.vocabulary import CameraPolicy

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
        self._parts: dict[tuple[FactValue, ...], Lifecycle] = {}
        self._decisions: dict[tuple[Case, tuple[FactValue, ...]], Decision] = {}
        self._candidates: dict[tuple[Case, tuple[FactValue, ...]], tuple[CompiledRow, ...]] = {}

    def reads(self, event: str, state: str, party: str) -> tuple[str, ...] | None:
        return self.lifecycle.reads(event, state, party)

    def candidates(self, event: str, state: str, party: str) -> tuple[CompiledRow, ...]:
        return self.candidates_for((event, state, party), {})

    def candidates_for(self, case: Case, facts: Mapping[str, FactValue]) -> tuple[CompiledRow, ...]:
        """The rows that speak of a case, but for those about another site or group than ``facts`` name."""
        chosen = self._chosen(facts)
        key = (case, chosen)
        found = self._candidates.get(key)
        if found is None:
            part = self.lifecycle if len(chosen) < len(self._selective) else self._part(chosen)
            found = self._candidates[key] = part.candidates(*case)
        return found

    def _chosen(self, facts: Mapping[str, FactValue]) -> tuple[FactValue, ...]:
        return tuple(facts[name] for name in self._selective if name in facts)

    def _part(self, chosen: tuple[FactValue, ...]) -> Lifecycle:
        """The rows that could win for a site and a group, as a lifecycle of their own."""
        if not chosen:
            return self.lifecycle
        found = self._parts.get(chosen)
        if found is None:
            known = dict(zip(self._selective, chosen, strict=True))
            found = self._parts[chosen] = Lifecycle(
                [
                    row
                    for row in self.rows
                    if row.guard is None or shape_of(row.guard.tree, known) is not False
                ]
            )
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
            found = self._part(chosen).decide(revision, event=event, state=state, party=party, facts=facts)
            self._decisions[key] = found
        return found


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
