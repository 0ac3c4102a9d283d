"""The same policy, answering the same question once: a search asks each thousands of times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.decision import Decision
from rules.facts import FACT_BY_NAME, FactValue
from rules.machine import CompiledRow, Lifecycle
from rules.phrases import SiteEscalation
from rules.policy import Policy
from rules.vocabulary import CameraPolicy

Case = tuple[str, str, str]


class RememberingLifecycle(Lifecycle):
    """A lifecycle that decides by the one it is made of, once per case and facts."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        self.rows = lifecycle.rows
        self.lifecycle = lifecycle
        self.asked: Mapping[str, FactValue] | None = None
        """The facts of the last question, for who wants to know what `decide` told the rows."""
        self._decisions: dict[tuple[Case, tuple[FactValue, ...]], Decision] = {}
        self._candidates: dict[Case, tuple[CompiledRow, ...]] = {}

    def reads(self, event: str, state: str, party: str) -> tuple[str, ...] | None:
        return self.lifecycle.reads(event, state, party)

    def candidates(self, event: str, state: str, party: str) -> tuple[CompiledRow, ...]:
        case = (event, state, party)
        found = self._candidates.get(case)
        if found is None:
            found = self._candidates[case] = self.lifecycle.candidates(event, state, party)
        return found

    def decide(
        self, revision: str, *, event: str, state: str, party: str, facts: Mapping[str, FactValue]
    ) -> Decision:
        self.asked = facts
        reads = self.lifecycle.reads(event, state, party) or ()
        values = tuple(facts[name] if name in facts else FACT_BY_NAME[name].default for name in reads)
        key = ((event, state, party), values)
        found = self._decisions.get(key)
        if found is None:
            found = self.lifecycle.decide(revision, event=event, state=state, party=party, facts=facts)
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
