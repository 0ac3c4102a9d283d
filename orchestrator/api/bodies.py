"""Refuses bodies that are too large, before they are read and also while they are: a length header may lie."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator.api.problems import problem

MAX_BODY_BYTES = 128 * 1024
MAX_SDP_BYTES = 64 * 1024
MAX_POLICY_BYTES = 2 * 1024 * 1024
"""A set of files (`revisions.records.LARGEST_SET`) as JSON."""


class _TooLargeError(Exception):
    """Raised inside of `receive`, to get out of whatever is reading the body."""


class BodyLimit:
    """``/api/calls`` takes session descriptions, drafts of policies are whole folders, everything else is JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = _limit(scope["path"])
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


def _limit(path: str) -> int:
    if path.startswith("/api/calls/"):
        return MAX_SDP_BYTES
    return MAX_POLICY_BYTES if path.startswith("/api/admin/policies/drafts") else MAX_BODY_BYTES


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0
