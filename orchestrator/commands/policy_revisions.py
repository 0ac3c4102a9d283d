"""``visavis policy pull | push | publish | rollback | revisions | drafts``: what is live, in git and changed."""

from __future__ import annotations

import asyncio
import getpass
import json
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table

from orchestrator.adapters.unreachable import Unreachable
from orchestrator.application.errors import ApplicationError, Invalid
from orchestrator.commands.policy import Folder
from orchestrator.commands.shared import DataDir, fail, fail_with, out, read_settings
from orchestrator.observability import configure_logs
from orchestrator.settings import SettingError
from rules.findings import PolicyError

if TYPE_CHECKING:
    from orchestrator.application.revisions.publishing import Publishing
    from orchestrator.application.revisions.records import Activation, Author, Draft, Gate

_MARKS = {"passed": "[green]passed[/]", "failed": "[bold red]FAILED[/]", "absent": "[yellow]absent[/]"}


class Language(Enum):
    """Of the differences in words."""

    EN = "en"
    FR = "fr"


class ListFormat(Enum):
    """How lists are told."""

    TEXT = "text"
    JSON = "json"


Message = Annotated[
    str, typer.Option("--message", "-m", help="Why: one sentence for whoever reads the history.")
]
By = Annotated[
    str | None,
    typer.Option("--by", help="Who does it.", show_default="this machine's account"),
]
Form = Annotated[ListFormat, typer.Option("--format", help="For people, or for programs.")]
Said = Annotated[Language, typer.Option("--language", help="Of the differences in words.")]


def pull(
    folder: Folder,
    number: Annotated[
        int | None, typer.Option("--number", help="An earlier one.", show_default="what is live")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over changes in DIR.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Write what is live into DIR, files and scenarios, and note there what it is: the note belongs into git too.

    DIR may be new. Changes of its own are not written over.
    """

    async def act(publishing: Publishing) -> None:
        from orchestrator.adapters.policy_folder import take  # noqa: PLC0415

        wanted = number if number is not None else (await publishing.live()).number
        activation, policy_set = await publishing.activation(wanted)
        changed = take(
            folder, policy_set, number=activation.number, revision=activation.revision, force=force
        )
        said = "now holds" if changed else "holds already"
        out.print(f"{escape(str(folder))} {said} {_name(activation)}.", highlight=False, soft_wrap=True)

    _with_publishing(data_dir, act)


def push(
    folder: Folder,
    note: Annotated[str, typer.Option("--note", "-n", help="What the draft is about.")] = "",
    base: Annotated[
        int | None,
        typer.Option("--base", help="The number that DIR follows.", show_default="as noted by pull"),
    ] = None,
    by: By = None,
    data_dir: DataDir = None,
) -> None:
    """Save DIR as a draft, and ask the gates: the check, and the scenarios. Nothing becomes live by it.

    Refused when somebody published since DIR was pulled. Exit code 1 when a gate does not let it pass.
    """

    async def act(publishing: Publishing) -> None:
        draft = await _save(publishing, folder, base, note, _author(by))
        out.print(f"Saved as draft [bold]{draft.id}[/].", highlight=False)
        draft = await publishing.examine(draft.id)
        _tell_gates(draft.gates)
        if _failed(draft.gates):
            out.print("It cannot be published like this: mend it, and push again.", highlight=False)
            raise typer.Exit(1)
        out.print(
            f'To make it live: visavis policy publish {draft.id} --message "why"',
            highlight=False,
            soft_wrap=True,
        )

    _with_publishing(data_dir, act)


def publish(
    target: Annotated[
        str, typer.Argument(metavar="DIR|DRAFT", help="A folder that was pulled, or a draft's id.")
    ],
    message: Message,
    base: Annotated[
        int | None,
        typer.Option("--base", help="The number that DIR follows.", show_default="as noted by pull"),
    ] = None,
    by: By = None,
    language: Said = Language.EN,
    data_dir: DataDir = None,
) -> None:
    """Make a folder or a draft live on every running process, within a second and without a restart.

    The gates are asked first. Refused when somebody else published since DIR was pulled, or the draft was saved.
    """
    from orchestrator.application.revisions.records import reason  # noqa: PLC0415

    folder = Path(target)
    from_folder = folder.is_dir()

    async def act(publishing: Publishing) -> None:
        reason(message)  # before anything is saved for nothing
        author = _author(by)
        if from_folder:
            draft = await _save(publishing, folder, base, message, author)
            done = await publishing.publish(draft.id, message=message, by=author)
            _note(folder, done, draft)
        else:
            done = await publishing.publish(target, message=message, by=author)
        _tell_activation(done, language.value)

    if not from_folder and ("/" in target or target.startswith(".")):
        fail(f"There is no folder {target}.")
    _with_publishing(data_dir, act)


def rollback(
    number: Annotated[int, typer.Argument(help="What to go back to: see `visavis policy revisions`.", min=1)],
    message: Message,
    by: By = None,
    language: Said = Language.EN,
    data_dir: DataDir = None,
) -> None:
    """Make an earlier revision live again, as a new entry of the history.

    It only has to compile: going back waits for no gate.
    """

    async def act(publishing: Publishing) -> None:
        live = (await publishing.live()).number
        done = await publishing.rollback(number, base=live, message=message, by=_author(by))
        _tell_activation(done, language.value)

    _with_publishing(data_dir, act)


def revisions(
    number: Annotated[
        int | None, typer.Argument(help="Everything about one of them.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option("--limit", help="So many, the newest first.", min=1, max=1000)] = 20,
    form: Form = ListFormat.TEXT,
    language: Said = Language.EN,
    data_dir: DataDir = None,
) -> None:
    """What was live when: who made it so, why, and what it changed."""

    async def act(publishing: Publishing) -> None:
        if number is not None:
            found, _ = await publishing.activation(number)
            if form is ListFormat.JSON:
                typer.echo(json.dumps(_plain(found, language.value), ensure_ascii=False, indent=2))
            else:
                _tell_activation(found, language.value)
            return
        page = await publishing.activations(limit=limit)
        if form is ListFormat.JSON:
            plain = [_plain(one, language.value) for one in page]
            typer.echo(json.dumps(plain, ensure_ascii=False, indent=2))
            return
        table = _table("Number", "Revision", "When (UTC)", "What", "Who", "Why", wide=2)
        for one in page:
            what = one.kind if one.restores is None else f"rollback to {one.restores}"
            when = f"{one.at:%Y-%m-%d %H:%M}"
            live = "[green]" if one is page[0] else ""
            table.add_row(
                f"{live}{one.number}", one.revision, when, what, escape(one.by.name), escape(one.message)
            )
        out.print(table)

    _with_publishing(data_dir, act)


def drafts(
    remove: Annotated[
        str | None, typer.Option("--remove", metavar="DRAFT", help="Throw one away.", show_default=False)
    ] = None,
    form: Form = ListFormat.TEXT,
    data_dir: DataDir = None,
) -> None:
    """What is being prepared."""

    async def act(publishing: Publishing) -> None:
        if remove is not None:
            await publishing.remove(remove)
            out.print(f"The draft {escape(remove)} is gone.", highlight=False)
            return
        live, found = (await publishing.live()).number, await publishing.drafts()
        if form is ListFormat.JSON:
            plain = [
                {
                    "id": one.id,
                    "base": one.base,
                    "stale": one.base != live,
                    "note": one.note,
                    "by": one.author.name,
                    "changed_at": one.changed_at.isoformat(),
                    "gates": [[gate.name, gate.state, gate.summary] for gate in one.gates],
                }
                for one in found
            ]
            typer.echo(json.dumps(plain, ensure_ascii=False, indent=2))
            return
        if not found:
            out.print("There are no drafts.")
            return
        table = _table("Draft", "Follows", "When (UTC)", "Who", "Note", "Gates", wide=3)
        for one in found:
            follows = str(one.base) if one.base == live else f"{one.base} [yellow](live: {live})[/]"
            gates = ", ".join(f"{gate.name} {_MARKS[gate.state]}" for gate in one.gates) or "not asked"
            when = f"{one.changed_at:%Y-%m-%d %H:%M}"
            table.add_row(one.id, follows, when, escape(one.author.name), escape(one.note), gates)
        out.print(table)

    _with_publishing(data_dir, act)


def _table(*names: str, wide: int) -> Table:
    """``wide``: so many columns, the last ones, give way when the window is narrow; what is copied is not cut."""
    columns = (Column(name, no_wrap=place < len(names) - wide) for place, name in enumerate(names))
    return Table(*columns, box=None)


async def _save(publishing: Publishing, folder: Path, base: int | None, note: str, author: Author) -> Draft:
    from orchestrator.adapters.policies import read_set  # noqa: PLC0415
    from orchestrator.adapters.policy_folder import followed  # noqa: PLC0415

    policy_set = read_set(folder)
    known = followed(folder) if base is None else None
    live = await publishing.live()
    if base is None and known is None:
        raise Invalid(
            "unknown_base",
            f"{folder} was never pulled, so it is not known what it follows. If it is meant to follow what is live now "
            f"(number {live.number}: {live.message!r}), say --base {live.number}; or start from "
            "`visavis policy pull`.",
        )
    number = base if base is not None else known.number if known is not None else 0
    for draft in await publishing.drafts():
        if draft.base == number == live.number and draft.policy_set.digest == policy_set.digest:
            return draft  # pushed before: the same files need no second one
    return await publishing.save(policy_set, base=number, note=note, by=author)


def _note(folder: Path, done: Activation, draft: Draft) -> None:
    from orchestrator.adapters.policy_folder import Followed, follow  # noqa: PLC0415

    follow(folder, Followed(done.number, done.revision, draft.policy_set.digest))


def _author(by: str | None) -> Author:
    from orchestrator.application.revisions.records import Author  # noqa: PLC0415

    if by is not None and not 0 < len(by.strip()) <= 80:
        raise Invalid("unknown_author", "--by is a name of at most 80 characters.")
    if by is not None:
        return Author(None, by.strip())
    try:
        return Author(None, f"{getpass.getuser()} (command line)")
    except (KeyError, OSError):  # an account without a name, as containers have them
        return Author(None, "command line")


def _with_publishing(data_dir: Path | None, act: Callable[[Publishing], Awaitable[None]]) -> None:
    from orchestrator.policies import open_revisions  # noqa: PLC0415 - the store takes a moment to load

    settings = read_settings(data_dir)
    configure_logs("ERROR")

    async def run() -> None:
        async with open_revisions(settings) as opened:
            await act(opened.publishing)

    try:
        asyncio.run(run())
    except ApplicationError as error:
        fail(error.detail)
    except PolicyError as error:
        fail_with(error)
    except (SettingError, Unreachable, OSError) as error:
        fail(str(error))


def _failed(gates: Sequence[Gate]) -> bool:
    return any(gate.state == "failed" for gate in gates)


def _tell_gates(gates: Sequence[Gate]) -> None:
    for gate in gates:
        out.print(
            f"  {gate.name:<7}{_MARKS[gate.state]} {escape(gate.summary)}", highlight=False, soft_wrap=True
        )
        for line in gate.details:
            out.print(f"    {line}", markup=False, highlight=False, soft_wrap=True)


def _tell_activation(done: Activation, language: str) -> None:
    head = f"[green]{_name(done)}[/]"
    out.print(
        f"{head} · {escape(done.by.name)} · {done.at:%Y-%m-%d %H:%M} UTC", highlight=False, soft_wrap=True
    )
    out.print(f"  {done.message}", markup=False, highlight=False, soft_wrap=True)
    if done.restores is not None:
        out.print(f"  back to what number {done.restores} was", highlight=False)
    for line in done.changes_in(language):
        out.print(f"  - {line}", markup=False, highlight=False, soft_wrap=True)
    _tell_gates(done.gates)


def _name(one: Activation) -> str:
    return f"number {one.number}, revision {one.revision}"


def _plain(one: Activation, language: str) -> dict[str, object]:
    return {
        "number": one.number,
        "revision": one.revision,
        "kind": one.kind,
        "base": one.base,
        "at": one.at.isoformat(),
        "by": one.by.name,
        "message": one.message,
        "restores": one.restores,
        "changes": list(one.changes_in(language)),
        "gates": [[gate.name, gate.state, gate.summary, list(gate.details)] for gate in one.gates],
    }
