"""Turns every failure into a problem document: unknown routes, wrong bodies, refusals of rules, our own mistakes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError, ResponseValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator.api.problems import ApiError, problem
from orchestrator.application.errors import (
    ApplicationError,
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

log = structlog.get_logger(__name__)

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def install(app: FastAPI) -> None:
    """Register the handlers. What none of them knows is caught by `LastResort`."""
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(ApplicationError, _application_error)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(ResponseValidationError, _response_error)
    for passing in (StoreUnavailable, VersionConflict):
        app.add_exception_handler(passing, _try_again)


async def _api_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101 - narrows the type; Starlette picks the handler by class
    return problem(error.status, error.code, error.detail, headers=error.headers, extra=error.extra)


_STATUS: tuple[tuple[type[ApplicationError], int], ...] = (
    (NotFound, 404),
    (Unauthenticated, 401),
    (Forbidden, 403),
    (Refused, 409),
    (Conflict, 409),
    (Invalid, 422),
    (RateLimited, 429),
)


def status_of(error: ApplicationError) -> int:
    """The HTTP status of what a use case refused."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


async def _application_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, ApplicationError)  # noqa: S101
    headers: dict[str, str] = {}
    extra: dict[str, object] = {}
    if isinstance(error, RateLimited):
        headers["retry-after"] = str(max(1, error.retry_after))
    if isinstance(error, Unauthenticated):
        headers["www-authenticate"] = "Bearer"
    if isinstance(error, Refused) and error.decision is not None:
        # Which rows nearly allowed it, so that a page can say why. Facts of other people stay inside.
        extra["rows"] = [miss.row for miss in error.decision.near_misses]
    # Without words of its own an error repeats its code: the words that fit the status say more.
    detail = error.detail if error.detail != error.code else None
    return problem(status_of(error), error.code, detail, headers=headers, extra=extra)


async def _http_exception(_: Request, error: Exception) -> Response:
    """Starlette's own refusals (404, 405, a body that is no form …). Their texts are for developers: not shown."""
    assert isinstance(error, HTTPException)  # noqa: S101
    return problem(error.status_code, headers=error.headers)


async def _validation_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    found = error.errors()
    if any(one.get("type") == "json_invalid" for one in found):
        return problem(422, "invalid_json", "The body is not valid JSON.")
    return problem(422, extra={"errors": describe(found)})


async def _response_error(_: Request, error: Exception) -> Response:
    """Our own answer did not follow the contract. The values stay out of the log: they are somebody's conversation."""
    assert isinstance(error, ResponseValidationError)  # noqa: S101
    log.error("response.invalid", endpoint=_endpoint(error), errors=describe(error.errors()))
    return problem(500)


async def _try_again(_: Request, error: Exception) -> Response:
    """The database is away, or others were faster several times in a row: nothing is wrong with the request."""
    log.warning("request.postponed", error=type(error).__name__)
    return problem(503, "try_again", "This did not work just now. Try again.", headers={"retry-after": "1"})


def _endpoint(error: ResponseValidationError) -> str:
    context = getattr(error, "endpoint_ctx", None)
    return str(context.get("path", "")) if isinstance(context, Mapping) else ""


def describe(found: Sequence[Any]) -> list[dict[str, str]]:
    """Say where and what, without a word of the input: it may be a password or a visitor's message."""
    return [{"path": _path(one.get("loc", ())), "message": _message(one)} for one in found[:20]]


def _path(loc: Sequence[int | str]) -> str:
    # An unknown key is part of the path, and is the client's own word: shown only if it looks like a name.
    return "/" + "/".join(
        str(part) if isinstance(part, int) or _PLAIN_NAME.fullmatch(part) else "?" for part in loc
    )


def _message(one: Mapping[str, Any]) -> str:
    match one.get("type"):
        case "missing":
            return "This value is needed."
        case "extra_forbidden":
            return "There is no such value here; check the spelling."
        case "union_tag_invalid":
            return f"Must be one of {one.get('ctx', {}).get('expected_tags', 'the known types')}."
        case "value_error" | "assertion_error":
            return "This value is not acceptable."
        case _:
            return str(one.get("msg", "This value is not acceptable."))


class LastResort:
    """Answers 500 for whatever was raised below, and logs where it happened but not what was said.

    Starlette's own handler for this sits outside of the middlewares, so its answers would lack the security
    headers; besides it raises again, and the server would print the trace with the values in it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched_send)
        except Exception as error:
            log.error("request.failed", **where(error))
            if started:
                raise  # half an answer is out already: the server has to cut the connection
            request_id = scope.get("state", {}).get("request_id")
            await problem(500, extra={"request_id": request_id} if request_id else {})(scope, receive, send)


def where(error: BaseException) -> dict[str, Any]:
    """The kind of an error and the lines of code it came through. Its text may quote a person: left out."""
    frames: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return {"error": type(error).__name__, "frames": frames[-12:]}
