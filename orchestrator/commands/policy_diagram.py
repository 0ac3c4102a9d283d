"""``visavis policy diagram``: the chart of a policy as a picture."""

from __future__ import annotations

import asyncio
from collections import Counter
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.commands.policy_source import SourceError, policy_from
from orchestrator.commands.shared import DataDir, fail
from orchestrator.commands.tongue import Tongue

if TYPE_CHECKING:
    from orchestrator.domain.model.explored import Standing


class Picture(Enum):
    """How a chart is drawn."""

    SVG = "svg"
    MERMAID = "mermaid"


def draw_policy(
    policy: Annotated[str, typer.Argument(metavar="DIR", help="A folder, `live`, a number or a revision.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write it there.", show_default="printed", dir_okay=False),
    ] = None,
    other: Annotated[
        str | None,
        typer.Option("--diff", help="Mark what is different from this earlier folder, number or revision."),
    ] = None,
    counts: Annotated[
        bool, typer.Option("--counts", help="Say how many conversations of the store stand where, now.")
    ] = False,
    form: Annotated[Picture, typer.Option("--format", help="A picture, or text for Mermaid.")] = Picture.SVG,
    language: Annotated[Tongue, typer.Option(help="The language of the picture.")] = Tongue.ENGLISH,
    data_dir: DataDir = None,
) -> None:
    """Draw the lifecycle: where a conversation can stand, which events lead where, and which come by a timer.

    The arrows are what happens when every conversation that the policy allows is gone through, so a row that never
    takes effect has none. Point at a box or an arrow of the picture to see its rows.
    """
    from orchestrator.diagram.mermaid import as_mermaid  # noqa: PLC0415 - not every command draws
    from orchestrator.diagram.svg import as_svg  # noqa: PLC0415
    from orchestrator.domain.chart import chart_of  # noqa: PLC0415

    try:
        shown = policy_from(policy, data_dir)
        earlier = None if other is None else policy_from(other, data_dir)
    except SourceError as error:
        fail(str(error))
    chart = chart_of(shown, earlier, _standing(data_dir) if counts else None)
    tongue = "fr" if language is Tongue.FRENCH else "en"
    text = as_svg(chart, tongue) if form is Picture.SVG else as_mermaid(chart, tongue)
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        fail(f"{output} cannot be written: {error.strerror}. Choose another file with --output.")


def _standing(data_dir: Path | None) -> Counter[Standing]:
    """How many open conversations of the store stand where."""
    from orchestrator.adapters.store import SqlStore  # noqa: PLC0415
    from orchestrator.adapters.unreachable import Unreachable  # noqa: PLC0415
    from orchestrator.commands.shared import read_settings  # noqa: PLC0415
    from orchestrator.main import upgrade_database  # noqa: PLC0415
    from orchestrator.observability import configure_logs  # noqa: PLC0415
    from orchestrator.settings import SettingError  # noqa: PLC0415

    settings = read_settings(data_dir)
    configure_logs("ERROR")

    async def count() -> Counter[Standing]:
        await upgrade_database(settings)
        store = SqlStore(settings.database)
        try:
            async with store.transaction() as tx:
                return Counter((each.state, each.party) for each in await tx.conversations.not_closed())
        finally:
            await store.close()

    try:
        return asyncio.run(count())
    except (SettingError, Unreachable) as error:
        fail(str(error))
