"""``visavis policy test``: the scenarios beside a policy, played through it."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from orchestrator.commands.policy import Folder
from orchestrator.commands.shared import fail, fail_with, out
from rules.findings import PolicyError

if TYPE_CHECKING:
    from orchestrator.scenarios.run import Result


class ResultFormat(Enum):
    """How results are told."""

    TEXT = "text"
    JSON = "json"


def run_tests(
    folder: Folder,
    form: Annotated[
        ResultFormat, typer.Option("--format", help="For people, or for programs.")
    ] = ResultFormat.TEXT,
) -> None:
    """Play the scenarios in DIR/tests through the policy in DIR, without a database.

    Each runs under virtual time up to its first difference, which is told with its line and with how the step was
    decided. Exit code 1 when one fails.
    """
    from orchestrator.scenarios.reading import read_scenarios  # noqa: PLC0415
    from orchestrator.scenarios.run import run_scenarios  # noqa: PLC0415
    from rules.load import load_policy  # noqa: PLC0415

    try:
        policy = load_policy(folder)
        scenarios = read_scenarios(folder)
    except PolicyError as error:
        fail_with(error)
    if not scenarios:
        fail(
            f"There are no scenarios in {folder / 'tests'}: write one in a file like {folder}/tests/first.yaml."
        )
    results = list(run_scenarios(policy, scenarios))
    failed = [result for result in results if result.failure is not None]
    if form is ResultFormat.JSON:
        typer.echo(json.dumps(_plain(results, policy.revision), ensure_ascii=False, indent=2))
    else:
        for result in results:
            _tell(result, folder)
        colour = "bold red" if failed else "green"
        said = f"{len(results) - len(failed)} passed" + (f", {len(failed)} failed" if failed else "")
        out.print(f"[{colour}]{said}[/]. Revision {policy.revision}.", highlight=False)
    raise typer.Exit(1 if failed else 0)


def _tell(result: Result, folder: Path) -> None:
    scenario, failure = result.scenario, result.failure
    about = f" [dim]({escape(', '.join(scenario.about))})[/]" if scenario.about else ""
    if failure is None:
        out.print(f"[green]ok[/]    {escape(scenario.name)}{about}", highlight=False, soft_wrap=True)
        return
    out.print(f"[bold red]FAILS[/] {escape(scenario.name)}{about}", highlight=False, soft_wrap=True)
    where = f"{(folder / scenario.file).as_posix()}:{failure.line}"
    lines = [
        f"{where} step {failure.step}, {failure.what}:",
        f"  expected {failure.expected}",
        f"  found    {failure.found}",
        *failure.trace,
    ]
    for line in lines:
        out.print(f"      {line}", markup=False, highlight=False, soft_wrap=True)


def _plain(results: list[Result], revision: str) -> dict[str, object]:
    return {
        "revision": revision,
        "passed": sum(result.failure is None for result in results),
        "failed": sum(result.failure is not None for result in results),
        "scenarios": [
            {
                "name": result.scenario.name,
                "about": list(result.scenario.about),
                "file": result.scenario.file,
                "line": result.scenario.line,
                "ok": result.failure is None,
                "failure": None
                if result.failure is None
                else {
                    "line": result.failure.line,
                    "step": result.failure.step,
                    "what": result.failure.what,
                    "expected": result.failure.expected,
                    "found": result.failure.found,
                    "trace": list(result.failure.trace),
                },
            }
            for result in results
        ],
    }
