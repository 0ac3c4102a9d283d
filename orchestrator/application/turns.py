"""Requests that wait while others are served, and are then served together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, Protocol, TypeVar

TOGETHER = 16
"""So many are served at once at most: while they are being stored, the next ones are decided."""
SIDE_BY_SIDE = 4
"""So many groups are under way at once."""


class Request(Protocol):
    @property
    def over(self) -> bool:
        """Nobody waits for it any more."""
        ...

    @property
    def sociable(self) -> bool:
        """Whether it may be served together with others."""
        ...


R = TypeVar("R", bound=Request)


class Turns(Generic[R]):
    """``serve`` is given those whose turn it is, in a task of its own: whoever waits may go away meanwhile."""

    def __init__(self, serve: Callable[[Sequence[R]], Awaitable[None]]) -> None:
        self._serve = serve
        self._waiting: deque[R] = deque()
        self._under_way: set[asyncio.Task[None]] = set()
        self._begins = False

    def add(self, request: R) -> None:
        """It is served soon."""
        self._waiting.append(request)
        if not self._begins:
            # A moment later: who comes in the same moment comes along.
            self._begins = True
            asyncio.get_running_loop().call_soon(self._begin)

    def _begin(self) -> None:
        self._begins = False
        while self._waiting and len(self._under_way) < SIDE_BY_SIDE:
            taken = self._take()
            if taken:
                task = asyncio.get_running_loop().create_task(self._go(taken), name="turn")
                self._under_way.add(task)
                task.add_done_callback(self._ended)

    async def _go(self, requests: Sequence[R]) -> None:
        await self._serve(requests)

    def _take(self) -> list[R]:
        taken: list[R] = []
        while self._waiting and len(taken) < TOGETHER:
            first = self._waiting[0]
            if first.over:  # before anything was begun
                self._waiting.popleft()
            elif first.sociable:
                taken.append(self._waiting.popleft())
            else:
                return taken or [self._waiting.popleft()]
        return taken

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._begin()
