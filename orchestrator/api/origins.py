"""Where a request comes from, as the browser tells it, and which origins count as whose."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from orchestrator.application.sites import Sites

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_CACHE_SECONDS = 5.0
_DEFAULT_PORTS = {"http": 80, "https": 443}


def is_safe(connection: HTTPConnection) -> bool:
    """Whether the method changes nothing. A socket counts as changing."""
    return connection.scope.get("method") in _SAFE_METHODS


def own_origin(connection: HTTPConnection) -> str:
    """The origin of this service as the client addressed it."""
    scheme = {"ws": "http", "wss": "https"}.get(connection.url.scheme, connection.url.scheme)
    return normal(f"{scheme}://{connection.headers.get('host', '')}")


def is_own(connection: HTTPConnection, origin: str, public_url: str | None) -> bool:
    """Whether an origin is this service's."""
    return normal(origin) in {own_origin(connection), normal(public_url or "")} - {""}


def page_origin(connection: HTTPConnection) -> str | None:
    """The origin of the page that made the request.

    Browsers name it in every request across origins and in every one that changes something. They leave it out
    of a GET to the page's own origin only, so there a missing one means: this very origin.
    """
    origin = connection.headers.get("origin")
    if origin is None and is_safe(connection):
        return own_origin(connection)
    return origin


def normal(origin: str) -> str:
    """``scheme://host[:port]`` in lower case and without a default port; empty for anything else (``null``)."""
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return ""
    if not parts.scheme or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    suffix = "" if port is None or port == _DEFAULT_PORTS.get(parts.scheme) else f":{port}"
    return f"{parts.scheme}://{host}{suffix}"


class SiteOrigins:
    """The origins of all sites, read again every few seconds: preflights come often and carry no token."""

    def __init__(self, sites: Sites) -> None:
        self._sites = sites
        self._known: frozenset[str] = frozenset()
        self._read_at = float("-inf")

    async def __call__(self, origin: str) -> bool:
        if time.monotonic() - self._read_at > _CACHE_SECONDS:
            await self.refresh()
        return normal(origin) in self._known

    async def refresh(self) -> None:
        """Read them now (a site was just added)."""
        sites = await self._sites.list()
        self._known = frozenset(normal(origin) for site in sites for origin in site.allowed_origins) - {""}
        self._read_at = time.monotonic()
