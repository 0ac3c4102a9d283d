"""Left messages and supervision over HTTP: shapes, hostile input, and a letter that reaches a real mail server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.smtp import SMTP

from orchestrator.api.limits import Limiter
from orchestrator.main import build, make_mailer
from orchestrator.settings import SettingError, Settings
from tests.integration.api.conftest import running
from tests.integration.api.world import OWN, Visitor, World, generous, settings_for

LEFT = {"client_id": "left", "email": "zoe@visitor.example", "name": "Zoé", "text": "Où est ma commande ?"}


async def leave(visitor: Visitor, **changes: Any) -> httpx.Response:
    begun = await visitor.start()
    return await visitor.call("POST", f"/conversations/{begun['id']}/left-message", LEFT | changes)


async def first(world: World, name: str = "agent") -> dict[str, Any]:
    page = (await world.agent(name, "GET", "/inbox")).json()
    return page["messages"][0]


async def test_from_the_visitor_to_the_answer(world: World) -> None:
    await world.make_staff()
    visitor = await world.visit()
    answer = await leave(visitor)
    assert answer.status_code == 200, answer.text
    assert answer.json()["can"]["leave_message"]
    state = (await world.agent("agent", "GET", "/state")).json()
    assert (state["inbox_open"], state["mail"]) == (1, False)
    message = await first(world)
    assert (message["name"], message["text"], message["state"]) == ("Zoé", LEFT["text"], "open")
    path = f"/inbox/{message['id']}"
    taken = (await world.agent("agent", "POST", f"{path}/take")).json()
    assert (taken["state"], taken["mine"], taken["taken_by"]) == ("taken", True, "Agent")
    late = await world.agent("other_agent", "POST", f"{path}/take")
    assert (late.status_code, late.json()["code"]) == (409, "left_message_taken")
    by_mail = await world.agent("agent", "POST", f"{path}/answer", {"how": "email", "text": "Demain."})
    assert (by_mail.status_code, by_mail.json()["code"]) == (409, "mail_not_configured")
    answered = await world.agent("agent", "POST", f"{path}/answer", {"how": "conversation"})
    assert answered.status_code == 200, answered.text
    assert answered.json()["conversation"]["mine"]
    assert answered.json()["message"]["answered_how"] == "conversation"
    assert (await world.agent("agent", "GET", "/inbox")).json()["messages"] == []


HOSTILE: list[dict[str, Any]] = [
    {"email": "zoe@visitor.example\r\nBcc: all@x.test"},
    {"email": "zoe@visitor.example, all@x.test"},
    {"email": "Zoé <zoe@visitor.example>"},
    {"email": "zoe"},
    {"email": "zoe@"},
    {"email": "@visitor.example"},
    {"email": "zoé@visitor.example"},
    {"email": f"{'a' * 65}@visitor.example"},
    {"email": "a@" + ".".join(["b" * 63] * 4)},
    {"email": ""},
    {"email": None},
    {"text": ""},
    {"text": "x" * 4001},
    {"name": "x" * 81},
    {"client_id": "left/1"},
    {"more": "values"},
]


async def test_what_is_no_message_is_refused(shared: World) -> None:
    visitor = await shared.visit()
    for changes in HOSTILE:
        answer = await leave(visitor, **changes)
        assert answer.status_code == 422, changes
        assert answer.headers["content-type"] == "application/problem+json"
        assert "all@x.test" not in answer.text


async def test_any_text_is_kept_as_it_is(shared: World) -> None:
    for number, text in enumerate(("a\x00b", "<script>alert(1)</script>", "\u202eabc", "😀" * 2000)):
        answer = await leave(await shared.visit(), text=text)
        assert answer.status_code == 200, answer.text
        found = (await shared.agent("agent", "GET", "/inbox")).json()["messages"]
        assert len(found) == number + 1
        assert text.replace("\x00", "") in [message["text"] for message in found]


async def test_questions_about_pages_are_checked(shared: World) -> None:
    for query in ("limit=0", "limit=101", "limit=x", "after=a/b", f"after={'a' * 65}"):
        assert (await shared.agent("agent", "GET", f"/inbox?{query}")).status_code == 422
    nobody = await shared.agent("agent", "POST", "/inbox/lm_unknown/take")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "left_message_not_found")
    for body in (
        {},
        {"how": "phone"},
        {"how": "email"},
        {"how": "email", "text": ""},
        {"how": "conversation", "x": 1},
    ):
        wrong = await shared.agent("agent", "POST", "/inbox/lm_unknown/answer", body)
        assert wrong.status_code == 422


async def test_leaving_is_limited(tmp_path: Path) -> None:
    async with running(tmp_path, limiter=Limiter()) as world:
        visitor = await world.visit()
        codes = [(await leave(visitor)).status_code for _ in range(7)]
    assert codes == [200] * 5 + [429] * 2


# --- supervisors ------------------------------------------------------------------------------------------


async def supervisor(world: World, method: str, path: str, body: object = None) -> httpx.Response:
    headers = world.desk("supervisor")
    return await world.client.request(method, f"/api/supervisor{path}", json=body, headers=headers)


async def test_a_supervisor_steers(shared: World) -> None:
    visitor = await shared.visit()
    begun = await visitor.start()
    path = f"/conversations/{begun['id']}"
    page = (await supervisor(shared, "GET", "/conversations?state=chat&limit=100")).json()
    assert begun["id"] in [one["id"] for one in page["conversations"]]
    taken = await supervisor(shared, "POST", f"{path}/take-over")
    assert (taken.status_code, taken.json()["mine"]) == (200, True)
    mine = (await supervisor(shared, "GET", "/conversations?agent=me")).json()["conversations"]
    assert [(one["id"], one["agent_name"]) for one in mine] == [(begun["id"], "Supervisor")]
    again = await supervisor(shared, "POST", f"{path}/assign", {"agent_id": "me"})
    assert (again.status_code, again.json()["code"]) == (409, "already_holds")
    queued = await supervisor(shared, "POST", f"{path}/requeue", {"priority": 3})
    assert (queued.status_code, queued.json()["state"]) == (200, "queued")
    waiting = (await supervisor(shared, "GET", "/conversations?state=queued&group=advisors")).json()
    assert [(one["id"], one["priority"]) for one in waiting["conversations"]] == [(begun["id"], 3)]
    seen = await supervisor(shared, "GET", path)
    assert seen.json()["conversation"]["id"] == begun["id"]


ERRORS: list[tuple[str, object]] = [
    ("assign", {}),
    ("assign", {"agent_id": "a/b"}),
    ("requeue", {"group": "Not A Name"}),
    ("requeue", {"group": "nowhere"}),
    ("requeue", {"priority": 1_000_000}),
    ("requeue", {"priority": "high"}),
]


async def test_a_supervisor_who_errs_is_told(shared: World) -> None:
    begun = await (await shared.visit()).start()
    for path, body in ERRORS:
        answer = await supervisor(shared, "POST", f"/conversations/{begun['id']}/{path}", body)
        assert answer.status_code == 422, (path, body)


async def test_queries_of_the_survey_are_checked(shared: World) -> None:
    for query in ("state=all", "limit=0", "limit=1000", "after=a/b", "agent=a%20b"):
        assert (await supervisor(shared, "GET", f"/conversations?{query}")).status_code == 422


async def test_a_transfer_has_one_receiver(shared: World) -> None:
    for body in (
        {},
        {"agent_id": "a", "group": "advisors"},
        {"group": "X"},
        {"agent_id": "a", "note": "x" * 2001},
    ):
        answer = await shared.agent("agent", "POST", "/conversations/c_unknown/transfer", body)
        assert answer.status_code == 422


@pytest.fixture
async def shared(world: World) -> World:
    await world.make_staff("agent", "supervisor")
    return world


# --- mail ----------------------------------------------------------------------------------------------------


class Postbox:
    def __init__(self) -> None:
        self.letters: asyncio.Queue[bytes] = asyncio.Queue()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.letters.put_nowait(envelope.content)
        return "250 OK"


@pytest.fixture
async def with_mail(tmp_path: Path) -> AsyncIterator[tuple[World, Postbox]]:
    postbox, loop = Postbox(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(postbox, loop=loop, hostname="mail.test"), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = settings_for(
        tmp_path, smtp_url=f"smtp://127.0.0.1:{port}", mail_from="Shop <help@shop.example>"
    )
    runtime = build(settings, loopback=True, limiter=generous())
    await runtime.start()
    transport = httpx.ASGITransport(app=runtime.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=OWN) as client:
        world = World(runtime, client)
        await world.make_sites()
        await world.make_staff("agent")
        yield world, postbox
    await runtime.stop()
    server.close()


async def test_an_answer_reaches_the_mail_server(with_mail: tuple[World, Postbox]) -> None:
    world, postbox = with_mail
    await leave(await world.visit())
    message = await first(world)
    body = {"how": "email", "text": "Elle arrive demain."}
    answer = await world.agent("agent", "POST", f"/inbox/{message['id']}/answer", body)
    assert (answer.status_code, answer.json()["message"]["state"]) == (200, "sending"), answer.text
    letter = await asyncio.wait_for(postbox.letters.get(), 20)
    assert b"To: =?utf-8?" in letter
    assert f"Message-ID: <{message['id']}@shop.example>".encode() in letter
    assert b"Elle arrive demain." in letter


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"smtp_url": "smtp://u:secret@mail.test"}, "VISAVIS_MAIL_FROM"),
        ({"smtp_url": "http://u:secret@mail.test", "mail_from": "a@x.test"}, "smtp://"),
        ({"smtp_url": "smtp://mail.test", "mail_from": "nobody"}, "Shop <help@shop.example>"),
    ],
)
def test_wrong_settings_of_mail_say_what_to_do(tmp_path: Path, values: dict[str, str], word: str) -> None:
    with pytest.raises(SettingError, match=word) as caught:
        make_mailer(Settings(data_dir=tmp_path, **values))  # type: ignore[arg-type]
    assert "secret" not in str(caught.value)
