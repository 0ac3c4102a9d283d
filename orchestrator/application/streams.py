"""Streams of frames: what a socket sends, resumed by sequence number, rendered when it is read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from orchestrator.application.records import Json


class FrameStream:
    """``async with streams.visitor(…) as stream: async for frame in stream: …``

    The first frame is ``welcome``; then everything after ``after`` in order, then what happens, for ever.
    Entering notes the socket (the first one of a person makes the conversation's *Reconnected* event), leaving
    forgets it (the last one makes *Disconnected*). Pings, timeouts and hellos are the API's.
    """

    async def __aenter__(self) -> Self:
        raise NotImplementedError

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        raise NotImplementedError

    def __aiter__(self) -> AsyncIterator[Json]:
        raise NotImplementedError


class Streams:
    def visitor(self, visitor_id: str, *, after: int = 0) -> FrameStream:
        """Frames of `VisitorFrame`."""
        raise NotImplementedError

    def agent(self, agent_id: str, *, after: int = 0, can_video: bool = True) -> FrameStream:
        """Frames of `AgentFrame`. ``can_video``: what this browser of the agent can do."""
        raise NotImplementedError
