"""A visitor's page looks at its network: with the real media server, before there is any call."""

from __future__ import annotations

from tests.integration.api.world import Visitor, World, offer

SDP = {"content-type": "application/sdp"}


async def ask(visitor: Visitor, body: bytes, headers: dict[str, str] = SDP) -> tuple[int, str, str]:
    answer = await visitor.world.client.post(
        "/api/visitor/network-check", content=body, headers={**visitor.headers, **headers}
    )
    code = "" if answer.status_code == 201 else answer.json()["code"]
    return answer.status_code, code, answer.text


async def test_an_offer_is_answered_without_a_conversation(world: World) -> None:
    visitor = await world.visit()
    about = (await visitor.call("GET", "/network-check")).json()
    assert about == {"ice_servers": [], "ice_transport_policy": "all", "seconds": 5}
    status, _, sdp = await ask(visitor, offer())
    assert status == 201
    assert "a=sendrecv" in sdp
    assert "a=candidate" in sdp


async def test_what_is_no_offer_is_refused(world: World) -> None:
    visitor = await world.visit()
    assert (await ask(visitor, b"nonsense"))[:2] == (422, "invalid_offer")
    assert (await ask(visitor, b"{}", {"content-type": "application/json"}))[:2] == (
        415,
        "unsupported_media_type",
    )
