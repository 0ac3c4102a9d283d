"""Playing scenarios: each in an estate of its own, up to the first difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from orchestrator.domain.outcome import Denied, Ignored, Illegal, Moved
from orchestrator.scenarios.expectations import Difference, first_difference
from orchestrator.scenarios.reading import Scenario, Step
from orchestrator.scenarios.stage import Stage, Variants
from orchestrator.scenarios.words import WORDS, CannotHappenError
from orchestrator.simulation.estate import Happened
from rules.findings import PolicyError
from rules.policy import Policy


@dataclass(frozen=True, slots=True)
class Failure:
    """``line`` is where the expectation is written; ``trace`` tells how the step was decided, one line each."""

    line: int
    step: int
    what: str
    expected: str
    found: str
    trace: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    scenario: Scenario
    failure: Failure | None = None


def run_scenarios(policy: Policy, scenarios: Iterable[Scenario]) -> Iterator[Result]:
    """Every scenario in turn; one that fails stops at its first difference."""
    variants = Variants(policy)
    for scenario in scenarios:
        yield Result(scenario, _run(scenario, variants))


def _run(scenario: Scenario, variants: Variants) -> Failure | None:
    try:
        policy = variants.of(scenario.given.policy)
    except PolicyError as error:
        what = tuple(str(finding) for finding in error.findings)
        return Failure(scenario.line, 0, "policy", "a policy that can be used", "mistakes", what)
    stage = Stage(scenario.given, policy)
    for number, step in enumerate(scenario.steps, start=1):
        seen = len(stage.events) if step.word is not None else 0
        try:
            _take(stage, step)
        except CannotHappenError as error:
            trace = _trace(stage.events[-1:])
            return Failure(step.line, number, "when", step.word or "", f"cannot happen: {error}", trace)
        events = stage.events[seen:]
        wrong = first_difference(step.then, stage, events)
        if wrong is not None:
            return _failure(step, number, wrong, events)
    return None


def _take(stage: Stage, step: Step) -> None:
    if step.word is not None:
        WORDS[step.word].act(stage, step.value)


def _failure(step: Step, number: int, wrong: Difference, events: list[Happened]) -> Failure:
    line = step.lines.get(wrong.name, step.line)
    return Failure(line, number, wrong.name, wrong.expected, wrong.found, _trace(events))


def _trace(events: list[Happened]) -> tuple[str, ...]:
    return tuple(line for one in events for line in told(one))


def told(one: Happened) -> Iterator[str]:
    """How one event was decided: the row, the rows that nearly answered it, and the values their guards read."""
    name = type(one.event).__name__
    place = f"{one.before.state.value}/{one.before.party.value}" if one.before is not None else "nothing"
    head = f"{one.at:%H:%M:%S} {name} in {place}"
    match one.outcome:
        case Moved(decision=decision):
            to = one.after.state.value if one.after is not None else ""
            yield f"{head}: row {decision.row or 'none (its timer runs again)'} -> {to}"
        case Denied(reason=reason, decision=decision):
            yield f"{head}: denied, {reason}"
        case Ignored(reason=reason):
            yield f"{head}: ignored, {reason}"
            return
        case Illegal():
            yield f"{head}: the policy has no row for it"
            return
    for miss in decision.near_misses:
        values = ", ".join(f"{key} = {_value(value)}" for key, value in sorted(miss.values.items()))
        yield f"  not {miss.row}: {miss.guard}" + (f"  ({values})" if values else "")


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


__all__ = ["Failure", "Result", "run_scenarios", "told"]
