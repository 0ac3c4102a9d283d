"""Streams of frames: what a socket sends, resumed by sequence number, rendered when it is read."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Self, cast

from orchestrator.application.agent_views import agent_status
from orchestrator.application.hearing import Hearing
from orchestrator.application.inbox import count_open
from orchestrator.application.notify import BOT_TOPIC, INBOX_TOPIC, agent_stream, queue_topic, visitor_stream
from orchestrator.application.ports import Bus, Clock, Ids, Policies, Store, Subscription, Transaction
from orchestrator.application.presence import Presence
from orchestrator.application.records import FeedEntry, Json
from orchestrator.application.revisions.follower import LIVE_TOPIC
from orchestrator.application.views import Views, message_view
from orchestrator.domain.conversation import Conversation

BATCH = 200
REFRESH_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=10)
NEAR = 20
"""So many at the head of a line see every second what moves; who is further behind, more seldom."""


class Streams:
    def __init__(
        self,
        store: Store,
        bus: Bus,
        clock: Clock,
        ids: Ids,
        policies: Policies,
        views: Views,
        presence: Presence,
    ) -> None:
        self._parts = _Parts(store, bus, clock, ids, policies, views, presence)
        self._open: set[FrameStream] = set()

    def visitor(self, visitor_id: str, *, after: int = 0) -> FrameStream:
        """Frames of `VisitorFrame`."""
        return VisitorStream(self._parts, self._open, visitor_id, after)

    def agent(self, agent_id: str, *, after: int = 0, can_video: bool = True) -> FrameStream:
        """Frames of `AgentFrame`. ``can_video``: what this browser of the agent can do."""
        return AgentStream(self._parts, self._open, agent_id, after, can_video=can_video)

    async def stop(self) -> None:
        """End every stream: their loops come to an end and the sockets are closed."""
        for stream in list(self._open):
            stream.end()


class _Parts:
    def __init__(
        self,
        store: Store,
        bus: Bus,
        clock: Clock,
        ids: Ids,
        policies: Policies,
        views: Views,
        presence: Presence,
    ) -> None:
        self.store = store
        self.bus = bus
        self.clock = clock
        self.ids = ids
        self.policies = policies
        self.views = views
        self.presence = presence


class FrameStream(ABC):
    """``async with streams.visitor(…) as stream: async for frame in stream: …``

    The first frame is ``welcome``; then everything after ``after`` in order, then what happens, until the service
    stops. Entering notes the socket (the first one of a person makes the conversation's *Reconnected* event),
    leaving forgets it (the last one makes *Disconnected*). Pings, timeouts and hellos are the API's.
    """

    def __init__(self, parts: _Parts, opened: set[FrameStream], stream: str, after: int) -> None:
        self._parts = parts
        self._opened = opened
        self._stream = stream
        self._after = after
        self._socket_id = parts.ids.new("s")
        self._subscription: Subscription | None = None
        self._ended = False

    async def alive(self) -> None:
        """The client answered a ping."""
        return

    @abstractmethod
    async def _came(self) -> None: ...

    @abstractmethod
    async def _left(self) -> None: ...

    @abstractmethod
    async def _render(self, tx: Transaction, entry: FeedEntry, live: _Snapshots) -> Json | None: ...

    async def _refresh(self, tx: Transaction, live: _Snapshots) -> list[Json]:
        """Frames about what changes without an entry of this stream: the place in a waiting line."""
        return []

    def _pause(self) -> timedelta:
        """How long after a refresh the next one may come: hints in between are one."""
        return timedelta(0)

    async def __aenter__(self) -> Self:
        # Listening comes first: what happens between reading and listening must not be missed.
        self._subscription = self._parts.bus.subscribe(self._stream)
        self._opened.add(self)
        try:
            await self._came()
        except BaseException:
            self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
        # Shielded: a socket that is cancelled must not be counted as there for ever.
        await asyncio.shield(asyncio.ensure_future(self._left()))

    def _close(self) -> None:
        self._opened.discard(self)
        if self._subscription is not None:
            self._subscription.close()

    def end(self) -> None:
        """The loop over this stream comes to an end."""
        self._ended = True
        if self._subscription is not None:
            self._subscription.close()

    async def __aiter__(self) -> AsyncIterator[Json]:
        subscription = self._subscription
        if subscription is None:
            raise RuntimeError("enter the stream first")
        async with self._parts.store.transaction(read_only=True) as tx:
            head = await tx.feed.head(self._stream)
        resumed = self._after > 0
        # A number from another life of the database: start over rather than wait for it to be reached.
        self._after = self._after if self._after <= head else 0
        yield {"type": "welcome", "seq": head, "server_time": self._parts.clock.now()}
        # Hints are not kept: who resumes may have missed one.
        refresh_at = self._parts.clock.now() if resumed else None
        rests_until = self._parts.clock.now()
        hearing = Hearing(subscription, self._parts.clock)
        try:
            while not self._ended:
                now = self._parts.clock.now()
                due = refresh_at is not None and refresh_at <= now
                frames, more = await self._read(due)
                for frame in frames:
                    yield frame
                if due:
                    refresh_at, rests_until = None, now + self._pause()
                if more or self._ended:
                    continue
                for frame in await hearing.hear(refresh_at):
                    if frame.get("type") == "refresh":
                        refresh_at = refresh_at or rests_until
                    else:
                        yield frame
        finally:
            hearing.close()

    async def _read(self, refresh: bool) -> tuple[list[Json], bool]:
        """The frames after the last one, and whether there are more."""
        async with self._parts.store.transaction(read_only=True) as tx:
            entries = await tx.feed.after(self._stream, self._after, limit=BATCH)
            live = _Snapshots(self._parts, tx)
            frames = [
                frame
                for entry in newest_views(entries)
                for frame in (await self._render(tx, entry, live),)
                if frame is not None
            ]
            if entries:
                self._after = entries[-1].seq
            if refresh:
                frames += await self._refresh(tx, live)
        return frames, len(entries) == BATCH


def newest_views(entries: Sequence[FeedEntry]) -> list[FeedEntry]:
    """Without the views that a later one in the same batch replaces: they would be rendered the same."""
    last: dict[tuple[str, str], int] = {}
    for entry in entries:
        if entry.kind in ("conversation", "agent"):
            last[(entry.kind, entry.conversation_id)] = entry.seq
    return [
        entry
        for entry in entries
        if entry.kind not in ("conversation", "agent")
        or last[(entry.kind, entry.conversation_id)] == entry.seq
    ]


class _Snapshots:
    """Conversations read once per batch, with the policies they are rendered by."""

    def __init__(self, parts: _Parts, tx: Transaction) -> None:
        self._parts = parts
        self._tx = tx
        self._known: dict[str, Conversation | None] = {}

    async def get(self, conversation_id: str) -> Conversation | None:
        if conversation_id not in self._known:
            loaded = await self._tx.conversations.load(conversation_id)
            self._known[conversation_id] = loaded.conversation if loaded is not None else None
        return self._known[conversation_id]

    async def visitor_view(self, conversation: Conversation) -> Json:
        return await self._parts.views.visitor_conversation(
            self._tx,
            conversation,
            pinned=await self._parts.policies.pinned(conversation.policy_revision, self._tx),
            live=self._parts.policies.live,
            now=self._parts.clock.now(),
        )

    async def queue_view(self, conversation: Conversation) -> Json | None:
        return await self._parts.views.queue(
            self._tx, conversation, self._parts.policies.live, self._parts.clock.now()
        )

    async def agent_view(self, conversation: Conversation, agent_id: str) -> Json:
        return await self._parts.views.agent_conversation(
            self._tx,
            conversation,
            agent_id,
            pinned=await self._parts.policies.pinned(conversation.policy_revision, self._tx),
            live=self._parts.policies.live,
            now=self._parts.clock.now(),
        )

    async def invitation(self, conversation: Conversation, agent_id: str) -> Json | None:
        return await self._parts.views.invitation(
            self._tx,
            conversation,
            agent_id,
            pinned=await self._parts.policies.pinned(conversation.policy_revision, self._tx),
            live=self._parts.policies.live,
            now=self._parts.clock.now(),
        )


async def _message_frame(tx: Transaction, entry: FeedEntry) -> Json | None:
    message = await tx.messages.get(entry.ref)
    if message is None:
        return None
    return {"type": "message", "seq": entry.seq, "message": message_view(message)}


class VisitorStream(FrameStream):
    def __init__(self, parts: _Parts, opened: set[FrameStream], visitor_id: str, after: int) -> None:
        super().__init__(parts, opened, visitor_stream(visitor_id), after)
        self._visitor_id = visitor_id
        self._waiting_in: tuple[str, str] | None = None
        self._shown: Json | None = None

    async def _came(self) -> None:
        if self._subscription is not None:
            self._subscription.add(BOT_TOPIC)
        await self._parts.presence.visitor_came(self._visitor_id, self._socket_id)
        async with self._parts.store.transaction(read_only=True) as tx:
            conversation = await tx.conversations.open_of_visitor(self._visitor_id)
        if conversation is not None:
            self._follow_line(conversation)

    async def _left(self) -> None:
        await self._parts.presence.visitor_left(self._visitor_id, self._socket_id)

    async def _render(self, tx: Transaction, entry: FeedEntry, live: _Snapshots) -> Json | None:
        if entry.kind == "message":
            return await _message_frame(tx, entry)
        conversation = await live.get(entry.conversation_id)
        if entry.kind != "conversation" or conversation is None:
            return None
        self._follow_line(conversation)
        return {
            "type": "conversation",
            "seq": entry.seq,
            "conversation": await self._view(live, conversation),
        }

    async def _refresh(self, tx: Transaction, live: _Snapshots) -> list[Json]:
        if self._waiting_in is None:
            return []
        conversation = await live.get(self._waiting_in[1])
        if conversation is None or conversation.queue is None:
            return []
        if await live.queue_view(conversation) == self._shown:
            return []
        view = await self._view(live, conversation)
        return [{"type": "conversation", "seq": self._after, "conversation": view}]

    async def _view(self, live: _Snapshots, conversation: Conversation) -> Json:
        view = await live.visitor_view(conversation)
        shown = view["queue"]
        self._shown = cast("Json", shown) if isinstance(shown, dict) else None
        return view

    def _pause(self) -> timedelta:
        position = self._shown["position"] if self._shown is not None else 1
        behind = position / NEAR if isinstance(position, int) else 1.0
        return min(LONGEST_PAUSE, max(1.0, behind) * REFRESH_PAUSE)

    def _follow_line(self, conversation: Conversation) -> None:
        """While the visitor waits, hear of every move of the line: the position and the wait are live (V7)."""
        if self._subscription is None:
            return
        topic = queue_topic(conversation.queue.group) if conversation.queue is not None else None
        old = self._waiting_in[0] if self._waiting_in is not None else None
        if old is not None and old != topic:
            self._subscription.remove(old)
        if topic is not None and old != topic:
            self._subscription.add(topic)
        self._waiting_in = (topic, conversation.id) if topic is not None else None


class AgentStream(FrameStream):
    def __init__(
        self, parts: _Parts, opened: set[FrameStream], agent_id: str, after: int, *, can_video: bool
    ) -> None:
        super().__init__(parts, opened, agent_stream(agent_id), after)
        self._agent_id = agent_id
        self._can_video = can_video
        self._revision = parts.policies.live.revision

    async def _came(self) -> None:
        if self._subscription is not None:
            self._subscription.add(INBOX_TOPIC)
            self._subscription.add(LIVE_TOPIC)
        await self._parts.presence.agent_came(self._agent_id, self._socket_id, can_video=self._can_video)

    async def _left(self) -> None:
        await self._parts.presence.agent_left(self._agent_id, self._socket_id)

    async def alive(self) -> None:
        await self._parts.presence.agent_seen(self._agent_id)

    async def _render(self, tx: Transaction, entry: FeedEntry, live: _Snapshots) -> Json | None:
        match entry.kind:
            case "message":
                return await _message_frame(tx, entry)
            case "agent":
                live_policy, now = self._parts.policies.live, self._parts.clock.now()
                status = await agent_status(tx, self._agent_id, live_policy, now)
                return {"type": "agent", "seq": entry.seq, **status}
            case "invitation_ended":
                return {
                    "type": "invitation_ended",
                    "seq": entry.seq,
                    "invitation_id": entry.ref,
                    "conversation_id": entry.conversation_id,
                    "reason": entry.detail,
                }
            case "invitation" | "conversation":
                return await self._of_conversation(entry, live)

    async def _refresh(self, tx: Transaction, live: _Snapshots) -> list[Json]:
        frames: list[Json] = [{"type": "inbox", "open": await count_open(tx, self._agent_id)}]
        policy = self._parts.policies.live
        if policy.revision != self._revision:
            # Groups and capacities may be others.
            self._revision = policy.revision
            status = await agent_status(tx, self._agent_id, policy, self._parts.clock.now())
            frames.append({"type": "agent", "seq": self._after, **status})
        return frames

    async def _of_conversation(self, entry: FeedEntry, live: _Snapshots) -> Json | None:
        conversation = await live.get(entry.conversation_id)
        if conversation is None:
            return None
        if entry.kind == "conversation":
            view = await live.agent_view(conversation, self._agent_id)
            return {"type": "conversation", "seq": entry.seq, "conversation": view}
        invitation = await live.invitation(conversation, self._agent_id)
        if invitation is None or invitation["id"] != entry.ref:
            # It is over already: its end comes later in this stream, and ends nothing that was shown.
            return None
        return {"type": "invitation", "seq": entry.seq, "invitation": invitation}
