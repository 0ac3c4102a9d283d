"""Sockets over a real server: order, going on after a break, both sides of a conversation, pages that may not."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from orchestrator.application.accounts import UserChanges
from orchestrator.main import open_back_office
from orchestrator.serving import Server
from tests.integration.api.world import SHOP, Visitor, World


@dataclass
class Served:
    """The world behind a real port."""

    world: World
    address: str

    @contextlib.asynccontextmanager
    async def visitor(self, visitor: Visitor, after: int = 0) -> AsyncIterator[ClientConnection]:
        async with connect(f"ws://{self.address}/api/visitor/socket", origin=visitor.origin) as link:  # type: ignore[arg-type]
            await say(link, {"type": "hello", "token": visitor.session["token"], "after": after})
            yield link

    @contextlib.asynccontextmanager
    async def agent(self, name: str, after: int = 0) -> AsyncIterator[ClientConnection]:
        cookie = {"Cookie": f"visavis_session={self.world.cookies[name]}"}
        own = f"http://{self.address}"
        async with connect(
            f"ws://{self.address}/api/agent/socket",
            origin=own,  # type: ignore[arg-type]
            additional_headers=cookie,
        ) as link:
            await say(link, {"type": "hello", "after": after, "can_video": True})
            yield link


@pytest.fixture
async def served(world: World) -> AsyncIterator[Served]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(uvicorn.Config(world.app, log_config=None, lifespan="off", ws_ping_interval=None))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    yield Served(world, f"127.0.0.1:{listener.getsockname()[1]}")
    server.should_exit = True
    await task


async def say(link: ClientConnection, frame: object) -> None:
    await link.send(json.dumps(frame))


async def frame(link: ClientConnection) -> dict[str, Any]:
    return json.loads(await link.recv())


async def until(link: ClientConnection, kind: str, **values: object) -> dict[str, Any]:
    """The next frame of a kind; with values: whose conversation or message has them."""
    while True:
        found = await frame(link)
        inside = found.get(kind, found)
        if found["type"] == kind and all(inside.get(name) == value for name, value in values.items()):
            return found


async def text_frames(link: ClientConnection, count: int) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    while len(found) < count:
        one = await until(link, "message")
        if one["message"]["content"]["type"] == "text":
            found.append((one["seq"], one["message"]["content"]["text"]))
    return found


async def test_what_happens_arrives_in_order_and_goes_on_after_a_break(served: Served) -> None:
    visitor = await served.world.visit()
    conversation = await visitor.start()
    async with served.visitor(visitor, after=visitor.session["seq"]) as link:
        assert (await frame(link))["type"] == "welcome"
        for number in range(5):
            await visitor.write(conversation["id"], f"line {number}", f"c{number}")
        seen = await text_frames(link, 5)
    assert [text for _, text in seen] == [f"line {number}" for number in range(5)]
    assert [seq for seq, _ in seen] == sorted({seq for seq, _ in seen})

    await visitor.write(conversation["id"], "while away", "c5")
    async with served.visitor(visitor, after=seen[2][0]) as link:
        assert [text for _, text in await text_frames(link, 3)] == ["line 3", "line 4", "while away"]


async def test_two_tabs_see_the_same(served: Served) -> None:
    visitor = await served.world.visit()
    conversation = await visitor.start()
    async with served.visitor(visitor) as one, served.visitor(visitor) as two:
        await visitor.write(conversation["id"], "hello", "c1")
        assert await text_frames(one, 1) == await text_frames(two, 1)


async def test_from_the_invitation_to_the_first_words_of_both(served: Served) -> None:
    world = served.world
    await world.make_staff("agent")
    visitor = await world.visit()
    conversation = await visitor.start()
    id_ = conversation["id"]
    async with served.agent("agent") as desk, served.visitor(visitor) as page:
        assert (await frame(desk))["type"] == "welcome"
        await world.present("agent")
        await visitor.call("POST", f"/conversations/{id_}/person")
        invitation = (await until(desk, "invitation"))["invitation"]
        assert invitation["conversation"]["id"] == id_
        accepted = await world.agent(
            "agent", "POST", f"/conversations/{id_}/invitation/{invitation['id']}/accept"
        )
        assert accepted.status_code == 200, accepted.text
        ended = await until(desk, "invitation_ended")
        assert (ended["invitation_id"], ended["reason"]) == (invitation["id"], "accepted")
        seen = await until(page, "conversation", party="agent")
        assert seen["conversation"]["agent"]["name"] == "Agent"

        body = {"client_id": "a1", "text": "Bonjour, c’est moi."}
        await world.agent("agent", "POST", f"/conversations/{id_}/messages", body)
        assert (await text_frames(page, 1))[0][1] == "Bonjour, c’est moi."

        await say(page, {"type": "typing", "conversation_id": id_})
        assert (await until(desk, "typing"))["by"] == "visitor"
        await say(desk, {"type": "typing", "conversation_id": id_})
        assert (await until(page, "typing"))["by"] == "agent"


async def test_typing_in_somebody_elses_conversation_reaches_nobody(served: Served) -> None:
    world = served.world
    await world.make_staff("agent")
    visitor, stranger = await world.visit(), await world.visit()
    conversation = await visitor.start()
    async with served.visitor(visitor) as page, served.visitor(stranger) as other:
        await say(other, {"type": "typing", "conversation_id": conversation["id"]})
        await visitor.write(conversation["id"], "after it", "c1")
        kinds = []
        while "message" not in kinds:
            kinds.append((await frame(page))["type"])
    assert "typing" not in kinds


async def test_a_page_of_nobody_is_refused_at_the_handshake(served: Served) -> None:
    for path in ("visitor", "agent"):
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://{served.address}/api/{path}/socket", origin="https://evil.example")  # type: ignore[arg-type]
        assert refused.value.response.status_code == 403
        assert json.loads(refused.value.response.body)["code"] == "origin_not_allowed"


async def test_what_the_visitor_is_told_when_the_token_is_no_good(served: Served) -> None:
    async with connect(f"ws://{served.address}/api/visitor/socket", origin=SHOP) as link:  # type: ignore[arg-type]
        await say(link, {"type": "hello", "token": "nonsense"})
        assert (await frame(link))["code"] == "token_invalid"
        with pytest.raises(ConnectionClosed):
            await link.recv()
        assert link.close_code == 4401


async def test_absurdly_large_frames_end_the_socket(served: Served) -> None:
    visitor = await served.world.visit()
    for size in (20_000, 2_000_000):
        async with served.visitor(visitor) as link:
            await until(link, "welcome")
            with contextlib.suppress(ConnectionClosed):
                await link.send("x" * size)
                await until(link, "error")
            with pytest.raises(ConnectionClosed):
                await link.recv()
            assert link.close_code == 1009


async def test_a_closed_account_loses_its_sockets_at_once(served: Served) -> None:
    world = served.world
    await world.make_staff("agent", "admin")
    async with served.agent("agent") as desk:
        await until(desk, "welcome")
        answer = await world.client.post(
            f"/api/admin/users/{world.users['agent']}/deactivate", headers=world.desk("admin")
        )
        assert answer.status_code == 200, answer.text
        async with asyncio.timeout(5):
            assert (await until(desk, "error"))["code"] == "session_over"
            with pytest.raises(ConnectionClosed):
                await desk.recv()
        assert desk.close_code == 4401


async def test_who_takes_no_conversations_any_more_loses_the_desk(served: Served) -> None:
    world = served.world
    await world.make_staff("agent", "admin")
    async with served.agent("agent") as desk:
        await until(desk, "welcome")
        await world.client.patch(
            f"/api/admin/users/{world.users['agent']}",
            json={"role": "designer"},
            headers=world.desk("admin"),
        )
        async with asyncio.timeout(5):
            assert (await until(desk, "error"))["code"] == "role_not_allowed"


async def test_what_the_command_line_changes_reaches_the_running_service(served: Served) -> None:
    """The command has a connection of its own to the database, and no way to say anything to the service."""
    world = served.world
    await world.make_staff("agent")
    visitor = await world.visit(language="fr")
    conversation = await visitor.start()
    async with served.agent("agent") as desk, open_back_office(world.runtime.settings) as office:
        await until(desk, "welcome")
        agent = world.users["agent"]
        await office.accounts.update_user(agent, UserChanges(languages=("de",)))
        await world.present("agent")
        await visitor.call("POST", f"/conversations/{conversation['id']}/person")
        await office.accounts.update_user(agent, UserChanges(languages=("fr",), slots=(7, 1)))
        async with asyncio.timeout(5):
            invited = await until(desk, "invitation")
            assert invited["invitation"]["conversation"]["id"] == conversation["id"]
        assert (await world.agent("agent", "GET", "/state")).json()["capacity"]["chat_total"] == 7
        await office.accounts.deactivate(agent)
        began = asyncio.get_running_loop().time()
        async with asyncio.timeout(5):
            assert (await until(desk, "error"))["code"] == "session_over"
        # Half a second, and what a busy machine adds.
        assert asyncio.get_running_loop().time() - began < 3
