"""What an operator is told when a server cannot be used, by the command line as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orchestrator.cli import app
from orchestrator.estate import reach_servers
from orchestrator.settings import Settings
from tests.integration.estate.world import SECRET
from tests.servers.child import free_port
from tests.servers.nats import NatsServer
from tests.servers.postgres import PostgresServer

COMMANDS = [
    ("up",),
    ("user", "list"),
    ("report", "waits", "--from", "2026-01-01", "--to", "2026-01-02"),
    ("db", "upgrade"),
]


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"DATA_DIR": str(tmp_path), "SECRET": SECRET, "PORT": "0"}.items():
        monkeypatch.setenv(f"VISAVIS_{name}", value)
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("NO_COLOR", "1")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_database_that_is_not_there(command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("VISAVIS_DATABASE_URL", f"postgresql://visavis:hidden@127.0.0.1:{port}/visavis")
    result = run(*command)
    assert result.exit_code == 1
    assert f"PostgreSQL at 127.0.0.1:{port}/visavis cannot be reached" in result.output
    assert "Traceback" not in result.output
    assert "hidden" not in result.output


def test_a_password_that_is_wrong(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISAVIS_DATABASE_URL", postgres.url("postgres", password="hidden"))
    result = run("up")
    assert result.exit_code == 1
    assert "does not let the user 'visavis' in" in result.output
    assert "hidden" not in result.output


def test_a_bus_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("VISAVIS_BUS_URL", f"nats://hidden@127.0.0.1:{port}")
    result = run("up")
    assert result.exit_code == 1
    assert f"NATS at 127.0.0.1:{port} cannot be reached" in result.output
    assert "hidden" not in result.output


@pytest.mark.parametrize("command", [("up",), ("user", "list")], ids=" ".join)
def test_a_shared_database_without_a_shared_secret(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISAVIS_DATABASE_URL", "postgresql://visavis:hidden@127.0.0.1/visavis")
    monkeypatch.delenv("VISAVIS_SECRET")
    result = run(*command)
    assert result.exit_code == 1
    assert "set VISAVIS_SECRET, the same in each of them" in result.output


async def test_without_a_bus_a_process_is_told_to_stay_alone(
    postgres: PostgresServer,
    nats: NatsServer,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def said() -> str:
        # Depends on whether another test of this run has set up the logs.
        text = capsys.readouterr().out + caplog.text
        caplog.clear()
        return text

    url = postgres.url("postgres")
    await reach_servers(Settings(database_url=url, secret=SECRET))
    assert "bus.in_process" in said()
    await reach_servers(Settings(database_url=url, bus_url=nats.url, secret=SECRET))
    assert "bus.in_process" not in said()
