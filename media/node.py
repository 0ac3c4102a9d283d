"""The façade: rooms by id, connections by id, and one slow clock for all of them.

Knows rooms and participants, nothing of conversations. All methods must be called on the event loop on which
:meth:`MediaNode.start` ran.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Final

from media.config import MediaConfig
from media.echo import Echo
from media.errors import (
    JoinSuperseded,
    MediaError,
    NodeClosed,
    TooManyChecks,
    TooManyRooms,
    UnknownConnection,
    UnknownRoom,
)
from media.events import MediaEvent, ParticipantConnected, ParticipantDropped, ParticipantLeft, RoomClosed
from media.fast import fast_problems
from media.negotiation import negotiate
from media.participant import Participant, ParticipantHandlers
from media.policy import Role, RoomPolicy, Source
from media.room import Room
from media.sdp import parse_fragment
from media.shapes import check_hooks
from media.stats import RoomStats
from media.trial import try_fast

logger = logging.getLogger(__name__)

TICK: Final = 0.5
"""Seconds between two looks at silent participants and empty rooms."""


class MediaNode:
    """All rooms of one process."""

    def __init__(
        self,
        config: MediaConfig,
        on_event: Callable[[MediaEvent], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing happens before :meth:`start`.

        :param on_event: called on the event loop; must not block, and may call back into the node.
        """
        self._config = config
        self._on_event = on_event
        self._clock = clock
        self._rooms: dict[str, Room] = {}
        self._echoes: dict[str, Echo] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._ticker: asyncio.Task[None] | None = None
        self._running = False

    async def start(self) -> None:
        """Check the hooks into aiortc, then accept rooms.

        :raises HookMismatch: when the installed aiortc is not one this was written for.
        """
        if self._running:
            return
        check_hooks()
        if self._config.fast:
            problems = await fast_problems(try_fast)
            if problems:
                logger.error("Media packets take the slower way, not the fast one: %s", "; ".join(problems))
                self._config = replace(self._config, fast=False)
        self._running = True
        self._ticker = asyncio.create_task(self._tick(), name="media-tick")

    def open_room(self, room_id: str, policy: RoomPolicy) -> None:
        """Open a room. For one that is open already this is :meth:`restrict`.

        :raises TooManyRooms: at the configured bound.
        :raises NodeClosed: before start and after close.
        """
        if not self._running:
            raise NodeClosed("the media node is not running")
        room = self._rooms.get(room_id)
        if room is not None:
            room.restrict(policy)
            return
        if len(self._rooms) >= self._config.max_rooms:
            raise TooManyRooms(f"this media node already holds {self._config.max_rooms} rooms")
        self._rooms[room_id] = Room(
            room_id, policy, self._config, emit=self._emit, spawn=self._spawn, clock=self._clock
        )

    async def join(self, room_id: str, *, role: Role, connection_id: str, offer_sdp: str) -> str:
        """Connect a participant; a connection the same participant has is replaced.

        :return: the answer, with all candidates of the server.
        :raises UnknownRoom: when the room is not open, or was closed meanwhile.
        :raises NegotiationError: when the offer cannot be accepted.
        :raises RoomFull: when too many connections are being set up in this room.
        :raises NoTransport: when no UDP port is free.
        :raises JoinSuperseded: when the participant joined again meanwhile.
        """
        room = self._room(room_id)
        plan = negotiate(offer_sdp, role, room.policy)  # before anything is allocated
        holder = room.find(connection_id)
        if holder is not None and holder.role is not role:
            raise MediaError(f"the connection id is in use by the {holder.role}")
        ticket = room.begin_join(role)
        member: Participant | None = None
        try:
            member = self._participant(room, connection_id, plan)
            await member.gather()
            if room.closed:
                raise UnknownRoom("the room was closed while the connection was being set up")
            if not room.is_latest(role, ticket):
                raise JoinSuperseded("a newer connection of the same participant arrived")
            # The rule may have been tightened while candidates were gathered.
            member.plan = negotiate(offer_sdp, role, room.policy)
            answer = member.answer()
        except BaseException:
            if member is not None:
                self._spawn(member.close())
            raise
        finally:
            room.end_join()
        replaced = room.admit(member)
        if replaced is not None:
            self._spawn(replaced.close())
        member.start()
        return answer

    async def check_network(self, check_id: str, offer_sdp: str) -> str:
        """Send a client back what it sends (:mod:`media.echo`), until it hangs up or the time for a check is over.

        An earlier check of the same id is ended.

        :return: the answer, with all candidates of the server.
        :raises NegotiationError: when the offer cannot be accepted.
        :raises TooManyChecks: at the configured bound.
        :raises NoTransport: when no UDP port is free.
        :raises NodeClosed: before start and after close.
        """
        if not self._running:
            raise NodeClosed("the media node is not running")
        plan = negotiate(offer_sdp, Role.VISITOR, RoomPolicy())
        if (earlier := self._echoes.pop(check_id, None)) is not None:
            self._spawn(earlier.close())
        if len(self._echoes) >= self._config.max_checks:
            raise TooManyChecks(f"{self._config.max_checks} network checks are under way; try again shortly")

        def gone(echo: Echo) -> None:
            if self._echoes.get(check_id) is echo:
                del self._echoes[check_id]
                self._spawn(echo.close())

        echo = Echo(check_id, plan, self._config, spawn=self._spawn, on_lost=gone, clock=self._clock)
        self._echoes[check_id] = echo
        try:
            return await echo.open()
        except BaseException:
            gone(echo)
            raise

    async def add_candidates(self, room_id: str, connection_id: str, sdp_fragment: str) -> None:
        """Take candidates trickled by the client: a body of `application/trickle-ice-sdpfrag` (RFC 8840).

        :raises UnknownRoom, UnknownConnection, NegotiationError:
        """
        room = self._room(room_id)
        fragment = parse_fragment(sdp_fragment)
        member = room.find(connection_id)
        if member is None:
            raise UnknownConnection("no such connection in this room")
        await member.add_candidates(fragment)

    async def leave(self, room_id: str, connection_id: str) -> None:
        """End a connection on purpose. Unknown ones are ignored, so that leaving twice is harmless."""
        room = self._rooms.get(room_id)
        member = room.find(connection_id) if room is not None else None
        if room is None or member is None:
            return
        room.remove(member, left=True)
        self._emit(ParticipantLeft(room_id, member.role, connection_id))
        await self._closed(member)

    def restrict(self, room_id: str, policy: RoomPolicy) -> None:
        """Tighten a room's rules: when this returns, nothing that they forbid is forwarded any more. A looser rule is
        for the next room and changes nothing here.

        :raises UnknownRoom:
        """
        self._room(room_id).restrict(policy)

    def turn(self, room_id: str, role: Role, source: Source, on: bool) -> None:
        """A participant turned a source on or off. A forbidden one stays off.

        :raises UnknownRoom:
        """
        self._room(room_id).turn(role, source, on)

    def hold(self, room_id: str, on: bool) -> None:
        """Forward nothing in either direction while the conversation's state wants none; off: go on as before.

        :raises UnknownRoom:
        """
        self._room(room_id).hold(on)

    async def close_room(self, room_id: str) -> None:
        """Disconnect everybody and forget the room. Unknown rooms are ignored."""
        room = self._rooms.pop(room_id, None)
        if room is None:
            return
        members = room.close()
        self._emit(RoomClosed(room_id))
        for member in members:
            await self._closed(member)

    async def close(self) -> None:
        """Close every room and free everything."""
        self._running = False
        if self._ticker is not None:
            self._ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticker
            self._ticker = None
        for room_id in list(self._rooms):
            await self.close_room(room_id)
        for check_id in list(self._echoes):
            await self._echoes.pop(check_id).close()
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def room_stats(self, room_id: str) -> RoomStats:
        """Counters of a room."""
        return self._room(room_id).stats()

    @property
    def fast(self) -> bool:
        """Whether the fast mode was asked for and works here."""
        return self._running and self._config.fast

    @property
    def check_count(self) -> int:
        """Network checks under way."""
        return len(self._echoes)

    @property
    def room_count(self) -> int:
        """Open rooms."""
        return len(self._rooms)

    def _room(self, room_id: str) -> Room:
        if not self._running:
            raise NodeClosed("the media node is not running")
        room = self._rooms.get(room_id)
        if room is None:
            raise UnknownRoom("no such room is open on this media node")
        return room

    def _participant(self, room: Room, connection_id: str, plan: Any) -> Participant:
        def on_connected(member: Participant) -> None:
            self._emit(ParticipantConnected(room.room_id, member.role, member.connection_id))
            room.on_connected(member)

        def on_lost(member: Participant) -> None:
            if room.remove(member, left=False):
                self._emit(ParticipantDropped(room.room_id, member.role, member.connection_id))
                self._spawn(member.close())

        return Participant(
            connection_id=connection_id,
            plan=plan,
            config=self._config,
            handlers=ParticipantHandlers(room.on_rtp, room.on_rtcp, on_connected, on_lost),
            clock=self._clock,
        )

    async def _closed(self, member: Participant) -> None:
        """Close a connection and wait for it. Goes on to the end even if the caller gives up waiting."""
        with contextlib.suppress(Exception):  # logged by _finished
            await asyncio.shield(self._spawn(member.close()))

    def _emit(self, event: MediaEvent) -> None:
        try:
            self._on_event(event)
        except Exception:
            logger.exception("The media event handler failed")

    def _spawn(self, work: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("A media task failed", exc_info=error)

    async def _tick(self) -> None:
        last = self._clock()
        while True:
            await asyncio.sleep(TICK)
            now = self._clock()
            stalled = max(0.0, now - last - 2 * TICK)
            last = now
            for check_id, echo in list(self._echoes.items()):
                if now - echo.began > self._config.check_seconds:
                    del self._echoes[check_id]
                    self._spawn(echo.close())
            for room in list(self._rooms.values()):
                for member in list(room.members.values()):
                    # While this process stood still nobody could be heard; that is not the participant's
                    # silence.
                    member.last_heard = min(now, member.last_heard + stalled)
                    member.check_silence(now)
                if not stalled:
                    room.look(now)
                empty = room.empty_since
                if empty is not None and not room.joining and now - empty > self._config.empty_room_timeout:
                    await self.close_room(room.room_id)
