"""Hints within one process."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

from orchestrator.application.notify import QUEUE_TOPIC
from orchestrator.application.records import Json

MOST_FRAMES = 100
REFRESH: Json = {"type": "refresh"}


class InProcessBus:
    """Wakes subscribers of this process. Nothing is kept for those who are not there."""

    def __init__(self) -> None:
        self._subscribers: dict[str, set[InProcessSubscription]] = {}

    async def publish(self, streams: Iterable[str]) -> None:
        for stream in streams:
            frame = REFRESH if stream.startswith(QUEUE_TOPIC) else None
            for subscriber in list(self._subscribers.get(stream, ())):
                subscriber.wake(frame)

    async def publish_ephemeral(self, stream: str, frame: Json) -> None:
        for subscriber in list(self._subscribers.get(stream, ())):
            subscriber.wake(frame)

    def subscribe(self, *streams: str) -> InProcessSubscription:
        subscription = InProcessSubscription(self._subscribers)
        for stream in streams:
            subscription.add(stream)
        return subscription


class InProcessSubscription:
    """See `ports.Subscription`."""

    def __init__(self, registry: dict[str, set[InProcessSubscription]]) -> None:
        self._registry = registry
        self._streams: set[str] = set()
        self._woken = asyncio.Event()
        # Bounded: a socket that does not read loses typing hints, not memory.
        self._frames: deque[Json] = deque(maxlen=MOST_FRAMES)
        self._closed = False

    def wake(self, frame: Json | None) -> None:
        if frame is not None and (frame is not REFRESH or REFRESH not in self._frames):
            self._frames.append(frame)
        self._woken.set()

    async def wait(self) -> list[Json]:
        if not self._closed:
            await self._woken.wait()
            self._woken.clear()
        frames = list(self._frames)
        self._frames.clear()
        return frames

    def add(self, stream: str) -> None:
        if not self._closed:
            self._streams.add(stream)
            self._registry.setdefault(stream, set()).add(self)

    def remove(self, stream: str) -> None:
        self._streams.discard(stream)
        listeners = self._registry.get(stream)
        if listeners is not None:
            listeners.discard(self)
            if not listeners:
                del self._registry[stream]

    def close(self) -> None:
        """Listen to nothing any more; whoever waits returns."""
        for stream in list(self._streams):
            self.remove(stream)
        self._closed = True
        self._woken.set()
