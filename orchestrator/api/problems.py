"""Problem documents (RFC 9457): the one shape of every answer that is not a success.

``code`` is stable and meant for programs; ``detail`` says what happened and what to do about it. Nothing the
client sent is repeated in it, and nothing of the inside (traces, paths, queries) leaks through it.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"

# What to say when nobody had anything more precise to say.
_BY_STATUS: dict[int, tuple[str, str]] = {
    400: ("bad_request", "The request could not be understood."),
    401: ("not_authenticated", "Sign in first, or send a valid token."),
    403: ("forbidden", "This account may not do that."),
    404: ("not_found", "There is nothing here. Check the address and the identifiers in it."),
    405: (
        "method_not_allowed",
        "This address does not know that method. The Allow header names those it knows.",
    ),
    406: ("not_acceptable", "This address cannot answer in the format that was asked for."),
    409: ("conflict", "This is not possible now. Load the current state and try again."),
    413: ("body_too_large", "The request is larger than this address accepts."),
    415: ("unsupported_media_type", "Send the content type that the documentation names for this address."),
    422: (
        "invalid_request",
        "Some of the values are missing or not acceptable; `errors` names each of them.",
    ),
    429: ("too_many_requests", "Too many requests. Wait as long as the Retry-After header says."),
    500: (
        "internal_error",
        "Something went wrong on our side. If it stays, give the request id to the operator.",
    ),
    503: ("unavailable", "The service cannot answer now. Try again in a moment."),
}


class ApiError(Exception):
    """An answer decided by the HTTP layer itself: authentication, limits, formats."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **extra: object,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.extra = extra


def problem(
    status: int,
    code: str | None = None,
    detail: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, object] | None = None,
) -> JSONResponse:
    """Build the answer; what is left out gets the words that fit the status."""
    default_code, default_detail = _BY_STATUS.get(status, ("error", "The request failed."))
    content: dict[str, object] = {
        "type": "about:blank",
        "title": title_of(status),
        "status": status,
        "detail": detail or default_detail,
        "code": code or default_code,
    }
    for name, value in (extra or {}).items():
        content.setdefault(name, value)
    return JSONResponse(
        content,
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={"cache-control": "no-store", **(headers or {})},
    )


def title_of(status: int) -> str:
    """The title that goes with ``about:blank``: the status in words."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
