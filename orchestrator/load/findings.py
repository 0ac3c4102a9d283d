"""What was found to be wrong."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal

Rule = Literal[
    "one_agent",
    "capacity",
    "no_idle_agent",
    "first_come_first_served",
    "invitations_end_once",
    "messages_arrive_once",
    "nobody_lost",
]

RULES: dict[Rule, str] = {
    "one_agent": "no conversation with two agents",
    "capacity": "no agent above their capacity",
    "no_idle_agent": "nobody waits while an agent who fits is free",
    "first_come_first_served": "who came first is asked for first, among those who want the same",
    "invitations_end_once": "every invitation ends exactly once",
    "messages_arrive_once": "every acknowledged message arrives once and in order",
    "nobody_lost": "no visitor is lost",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """``at`` is in seconds since the start; ``what`` names the conversation, so that its "why" can be looked up."""

    rule: Rule
    at: float
    what: str


class Findings:
    """Violations, each told once."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []
        self._told: set[Hashable] = set()

    def add(self, rule: Rule, at: float, what: str, *key: Hashable) -> None:
        """Note a violation; of those with the same ``key`` only the first."""
        if (rule, key or what) not in self._told:
            self._told.add((rule, key or what))
            self.violations.append(Violation(rule, at, what))

    def of(self, rule: Rule) -> list[Violation]:
        return [one for one in self.violations if one.rule == rule]
