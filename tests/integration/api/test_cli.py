"""The command line, run in this process; and the service itself, run as one."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread

import httpx
import pytest
from typer.testing import CliRunner, Result

from orchestrator.cli import app
from tests.integration.api.world import PASSWORD

ROOT = Path(__file__).parents[3]
POLICIES = ROOT / "rules" / "policies"


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VISAVIS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path / "data"


def run(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(app, arguments, input=stdin)


def test_accounts(data_dir: Path) -> None:
    added = run("user", "add", "ada@x.test", "--role", "admin", "--password-stdin", stdin=PASSWORD + "\n")
    assert added.exit_code == 0, added.output
    asked = run("user", "add", "claire.b@x.test", stdin=f"{PASSWORD}\n{PASSWORD}\n")
    assert asked.exit_code == 0, asked.output
    assert PASSWORD not in asked.output
    listed = run("user", "list").output
    assert re.search(r"ada@x\.test\s+Ada\s+admin", listed)
    assert re.search(r"claire\.b@x\.test\s+Claire B\s+agent", listed)
    again = run("user", "add", "ADA@x.test", "--password-stdin", stdin=PASSWORD)
    assert again.exit_code == 1
    assert "address already" in again.output
    assert (data_dir.stat().st_mode & 0o777) == 0o700


@pytest.mark.parametrize(
    ("arguments", "stdin", "says"),
    [
        (
            ("user", "add", "a@b.c", "--role", "boss", "--password-stdin"),
            PASSWORD,
            "agent, supervisor, designer, admin",
        ),
        (("user", "add", "not-an-address", "--password-stdin"), PASSWORD, "no e-mail address"),
        (("user", "add", "a@b.c", "--password-stdin"), "short", "10 to 256"),
        (("user", "reset", "nobody@x.test"), "", "visavis user list"),
        (("site", "add", "shop", "--origin", "shop.example"), "", "scheme://host"),
        (("policy", "check", "/nonexistent"), "", "cannot be read"),
    ],
)
def test_mistakes_say_what_to_do(arguments: tuple[str, ...], stdin: str, says: str) -> None:
    result = run(*arguments, stdin=stdin)
    assert result.exit_code == 1
    assert says in result.output
    assert "Traceback" not in result.output


def test_a_reset_link() -> None:
    run("user", "add", "ada@x.test", "--password-stdin", stdin=PASSWORD)
    made = run("user", "reset", "Ada@x.test")
    assert made.exit_code == 0, made.output
    assert re.search(r"http://127\.0\.0\.1:8080/desk/reset\?token=\S+\n", made.output)


def test_sites() -> None:
    added = run(
        "site", "add", "shop", "--origin", "https://shop.example", "--origin", "https://www.shop.example"
    )
    assert added.exit_code == 0, added.output
    assert "/widget.js" in added.output
    listed = run("site", "list").output
    assert "https://www.shop.example" in listed
    assert run("site", "add", "shop", "--origin", "https://a.example").exit_code == 1


def test_policies(tmp_path: Path) -> None:
    good = run("policy", "check", str(POLICIES))
    assert good.exit_code == 0, good.output
    assert "Revision" in good.output
    folder = tmp_path / "policies"
    shutil.copytree(POLICIES, folder)
    text = (folder / "conversation.yaml").read_text()
    (folder / "conversation.yaml").write_text(text.replace("event: VisitorWrote", "event: VisitorWrites", 1))
    bad = run("policy", "check", str(folder))
    assert bad.exit_code == 1
    assert re.search(r"conversation\.yaml:\d+:\d+", bad.output)
    assert "VisitorWrote" in bad.output, "the advice names what was probably meant"


def test_up_with_rules_that_have_mistakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "policies").mkdir()
    monkeypatch.setenv("VISAVIS_POLICY_DIR", str(tmp_path / "policies"))
    result = run("up", "--port", "0")
    assert result.exit_code == 1
    assert "conversation.yaml" in result.output
    assert "Traceback" not in result.output


def test_the_rest() -> None:
    assert json.loads(run("openapi").output)["openapi"].startswith("3.1")
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", run("version").output)
    assert run("db", "upgrade").exit_code == 0
    assert run("db", "upgrade").exit_code == 0, "twice is once"
    assert "user" in run().output


def test_a_data_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("user", "list", "--data-dir", str(tmp_path / "file" / "data"))
    assert result.exit_code == 1
    assert "--data-dir" in result.output


def test_a_port_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("up", "--port", str(port))
    assert result.exit_code == 1
    assert f"Port {port} is in use" in result.output
    assert "--port" in result.output


def test_an_address_that_is_not_ours() -> None:
    result = run("up", "--host", "192.0.2.1", "--port", "0")
    assert result.exit_code == 1
    assert "--host 0.0.0.0" in result.output


# --- the service as a process ----------------------------------------------------------------------------


class Service:
    """`visavis up …` on a port of its own; its lines come one by one."""

    def __init__(self, *arguments: str, data_dir: Path) -> None:
        command = [sys.executable, "-m", "orchestrator", "up", "--port", "0", *arguments]
        env = os.environ | {"VISAVIS_DATA_DIR": str(data_dir), "PYTHONUNBUFFERED": "1", "COLUMNS": "100"}
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.output: list[str] = []
        self._lines: Queue[str | None] = Queue()
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def wait_for(self, pattern: str) -> re.Match[str]:
        while True:
            line = self._lines.get(timeout=60)
            if line is None:
                raise AssertionError("it ended:\n" + "".join(self.output))
            self.output.append(line)
            if found := re.search(pattern, line):
                return found

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=20)


@contextmanager
def service(*arguments: str, data_dir: Path) -> Iterator[Service]:
    running = Service(*arguments, data_dir=data_dir)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()


def get(url: str, verify: ssl.SSLContext | bool = True) -> httpx.Response:
    return httpx.get(url, timeout=10, verify=verify, trust_env=False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_up_answers_and_ends_when_asked(data_dir: Path, number: signal.Signals) -> None:
    with service(data_dir=data_dir) as running:
        address = running.wait_for(r"Desk +(http://\S+)/desk/").group(1)
        assert get(f"{address}/healthz").json() == {"status": "ok"}
        assert get(f"{address}/readyz").status_code == 200
        assert "/api/visitor/session" in get(f"{address}/docs").text
        running.wait_for("user add")
        assert running.end(number) == 0


def test_the_demo_has_accounts_and_a_site_for_every_address_it_prints(data_dir: Path) -> None:
    for _ in range(2):  # the second run meets what the first one made, on another port
        with service("--demo", "--no-bot", data_dir=data_dir) as running:
            address = running.wait_for(r"Shop +(http://\S+)/demo/").group(1)
            password = running.wait_for(r"Password of all: (\S+)").group(1)
            running.wait_for("Ctrl-C")
            for origin in (address, address.replace("localhost", "127.0.0.1")):
                opened = httpx.post(
                    f"{address}/api/visitor/session",
                    json={"site_key": "demo", "language": "fr"},
                    headers={"origin": origin},
                    trust_env=False,
                )
                assert opened.json()["bot_status"] is None, "without a bot visitors ask for a person"
            signed_in = httpx.post(
                f"{address}/api/auth/login",
                json={"email": "claire@demo.visavis", "password": password},
                headers={"origin": address, "x-visavis": "desk"},
                trust_env=False,
            )
            assert signed_in.json()["role"] == "agent"
            assert running.end(signal.SIGINT) == 0


def test_tls_with_a_certificate_that_is_kept(data_dir: Path) -> None:
    with service("--tls", data_dir=data_dir) as running:
        address = running.wait_for(r"Desk +(https://\S+)/desk/").group(1)
        trust = ssl.create_default_context(cafile=str(data_dir / "tls" / "certificate.pem"))
        assert get(f"{address}/healthz", trust).status_code == 200
        assert running.end(signal.SIGTERM) == 0
