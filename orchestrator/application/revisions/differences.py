"""What an activation changed, in words that stay with it for ever."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orchestrator.application.revisions.records import MOST_CHANGES, PolicySet
from rules.compile import compile_policy
from rules.diff.difference import diff
from rules.findings import PolicyError
from rules.policy import Policy

LONGEST_CHANGE = 500

# (added, removed, changed) file of scenarios, per language.
_SCENARIOS = {
    "en": ("Scenarios added: {}", "Scenarios removed: {}", "Scenarios changed: {}"),
    "fr": ("Scénarios ajoutés : {}", "Scénarios retirés : {}", "Scénarios modifiés : {}"),
}
_LAYOUT = {
    "en": "The rules are the same; comments, order or spaces differ",
    "fr": "Les règles sont les mêmes ; les commentaires, l'ordre ou les espaces diffèrent",
}
_UNREADABLE = {
    "en": "What it replaced cannot be read by this version: the differences are not known",
    "fr": "Cette version ne sait pas lire ce qui est remplacé : les différences ne sont pas connues",
}
_MORE = {"en": "… and {} more", "fr": "… et {} de plus"}


def differences(before: PolicySet, after: PolicySet) -> dict[str, tuple[str, ...]]:
    """Sentences by language, the most important first.

    Raises:
        PolicyError: ``after`` is no policy.
    """
    new = compile_policy(after.files)
    old: Policy | None
    try:
        old = compile_policy(before.files)
    except PolicyError:
        old = None  # written for another version of the rules
    return {
        "en": _bounded([*_rules(old, new, "en"), *_scenarios(before, after, "en")], "en"),
        "fr": _bounded([*_rules(old, new, "fr"), *_scenarios(before, after, "fr")], "fr"),
    }


def _rules(old: Policy | None, new: Policy, language: str) -> Sequence[str]:
    if old is None:
        return [_UNREADABLE[language]]
    found = diff(old, new)
    if found.layout:
        return [_LAYOUT[language]]
    return found.sentences("fr" if language == "fr" else "en")


def _scenarios(before: PolicySet, after: PolicySet, language: str) -> list[str]:
    old, new = before.scenarios, after.scenarios
    names: Sequence[Sequence[str]] = (
        sorted(new.keys() - old.keys()),
        sorted(old.keys() - new.keys()),
        sorted(name for name in old.keys() & new.keys() if old[name] != new[name]),
    )
    return [
        words.format(", ".join(found))
        for words, found in zip(_SCENARIOS[language], names, strict=True)
        if found
    ]


def _bounded(lines: Sequence[str], language: str) -> tuple[str, ...]:
    told = [line if len(line) <= LONGEST_CHANGE else line[:LONGEST_CHANGE] + "…" for line in lines]
    if len(told) > MOST_CHANGES:
        told = [*told[:MOST_CHANGES], _MORE[language].format(len(told) - MOST_CHANGES)]
    return tuple(told)


def no_differences() -> Mapping[str, tuple[str, ...]]:
    """Of the first activation: there was nothing before."""
    return {"en": (), "fr": ()}
