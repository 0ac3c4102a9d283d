"""``visavis demo-load``: simulated visitors and agents over the real interface, and what they found."""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast
from urllib.parse import urlsplit

import httpx
import typer
from rich.live import Live
from rich.table import Table
from rich.text import Text

from orchestrator.commands.shared import err, fail, out

if TYPE_CHECKING:
    from orchestrator.load.report import Section
    from orchestrator.load.run import Progress, Result, Wish

LINE_EVERY = 5.0
"""Seconds between two lines of progress where nobody watches a terminal."""


def demo_load(
    agents: Annotated[int, typer.Option(min=1, max=500, help="How many agents.")] = 20,
    visitors: Annotated[int, typer.Option(min=1, max=20_000, help="How many visitors.")] = 200,
    url: Annotated[
        str | None, typer.Option(help="A service that runs; without it, one of its own is started and ended.")
    ] = None,
    admin: Annotated[
        str | None,
        typer.Option(
            help="With --url: an administrator's e-mail. The password is in VISAVIS_LOAD_PASSWORD, or asked."
        ),
    ] = None,
    site: Annotated[str, typer.Option(help="The site that is visited; made if it is not there.")] = "demo",
    minutes: Annotated[
        float | None,
        typer.Option(min=0.1, help="People's minutes in which visitors come.", show_default="by load"),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same people.")] = 1,
    speed: Annotated[float, typer.Option(min=0.1, max=100, help="How much quicker than people.")] = 5.0,
    video_share: Annotated[float, typer.Option(min=0, max=1, help="Who of them asks for video.")] = 0.25,
    patience: Annotated[float, typer.Option(min=1, help="Mean seconds until a visitor gives up.")] = 240.0,
    handle: Annotated[float, typer.Option(min=1, help="Mean seconds of a conversation.")] = 240.0,
    grace: Annotated[
        float,
        typer.Option(min=0.1, help="Seconds in which a free agent must be asked (not quicker with --speed)."),
    ] = 2.0,
    keep: Annotated[
        Path | None,
        typer.Option(help="Keep the data of its own service in this new folder.", file_okay=False),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write the report to this file, .json or .html.", dir_okay=False)
    ] = None,
    arrivals_out: Annotated[
        Path | None,
        typer.Option(help="Write who came and who worked, for visavis policy simulate.", dir_okay=False),
    ] = None,
    compare_simulation: Annotated[
        bool,
        typer.Option(
            "--compare-simulation",
            help="Simulate what happened, and compare the waits: people only chat, and refuse nothing. Not with --url.",
        ),
    ] = False,
) -> None:
    """Let simulated visitors and agents use the service, and check what must always hold. Exit code 1: it did not."""
    from orchestrator.load.people import Habits  # noqa: PLC0415 - quick to start without it
    from orchestrator.load.run import Wish  # noqa: PLC0415

    if report is not None and report.suffix not in (".json", ".html"):
        fail(f"{report} is neither a .json nor a .html file.")
    if compare_simulation and url is not None:
        fail("Which policy another service has is not known here: leave out --url, or --compare-simulation.")
    habits = replace(Habits(), patience=patience, handle=handle, video_share=video_share)
    if compare_simulation:
        habits = habits.plain()
    wish = Wish(
        agents=agents,
        visitors=visitors,
        span=minutes * 60 if minutes is not None else None,
        seed=seed,
        speed=speed,
        habits=habits,
        grace=grace,
        site=site,
    )
    result, service_errors = _run(wish, url, admin, keep)
    _tell(result, service_errors, report)
    if arrivals_out is not None or compare_simulation:
        _keep_arrivals(result, arrivals_out, compare=compare_simulation)
    if result.judge.violations:
        raise typer.Exit(1)


def _keep_arrivals(result: Result, file: Path | None, *, compare: bool) -> None:
    from orchestrator.load.arrivals import record  # noqa: PLC0415

    found = record(result)
    if file is not None:
        try:
            file.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        except OSError as error:
            fail(f"The arrivals could not be written to {file}: {error.strerror}.")
    if compare:
        from orchestrator.commands.load_compare import compare as played  # noqa: PLC0415

        table = Table("", "measured", "simulated", "off", box=None, title="Simulated", title_justify="left")
        for one in played(found):
            table.add_row(one.name, f"{one.measured:.1f} s", f"{one.simulated:.1f} s", f"{one.off:+.0%}")
        out.print(table)


def _run(wish: Wish, url: str | None, admin: str | None, keep: Path | None) -> tuple[Result, int]:
    from orchestrator.load.product import NotStarted  # noqa: PLC0415
    from orchestrator.load.wire import Failed, Refused  # noqa: PLC0415

    where = url or "its own service"
    try:
        return asyncio.run(_simulate(wish, url, admin, keep))
    except NotStarted as error:
        fail(str(error))
    except (Failed, Refused) as error:
        fail(
            f"The run could not begin on {where}: {error}. Check the address and the administrator's account."
        )
    except httpx.HTTPError as error:
        fail(f"{where} cannot be reached: {error}")
    except KeyboardInterrupt:
        fail("Stopped before the end: there is no report.")


async def _simulate(wish: Wish, url: str | None, admin: str | None, keep: Path | None) -> tuple[Result, int]:
    from orchestrator.load.product import own_product  # noqa: PLC0415
    from orchestrator.load.run import Admin, run_load  # noqa: PLC0415
    from orchestrator.load.starvation import Starvation  # noqa: PLC0415
    from orchestrator.load.wire import Service  # noqa: PLC0415

    with _Display() as display:
        if url is not None:
            service, account = Service(_checked(url), own=False), Admin(*_account(admin))
            return await run_load(wish, service, account, display.show), 0
        async with own_product(keep) as product:
            service = Service(product.url, own=True, addresses=True)
            account = Admin(product.email, product.password)
            starved = Starvation(product.process).since_last
            result = await run_load(wish, service, account, display.show, starved)
            return result, product.errors()


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        fail(f"{url} is no address of a service: write for instance http://127.0.0.1:8080")
    return url.rstrip("/")


def _account(admin: str | None) -> tuple[str, str]:
    if admin is None:
        fail("With --url, name an administrator: --admin you@example.org (it makes the agents' accounts).")
    return admin, os.environ.get("VISAVIS_LOAD_PASSWORD") or typer.prompt("Password", hide_input=True)


class _Display:
    """A table that keeps itself current, or a line now and then where there is no terminal."""

    def __init__(self) -> None:
        self._live = (
            Live(console=err, refresh_per_second=4, transient=True) if err.is_terminal else nullcontext()
        )
        self._next_line = 0.0

    def __enter__(self) -> _Display:
        self._live.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._live.__exit__(None, None, None)

    def show(self, progress: Progress) -> None:
        if isinstance(self._live, Live):
            self._live.update(_progress_table(progress))
        elif progress.seconds >= self._next_line:
            self._next_line = progress.seconds + LINE_EVERY
            err.print(_progress_line(progress), highlight=False, soft_wrap=True)


def _words(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {word}" for word, count in sorted(counts.items())) or "none"


def _progress_line(progress: Progress) -> str:
    return (
        f"{progress.seconds:6.1f} s  {progress.phase}; visitors: {progress.to_come} to come, "
        f"{_words(progress.visitors)}; agents: {_words(progress.agents)}; violations: {progress.violations}"
    )


def _progress_table(progress: Progress) -> Table:
    table = Table(box=None, title=f"{progress.seconds:.0f} s, {progress.phase}", title_justify="left")
    table.add_column(style="dim")
    table.add_column()
    table.add_row("visitors to come", str(progress.to_come))
    table.add_row("visitors", _words(progress.visitors))
    table.add_row("agents", _words(progress.agents))
    table.add_row("violations", str(progress.violations), style="red" if progress.violations else None)
    return table


def _tell(result: Result, service_errors: int, file: Path | None) -> None:
    from orchestrator.load.report import numbers, page, sections  # noqa: PLC0415

    found = numbers(result)
    found["service"]["errors_in_its_log"] = service_errors
    for heading, rows in cast("list[Section]", sections(found)):
        table = Table(box=None, title=heading, title_justify="left", show_header=False)
        table.add_column(style="dim")
        table.add_column(overflow="fold")
        for name, words in rows:
            table.add_row(Text(name), Text(words, style="bold red" if "VIOLATED" in words else ""))
        out.print(table)
        out.print()
    if service_errors:
        out.print(f"[yellow]The service logged {service_errors} errors.[/]")
    if file is not None:
        text = (
            page(found) if file.suffix == ".html" else json.dumps(found, indent=2, ensure_ascii=False) + "\n"
        )
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            fail(f"The report could not be written to {file}: {error.strerror}.")
