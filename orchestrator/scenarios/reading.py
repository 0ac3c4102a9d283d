"""Reading scenario files: everything that is wrong with them at once, with file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from orchestrator.scenarios.schema import Given, ScenarioFile, ScenarioSpec, StepSpec, Then
from orchestrator.scenarios.words import WORDS
from rules.findings import Finding, PolicyError, choose_from
from rules.schema.explain import explain
from rules.yaml_source import LARGEST_FILE, Document, decode, parse, show
from rules.yaml_source import Path as Place

FOLDER = "tests"


@dataclass(frozen=True, slots=True)
class Step:
    """``word`` None: nothing happens, ``then`` is about what is. ``lines``: where each expectation is written."""

    word: str | None
    value: Any
    then: Then
    line: int
    lines: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Scenario:
    file: str
    line: int
    name: str
    about: tuple[str, ...]
    given: Given
    steps: tuple[Step, ...]


def read_scenarios(folder: Path) -> tuple[Scenario, ...]:
    """The scenarios in the ``tests`` folder of a policy, by file and line. None without such a folder.

    Raises:
        PolicyError: a file cannot be read, or says what a scenario cannot say.
    """
    contents: dict[str, bytes | Finding] = {}
    tests = folder / FOLDER
    for path in sorted(tests.glob("*.yaml")) if tests.is_dir() else ():
        name = f"{FOLDER}/{path.name}"
        try:
            with path.open("rb") as file:
                contents[name] = file.read(LARGEST_FILE + 1)
        except OSError as error:
            problem = f"cannot be read ({error.strerror})"
            contents[name] = Finding(name, 1, 1, "", problem, "check its permissions", "file.unreadable")
    return scenarios_in(contents)


def scenarios_in(contents: Mapping[str, str | bytes | Finding]) -> tuple[Scenario, ...]:
    """The scenarios of these files (by name), or of what kept one from being read.

    Raises:
        PolicyError: a file says what a scenario cannot say.
    """
    scenarios: list[Scenario] = []
    findings: list[Finding] = []
    for name, content in contents.items():
        text = content if isinstance(content, Finding) else decode(name, content)
        document = text if isinstance(text, Finding) else parse(name, text)
        if isinstance(document, Finding):
            findings.append(document)
            continue
        findings.extend(document.findings)
        scenarios.extend(_read(document, findings))
    if findings:
        raise PolicyError(findings)
    return tuple(scenarios)


def _read(document: Document, findings: list[Finding]) -> Iterator[Scenario]:
    try:
        written = ScenarioFile.model_validate(document.value)
    except ValidationError as error:
        findings.extend(explain(document, ScenarioFile, error))
        return
    names: set[str] = set()
    for number, spec in enumerate(written.scenarios):
        place: Place = ("scenarios", number)
        if spec.name in names:
            findings.append(
                _finding(document, (*place, "name"), "has the name of another one", "give it its own")
            )
        names.add(spec.name)
        steps = tuple(_steps(document, place, spec, findings))
        yield Scenario(
            document.file, document.at(place)[0], spec.name, spec.about, _given(written.given, spec), steps
        )


def _given(common: Given, spec: ScenarioSpec) -> Given:
    if spec.given is None:
        return common
    own = {name: getattr(spec.given, name) for name in spec.given.model_fields_set}
    return common.model_copy(update=own)


def _steps(document: Document, place: Place, spec: ScenarioSpec, findings: list[Finding]) -> Iterator[Step]:
    for number, step in enumerate(spec.steps):
        here: Place = (*place, "steps", number)
        word, value = _when(document, (*here, "when"), step, findings)
        lines = {name: document.at_key((*here, "then", name))[0] for name in step.then.model_fields_set}
        yield Step(word, value, step.then, document.at(here)[0], lines)


def _when(
    document: Document, place: Place, step: StepSpec, findings: list[Finding]
) -> tuple[str | None, Any]:
    if step.when is None:
        return None, None
    if isinstance(step.when, str):
        name, given = step.when, None
    elif len(step.when) == 1:
        name, given = next(iter(step.when.items()))
    else:
        advice = "write one thing a step: `when: { bot_card: advisor }`"
        findings.append(_finding(document, place, "says more than one thing", advice))
        return None, None
    word = WORDS.get(name)
    if word is None:
        problem = f"is nothing that can happen: `{name[:60]}`"
        findings.append(_finding(document, place, problem, choose_from(name, WORDS)))
        return None, None
    if word.takes is None:
        if given is not None:
            findings.append(_finding(document, place, f"`{name}` takes nothing", f"write `when: {name}`"))
        return name, None
    if given is None:
        advice = f"write `when: {{ {name}: … }}`"
        findings.append(_finding(document, place, f"`{name}` does not say what of", advice))
        return name, None
    try:
        return name, word.takes.validate_python(given)
    except ValidationError as error:
        details = error.errors(include_url=False)[-1]
        advice = str(details.get("ctx", {}).get("advice", "see the guide on scenarios"))
        findings.append(_finding(document, place, f"`{name}`: {details['msg']}", advice))
        return name, None


def _finding(document: Document, place: Place, problem: str, advice: str) -> Finding:
    line, column = document.at(place)
    return Finding(document.file, line, column, show(place), problem, advice, "scenario")
