"""The bot's signature, the transfer card, and joining a call with a token that is good once."""

from __future__ import annotations

import json
import time
from typing import Any

from orchestrator.adapters.signatures import signed_headers
from tests.integration.api.world import BOT_SECRET, BOT_SITE, Visitor, World, offer


async def bot_conversation(world: World) -> tuple[Visitor, str]:
    visitor = await world.visit("demo", BOT_SITE)
    conversation = await visitor.start()
    assert conversation["party"] == "bot"
    return visitor, conversation["id"]


def turn(conversation_id: str, *replies: dict[str, Any]) -> dict[str, Any]:
    return {"conversation_id": conversation_id, "in_reply_to": None, "replies": list(replies)}


async def history(visitor: Visitor, conversation_id: str) -> list[dict[str, Any]]:
    return (await visitor.call("GET", f"/conversations/{conversation_id}")).json()["messages"]


async def test_a_turn_is_taken_once(world: World) -> None:
    visitor, id_ = await bot_conversation(world)
    said = turn(id_, {"id": "push-1:0", "type": "text", "text": "Bonjour !"})
    first, again = await world.bot_says(said), await world.bot_says(said)
    assert first.json() == {"accepted": ["push-1:0"], "refused": []}
    assert again.status_code == 200, "a bot may send it again when it heard no answer"
    lines = [line for line in await history(visitor, id_) if line["content"].get("text") == "Bonjour !"]
    assert len(lines) == 1


async def test_signatures(world: World) -> None:
    _, id_ = await bot_conversation(world)
    body = json.dumps(turn(id_, {"id": "p:0", "type": "text", "text": "x"})).encode()
    now = int(time.time())
    bad = {
        "another secret": signed_headers("another secret entirely", now, body),
        "another body": signed_headers(BOT_SECRET, now, body + b" "),
        "too old": signed_headers(BOT_SECRET, now - 400, body),
        "from the future": signed_headers(BOT_SECRET, now + 400, body),
        "another time": signed_headers(BOT_SECRET, now, body) | {"X-Visavis-Timestamp": str(now - 1)},
        "no time": {"X-Visavis-Signature": "sha256=00"},
        "nothing": {},
        "not ascii": {
            "X-Visavis-Timestamp": str(now),
            "X-Visavis-Signature": "sha256=é".encode().decode("latin-1"),
        },
    }
    for name, headers in bad.items():
        raw = [(key.encode(), value.encode("latin-1")) for key, value in headers.items()]
        answer = await world.client.post(
            "/api/bot/rasa/turns", content=body, headers=[*raw, (b"content-type", b"application/json")]
        )
        assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid"), name


async def test_a_card_hands_over_and_mutes_the_bot(world: World) -> None:
    await world.make_staff("agent")
    stream = world.runtime.platform.streams.agent(world.users["agent"], can_video=True)
    async with stream:
        await world.present("agent")
        visitor, id_ = await bot_conversation(world)
        card = {"id": "p:1", "type": "transfer", "card_id": "video_advisor", "slots": {"order": "42"}}
        answer = await world.bot_says(turn(id_, {"id": "p:0", "type": "text", "text": "Un instant."}, card))
        assert answer.json() == {"accepted": ["p:0", "p:1"], "refused": []}
        shown = (await visitor.call("GET", f"/conversations/{id_}")).json()
        assert (shown["conversation"]["state"], shown["conversation"]["party"]) == ("queued", "none")
        late = await world.bot_says(turn(id_, {"id": "q:0", "type": "text", "text": "Encore là ?"}))
        assert late.json()["accepted"] == []
        assert [one["id"] for one in late.json()["refused"]] == ["q:0"]

        taken = await world.accept_invitation("agent")
        assert taken["id"] == id_
        assert taken["state"] == "video_lobby", "the phrase of the card leads straight to video"
        assert taken["slots"] == {"order": "42"}
        assert taken["escalation"]["escalates"] is True


async def test_unknown_conversations_and_shapes(world: World) -> None:
    assert (await world.bot_says(turn("c_nothing"))).status_code == 404
    _, id_ = await bot_conversation(world)
    shape = await world.bot_says(turn(id_, {"id": "p:0", "type": "dance"}))
    assert shape.status_code == 422
    assert "dance" not in shape.text
    custom = await world.bot_says(turn(id_, {"id": "p:0", "type": "custom", "data": ["any", 1]}))
    assert custom.status_code == 200


async def call_of(world: World) -> tuple[Visitor, str, dict[str, Any]]:
    await world.make_staff("agent", "other_agent")
    stream = world.runtime.platform.streams.agent(world.users["agent"], can_video=True)
    async with stream:
        await world.present("agent")
        visitor = await world.visit()
        conversation = await visitor.start(want="video")
        await world.accept_invitation("agent")
    token = await visitor.call("POST", f"/conversations/{conversation['id']}/call/token")
    assert token.status_code == 200, token.text
    return visitor, conversation["id"], token.json()


async def test_joining_a_call(world: World) -> None:
    visitor, _, token = await call_of(world)
    sdp = {"authorization": f"Bearer {token['token']}", "content-type": "application/sdp"}
    joined = await world.client.post(token["url"], content=offer(), headers=sdp | {"origin": visitor.origin})
    assert joined.status_code == 201, joined.text
    assert joined.headers["content-type"] == "application/sdp"
    assert joined.headers["access-control-expose-headers"].startswith("Location")
    assert joined.text.startswith("v=0")
    address = joined.headers["location"]
    assert address.startswith(token["url"] + "/")

    again = await world.client.post(token["url"], content=offer(), headers=sdp)
    assert (again.status_code, again.json()["code"]) == (401, "token_used")
    fragment = sdp | {"content-type": "application/trickle-ice-sdpfrag"}
    candidates = b"a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\na=end-of-candidates\r\n"
    assert (await world.client.patch(address, content=candidates, headers=fragment)).status_code == 204
    elsewhere = token["url"] + "/k_other"
    assert (await world.client.delete(elsewhere, headers=sdp)).status_code == 404
    assert (await world.client.delete(address, headers=sdp)).status_code == 204
    assert (await world.client.delete(address, headers=sdp)).status_code == 204, "leaving twice is harmless"


async def test_a_token_is_for_one_call_and_one_person(world: World) -> None:
    visitor, id_, token = await call_of(world)
    headers = {"authorization": f"Bearer {token['token']}", "content-type": "application/sdp"}
    other = await world.client.post("/api/calls/call_other/connections", content=offer(), headers=headers)
    assert other.status_code == 404
    foreign = await world.agent("other_agent", "POST", f"/conversations/{id_}/call/token")
    assert foreign.status_code == 404
    stranger = await world.visit()
    assert (await stranger.call("POST", f"/conversations/{id_}/call/token")).status_code == 404
    await visitor.call("POST", f"/conversations/{id_}/video/leave-lobby")
    late = await visitor.call("POST", f"/conversations/{id_}/call/token")
    assert (late.status_code, late.json()["code"]) == (409, "no_call")


async def test_offers_must_be_offers(world: World) -> None:
    _, _, token = await call_of(world)
    bearer = {"authorization": f"Bearer {token['token']}"}
    wrong_type = await world.client.post(token["url"], json={"sdp": "v=0"}, headers=bearer)
    assert wrong_type.status_code == 415
    sdp = bearer | {"content-type": "application/sdp"}
    too_large = await world.client.post(token["url"], content=b"v=0\r\n" * 20_000, headers=sdp)
    assert too_large.status_code == 413
    binary = await world.client.post(token["url"], content=b"\xff\xfe", headers=sdp)
    assert (binary.status_code, binary.json()["code"]) == (422, "invalid_text")
    nonsense = await world.client.post(token["url"], content=b"hello", headers=sdp)
    assert (nonsense.status_code, nonsense.json()["code"]) == (422, "invalid_offer")
    assert "hello" not in nonsense.text


async def test_numbers(world: World) -> None:
    visitor, id_, token = await call_of(world)
    assert (await visitor.call("POST", f"/conversations/{id_}/video/resume")).status_code == 409
    page = await world.client.get("/metrics", headers={"authorization": "Bearer the operations token"})
    assert 'visavis_open_conversations{state="video_lobby"} 1.0' in page.text
    assert 'visavis_events_total{event="AgentAccepted",outcome="moved"} 1.0' in page.text
    assert 'visavis_events_total{event="VideoResumed",outcome="denied"} 1.0' in page.text
    assert 'visavis_media_total{what="packets"} 0.0' in page.text
    assert token["token"] not in page.text
    assert "x.test" not in page.text
