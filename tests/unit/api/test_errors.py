"""Every failure is a problem document that says what to do and repeats nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from orchestrator.api.errors import describe
from orchestrator.application.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
    Refused,
    StoreUnavailable,
    Unauthenticated,
    VersionConflict,
)
from rules.decision import Decision, NearMiss
from tests.unit.api.stubs import SHOP, Stubs, desk, widget


def assert_problem(answer: httpx.Response, status: int, code: str) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    body = answer.json()
    assert body["status"] == status
    assert body["code"] == code
    assert body["title"]
    assert body["detail"]
    return body


async def test_unknown_address(client: httpx.AsyncClient) -> None:
    assert_problem(await client.get("/api/nothing/here"), 404, "not_found")


async def test_unknown_method(client: httpx.AsyncClient) -> None:
    answer = await client.put("/api/auth/login")
    assert_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "POST"


async def test_validation_names_the_place_and_not_the_input(client: httpx.AsyncClient) -> None:
    secret = "hunter2-" * 40
    answer = await client.post(
        "/api/auth/login", headers=desk(), json={"email": "x", "password": secret, "shady key!": 1}
    )
    body = assert_problem(answer, 422, "invalid_request")
    assert {one["path"] for one in body["errors"]} == {"/body/email", "/body/password", "/body/?"}  # type: ignore[index,attr-defined]
    assert "hunter2" not in answer.text
    assert "shady" not in answer.text


async def test_broken_json(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/api/auth/login", headers=desk() | {"content-type": "application/json"}, content=b'{"email": '
    )
    assert_problem(answer, 422, "invalid_json")


async def test_body_that_is_no_json_at_all(client: httpx.AsyncClient) -> None:
    # A form is what a foreign page could send without a preflight.
    answer = await client.post("/api/auth/login", headers=desk(), data={"email": "a@b", "password": "x"})
    assert_problem(answer, 422, "invalid_request")


async def test_half_a_surrogate_pair_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/api/auth/login",
        headers=desk() | {"content-type": "application/json"},
        content=b'{"email": "a@b.c", "password": "\\ud800"}',
    )
    assert_problem(answer, 422, "invalid_request")


DECISION = Decision(
    revision="r",
    event="VideoRequested",
    state="chat",
    party="bot",
    row=None,
    to=None,
    actions=(),
    say=(),
    near_misses=(NearMiss("direct-video", "group.open", {"agent.name": "secret"}),),
    facts={"group.open": False},
)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotFound(), 404, "not_found"),
        (Unauthenticated("token_used"), 401, "token_used"),
        (Forbidden("origin_not_allowed"), 403, "origin_not_allowed"),
        (Refused("nobody", "Nobody is there.", DECISION), 409, "nobody"),
        (Conflict("email_taken"), 409, "email_taken"),
        (Invalid("quick_reply_not_offered"), 422, "quick_reply_not_offered"),
        (RateLimited(17), 429, "rate_limited"),
    ],
)
async def test_what_a_use_case_refuses(
    client: httpx.AsyncClient, stubs: Stubs, error: Exception, status: int, code: str
) -> None:
    stubs.conversations.failure = error
    answer = await client.post("/api/visitor/conversations/c1/video", headers=widget())
    body = assert_problem(answer, status, code)
    if status == 429:
        assert answer.headers["retry-after"] == "17"
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
    if code == "nobody":
        assert body["rows"] == ["direct-video"]
        assert "secret" not in answer.text


@pytest.mark.parametrize("error", [StoreUnavailable("the database is away"), VersionConflict("deadlock")])
async def test_what_may_work_in_a_moment(client: httpx.AsyncClient, stubs: Stubs, error: Exception) -> None:
    stubs.conversations.failure = error
    answer = await client.post("/api/visitor/conversations/c1/video", headers=widget())
    assert_problem(answer, 503, "try_again")
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["access-control-allow-origin"] == SHOP, "a page must be able to read the problem"


async def test_our_own_mistakes_show_nothing_of_the_inside(
    client: httpx.AsyncClient, stubs: Stubs, caplog: pytest.LogCaptureFixture
) -> None:
    stubs.conversations.failure = RuntimeError("the visitor wrote: my card is 4242")
    answer = await client.post("/api/visitor/conversations/c1/video", headers=widget())
    body = assert_problem(answer, 500, "internal_error")
    assert body["request_id"] == answer.headers["x-request-id"]
    assert "4242" not in answer.text
    assert answer.headers["access-control-allow-origin"] == SHOP, "a page must be able to read the problem"
    assert "4242" not in caplog.text


async def test_an_answer_that_breaks_the_contract_is_our_mistake(
    client: httpx.AsyncClient, stubs: Stubs, app: FastAPI
) -> None:
    async def wrong(_: str) -> dict[str, object]:
        return {"agent": "not an agent"}

    stubs.conversations.agent_state = wrong  # type: ignore[method-assign]
    answer = await client.get("/api/agent/state", headers=desk())
    assert_problem(answer, 500, "internal_error")
    assert "not an agent" not in answer.text


async def test_large_bodies(client: httpx.AsyncClient) -> None:
    body = {"email": "a@b.c", "password": "x" * 140_000}
    assert_problem(await client.post("/api/auth/login", headers=desk(), json=body), 413, "body_too_large")


async def test_large_bodies_that_do_not_say_so(client: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(140):
            yield b"x" * 1000

    answer = await client.post("/api/bot/rasa/turns", content=pieces())
    assert_problem(answer, 413, "body_too_large")


def test_description_leaves_out_the_tag_that_was_sent() -> None:
    found = [
        {
            "type": "union_tag_invalid",
            "loc": ("body", "replies", 0),
            "msg": "Input tag 'secret word' found using 'type' does not match",
            "ctx": {"expected_tags": "'text', 'image'"},
        }
    ]
    assert describe(found) == [{"path": "/body/replies/0", "message": "Must be one of 'text', 'image'."}]
