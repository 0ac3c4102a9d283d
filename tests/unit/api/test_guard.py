"""Who gets in, by role, page and header."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from orchestrator.api.app import create_app
from orchestrator.api.platform import Platform
from tests.unit.api.stubs import OWN, SHOP, Stubs, desk, widget

VIDEO = "/api/visitor/conversations/c1/video"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "not_authenticated"),
        ({"authorization": "Bearer nonsense", "origin": SHOP}, 401, "unauthenticated"),
        ({"authorization": "Basic dmlzaXRvcg==", "origin": SHOP}, 401, "not_authenticated"),
        (widget("gone"), 401, "session_over"),
        (widget(origin="https://evil.example"), 403, "origin_not_allowed"),
        (widget(origin="null"), 403, "origin_not_allowed"),
        (widget(origin=None), 403, "origin_not_allowed"),
        (widget(), 404, "not_found"),
    ],
)
async def test_visitors(client: httpx.AsyncClient, headers: dict[str, str], status: int, code: str) -> None:
    answer = await client.post(VIDEO, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_get_without_origin_comes_from_this_very_origin(
    client: httpx.AsyncClient, stubs: Stubs
) -> None:
    await client.get("/api/visitor/conversations/c1", headers=widget(origin=None))
    assert stubs.conversations.seen_origins == [OWN]


STATE, PRESENCE = "/api/agent/state", "/api/agent/presence"


@pytest.mark.parametrize(
    ("role", "status"), [("agent", 404), ("supervisor", 404), ("admin", 404), ("designer", 403)]
)
async def test_roles(client: httpx.AsyncClient, role: str, status: int) -> None:
    # 404 is the stub's own answer: the guard let the request through.
    assert (await client.get(STATE, headers=desk(role))).status_code == status


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"x-visavis": ""}, 403, "desk_header_missing"),
        ({"x-visavis": "something"}, 403, "desk_header_missing"),
        ({"origin": "https://evil.example"}, 403, "origin_not_allowed"),
        ({"origin": "null"}, 403, "origin_not_allowed"),
        ({"origin": "https://service.test"}, 403, "origin_not_allowed"),
        ({"sec-fetch-site": "cross-site"}, 403, "origin_not_allowed"),
        ({"sec-fetch-site": "same-site"}, 403, "origin_not_allowed"),
        ({"cookie": "visavis_session=old"}, 401, "unauthenticated"),
        ({"cookie": "other=1"}, 401, "not_authenticated"),
    ],
)
async def test_changes_need_the_desk(
    client: httpx.AsyncClient, change: dict[str, str], status: int, code: str
) -> None:
    answer = await client.put(PRESENCE, headers=desk() | change, json={"chat": True, "video": True})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("path", ["/api/auth/login", "/api/auth/reset"])
async def test_signing_in_needs_the_desk_too(client: httpx.AsyncClient, path: str) -> None:
    body = {"email": "a@b.c", "password": "right", "token": "t", "new_password": "long enough"}
    keys = ("email", "password") if path.endswith("login") else ("token", "new_password")
    answer = await client.post(path, json={key: body[key] for key in keys})
    assert (answer.status_code, answer.json()["code"]) == (403, "desk_header_missing")


async def test_the_cookie_is_out_of_reach(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/api/auth/login", headers=desk(), json={"email": "a@b.c", "password": "right"}
    )
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie


async def test_the_cookie_is_secure_over_https(client: httpx.AsyncClient) -> None:
    headers = desk() | {"origin": "https://service.test"}
    answer = await client.post(
        "https://service.test/api/auth/login", headers=headers, json={"email": "a@b.c", "password": "right"}
    )
    assert answer.status_code == 200
    assert "; secure" in answer.headers["set-cookie"].lower()
    out = await client.post("https://service.test/api/auth/logout", headers=headers)
    assert out.status_code == 204
    assert "max-age=0" in out.headers["set-cookie"].lower()


async def test_the_cookie_is_secure_behind_a_proxy_that_speaks_https(platform: Platform) -> None:
    options = replace(platform.options, public_url="https://chat.example")
    transport = httpx.ASGITransport(app=create_app(replace(platform, options=options)))
    async with httpx.AsyncClient(transport=transport, base_url=OWN) as client:
        answer = await client.post(
            "/api/auth/login",
            headers=desk() | {"origin": "https://chat.example"},
            json={"email": "a@b.c", "password": "right"},
        )
    assert answer.status_code == 200, "the public address is our own origin, whatever the proxy passes on"
    assert "; secure" in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"authorization": "Bearer wrong"}, 401),
        ({"authorization": "Bearer operations-token"}, 200),
        (desk("admin"), 200),
        (desk("supervisor"), 403),
        (desk("designer"), 403),
    ],
)
async def test_metrics(client: httpx.AsyncClient, headers: dict[str, str], status: int) -> None:
    answer = await client.get("/metrics", headers=headers)
    assert answer.status_code == status
    if status == 200:
        assert "visavis_outbox_size 3.0" in answer.text
        assert 'visavis_open_conversations{state="queued"} 2.0' in answer.text


async def test_bots_must_sign(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/bot/rasa/turns", json={"conversation_id": "c", "replies": []})
    assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid")


async def test_readiness_has_no_details(client: httpx.AsyncClient, stubs: Stubs) -> None:
    assert (await client.get("/readyz")).json() == {"status": "ok"}
    stubs.parts["database"] = False
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "not_ready"})
