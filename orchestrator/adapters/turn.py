"""Credentials for a TURN server that last as long as a call may, in the convention of coturn's REST interface
(draft-uberti-behave-turn-rest-00): the user name says until when, the password is its HMAC under a shared secret.

So no lasting password is in any page, and the TURN server needs no list of users.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import cast

from orchestrator.application.ports import Clock
from orchestrator.application.records import Json

LASTS = timedelta(hours=6)
"""A TURN allocation is renewed with the credentials it was made with, so they outlast any call."""


class IceServers:
    """The STUN and TURN servers that are given to browsers."""

    def __init__(self, servers: Sequence[Mapping[str, object]], secret: str | None, clock: Clock) -> None:
        """``secret``: shared with the TURN servers (coturn's ``static-auth-secret``); None: credentials are given as
        they stand in ``servers``.
        """
        self._servers = servers
        self._secret = secret or None  # set, but empty, as compose files have it
        self._clock = clock

    def __call__(self, subject: str) -> list[Json]:
        """Servers as `RTCIceServer`, for one person. ``subject`` is in the user name, for the TURN server's log."""
        return [
            {**server, "urls": _urls(server), **self._credentials(server, subject)}
            for server in self._servers
        ]

    def _credentials(self, server: Mapping[str, object], subject: str) -> Json:
        if self._secret is None or "credential" in server or not _is_turn(server):
            return {}
        until = self._clock.now() + LASTS
        username = f"{int(until.timestamp())}:{subject}"
        # SHA-1 is the convention's; an HMAC does not need its collision resistance.
        mac = hmac.new(self._secret.encode(), username.encode(), hashlib.sha1).digest()
        return {"username": username, "credential": base64.b64encode(mac).decode()}


def _urls(server: Mapping[str, object]) -> list[str]:
    """`RTCIceServer` has one, or a list of them."""
    match server.get("urls"):
        case list() | tuple() as urls:
            return [str(url) for url in cast("Sequence[object]", urls)]
        case url:
            return [str(url)]


def _is_turn(server: Mapping[str, object]) -> bool:
    return any(url.startswith(("turn:", "turns:")) for url in _urls(server))
