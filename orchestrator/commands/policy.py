"""``visavis policy …``: the YAML rules, checked before they run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from orchestrator.commands.shared import fail, out
from rules.findings import PolicyError, choose_from

if TYPE_CHECKING:
    from rules.check.report import Diagnosis, Report

_COLOURS = {"error": "bold red", "warning": "yellow", "note": "cyan"}
Folder = Annotated[Path, typer.Argument(metavar="DIR")]


class Format(Enum):
    """How findings are told."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def check_policy(
    folder: Folder,
    form: Annotated[
        Format, typer.Option("--format", help="For people, programs, or pull requests.")
    ] = Format.TEXT,
) -> None:
    """Check the rules of a folder before they run: files, names, guards, and every way a conversation can take.

    All findings come at once, the most important first, each with what to do. Exit code 1 when one of them is an
    error; warnings and notes leave it at 0.
    """
    from rules.check import formats  # noqa: PLC0415 - the guard compiler takes a moment to load

    report = report_on(folder)
    match form:
        case Format.JSON:
            typer.echo(formats.as_json(report))
        case Format.GITHUB:
            if report.diagnoses:
                typer.echo(formats.as_github(report, folder.as_posix()))
        case Format.TEXT:
            _tell(report, folder)
    raise typer.Exit(0 if report.ok else 1)


def print_schema(
    file: Annotated[str | None, typer.Argument(metavar="FILE", help="conversation.yaml, or another.")] = None,
) -> None:
    """Print the JSON Schema of a policy file, with which editors complete and check it; of all files without FILE.

    Editors with yaml-language-server take it by this line: # yaml-language-server: $schema=../schemas/FILE.schema.json
    """
    from rules.schema.export import json_schemas  # noqa: PLC0415

    schemas = json_schemas()
    if file is not None and file not in schemas:
        fail(f"There is no policy file `{file}`: " + choose_from(file, schemas))
    shown = schemas if file is None else schemas[file]
    typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))


def report_on(folder: Path) -> Report:
    """The whole check of a folder."""
    from orchestrator.domain.model.check import check  # noqa: PLC0415
    from rules.check.report import Diagnosis, report_of  # noqa: PLC0415
    from rules.load import read_folder  # noqa: PLC0415

    try:
        files, findings = read_folder(folder)
    except PolicyError as error:
        return report_of(Diagnosis(finding) for finding in error.findings)
    return check(files, findings)


def _tell(report: Report, folder: Path) -> None:
    for diagnosis in report.diagnoses:
        _tell_one(diagnosis, folder)
    counts = [
        f"{len(found)} {name}{'' if len(found) == 1 else 's'}"
        for name in ("error", "warning", "note")
        if (found := report.of(name))  # pyright: ignore[reportArgumentType]
    ]
    if report.ok:
        said = f"No mistakes ({', '.join(counts)})." if counts else "No mistakes."
        out.print(f"[green]{said}[/] Revision {report.revision}.", highlight=False)
        return
    out.print(f"[bold red]{', '.join(counts)}[/]; this policy cannot be used.", highlight=False)
    if not report.explored:
        out.print("The lifecycle has not been explored yet: mend these first.", highlight=False)


def _tell_one(diagnosis: Diagnosis, folder: Path) -> None:
    from rules.check.formats import plain  # noqa: PLC0415

    found, code = diagnosis.finding, diagnosis.code
    name = found.file if Path(found.file).is_absolute() else (folder / found.file).as_posix()
    where = f"{name}:{found.line}:{found.column}" + (f" {found.path}" if found.path else "")
    colour = _COLOURS[code.severity]
    head = f"[{colour}]{code.severity}[/] [bold]{escape(plain(where))}[/] [dim]{code.name}[/]"
    out.print(head, highlight=False, soft_wrap=True)
    for label, text in (("", found.problem), ("why: ", code.why), ("fix: ", found.advice)):
        out.print(f"  {label}{plain(text)}", markup=False, highlight=False, soft_wrap=True)
    if diagnosis.steps:
        out.print("  example:", highlight=False)
        for number, step in enumerate(diagnosis.steps, start=1):
            out.print(f"    {number}. {_step(step)}", markup=False, highlight=False, soft_wrap=True)


def _step(step: Mapping[str, object]) -> str:
    """A step in one line: the event, then what is said of it."""
    details = [
        f"{key}: {json.dumps(step[key], ensure_ascii=False)}" for key in ("with", "facts") if key in step
    ]
    if "after" in step:
        details.append(f"after {step['after']}")
    return " ".join([str(step["event"]), *details])
