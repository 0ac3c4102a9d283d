"""What a set has to pass before it can be published: the whole check, and its scenarios.

Takes seconds of a processor, so the service has it done by another process (`ports.Gatekeeper`).
"""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.application.revisions.records import Gate, PolicySet
from orchestrator.domain.model.check import check
from orchestrator.scenarios.reading import scenarios_in
from orchestrator.scenarios.run import Result, run_scenarios
from rules.compile import compile_policy
from rules.findings import PolicyError

MOST_DETAILS = 50
LONGEST_DETAIL = 600


def examine(policy_set: PolicySet, *, had_scenarios: bool) -> tuple[Gate, Gate]:
    """Check and test a set. ``had_scenarios``: the live one has some, so that a set without any has lost them."""
    checked = _check(policy_set)
    return checked, _test(policy_set, usable=checked.state == "passed", had_scenarios=had_scenarios)


def _check(policy_set: PolicySet) -> Gate:
    report = check(policy_set.files)
    counts = [
        f"{len(found)} {name}{'' if len(found) == 1 else 's'}"
        for name in ("error", "warning", "note")
        if (found := report.of(name))  # pyright: ignore[reportArgumentType]
    ]
    details = _bounded(f"{each.severity}: {each.finding}" for each in report.diagnoses)
    return Gate("check", "passed" if report.ok else "failed", ", ".join(counts) or "no mistakes", details)


def _test(policy_set: PolicySet, *, usable: bool, had_scenarios: bool) -> Gate:
    if not usable:
        return Gate("test", "absent", "not played: the check comes first")
    if not policy_set.scenarios:
        if had_scenarios:
            return Gate("test", "failed", "no scenarios, though the live revision has some: put them back")
        return Gate("test", "absent", "there are no scenarios")
    try:
        scenarios = scenarios_in(policy_set.scenarios)
    except PolicyError as error:
        mistakes = f"{len(error.findings)} mistake(s) in the scenarios"
        return Gate("test", "failed", mistakes, _bounded(map(str, error.findings)))
    results = list(run_scenarios(compile_policy(policy_set.files), scenarios))
    failed = [result for result in results if result.failure is not None]
    said = f"{len(results) - len(failed)} passed" + (f", {len(failed)} failed" if failed else "")
    return Gate("test", "failed" if failed else "passed", said, _bounded(map(_told, failed)))


def _told(result: Result) -> str:
    failure = result.failure
    assert failure is not None  # noqa: S101 - those without are left out
    return (
        f"{result.scenario.file}:{failure.line} {result.scenario.name}, step {failure.step}, {failure.what}: "
        f"expected {failure.expected}, found {failure.found}"
    )


def _bounded(lines: Iterable[str]) -> tuple[str, ...]:
    told = [line if len(line) <= LONGEST_DETAIL else line[:LONGEST_DETAIL] + "…" for line in lines]
    if len(told) > MOST_DETAILS:
        told = [*told[:MOST_DETAILS], f"… and {len(told) - MOST_DETAILS} more"]
    return tuple(told)
