"""``visavis site …``: sites that carry the widget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from orchestrator.commands.shared import DataDir, in_office, out

if TYPE_CHECKING:
    from orchestrator.main import BackOffice

sites = typer.Typer(help="Sites that carry the widget.", no_args_is_help=True)


@sites.command("add")
def add_site(
    site_id: str,
    origin: Annotated[list[str], typer.Option(help="https://shop.example.org; may be given several times.")],
    name: Annotated[str | None, typer.Option(help="What agents see.", show_default="the id")] = None,
    language: Annotated[str, typer.Option(help="The language of the site.")] = "fr",
    no_bot: Annotated[bool, typer.Option("--no-bot", help="Visitors ask for a person at once.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Add a site that carries the widget, and print the lines to put into its pages."""

    async def add(office: BackOffice) -> None:
        site = await office.sites.create(
            site_id=site_id, name=name or site_id, allowed_origins=origin, language=language, bot=not no_bot
        )
        address = (office.settings.public_url or "https://your-visavis.example.org").rstrip("/")
        out.print("Put this before </body> of the pages:", markup=False)
        snippet = f'<script src="{address}/widget.js" data-site="{site.key}" async></script>'
        out.print(snippet, markup=False, highlight=False, soft_wrap=True)

    in_office(data_dir, add)


@sites.command("list")
def list_sites(data_dir: DataDir = None) -> None:
    """The sites that carry the widget."""

    async def show(office: BackOffice) -> None:
        table = Table("Id", "Name", "Key", "Origins", "Bot", box=None)
        for site in await office.sites.list():
            origins = "\n".join(site.allowed_origins)
            table.add_row(site.id, escape(site.name), site.key, origins, "yes" if site.bot else "no")
        out.print(table)

    in_office(data_dir, show)
