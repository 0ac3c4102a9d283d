"""Commands are imported when they are used."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest
from typer.testing import CliRunner

from orchestrator import cli

PLACES = [*cli.COMMANDS.values(), *cli.POLICY_COMMANDS.values(), *cli.DATABASE_COMMANDS.values()]
# What the check of a policy has no use for, and what takes long to load.
HEAVY = (
    "fastapi",
    "httpx",
    "sqlalchemy",
    "aiortc",
    "uvicorn",
    "pydantic_settings",
    "prometheus_client",
    "structlog",
)


@pytest.mark.parametrize("place", PLACES)
def test_every_command_is_where_it_is_said_to_be(place: str) -> None:
    module, _, name = place.partition(":")
    assert getattr(import_module(module), name) is not None


def test_help_names_every_command() -> None:
    for group, places in (
        ((), cli.COMMANDS),
        (("policy",), cli.POLICY_COMMANDS),
        (("db",), cli.DATABASE_COMMANDS),
    ):
        result = CliRunner().invoke(cli.app, [*group, "--help"])
        assert result.exit_code == 0
        assert all(f" {name} " in result.output for name in places)


def test_a_misspelt_command_is_known() -> None:
    result = CliRunner().invoke(cli.app, ["policy", "chek"])
    assert result.exit_code == 2
    assert "Did you mean 'check'" in result.output


def test_the_check_of_a_policy_does_not_load_the_server() -> None:
    script = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from orchestrator.cli import app\n"
        "assert CliRunner().invoke(app, ['policy', 'check', 'rules/policies']).exit_code == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
