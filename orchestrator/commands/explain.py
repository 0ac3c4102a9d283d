"""``visavis explain``: why a conversation went the way it did."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, cast

import typer

from orchestrator.adapters.unreachable import Unreachable
from orchestrator.application.errors import ApplicationError
from orchestrator.commands.shared import DataDir, fail, fail_with, out, read_settings
from orchestrator.commands.tongue import Tongue
from orchestrator.observability import configure_logs
from orchestrator.settings import SettingError
from rules.findings import PolicyError


def explain_conversation(
    conversation: Annotated[str, typer.Argument(metavar="CONVERSATION", help="Its id.")],
    language: Annotated[Tongue, typer.Option(help="The language of the sentences.")] = Tongue.ENGLISH,
    as_json: Annotated[
        bool, typer.Option("--json", help="For programs: every decision with its facts.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Tell the story of a conversation: what happened, which row decided, why, and what nearly was instead.

    For every search of an agent it says who was left out and why. It is told from the stored decisions, so it
    works after the texts were erased. Times are UTC.
    """
    from orchestrator.main import open_explanations  # noqa: PLC0415 - quick to start without it

    settings = read_settings(data_dir)
    configure_logs("ERROR")

    async def explained() -> list[dict[str, object]]:
        async with open_explanations(settings) as explanations:
            return await explanations.of(conversation, language.value)

    try:
        decisions = asyncio.run(explained())
    except ApplicationError as error:
        fail(f"{error.detail} ({conversation})")
    except PolicyError as error:
        fail_with(error)
    except (SettingError, Unreachable) as error:
        fail(str(error))
    if as_json:
        typer.echo(json.dumps(decisions, ensure_ascii=False, indent=2, default=_plain))
        return
    for line in story(decisions):
        out.print(line, markup=False, highlight=False, soft_wrap=True)


def story(decisions: list[dict[str, object]]) -> Iterator[str]:
    """The lines of the story: the time and what happened, then the rest under it."""
    day = None
    for decision in decisions:
        at, told = cast("datetime", decision["at"]), cast("Mapping[str, Any]", decision["told"])
        if at.date() != day:
            day = at.date()
            yield day.isoformat()
        yield f"  {at:%H:%M:%S}  {told['happened']}"
        because = [told["because"]] if told["because"] else []
        for sentence in (*told["search"], told["decided"], *because, *told["nearly"]):
            yield f"            {sentence}"


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not told in JSON")
