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
            self.wake(stream)

    async def publish_ephemeral(self, stream: str, frame: Json) -> None:
        self.wake(stream, frame)

    def subscribe(self, *streams: str) -> InProcessSubscription:
        subscription = InProcessSubscription(self)
        for stream in streams:
            subscription.add(stream)
        return subscription

    def wake(self, stream: str, frame: Json | None = None) -> None:
        """Give a hint, or a frame, to who listens in this process."""
        if frame == REFRESH or (frame is None and stream.startswith(QUEUE_TOPIC)):
            frame = REFRESH
        for subscriber in list(self._subscribers.get(stream, ())):
            subscriber.wake(frame)

    def wake_all(self) -> None:
        """Have everybody look for themselves."""
        for stream in list(self._subscribers):
            self.wake(stream)

    def join(self, stream: str, subscription: InProcessSubscription) -> None:
        """``subscription`` listens to ``stream``."""
        listeners = self._subscribers.get(stream)
        if listeners is None:
            self._subscribers[stream] = {subscription}
            self._first(stream)
        else:
            listeners.add(subscription)

    def leave(self, stream: str, subscription: InProcessSubscription) -> None:
        listeners = self._subscribers.get(stream)
        if listeners is not None:
            listeners.discard(subscription)
            if not listeners:
                del self._subscribers[stream]
                self._last(stream)

    def _first(self, stream: str) -> None:
        """Somebody listens to this stream now."""

    def _last(self, stream: str) -> None:
        """Nobody listens to this stream any more."""


class InProcessSubscription:
    """See `ports.Subscription`."""

    def __init__(self, bus: InProcessBus) -> None:
        self._bus = bus
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
        if not self._closed and stream not in self._streams:
            self._streams.add(stream)
            self._bus.join(stream, self)

    def remove(self, stream: str) -> None:
        if stream in self._streams:
            self._streams.discard(stream)
            self._bus.leave(stream, self)

    def close(self) -> None:
        """Listen to nothing any more; whoever waits returns."""
        for stream in list(self._streams):
            self.remove(stream)
        self._closed = True
        self._woken.set()
