"""Two people and what passes between them.

The run-loop invariant: **a datagram is dealt with to its end before the next one is looked at.** Everything
here runs on the event loop and nothing in the packet path waits: `on_rtp` and `on_rtcp` are plain functions
that answer with the one packet to send now, or with nothing. So a room holds no packet, needs no lock, and
when `set_policy` or `set_camera` has returned, no packet that the new rule forbids can still come out.

The camera rule is enforced here whatever was negotiated: the gate is looked at for every packet, before
anything else that could make a difference to the other side.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Final

from media.config import MediaConfig
from media.errors import RoomFull
from media.events import MediaEvent, MediaFlowing
from media.hooks import Forward
from media.keyframes import KeyframeLimiter
from media.participant import Participant
from media.policy import CameraPolicy, MediaKind, Role, RoomPolicy
from media.rewrite import HEADER_LENGTH, Drop, Flow
from media.rewrite_rtcp import keyframe_request, rewrite_rtcp
from media.stats import DirectionStats, RoomStats

MAX_JOINS: Final = 4
"""Connections being set up in one room at once; each binds sockets."""

Spawn = Callable[[Coroutine[Any, Any, object]], object]


class Room:
    """One call."""

    def __init__(
        self,
        room_id: str,
        policy: RoomPolicy,
        config: MediaConfig,
        *,
        emit: Callable[[MediaEvent], None],
        spawn: Spawn,
        clock: Callable[[], float],
    ) -> None:
        self.room_id = room_id
        self.policy = policy
        self.members: dict[Role, Participant] = {}
        self.empty_since: float | None = clock()
        self.closed = False
        self._emit = emit
        self._spawn = spawn
        self._clock = clock
        self._stats = {role: DirectionStats() for role in Role}
        self._flows: dict[Role, Flow | None] = dict.fromkeys(Role)
        """By sender: the table to the other side; None unless both sides are there."""
        self._camera: dict[Role, bool | None] = dict.fromkeys(Role)
        """What the participant last said about their camera; None: nothing yet."""
        self._open = {role: dict.fromkeys(MediaKind, True) for role in Role}
        self._limiters = {role: KeyframeLimiter(config.keyframe_interval) for role in Role}
        self._timers: dict[Role, asyncio.TimerHandle] = {}
        self._joins = 0
        self._latest_join: dict[Role, object] = {}
        self._apply_gates()

    # Joining and leaving

    def begin_join(self, role: Role) -> object:
        """Reserve a place for a connection being set up; :meth:`end_join` gives it back.

        :return: a ticket that stays the latest until the same participant tries again.
        """
        if self._joins >= MAX_JOINS:
            raise RoomFull(f"{MAX_JOINS} connections are already being set up in this room")
        self._joins += 1
        ticket = object()
        self._latest_join[role] = ticket
        return ticket

    def end_join(self) -> None:
        """The connection is set up, or failed."""
        self._joins -= 1

    @property
    def joining(self) -> bool:
        """Whether a connection is being set up."""
        return self._joins > 0

    def is_latest(self, role: Role, ticket: object) -> bool:
        """Whether no newer connection of the participant has begun to join."""
        return self._latest_join.get(role) is ticket

    def admit(self, member: Participant) -> Participant | None:
        """Make a connection the participant's current one.

        :return: the connection it replaces, which the caller closes.
        """
        replaced = self.members.get(member.role)
        self.members[member.role] = member
        self.empty_since = None
        if (timer := self._timers.pop(member.role, None)) is not None:
            timer.cancel()
        self._limiters[member.role].reset()
        self._connect_flows()
        return replaced

    def remove(self, member: Participant, *, left: bool) -> bool:
        """Take a connection out of the room.

        :param left: on purpose: then the camera is off again for the next time.
        :return: whether it was the participant's current one.
        """
        if self.members.get(member.role) is not member:
            return False
        del self.members[member.role]
        if left:
            self._camera[member.role] = None
            self._apply_gates()
        self._connect_flows()
        if not self.members:
            self.empty_since = self._clock()
        return True

    def find(self, connection_id: str) -> Participant | None:
        """The current connection with an id."""
        return next((m for m in self.members.values() if m.connection_id == connection_id), None)

    def on_connected(self, member: Participant) -> None:
        """The member can receive now: the other side's picture has to start with a keyframe."""
        if self.members.get(member.role) is member:
            self.want_keyframe(member.role.other)

    def close(self) -> list[Participant]:
        """Empty the room for good.

        :return: the connections, which the caller closes.
        """
        self.closed = True
        members = list(self.members.values())
        self.members.clear()
        self._flows = dict.fromkeys(Role)
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        return members

    def _connect_flows(self) -> None:
        """Build the tables anew after a change of either side."""
        for role in Role:
            source, sink = self.members.get(role), self.members.get(role.other)
            if source is None or sink is None:
                self._flows[role] = None
                if sink is not None:
                    sink.receiving.detach()
                continue
            flow = self._flows[role]
            if flow is not None and flow.receiving is sink.receiving and flow.source is source.plan:
                continue
            sink.receiving.detach()
            self._flows[role] = Flow(source.plan, sink.plan, sink.receiving)

    # Rules

    def set_policy(self, policy: RoomPolicy) -> None:
        """Tighten the rule at once; a looser one changes nothing (it is for the next room).

        A camera turned on under the old rule has to be turned on again under the new one.
        """
        tightened = self.policy.tightened_by(policy)
        if tightened != self.policy:
            self.policy = tightened
            self._camera[Role.VISITOR] = None
            self._apply_gates()

    def set_camera(self, role: Role, on: bool) -> None:
        """The participant turned their camera on or off. Under `forbidden` the visitor's stays off."""
        self._camera[role] = on
        self._apply_gates()

    def camera_open(self, role: Role) -> bool:
        """Whether video of this participant may pass."""
        if role is Role.VISITOR and self.policy.camera is CameraPolicy.FORBIDDEN:
            return False
        said = self._camera[role]
        if said is not None:
            return said
        return not (role is Role.VISITOR and self.policy.camera is CameraPolicy.OFF_BY_DEFAULT)

    def _apply_gates(self) -> None:
        for role in Role:
            was, now = self._open[role][MediaKind.VIDEO], self.camera_open(role)
            self._open[role][MediaKind.VIDEO] = now
            if now and not was:
                self.want_keyframe(role)
            elif was and not now:
                # What comes after a pause continues the numbers, so the receiver does not take the pause for
                # loss.
                flow = self._flows[role]
                if flow is not None and (lane := flow.receiving.lanes.get(MediaKind.VIDEO)) is not None:
                    lane.detach()

    # Packets

    def on_rtp(self, member: Participant, data: bytes) -> Forward | None:
        """One decrypted RTP packet of a member: the packet to send to the other side now, or nothing."""
        role = member.role
        if self.members.get(role) is not member:
            return None
        stats = self._stats[role]
        now = self._clock()
        member.last_heard = now
        if len(data) < HEADER_LENGTH:
            stats.malformed += 1
            return None
        if not member.admit_ssrc(int.from_bytes(data[8:12], "big")):
            stats.malformed += 1
            member.lose()
            return None
        kind = member.kinds.get(data[1] & 0x7F)
        if kind is None:
            stats.unnegotiated += 1
            return None
        if not self._open[role][kind]:
            stats.dropped_by_policy += 1
            return None
        if kind not in member.flowing:
            stream = member.plan.stream(kind)
            if stream is None or not stream.direction.receive:
                stats.unnegotiated += 1
                return None
            member.flowing.add(kind)
            self._emit(MediaFlowing(self.room_id, role, kind))
        sink = self.members.get(role.other)
        flow = self._flows[role]
        if sink is None or flow is None or not sink.connected:
            stats.undeliverable += 1
            return None
        out = flow.rewrite_rtp(data, now)
        if isinstance(out, bytes):
            stats.packets_forwarded += 1
            stats.bytes_forwarded += len(out)
            return sink.transport, out
        if out is Drop.MALFORMED:
            stats.malformed += 1
        elif out is Drop.UNNEGOTIATED:
            stats.unnegotiated += 1
        else:
            stats.undeliverable += 1
        return None

    def on_rtcp(self, member: Participant, data: bytes) -> Forward | None:
        """One decrypted RTCP compound of a member: what to send to the other side now, or nothing."""
        role = member.role
        if self.members.get(role) is not member:
            return None
        member.last_heard = self._clock()
        sink = self.members.get(role.other)
        outgoing, incoming = self._flows[role], self._flows[role.other]
        if sink is None or outgoing is None or incoming is None or not sink.connected:
            return None
        outcome = rewrite_rtcp(data, outgoing, incoming)
        if outcome is None:
            self._stats[role].malformed += 1
            return None
        if outcome.keyframe_wanted:
            self.want_keyframe(role.other)
        if not outcome.data:
            return None
        self._stats[role].rtcp_forwarded += 1
        return sink.transport, outcome.data

    # Keyframes

    def want_keyframe(self, role: Role) -> None:
        """Ask `role` for a keyframe, now or as soon as the limit allows."""
        if not self._can_ask(role):
            return
        delay = self._limiters[role].ask(self._clock())
        if delay == 0:
            self._ask_keyframe(role)
        elif delay is not None:
            self._timers[role] = asyncio.get_running_loop().call_later(delay, self._keyframe_due, role)

    def _can_ask(self, role: Role) -> bool:
        member, other = self.members.get(role), self.members.get(role.other)
        return (
            member is not None
            and member.connected
            and other is not None
            and self._open[role][MediaKind.VIDEO]
        )

    def _keyframe_due(self, role: Role) -> None:
        self._timers.pop(role, None)
        self._limiters[role].due(self._clock())
        if self._can_ask(role):
            self._ask_keyframe(role)

    def _ask_keyframe(self, role: Role) -> None:
        member, flow = self.members[role], self._flows[role]
        own = member.receiving.lanes.get(MediaKind.VIDEO)
        stream = member.plan.stream(MediaKind.VIDEO)
        if own is None or stream is None or not stream.direction.receive:
            return
        media_ssrc = stream.declared_ssrc
        if (
            flow is not None
            and (lane := flow.receiving.lanes.get(MediaKind.VIDEO))
            and lane.primary.source is not None
        ):
            media_ssrc = lane.primary.source
        if media_ssrc is None:
            return  # Nothing was ever sent, so the first picture to come is a keyframe.
        self._stats[role].keyframe_requests += 1
        self._spawn(member.transport.send(keyframe_request(own.primary.ssrc, media_ssrc)))

    # Looking in

    def stats(self) -> RoomStats:
        """A snapshot of the counters."""
        return RoomStats(visitor=replace(self._stats[Role.VISITOR]), agent=replace(self._stats[Role.AGENT]))
