"""``visavis``: run the service, manage accounts and sites, check a policy.

Commands are named here and imported when they are used (`orchestrator.commands.lazy`).
"""

from __future__ import annotations

import typer

from orchestrator.commands.lazy import group_of

_COMMANDS = "orchestrator.commands"

COMMANDS = {
    "up": f"{_COMMANDS}.up:up",
    "demo-load": f"{_COMMANDS}.load:demo_load",
    "explain": f"{_COMMANDS}.explain:explain_conversation",
    "user": f"{_COMMANDS}.users:users",
    "site": f"{_COMMANDS}.sites:sites",
    "bot": f"{_COMMANDS}.bots:bots",
    "report": f"{_COMMANDS}.reports:reports",
    "policy": "orchestrator.cli:policies",
    "db": "orchestrator.cli:database",
    "openapi": f"{_COMMANDS}.about:openapi",
    "version": f"{_COMMANDS}.about:version",
}
POLICY_COMMANDS = {
    "check": f"{_COMMANDS}.policy:check_policy",
    "test": f"{_COMMANDS}.policy_test:run_tests",
    "simulate": f"{_COMMANDS}.policy_simulate:simulate_policy",
    "replay": f"{_COMMANDS}.policy_replay:replay_policy",
    "card": f"{_COMMANDS}.card:preview",
    "diff": f"{_COMMANDS}.policy_diff:diff_policies",
    "diagram": f"{_COMMANDS}.policy_diagram:draw_policy",
    "pull": f"{_COMMANDS}.policy_revisions:pull",
    "push": f"{_COMMANDS}.policy_revisions:push",
    "publish": f"{_COMMANDS}.policy_revisions:publish",
    "rollback": f"{_COMMANDS}.policy_revisions:rollback",
    "revisions": f"{_COMMANDS}.policy_revisions:revisions",
    "drafts": f"{_COMMANDS}.policy_revisions:drafts",
    "schema": f"{_COMMANDS}.policy:print_schema",
}
DATABASE_COMMANDS = {"upgrade": f"{_COMMANDS}.database:upgrade"}

app = typer.Typer(
    name="visavis",
    cls=group_of(COMMANDS),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
policies = typer.Typer(cls=group_of(POLICY_COMMANDS), no_args_is_help=True)
database = typer.Typer(cls=group_of(DATABASE_COMMANDS), no_args_is_help=True)


@app.callback()
def _visavis() -> None:
    """A website visitor chats with a bot, is handed over to a person, and goes from chat to video."""


@policies.callback()
def _policies() -> None:
    """The YAML rules."""


@database.callback()
def _database() -> None:
    """The database."""
