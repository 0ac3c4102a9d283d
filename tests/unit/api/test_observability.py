"""Logs say what happened and to which id; never what was said, by whom, or with which secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator

import httpx
import pytest
import structlog
from fastapi import FastAPI

from orchestrator.observability import Metrics, configure_logs
from tests.unit.api.stubs import OWN, Stubs, desk, widget

Lines = Callable[[], list[dict[str, object]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The log lines written so far, as JSON."""
    stream = io.StringIO()
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    configure_logs("INFO", console=False, stream=stream)

    def read() -> list[dict[str, object]]:
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    yield read
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


async def call(app: FastAPI, method: str, url: str, headers: dict[str, str] | None = None) -> httpx.Response:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=OWN) as client:
        return await client.request(method, url, headers=headers)


async def test_a_request_is_one_line_without_query_and_ids(app: FastAPI, lines: Lines) -> None:
    answer = await call(app, "POST", "/api/visitor/conversations/c42/video?token=secret", widget())
    (line,) = lines()
    assert line["route"] == "/api/visitor/conversations/{id}/video"
    assert line["status"] == answer.status_code
    assert line["request_id"] == answer.headers["x-request-id"]
    assert "secret" not in json.dumps(line)
    assert "c42" not in json.dumps(line)


@pytest.mark.parametrize(
    ("given", "kept"), [("a-request-id-of-a-proxy", True), ("short", False), ("evil\tid 12345678", False)]
)
async def test_the_proxys_request_id_is_kept_if_it_is_one(app: FastAPI, given: str, kept: bool) -> None:
    answer = await call(app, "GET", "/healthz", {"x-request-id": given})
    assert (answer.headers["x-request-id"] == given) is kept


async def test_errors_are_logged_without_their_words(app: FastAPI, stubs: Stubs, lines: Lines) -> None:
    stubs.conversations.failure = ValueError("my name is Alice")
    await call(app, "GET", "/api/agent/state", desk())
    written = lines()
    failed = next(line for line in written if line["event"] == "request.failed")
    assert failed["error"] == "ValueError"
    assert "stubs.py" in str(failed["frames"])
    assert "Alice" not in json.dumps(written)


def test_telling_names_are_dropped_whoever_logs_them(lines: Lines) -> None:
    structlog.get_logger("anybody").info("x", email="a@b.c", text="hello", conversation_id="c1")
    try:
        raise RuntimeError("she wrote: hello")
    except RuntimeError:
        structlog.get_logger("anybody").exception("failed")
        logging.getLogger("foreign").exception("failed too")
    written = lines()
    assert written[0]["conversation_id"] == "c1"
    assert "a@b.c" not in json.dumps(written)
    assert "hello" not in json.dumps(written)
    assert [line.get("error") for line in written[1:]] == ["RuntimeError", "RuntimeError"]


async def test_unknown_addresses_and_methods_do_not_grow_the_metrics(app: FastAPI) -> None:
    for number in range(5):
        await call(app, f"BREW{number}", f"/nothing/{number}")
        await call(app, "GET", f"/api/nothing/{number}")
    metrics: Metrics = app.state.platform.metrics
    text = metrics.render().decode()
    assert 'visavis_http_requests_total{method="OTHER",route="other",status="404"} 5.0' in text
    assert 'visavis_http_requests_total{method="GET",route="other",status="404"} 5.0' in text
