"""What the commands share: settings, what is printed and how they fail, and the back office."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    from orchestrator.main import BackOffice
    from orchestrator.settings import Settings
    from rules.findings import PolicyError

out = Console()
err = Console(stderr=True)

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Where the database and the secrets are kept.", show_default=False),
]


def read_settings(data_dir: Path | None, *, host: str | None = None, port: int | None = None) -> Settings:
    """The settings from the environment, with what the command line says on top."""
    from orchestrator.settings import Settings  # noqa: PLC0415 - not every command has settings

    given = {"data_dir": data_dir.absolute() if data_dir else None, "host": host, "port": port}
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValueError as error:
        fail(f"A setting is not acceptable:\n{error}")
    _prepare(settings.data_dir)
    return settings


def _prepare(folder: Path) -> None:
    """Make the data folder, readable by this account only."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "not writable")
    except OSError as error:
        why = "This account may not write there" if isinstance(error, PermissionError) else error.strerror
        fail(f"The data folder {folder} cannot be used: {why}. Choose another one with --data-dir.")


def in_office(data_dir: Path | None, act: Callable[[BackOffice], Awaitable[None]]) -> None:
    """Run something on accounts and sites, with the database open and nothing else started."""
    from orchestrator.adapters.unreachable import Unreachable  # noqa: PLC0415
    from orchestrator.application.errors import ApplicationError  # noqa: PLC0415
    from orchestrator.main import open_back_office  # noqa: PLC0415
    from orchestrator.observability import configure_logs  # noqa: PLC0415
    from orchestrator.settings import SettingError  # noqa: PLC0415
    from rules.findings import PolicyError  # noqa: PLC0415

    settings = read_settings(data_dir)
    configure_logs("WARNING")

    async def run() -> None:
        async with open_back_office(settings) as office:
            await act(office)

    try:
        asyncio.run(run())
    except ApplicationError as error:
        fail(error.detail)
    except PolicyError as error:
        fail_with(error)
    except (SettingError, Unreachable) as error:
        fail(str(error))


def fail(message: str) -> NoReturn:
    err.print(f"[bold red]visavis:[/] {escape(message)}", soft_wrap=True, highlight=False)
    raise typer.Exit(1)


def fail_with(error: PolicyError) -> NoReturn:
    for finding in error.findings:
        err.print(str(finding), style="red", markup=False, soft_wrap=True, highlight=False)
    err.print(f"{len(error.findings)} mistake(s); this policy cannot be used.")
    raise typer.Exit(1)
