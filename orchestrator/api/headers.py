"""Security headers on every answer, and CORS for the calls that a widget makes from somebody else's page.

Pure ASGI, so that sockets and files are covered too and nothing is buffered.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OriginCheck = Callable[[str], Awaitable[bool]]
"""Says whether an origin is one of any site's. Which site's is checked against the token, by `guard`."""

# The pages of this service: their own scripts and styles only, connections to this service only. `style-src-attr`
# allows style attributes (positions and sizes set by templates); they cannot run anything.
PAGE_POLICY = "; ".join((
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data: https:",
    "font-src 'self'",
    "media-src 'self' blob:",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
))  # fmt: skip

# Answers of the interface are data: if one is ever shown as a page, nothing in it may run or load.
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"

_PAGES = ("/desk", "/demo", "/docs")
_FROM_OTHER_PAGES = ("/api/visitor/", "/api/calls/")
_WIDGET_FILES = ("/widget.js", "/widget.js.map")

_ALLOWED_METHODS = "GET, POST, PUT, PATCH, DELETE"
_ALLOWED_HEADERS = "authorization, content-type"
_EXPOSED_HEADERS = "Location, Retry-After"


class SecurityHeaders:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in headers_of(path).items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def headers_of(path: str) -> dict[str, str]:
    """The headers that an answer of this address has unless the route set its own."""
    page = path == "/" or path.startswith(_PAGES)
    headers = {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "x-frame-options": "DENY",  # for browsers that do not read frame-ancestors
        "content-security-policy": PAGE_POLICY if page else DATA_POLICY,
        "cross-origin-resource-policy": "same-origin",
    }
    if page:
        headers["cross-origin-opener-policy"] = "same-origin"
        headers["permissions-policy"] = (
            "camera=(self), microphone=(self), display-capture=(self), geolocation=()"
        )
    if path in _WIDGET_FILES:
        headers["cross-origin-resource-policy"] = "cross-origin"
    if path.startswith(_FROM_OTHER_PAGES):
        # The answers go to the customer's page, which CORS allows by name.
        headers["cross-origin-resource-policy"] = "cross-origin"
    if path.startswith(("/api/", "/healthz", "/readyz", "/metrics")):
        headers["cache-control"] = "no-store"
    return headers


class SiteCors:
    """CORS for the visitor's calls, for call connections and for ``widget.js``; for sites' origins alone.

    No credentials are ever allowed: visitors send tokens, not cookies, so a foreign page has nothing to ride on.
    """

    def __init__(self, app: ASGIApp, *, is_allowed: OriginCheck) -> None:
        self.app = app
        self._is_allowed = is_allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        if scope["type"] != "http" or not (path.startswith(_FROM_OTHER_PAGES) or path in _WIDGET_FILES):
            await self.app(scope, receive, send)
            return
        request = Headers(scope=scope)
        origin = request.get("origin")
        allowed = origin is not None and await self._is_allowed(origin)
        if scope["method"] == "OPTIONS" and "access-control-request-method" in request:
            await _preflight(origin if allowed else None)(scope, receive, send)
            return

        async def send_with_cors(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin")
                if allowed and origin is not None:
                    headers["access-control-allow-origin"] = origin
                    headers["access-control-expose-headers"] = _EXPOSED_HEADERS
            await send(message)

        await self.app(scope, receive, send_with_cors)


def _preflight(origin: str | None) -> Response:
    headers = {"vary": "Origin"}
    if origin is not None:
        headers |= {
            "access-control-allow-origin": origin,
            "access-control-allow-methods": _ALLOWED_METHODS,
            "access-control-allow-headers": _ALLOWED_HEADERS,
            "access-control-max-age": "600",
        }
    # A refused preflight is not an error for us: without the headers the browser itself stops the call.
    return Response(status_code=204, headers=headers)
