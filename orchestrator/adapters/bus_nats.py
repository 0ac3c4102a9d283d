"""Hints between processes, over NATS.

Within a process they go directly; NATS carries them to the others, and only those that somebody there listens to.
Nothing is kept by it: a listener is woken once it cannot miss anything any more, and again after every interruption,
because what happened before is in the store.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import structlog
from nats.aio.msg import Msg
from pydantic_core import from_json, to_json

from orchestrator.adapters.bus import InProcessBus
from orchestrator.adapters.nats_connection import NatsConnection
from orchestrator.application.notify import TIMER_TOPIC, WORK_TOPIC
from orchestrator.application.records import Json

log = structlog.get_logger(__name__)

NEAR = frozenset({WORK_TOPIC, TIMER_TOPIC})
"""What the process that decided it does itself: the others would only compete for it. What a dead process leaves
undone is found by looking (`run_effects`, `timers`)."""

_NO_TOKEN = re.compile(r"[^A-Za-z0-9:_-]")


class NatsBus(InProcessBus):
    """See `ports.Bus`. ``connection`` is started and stopped by whoever made it."""

    def __init__(self, connection: NatsConnection) -> None:
        super().__init__()
        self._connection = connection
        # Without it, a hint of another process would never come.
        connection.while_away(self.wake_all)

    async def publish(self, streams: Iterable[str]) -> None:
        streams = list(streams)
        await super().publish(streams)
        for stream in streams:
            if stream not in NEAR:
                await self._connection.send(self._subject(stream))

    async def publish_ephemeral(self, stream: str, frame: Json) -> None:
        await super().publish_ephemeral(stream, frame)
        if stream not in NEAR:
            await self._connection.send(self._subject(stream), to_json(frame))

    def _first(self, stream: str) -> None:
        if stream in NEAR:
            return

        async def receive(message: Msg) -> None:
            if not message.data:
                self.wake(stream)
                return
            try:
                frame = from_json(message.data)
            except ValueError:
                frame = None
            if isinstance(frame, dict):
                self.wake(stream, frame)
            else:
                log.warning("bus.unreadable", bytes=len(message.data))

        self._connection.listen(self._subject(stream), receive, held=lambda: self.wake(stream))

    def _last(self, stream: str) -> None:
        self._connection.ignore(self._subject(stream))

    def _subject(self, stream: str) -> str:
        # NATS reads dots, stars and blanks; names of ours have none, but nothing may depend on that.
        token = _NO_TOKEN.sub(lambda found: f"={ord(found[0]):x}=", stream)
        return f"{self._connection.address.prefix}.hint.{token}"
