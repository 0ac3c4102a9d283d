"""What a widget does: sessions, pages, writing, and what is somebody else's."""

from __future__ import annotations

import httpx

from tests.integration.api.world import BOT_SITE, SHOP, World


async def open_session(world: World, **headers: str) -> httpx.Response:
    body = {"site_key": "shop", "language": "fr"}
    return await world.client.post("/api/visitor/session", json=body, headers=headers)


async def test_only_pages_of_the_site_open_a_session(world: World) -> None:
    assert (await open_session(world, origin=SHOP)).status_code == 200
    for origin in ("https://evil.example", BOT_SITE, "null", SHOP + ":8443"):
        refused = await open_session(world, origin=origin)
        assert (refused.status_code, refused.json()["code"]) == (403, "origin_not_allowed")
    assert (await open_session(world)).status_code == 403


async def test_a_kept_token_brings_the_conversation_back(world: World) -> None:
    first = await world.visit()
    conversation = await first.start()
    await first.write(conversation["id"], "Bonjour", "c1")
    again = await world.visit(token=first.session["token"])
    assert again.id == first.id
    assert again.session["conversation"]["id"] == conversation["id"]
    assert [line["content"].get("text") for line in again.session["messages"]][-1] == "Bonjour"


async def test_a_token_of_another_site_or_of_nobody_gives_a_new_visitor(world: World) -> None:
    first = await world.visit()
    for token in (first.session["token"], "nonsense", ""):
        other = await world.visit("demo", BOT_SITE, token=token)
        assert other.id != first.id
        assert other.session["conversation"] is None


async def test_a_token_works_on_its_own_site_alone(world: World) -> None:
    visitor = await world.visit()
    headers = visitor.headers | {"origin": BOT_SITE}
    answer = await world.client.post("/api/visitor/conversations", json={"client_id": "c"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_not_allowed")


async def test_sending_twice_says_it_once(world: World) -> None:
    visitor = await world.visit()
    conversation = await visitor.start()
    one = await visitor.write(conversation["id"], "Bonjour", "c1")
    two = await visitor.write(conversation["id"], "Bonjour", "c1")
    assert one.json() == two.json()
    shown = await visitor.call("GET", f"/conversations/{conversation['id']}")
    said = [line for line in shown.json()["messages"] if line["content"].get("text") == "Bonjour"]
    assert len(said) == 1


async def test_only_what_is_new(world: World) -> None:
    visitor = await world.visit()
    conversation = await visitor.start()
    first = (await visitor.write(conversation["id"], "one", "c1")).json()["message"]["position"]
    await visitor.write(conversation["id"], "two", "c2")
    shown = await visitor.call("GET", f"/conversations/{conversation['id']}?after={first}")
    assert [line["content"]["text"] for line in shown.json()["messages"]] == ["two"]


async def test_a_stranger_learns_nothing(world: World) -> None:
    visitor, stranger = await world.visit(), await world.visit()
    conversation = await visitor.start()
    foreign = await stranger.call("GET", f"/conversations/{conversation['id']}")
    missing = await stranger.call("GET", "/conversations/c_nothing")
    assert foreign.status_code == 404
    assert foreign.json() == missing.json()


async def test_writing_after_the_end_starts_anew(world: World) -> None:
    visitor = await world.visit()
    conversation = await visitor.start()
    closed = await visitor.call("POST", f"/conversations/{conversation['id']}/close")
    assert closed.json()["state"] == "closed"
    answer = await visitor.write(conversation["id"], "Encore une question", "c9")
    assert answer.status_code == 200
    assert answer.json()["conversation_id"] != conversation["id"]


async def test_what_a_rule_refuses_is_a_conflict_with_a_code(world: World) -> None:
    visitor = await world.visit()
    conversation = await visitor.start()
    answer = await visitor.call("POST", f"/conversations/{conversation['id']}/video/hang-up")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"]
    assert answer.headers["access-control-allow-origin"] == SHOP


async def test_odd_text_does_no_harm(world: World) -> None:
    visitor = await world.visit()
    conversation = await visitor.start()
    answer = await visitor.write(conversation["id"], "a\x00b 🎥 \u202e <script>", "c1")
    assert answer.json()["message"]["content"]["text"] == "ab 🎥 \u202e <script>"
    for text in ("", "x" * 4001):
        assert (await visitor.write(conversation["id"], text, "c2")).status_code == 422
