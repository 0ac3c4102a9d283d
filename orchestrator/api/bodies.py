"""Refuses bodies that are too large, before they are read and also while they are: a length header may lie."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator.api.problems import problem

MAX_BODY_BYTES = 128 * 1024
MAX_SDP_BYTES = 64 * 1024


class _TooLargeError(Exception):
    """Raised inside of `receive`, to get out of whatever is reading the body."""


class BodyLimit:
    """``/api/calls`` takes session descriptions, everything else JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = MAX_SDP_BYTES if scope["path"].startswith("/api/calls/") else MAX_BODY_BYTES
        seen = 0
        exceeded = started = False

        async def counted_receive() -> Message:
            nonlocal seen, exceeded
            message = await receive()
            if message["type"] == "http.request":
                seen += len(message.get("body", b""))
                if seen > limit:
                    exceeded = True
                    raise _TooLargeError
            return message

        async def watched_send(message: Message) -> None:
            nonlocal started
            if exceeded and not started:
                return  # what was made of our exception below (a 400 or a 500) is not the reason
            started = True
            await send(message)

        if _declared(scope) > limit:
            exceeded = True
        else:
            try:
                await self.app(scope, counted_receive, watched_send)
            except Exception:
                if not exceeded:
                    raise
        if exceeded and not started:
            detail = f"The request may have {limit // 1024} KiB at most."
            # The rest of the body is still on its way: the connection cannot be used for another request.
            await problem(413, detail=detail, headers={"connection": "close"})(scope, receive, send)


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0
