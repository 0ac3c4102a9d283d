"""Two people and what passes between them.

The run-loop invariant: **a datagram is dealt with to its end before the next one is looked at.** Everything
here runs on the event loop and nothing in the packet path waits: `on_rtp` and `on_rtcp` are plain functions
that answer with the one packet to send now, or with nothing. So a room holds no packet, needs no lock, and
when `restrict`, `turn` or `hold` has returned, no packet that the new rule forbids can still come out.

The rules are enforced here whatever was negotiated: the gate is looked at for every packet, before anything else
that could make a difference to the other side.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from media.config import MediaConfig
from media.demux import TooManySsrcsError
from media.errors import RoomFull
from media.events import MediaEvent, MediaFlowing, MediaStalled, QualityMeasured, SourceSwitched
from media.gates import Cause, Gates
from media.hooks import Forward
from media.keyframes import KeyframeLimiter
from media.limits import Budget
from media.participant import Participant
from media.policy import MediaKind, Role, RoomPolicy, Rule, Source
from media.quality import STALLED_AFTER, SenderReport, StreamWatch, reports
from media.rewrite import CLOCK_RATE, HEADER_LENGTH, Drop, Flow
from media.rewrite_rtcp import keyframe_request, rewrite_rtcp
from media.stats import DirectionStats, RoomStats

MAX_JOINS: Final = 4
"""Connections being set up in one room at once; each binds sockets."""

PICTURES: Final = tuple(source for source in Source if source.kind is MediaKind.VIDEO)

MAX_REFUSED: Final = 20_000
"""Packets over the limit of one connection after which it is ended."""

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
        self.members: dict[Role, Participant] = {}
        self.empty_since: float | None = clock()
        self.closed = False
        self._emit = emit
        self._spawn = spawn
        self._clock = clock
        self._stats = {role: DirectionStats() for role in Role}
        self._flows: dict[Role, Flow | None] = dict.fromkeys(Role)
        """By sender: the table to the other side; None unless both sides are there."""
        self._watches = {
            (role, source): StreamWatch(CLOCK_RATE[source.kind]) for role in Role for source in Source
        }
        """Of what each person sends."""
        self._quality_interval = config.quality_interval
        self._quality_due = clock() + config.quality_interval
        self._progress: dict[tuple[Role, Source], tuple[int, float]] = {}
        """Packets forwarded of a flowing source, and since when it has been that many."""
        self._gates = Gates(policy, self._switched)
        self._limiters = {
            (role, picture): KeyframeLimiter(config.keyframe_interval)
            for role in Role
            for picture in PICTURES
        }
        self._timers: dict[tuple[Role, Source], asyncio.TimerHandle] = {}
        self._joins = 0
        self._latest_join: dict[Role, object] = {}

    @property
    def policy(self) -> RoomPolicy:
        """The rules in force."""
        return self._gates.policy

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
        for picture in PICTURES:
            if (timer := self._timers.pop((member.role, picture), None)) is not None:
                timer.cancel()
            self._limiters[member.role, picture].reset()
        self._connect_flows()
        return replaced

    def remove(self, member: Participant, *, left: bool) -> bool:
        """Take a connection out of the room.

        :param left: on purpose: then what was turned on or off is as the rules say, for the next time.
        :return: whether it was the participant's current one.
        """
        if self.members.get(member.role) is not member:
            return False
        del self.members[member.role]
        if left:
            self._gates.forget(member.role)
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
            for picture in PICTURES:
                self.want_keyframe(member.role.other, picture)

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
            if flow is not None and flow.receiving is sink.receiving and flow.sender is source.plan:
                continue
            sink.receiving.detach()
            self._flows[role] = Flow(source.plan, sink.plan, sink.receiving)

    # Rules

    def restrict(self, policy: RoomPolicy) -> None:
        """Tighten the rules at once; a looser one changes nothing (it is for the next room).

        A source turned on under the old rule has to be turned on again under the new one.
        """
        self._gates.restrict(policy)

    def turn(self, role: Role, source: Source, on: bool) -> None:
        """The participant turned a source on or off. A forbidden one stays off."""
        self._gates.turn(role, source, on)

    def hold(self, on: bool) -> None:
        """Let nothing pass in either direction, or go on."""
        self._gates.hold(on)

    def _switched(self, role: Role, source: Source, on: bool, cause: Cause) -> None:
        if on:
            self.want_keyframe(role, source)
        else:
            # What comes after a pause continues the numbers, so the receiver does not take the pause for loss.
            flow = self._flows[role]
            if flow is not None and (lane := flow.receiving.lanes.get(source)) is not None:
                lane.detach()
        forbidden = self.policy.of(role).of(source) is Rule.FORBIDDEN
        self._emit(SourceSwitched(self.room_id, role, source, on, cause, forbidden))

    # Packets

    def on_rtp(self, member: Participant, data: bytes) -> Forward | None:
        """One decrypted RTP packet of a member: the packet to send to the other side now, or nothing."""
        role = member.role
        if self.members.get(role) is not member:
            return None
        stats = self._stats[role]
        now = self._clock()
        member.last_heard = now
        if not member.budget.take(len(data), now):
            self._over_limit(member, member.budget)
            return None
        if len(data) < HEADER_LENGTH:
            stats.malformed += 1
            return None
        source = member.demux.placed.get(int.from_bytes(data[8:12], "big") << 7 | data[1] & 0x7F)
        if source is None:
            source = self._place(member, data)
            if source is None:
                return None
        if not self._gates.open[role][source]:
            stats.sources[source].dropped_by_policy += 1
            return None
        if source not in member.flowing:
            stream = member.plan.stream(source)
            if stream is None or not stream.direction.receive:
                stats.unnegotiated += 1
                return None
            member.flowing.add(source)
            self._emit(MediaFlowing(self.room_id, role, source))
        sink = self.members.get(role.other)
        flow = self._flows[role]
        if sink is None or flow is None or not sink.connected:
            stats.undeliverable += 1
            return None
        out = flow.rewrite_rtp(source, data, now)
        if isinstance(out, bytes):
            passed = stats.sources[source]
            passed.packets_forwarded += 1
            passed.bytes_forwarded += len(out)
            return sink.transport, out
        if out is Drop.MALFORMED:
            stats.malformed += 1
        elif out is Drop.UNNEGOTIATED:
            stats.unnegotiated += 1
        else:
            stats.undeliverable += 1
        return None

    def _over_limit(self, member: Participant, budget: Budget) -> None:
        self._stats[member.role].over_limit += 1
        if budget.refused > MAX_REFUSED:
            member.lose()

    def _place(self, member: Participant, data: bytes) -> Source | None:
        stats = self._stats[member.role]
        try:
            source = member.demux.place(data)
        except TooManySsrcsError:
            stats.malformed += 1
            member.lose()
            return None
        if source is None:
            stats.unnegotiated += 1
        return source

    def on_rtcp(self, member: Participant, data: bytes) -> Forward | None:
        """One decrypted RTCP compound of a member: what to send to the other side now, or nothing."""
        role = member.role
        if self.members.get(role) is not member:
            return None
        now = member.last_heard = self._clock()
        if not member.rtcp_budget.take(len(data), now):
            self._over_limit(member, member.rtcp_budget)
            return None
        sink = self.members.get(role.other)
        outgoing, incoming = self._flows[role], self._flows[role.other]
        if sink is None or outgoing is None or incoming is None or not sink.connected:
            return None
        outcome = rewrite_rtcp(data, outgoing, incoming)
        if outcome is None:
            self._stats[role].malformed += 1
            return None
        self._read_reports(role, data, outgoing, incoming, now)
        for picture in outcome.keyframes_wanted:
            self.want_keyframe(role.other, picture)
        if not outcome.data:
            return None
        self._stats[role].rtcp_forwarded += 1
        return sink.transport, outcome.data

    # Quality

    def _read_reports(self, role: Role, data: bytes, outgoing: Flow, incoming: Flow, now: float) -> None:
        for report in reports(data):
            if isinstance(report, SenderReport):
                for source, lane in outgoing.receiving.lanes.items():
                    if lane.primary.fed_by == report.ssrc:
                        self._watches[role, source].on_sender_report(report.ntp_middle, now)
                continue
            for source, lane in incoming.receiving.lanes.items():
                if lane.primary.ssrc == report.ssrc:
                    self._watches[role.other, source].on_reception(report, now)

    def look(self, now: float) -> None:
        """Called about twice a second: tell of streams that have stalled, and now and then of each stream's quality."""
        for member in list(self.members.values()):
            for source in tuple(member.flowing):
                self._look_for_stall(member, source, now)
        if now < self._quality_due:
            return
        self._quality_due = now + self._quality_interval
        for (role, source), watch in self._watches.items():
            quality = watch.take(self._stats[role].sources[source].bytes_forwarded, now)
            if quality is not None:
                self._emit(QualityMeasured(self.room_id, role, source, quality))

    def _look_for_stall(self, member: Participant, source: Source, now: float) -> None:
        key = member.role, source
        other = self.members.get(member.role.other)
        if not self._gates.open[member.role][source] or other is None or not other.connected:
            self._progress.pop(key, None)
            return
        count = self._stats[member.role].sources[source].packets_forwarded
        before = self._progress.get(key)
        if before is None or before[0] != count:
            self._progress[key] = count, now
        elif now - before[1] > STALLED_AFTER:
            del self._progress[key]
            member.flowing.discard(source)
            self._emit(MediaStalled(self.room_id, member.role, source))

    # Keyframes

    def want_keyframe(self, role: Role, source: Source) -> None:
        """Ask `role` for a keyframe of a picture, now or as soon as the limit allows. Sound has none."""
        if not self._can_ask(role, source):
            return
        delay = self._limiters[role, source].ask(self._clock())
        if delay == 0:
            self._ask_keyframe(role, source)
        elif delay is not None:
            timer = asyncio.get_running_loop().call_later(delay, self._keyframe_due, role, source)
            self._timers[role, source] = timer

    def _can_ask(self, role: Role, source: Source) -> bool:
        member, other = self.members.get(role), self.members.get(role.other)
        return (
            source in PICTURES
            and member is not None
            and member.connected
            and other is not None
            and self._gates.open[role][source]
        )

    def _keyframe_due(self, role: Role, source: Source) -> None:
        self._timers.pop((role, source), None)
        self._limiters[role, source].due(self._clock())
        if self._can_ask(role, source):
            self._ask_keyframe(role, source)

    def _ask_keyframe(self, role: Role, source: Source) -> None:
        member, flow = self.members[role], self._flows[role]
        own = member.receiving.lanes.get(source)
        stream = member.plan.stream(source)
        if own is None or stream is None or not stream.direction.receive:
            return
        media_ssrc = stream.declared_ssrcs[0] if stream.declared_ssrcs else None
        lane = flow.receiving.lanes.get(source) if flow is not None else None
        if lane is not None and lane.primary.fed_by is not None:
            media_ssrc = lane.primary.fed_by
        if media_ssrc is None:
            return  # Nothing was ever sent, so the first picture to come is a keyframe.
        self._stats[role].keyframe_requests += 1
        self._spawn(member.transport.send(keyframe_request(own.primary.ssrc, media_ssrc)))

    # Looking in

    def stats(self) -> RoomStats:
        """A snapshot of the counters."""
        return RoomStats(visitor=self._stats[Role.VISITOR].copy(), agent=self._stats[Role.AGENT].copy())
