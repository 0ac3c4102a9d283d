"""Groups as the contract's distribution rules, and when a bot is to be offered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from uuid import UUID, uuid5

from orchestrator.application.connected.records import Strategy
from rules.languages import text_in
from rules.policy import Policy

_NAMESPACE = UUID("6f0c5a0e-6d1b-4f5e-9c1e-3a7a5f8e2b10")


def rule_of(group: str) -> str:
    """The identifier by which a bot names a group: always the same for the same name, in every installation."""
    return str(uuid5(_NAMESPACE, group))


def group_of(rule: str, groups: Iterable[str]) -> str | None:
    """The group that a bot means; None when there is none."""
    wanted = rule.strip().lower()
    return next((group for group in groups if rule_of(group) == wanted), None)


def rules_for(policy: Policy, language: str) -> list[tuple[str, str]]:
    """What a bot may transfer to: (identifier, words in its language)."""
    told: list[tuple[str, str]] = []
    for name in policy.routing.groups:
        found = text_in(policy.group(name).label, language, policy.cards.default_language)
        told.append((rule_of(name), found[1] if found is not None else name))
    return told


def is_offered(strategies: Sequence[Strategy], available: Callable[[str], bool]) -> bool:
    """Whether a bot is to be offered now. ``available``: whether somebody of a rule could answer.

    A rule that is not known counts as unavailable. Several strategies: one that holds is enough, but
    ``notAvailable`` holds back all of them.
    """
    if any(one.kind == "notAvailable" for one in strategies):
        return False
    return any(_holds(one, available) for one in strategies)


def _holds(strategy: Strategy, available: Callable[[str], bool]) -> bool:
    match strategy.kind:
        case "atLeastOne":
            return any(available(rule) for rule in strategy.rules)
        case "all":
            return bool(strategy.rules) and all(available(rule) for rule in strategy.rules)
        case "customAvailability":
            return strategy.available
        case "notAvailable":
            return False
