"""``visavis bot …``: bots that companies run already, connected by the external-bot contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from orchestrator.commands.shared import DataDir, fail, in_office, out
from rules.languages import canonical_tag

if TYPE_CHECKING:
    from orchestrator.main import BackOffice

bots = typer.Typer(help="Connected bots: bots that run elsewhere and speak the external-bot contract.")

SiteId = Annotated[str, typer.Option("--site", help="The site the bot is told it is asked for.")]
Secret = Annotated[
    str | None,
    typer.Option(
        envvar="VISAVIS_CONNECTED_BOT_SECRET",
        help="What the bot verifies signatures with; better by the environment, where nobody can read it.",
        show_default="made up and printed",
    ),
]


@bots.command("scenarios")
def list_scenarios(url: str, site: SiteId, secret: Secret = None, data_dir: DataDir = None) -> None:
    """Ask a bot which scenarios can be connected."""

    async def ask(office: BackOffice) -> None:
        table = Table("Scenario", "Name", "Description", "Editor", box=None)
        for one in await office.bots.scenarios(url, secret=secret or "", site_id=site):
            table.add_row(
                escape(one.id), escape(one.name), escape(one.description), escape(one.editor_url or "")
            )
        out.print(table)

    in_office(data_dir, ask)


@bots.command("check")
def check_bot(
    url: str,
    secret: Secret = None,
    language: Annotated[str, typer.Option(help="The language it is to speak.")] = "fr",
    say: Annotated[str, typer.Option(help="What the trial's visitor writes.")] = "Bonjour",
    data_dir: DataDir = None,
) -> None:
    """Try whether a bot keeps to the contract, before it is connected. Exits with 1 when it does not."""

    async def check(office: BackOffice) -> None:
        trial = office.bots.conformance(url, secret=secret or "", language=language)
        findings = await trial.run(say)
        signs = {"ok": "[green]ok[/]", "warning": "[yellow]warning[/]", "failed": "[red]failed[/]"}
        table = Table("", "Call", "What was seen", box=None)
        for finding in findings:
            table.add_row(signs[finding.verdict], escape(finding.what), escape(finding.detail))
        out.print(table)
        if any(finding.verdict == "failed" for finding in findings):
            raise typer.Exit(1)

    in_office(data_dir, check)


@bots.command("connect")
def connect_bot(
    bot_id: str,
    url: str,
    site: SiteId,
    scenario: Annotated[str, typer.Option(help="One of `visavis bot scenarios`.")],
    name: Annotated[str | None, typer.Option(help="What administrators see.", show_default="the id")] = None,
    pseudo: Annotated[str | None, typer.Option(help="What visitors see.", show_default="the name")] = None,
    language: Annotated[str, typer.Option(help="The language it speaks.")] = "fr",
    secret: Secret = None,
    use: Annotated[bool, typer.Option("--use", help="Give it to the site at once.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Connect a bot, or change how it is connected; it is told so, with the groups it may transfer to."""
    tag = canonical_tag(language)
    if tag is None:
        fail(f"{language} is no language: write it as fr or en-GB.")

    async def connect(office: BackOffice) -> None:
        bot = await office.bots.connect(
            bot_id,
            url=url,
            scenario=scenario,
            name=name or bot_id,
            pseudo=pseudo,
            language=tag,
            site_id=site,
            secret=secret,
        )
        out.print(f"{bot.id} is connected; it knows us as {bot.operator_id}.", markup=False)
        if secret is None:
            out.print(f"It verifies our signatures with: {bot.secret}", markup=False, soft_wrap=True)
        if use:
            await office.bots.use(bot.id, site_id=site)
            out.print(f"Conversations on {site} start with it from now on.", markup=False)
        else:
            out.print(f"Give it to a site: visavis bot use {site} {bot.id}", markup=False)

    in_office(data_dir, connect)


@bots.command("list")
def list_bots(data_dir: DataDir = None) -> None:
    """The bots that are connected, and the sites that have them."""

    async def show(office: BackOffice) -> None:
        sites = await office.sites.list()
        table = Table("Id", "Name", "Visitors see", "Language", "Address", "Scenario", "Sites", box=None)
        for bot in await office.bots.list():
            used = ", ".join(site.id for site in sites if site.bot_id == bot.id)
            cells = (bot.id, bot.name, bot.pseudo, bot.language, bot.url, bot.scenario, used)
            table.add_row(*(escape(cell) for cell in cells))
        out.print(table)

    in_office(data_dir, show)


@bots.command("refresh")
def refresh_bot(bot_id: str, site: SiteId, data_dir: DataDir = None) -> None:
    """Tell a bot the groups again, after these have changed."""

    async def refresh(office: BackOffice) -> None:
        await office.bots.refresh(bot_id, site_id=site)
        out.print(f"{bot_id} knows the groups.", markup=False)

    in_office(data_dir, refresh)


@bots.command("use")
def use_bot(
    site: str,
    bot_id: Annotated[str | None, typer.Argument(show_default="the Rasa bot")] = None,
    data_dir: DataDir = None,
) -> None:
    """Give a site a bot: conversations that start from now on start with it."""

    async def use(office: BackOffice) -> None:
        await office.bots.use(bot_id, site_id=site)
        out.print(f"Conversations on {site} start with {bot_id or 'the Rasa bot'} from now on.", markup=False)

    in_office(data_dir, use)


@bots.command("remove")
def remove_bot(bot_id: str, data_dir: DataDir = None) -> None:
    """Disconnect a bot that no site has."""

    async def remove(office: BackOffice) -> None:
        await office.bots.remove(bot_id)
        out.print(f"{bot_id} is no longer connected.", markup=False)

    in_office(data_dir, remove)
