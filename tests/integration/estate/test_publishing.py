"""A policy is published while people are there: every process uses it within a second, without a restart."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.estate.conftest import Running
from tests.integration.estate.test_two_processes import meet
from tests.integration.estate.world import PASSWORD, ROOT, SECRET, SHOP, People
from tests.integration.media.peers import until
from tests.servers.child import Child, answers, free_port

pytestmark = pytest.mark.timeout(150)

WITHIN = 1.0
"""Seconds from the commit to the last process (what is waited for the command that publishes does not count)."""


def change(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))


async def visavis(environment: dict[str, str], *arguments: str) -> str:
    """A command, as an admin gives it on one of the machines."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "orchestrator",
        *arguments,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "COLUMNS": "200", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await child.communicate())[0].decode()
    assert child.returncode == 0, said
    return said


class Admins:
    """An admin's browser at each process; ``number``: which activation that process uses."""

    def __init__(self, ports: list[int], cookie: str) -> None:
        self.ports = ports
        self.headers = {"cookie": cookie, "x-visavis": "desk"}
        self.client = httpx.AsyncClient(timeout=60)

    async def call(self, port: int, method: str, path: str, body: object = None) -> httpx.Response:
        headers = self.headers | {"origin": f"http://127.0.0.1:{port}"}
        address = f"http://127.0.0.1:{port}/api/admin/policies{path}"
        return await self.client.request(method, address, json=body, headers=headers)

    async def number(self, port: int) -> int:
        return (await self.call(port, "GET", "")).json()["used_number"]

    async def decided_by(self, conversation_id: str) -> set[str]:
        """The revisions that decided about a conversation."""
        address = f"http://127.0.0.1:{self.ports[0]}/api/conversations/{conversation_id}/decisions"
        answer = await self.client.get(address, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return {one["revision"] for one in answer.json()}

    async def until_used(self, number: int) -> float:
        """Seconds until every process uses it."""
        began = time.monotonic()
        async with asyncio.timeout(15):
            while [await self.number(port) for port in self.ports] != [number] * len(self.ports):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return time.monotonic() - began


@dataclass
class Visitor:
    """A page of the shop, as far as this needs one."""

    port: int
    site: str
    headers: dict[str, str] = field(default_factory=lambda: {"origin": SHOP})
    conversation: str = ""

    async def _post(self, path: str, body: object = None) -> Any:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}/api/visitor", timeout=20
        ) as client:
            answer = await client.post(path, json=body, headers=self.headers)
        assert answer.is_success, answer.text
        return answer.json()

    async def start(self) -> None:
        session = await self._post("/session", {"site_key": self.site, "language": "fr"})
        self.headers["authorization"] = f"Bearer {session['token']}"
        started = await self._post("/conversations", {"client_id": "start"})
        self.conversation = started["conversation"]["id"]

    async def ask_for_a_person(self) -> None:
        await self._post(f"/conversations/{self.conversation}/person")


async def signed_in(ports: list[int], environment: dict[str, str]) -> Admins:
    add = [sys.executable, "-m", "orchestrator", "user", "add", "ada@x.test", "--role", "admin"]
    child = await asyncio.create_subprocess_exec(
        *add,
        "--password-stdin",
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await child.communicate(f"{PASSWORD}\n".encode())
    assert child.returncode == 0 or b"address already" in said, said
    url = f"http://127.0.0.1:{ports[0]}"
    async with httpx.AsyncClient(timeout=20) as client:
        body = {"email": "ada@x.test", "password": PASSWORD}
        headers = {"origin": url, "x-visavis": "desk"}
        answer = await client.post(f"{url}/api/auth/login", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return Admins(ports, "; ".join(f"{key}={value}" for key, value in answer.cookies.items()))


async def test_two_processes_and_a_call(people: People, running: Running, tmp_path: Path) -> None:
    """Published at one of two processes while a visitor is in a call: both use it, the call is restricted."""
    environment = {
        "VISAVIS_DATABASE_URL": running.database,
        "VISAVIS_SECRET": SECRET,
        "VISAVIS_DATA_DIR": str(tmp_path / "data"),
    }
    admins = await signed_in([process.port for process in running.processes], environment)
    visitor, page, agent, desk = await meet(people, "claire", "video")
    one, two = await visitor.join(200), await agent.join(visitor.conversation, 60)
    await page.until(lambda frame: frame.get("conversation", {}).get("state") == "in_video")
    await until(lambda: two.got.frames > 5, "the visitor's picture")
    started = await admins.number(admins.ports[0])

    texts = (await admins.call(admins.ports[0], "GET", f"/activations/{started}")).json()["texts"]
    texts["camera.yaml"] = texts["camera.yaml"].replace("camera: allowed", "camera: forbidden")
    del texts["tests/camera.yaml"]  # which says that it is allowed, and would keep this from being published
    body = {"base": started, "texts": texts}
    draft = (await admins.call(admins.ports[0], "POST", "/drafts", body)).json()
    published = await admins.call(
        admins.ports[0], "POST", f"/drafts/{draft['id']}/publish", {"message": "Nobody shall be seen"}
    )
    assert published.status_code == 201, published.text
    assert await admins.until_used(started + 1) < WITHIN
    for told in (page, desk):
        frame = await told.until(
            lambda frame: (
                (frame.get("conversation", {}).get("call") or {}).get("camera_policy") == "forbidden"
            )
        )
        assert frame["conversation"]["call"]["camera_on"] is False
    # Muted where it passes: the agent sees no more of the visitor, who sees and hears on.
    seen, sees = two.got.frames, one.got.frames
    await until(lambda: one.got.frames > sees + 20, "the agent's picture")
    assert two.got.frames - seen <= 5

    # From the command line, with no hint at all: the processes look by themselves.
    back = await visavis(environment, "policy", "rollback", str(started), "-m", "They may be seen again")
    assert f"number {started + 2}" in back
    assert await admins.until_used(started + 2) < WITHIN
    seen_call = (await visitor.see())["call"]
    assert seen_call["camera_policy"] == "forbidden"  # what is looser is for the next call
    await admins.client.aclose()


@pytest.fixture
def children() -> Iterator[list[Child]]:
    """Whoever was started, to be ended."""
    started: list[Child] = []
    yield started
    for child in started:
        child.end(now=True)


async def test_sqlite_a_folder_kill_and_a_restart(children: list[Child], tmp_path: Path) -> None:
    """One process on a file: published by a command beside it, killed, and started with a folder that is broken."""
    folder, log = tmp_path / "policy", tmp_path / "log"
    environment = {
        "VISAVIS_BOT_URL": "http://127.0.0.1:9",
        "VISAVIS_POLICY_DIR": str(folder),
        "VISAVIS_DATA_DIR": str(tmp_path / "data"),
    }

    def start() -> int:
        port = free_port()
        command = [sys.executable, "-m", "orchestrator", "up", "--port", str(port)]
        child = Child(command, log, environment=environment | {"PYTHONPATH": str(ROOT)}, folder=ROOT)
        children.append(child)
        child.wait_until(lambda: answers(port), "the service", 60)
        return port

    shipped = {"VISAVIS_POLICY_DIR": str(ROOT / "rules" / "policies")}
    await visavis(environment | shipped, "policy", "pull", str(folder))
    await visavis(environment, "site", "add", "shop", "--origin", SHOP, "--no-bot")
    admins = await signed_in([await asyncio.to_thread(start)], environment)
    assert await admins.number(admins.ports[0]) == 1
    first = (await admins.call(admins.ports[0], "GET", "")).json()["used_revision"]
    site = await visavis(environment, "site", "list")
    old = Visitor(admins.ports[0], next(word for word in site.split() if word.startswith("site_")))
    await old.start()
    change(folder, "routing.yaml", "places: { chat: 10,", "places: { chat: 6,")
    said = await visavis(environment, "policy", "publish", str(folder), "-m", "Fewer may wait")
    assert "number 2" in said
    assert await admins.until_used(2) < WITHIN
    revision = (await admins.call(admins.ports[0], "GET", "")).json()["used_revision"]
    children[-1].end(now=True)

    # The folder loses a file: what is live goes on, and what is wrong is said.
    (folder / "cards.yaml").unlink()
    admins.ports = [await asyncio.to_thread(start)]
    live = (await admins.call(admins.ports[0], "GET", "")).json()
    assert (live["used_number"], live["used_revision"]) == (2, revision)
    assert "cannot be used" in log.read_text()
    assert "goes on" in log.read_text()
    # Who began under the first revision goes on under it; who begins now, under the second.
    old.port = admins.ports[0]
    await old.ask_for_a_person()
    new = Visitor(admins.ports[0], old.site)
    await new.start()
    await new.ask_for_a_person()
    assert first != revision
    assert [await admins.decided_by(one.conversation) for one in (old, new)] == [{first}, {revision}]
    await admins.client.aclose()
