"""``visavis``: run the service, manage accounts and sites, check a policy."""

from __future__ import annotations

import asyncio
import json

import typer

from orchestrator.adapters.unreachable import Unreachable
from orchestrator.commands.explain import explain_conversation
from orchestrator.commands.load import demo_load
from orchestrator.commands.policy import policies
from orchestrator.commands.policy_simulate import simulate_policy
from orchestrator.commands.policy_test import run_tests
from orchestrator.commands.reports import reports
from orchestrator.commands.shared import DataDir, fail, out, read_settings
from orchestrator.commands.sites import sites
from orchestrator.commands.up import up
from orchestrator.commands.users import users
from orchestrator.observability import configure_logs
from orchestrator.settings import SettingError

app = typer.Typer(
    name="visavis",
    help="A website visitor chats with a bot, is handed over to a person, and goes from chat to video.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
database = typer.Typer(help="The database.", no_args_is_help=True)
app.command()(up)
app.command("demo-load")(demo_load)
app.command("explain")(explain_conversation)
app.add_typer(users, name="user")
app.add_typer(sites, name="site")
app.add_typer(reports, name="report")
policies.command("test")(run_tests)
policies.command("simulate")(simulate_policy)
app.add_typer(policies, name="policy")
app.add_typer(database, name="db")


@app.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    from orchestrator.api.openapi import create_api_schema  # noqa: PLC0415

    typer.echo(json.dumps(create_api_schema(), indent=2, ensure_ascii=False, sort_keys=True))


@app.command()
def version() -> None:
    """Print the version."""
    from orchestrator.api.version import VERSION  # noqa: PLC0415

    typer.echo(VERSION)


@database.command("upgrade")
def upgrade(data_dir: DataDir = None) -> None:
    """Bring the database to the current schema (`up` does this by itself)."""
    from orchestrator.main import upgrade_database  # noqa: PLC0415

    settings = read_settings(data_dir)
    configure_logs("WARNING")
    try:
        asyncio.run(upgrade_database(settings))
    except (SettingError, Unreachable) as error:
        fail(str(error))
    out.print("The database is up to date.")
