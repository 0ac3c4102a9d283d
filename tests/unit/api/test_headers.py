"""Security headers, CORS and the pages."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.unit.api.stubs import SHOP, desk

EVIL = "https://evil.example"
PREFLIGHT = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}


@pytest.mark.parametrize("path", ["/desk/", "/demo/", "/docs", "/healthz", "/api/auth/me", "/nothing"])
async def test_every_answer_is_protected(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "script-src 'self' 'unsafe-inline'" not in policy


async def test_answers_of_the_interface_are_not_kept(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/auth/me", headers=desk())).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/api/visitor/session", "/api/calls/c/connections", "/widget.js"])
async def test_preflight_of_a_site(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.options(path, headers={"origin": SHOP, **PREFLIGHT})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert "authorization" in answer.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    "origin", [EVIL, "null", SHOP + ":444", "http://shop.example", SHOP + ".evil.example"]
)
async def test_preflight_of_anybody_else(client: httpx.AsyncClient, origin: str) -> None:
    answer = await client.options("/api/visitor/session", headers={"origin": origin, **PREFLIGHT})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/api/agent/state", "/api/auth/login", "/api/admin/users", "/metrics"])
async def test_the_desk_is_never_shared(client: httpx.AsyncClient, path: str) -> None:
    preflight = await client.options(path, headers={"origin": SHOP, **PREFLIGHT})
    answer = await client.get(path, headers={"origin": SHOP})
    assert "access-control-allow-origin" not in preflight.headers
    assert "access-control-allow-origin" not in answer.headers


async def test_pages_that_are_not_built(client: httpx.AsyncClient) -> None:
    for path in ("/desk/", "/demo/", "/widget.js"):
        answer = await client.get(path)
        assert answer.status_code == 503
        assert "not built" in answer.text


async def test_pages(client: httpx.AsyncClient, tmp_path: Path) -> None:
    (tmp_path / "desk" / "assets").mkdir(parents=True)
    (tmp_path / "desk" / "index.html").write_text("<title>desk</title>")
    (tmp_path / "desk" / "assets" / "index-Ab3dEf9h.js").write_text("1")
    (tmp_path / "widget.js").write_text("2")
    (tmp_path / "secret.txt").write_text("3")

    page = await client.get("/desk/")
    assert page.headers["cache-control"] == "no-cache"
    assert "desk" in (await client.get("/desk/conversations/c1")).text, "the page has addresses of its own"
    assert (await client.get("/desk/assets/missing.js")).status_code == 404
    script = await client.get("/desk/assets/index-Ab3dEf9h.js")
    assert "immutable" in script.headers["cache-control"]
    for path in ("/desk/../secret.txt", "/desk/%2e%2e/secret.txt", "/desk/..%2fsecret.txt"):
        assert "3" not in (await client.get(path)).text

    widget = await client.get("/widget.js", headers={"origin": SHOP})
    assert widget.headers["cross-origin-resource-policy"] == "cross-origin"
    assert widget.headers["access-control-allow-origin"] == SHOP
    again = await client.get("/widget.js", headers={"if-none-match": widget.headers["etag"]})
    assert again.status_code == 304


async def test_the_documentation_needs_nobody_else(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs")).text
    assert "/api/visitor/session" in page
    assert "<script" not in page
    assert "://" not in page.replace("https://shop.example", "").replace("http://", "", 0).split("<h2>")[0]
