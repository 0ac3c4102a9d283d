"""Rewriting RTP packets (RFC 3550 §5.1) from one leg's numbers to the other's. Pure: time comes in as an
argument.

Two legs of a room are negotiated independently, so the same stream has different names on each: payload type,
SSRC, header extension ids, MID. On top of that a sender that comes back after a drop starts its sequence
numbers and timestamps anew, while the far end was promised one continuous stream under one SSRC.
:class:`Lane` holds the numbers of one outgoing stream and outlives the sender's connections; :class:`Flow` is
the table from one sending leg to one receiving leg and is rebuilt when either changes.

Hot path: one packet costs one bytearray copy and a few struct calls. Nothing raises: a packet that cannot be
rewritten is answered with a :class:`Drop`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from struct import Struct
from typing import Final

from media.answer import SsrcPair
from media.negotiation import MID_URI, TRANSPORT_CC_URI, NegotiationPlan, StreamPlan
from media.policy import MediaKind, Source

_HEADER: Final = Struct("!BBHLL")
_EXTENSION: Final = Struct("!HH")
_U16: Final = Struct("!H")
HEADER_LENGTH: Final = 12
ONE_BYTE_PROFILE: Final = 0xBEDE
"""RFC 8285 §4.2; the two-byte form is 0x100 followed by four bits of the application's own (§4.3)."""
CLOCK_RATE: Final[Mapping[MediaKind, int]] = {MediaKind.AUDIO: 48000, MediaKind.VIDEO: 90000}


class Drop(Enum):
    """Why a packet is not forwarded."""

    MALFORMED = "malformed"
    UNNEGOTIATED = "unnegotiated"
    """A payload type that was not agreed, or a kind the receiving leg does not take."""
    UNPLACEABLE = "unplaceable"
    """A retransmission of a stream of which nothing was forwarded yet."""


class Continuity:
    """The numbers of one outgoing RTP stream, across changes of its source."""

    __slots__ = (
        "clock_rate",
        "fed_by",
        "fed_highest",
        "last_seq",
        "last_time",
        "last_ts",
        "seq_offset",
        "ssrc",
        "ts_offset",
    )

    def __init__(self, ssrc: int, clock_rate: int) -> None:
        self.ssrc = ssrc
        """SSRC under which the receiving leg knows the stream."""
        self.clock_rate = clock_rate
        """RTP clock in Hz."""
        self.fed_by: int | None = None
        """SSRC of the sender now feeding the stream."""
        self.fed_highest = 0
        """Highest sequence number of that sender, extended with its wrap-arounds (RFC 3550 A.1)."""
        self.seq_offset = 0
        """outgoing = incoming + offset, modulo 2^16."""
        self.ts_offset = 0
        """outgoing = incoming + offset, modulo 2^32."""
        self.last_seq: int | None = None
        self.last_ts = 0
        self.last_time = 0.0

    def detach(self) -> None:
        """Forget who feeds the stream; the next packet continues it with another sender."""
        self.fed_by = None

    def attach(self, ssrc: int, seq: int, ts: int, now: float) -> None:
        """Let `ssrc` feed the stream; its packet (`seq`, `ts`) directly follows the last one sent, in time
        `now` (s).
        """
        self.fed_by = ssrc
        self.fed_highest = seq
        if self.last_seq is None:
            self.last_seq, self.last_ts, self.last_time = (seq - 1) & 0xFFFF, ts, now
            self.seq_offset = self.ts_offset = 0
            return
        elapsed = max(1, round((now - self.last_time) * self.clock_rate))
        self.seq_offset = (self.last_seq + 1 - seq) & 0xFFFF
        self.ts_offset = (self.last_ts + elapsed - ts) & 0xFFFFFFFF

    def advance(self, seq: int, ts: int, now: float) -> tuple[int, int]:
        """Outgoing (sequence number, timestamp) of an incoming packet; remembers the highest."""
        ahead = (seq - self.fed_highest) & 0xFFFF
        if ahead < 0x8000:
            self.fed_highest += ahead
        out_seq = (seq + self.seq_offset) & 0xFFFF
        out_ts = (ts + self.ts_offset) & 0xFFFFFFFF
        if self.last_seq is None or ((out_seq - self.last_seq) & 0xFFFF) < 0x8000:
            self.last_seq, self.last_ts, self.last_time = out_seq, out_ts, now
        return out_seq, out_ts

    def sender_extended(self, extended: int) -> int:
        """The sender's view of an "extended highest sequence number" reported by the receiver (RFC 3550
        §6.4.1).
        """
        low = ((extended & 0xFFFF) - self.seq_offset) & 0xFFFF
        value = (self.fed_highest & ~0xFFFF) | low
        if value > self.fed_highest + 0x8000 and value >= 0x10000:
            value -= 0x10000
        return value & 0xFFFFFFFF


@dataclass(slots=True)
class Lane:
    """What one leg receives of one source: the stream and its retransmissions (RFC 4588: an SSRC of their own)."""

    source: Source
    primary: Continuity
    rtx: Continuity | None

    @classmethod
    def of(cls, source: Source, ssrcs: SsrcPair) -> "Lane":
        """A lane for the announced SSRCs."""
        rate = CLOCK_RATE[source.kind]
        rtx = Continuity(ssrcs.rtx, rate) if ssrcs.rtx is not None else None
        return cls(source, Continuity(ssrcs.primary, rate), rtx)

    def detach(self) -> None:
        """Forget who feeds both streams."""
        self.primary.detach()
        if self.rtx is not None:
            self.rtx.detach()


class TransportSequence:
    """Continuity of the transport-wide sequence numbers one leg receives
    (draft-holmer-rmcat-transport-wide-cc §2).
    """

    __slots__ = ("attached", "last", "offset")

    def __init__(self) -> None:
        self.attached = False
        self.offset = 0
        self.last: int | None = None

    def advance(self, value: int) -> int:
        """Outgoing number of an incoming one, modulo 2^16."""
        if not self.attached:
            self.attached = True
            self.offset = 0 if self.last is None else (self.last + 1 - value) & 0xFFFF
        out = (value + self.offset) & 0xFFFF
        if self.last is None or ((out - self.last) & 0xFFFF) < 0x8000:
            self.last = out
        return out


@dataclass(slots=True)
class ReceivingState:
    """Everything a leg must be given in one continuous piece, whoever sends it. One per receiving connection."""

    lanes: dict[Source, Lane]
    transport_sequence: TransportSequence
    cname: str
    """RTCP CNAME announced for all lanes (RFC 3550 §6.5.1)."""

    @classmethod
    def of(cls, ssrcs: Mapping[Source, SsrcPair], cname: str) -> "ReceivingState":
        """Fresh state for the announced SSRCs."""
        return cls(
            {source: Lane.of(source, pair) for source, pair in ssrcs.items()}, TransportSequence(), cname
        )

    def detach(self) -> None:
        """The sender went away: what comes next continues all streams from a new source."""
        for lane in self.lanes.values():
            lane.detach()
        self.transport_sequence.attached = False


@dataclass(slots=True)
class _Route:
    """What to do with one incoming payload type."""

    lane: Lane
    is_rtx: bool
    payload_type: int
    """Outgoing payload type."""
    rtx_accepted: bool
    """Whether the receiving leg knows retransmissions as a stream of their own."""
    ids: tuple[int, ...]
    """Incoming extension id (0 to 15) → outgoing id; 0 drops the element."""
    mid_id: int
    """Incoming id of the MID extension; 0 when it was not agreed. Likewise the next."""
    mid: bytes
    transport_cc_id: int

    @classmethod
    def of(cls, stream: StreamPlan, target: StreamPlan, lane: Lane) -> "_Route":
        """The route of a stream's primary payload type."""
        mapping = {
            number: target.extensions[uri]
            for uri, number in stream.extensions.items()
            if uri in target.extensions
        }
        return cls(
            lane=lane,
            is_rtx=False,
            payload_type=target.payload_type,
            rtx_accepted=target.rtx_payload_type is not None and lane.rtx is not None,
            ids=tuple(mapping.get(number, 0) for number in range(16)),
            mid_id=stream.extensions.get(MID_URI, 0),
            mid=target.mid.encode("ascii"),
            transport_cc_id=stream.extensions.get(TRANSPORT_CC_URI, 0),
        )


class Flow:
    """Everything one leg sends, as the other leg is to receive it."""

    def __init__(self, sender: NegotiationPlan, sink: NegotiationPlan, receiving: ReceivingState) -> None:
        self.sender = sender
        self.receiving = receiving
        self._routes: dict[Source, dict[int, _Route]] = {of: {} for of in Source}
        """By source and incoming payload type."""
        for stream in sender.streams:
            target = sink.stream(stream.source)
            lane = receiving.lanes.get(stream.source)
            if target is None or lane is None or not target.direction.send:
                continue
            routes = self._routes[stream.source]
            primary = routes[stream.payload_type] = _Route.of(stream, target, lane)
            if stream.rtx_payload_type is not None:
                outgoing = target.rtx_payload_type or target.payload_type
                routes[stream.rtx_payload_type] = replace(primary, is_rtx=True, payload_type=outgoing)

    def rewrite_rtp(self, source: Source, data: bytes, now: float) -> bytes | Drop:
        """The packet as the receiving leg expects it.

        :param source: what the packet belongs to, as :class:`media.demux.Demultiplexer` has found.
        :param data: one RTP packet, decrypted.
        :param now: monotonic time in seconds.
        """
        size = len(data)
        if size < HEADER_LENGTH or data[0] >> 6 != 2:
            return Drop.MALFORMED
        first, second, seq, ts, ssrc = _HEADER.unpack_from(data)
        route = self._routes[source].get(second & 0x7F)
        if route is None:
            return Drop.UNNEGOTIATED
        start = HEADER_LENGTH + 4 * (first & 0x0F)
        end = start
        if first & 0x10:
            if start + 4 > size:
                return Drop.MALFORMED
            end = start + 4 + 4 * _EXTENSION.unpack_from(data, start)[1]
        if end > size or (first & 0x20 and not 1 <= data[-1] <= size - end):
            return Drop.MALFORMED
        out = bytearray(data)
        if first & 0x10:
            block = self._extensions(data, out, start, end, route)
            if block is None:
                return Drop.MALFORMED
            if block:
                out[start:end] = block
                end = start + len(block)
        primary = route.lane.primary
        if not route.is_rtx:
            if primary.fed_by != ssrc:
                primary.attach(ssrc, seq, ts, now)
            seq, ts = primary.advance(seq, ts, now)
            _HEADER.pack_into(out, 0, first, (second & 0x80) | route.payload_type, seq, ts, primary.ssrc)
            return bytes(out)
        return self._retransmission(out, end, route, now)

    def _retransmission(self, out: bytearray, payload: int, route: _Route, now: float) -> bytes | Drop:
        """Finish a retransmission (RFC 4588 §4): its first two payload bytes are the original sequence
        number.
        """
        first, second, seq, ts, ssrc = _HEADER.unpack_from(out)
        primary, rtx = route.lane.primary, route.lane.rtx
        if primary.fed_by is None:
            return Drop.UNPLACEABLE
        length = len(out) - payload - (out[-1] if first & 0x20 else 0)
        original = None
        if length >= 2:
            original = (_U16.unpack_from(out, payload)[0] + primary.seq_offset) & 0xFFFF
        if not route.rtx_accepted or rtx is None:
            # The receiving leg knows no RTX: give it the original packet again.
            if original is None or length == 2:
                return Drop.UNNEGOTIATED
            del out[payload : payload + 2]
            ts = (ts + primary.ts_offset) & 0xFFFFFFFF
            _HEADER.pack_into(out, 0, first, (second & 0x80) | route.payload_type, original, ts, primary.ssrc)
            return bytes(out)
        if rtx.fed_by != ssrc:
            rtx.attach(ssrc, seq, ts, now)
        rtx.ts_offset = primary.ts_offset
        if original is not None:  # padding-only probes have no original
            _U16.pack_into(out, payload, original)
        seq, ts = rtx.advance(seq, ts, now)
        _HEADER.pack_into(out, 0, first, (second & 0x80) | route.payload_type, seq, ts, rtx.ssrc)
        return bytes(out)

    def _extensions(self, data: bytes, out: bytearray, start: int, end: int, route: _Route) -> bytes | None:
        """Map the header extension block `data[start:end]` (RFC 8285).

        :return: empty when `out` was changed in place; otherwise the block that replaces it; None when
        malformed.
        """
        profile = _EXTENSION.unpack_from(data, start)[0]
        if profile != ONE_BYTE_PROFILE:
            if profile & 0xFFF0 == 0x1000:
                return self._rebuild(data, start, end, route, one_byte=False)
            # Some other application's extension: empty it, keeping the packet.
            return _EXTENSION.pack(ONE_BYTE_PROFILE, 0)
        pos = start + 4
        while pos < end:
            head = data[pos]
            if head == 0:  # padding
                pos += 1
                continue
            number = head >> 4
            if number == 15:  # reserved: stop here (§4.2)
                out[pos:end] = bytes(end - pos)
                break
            following = pos + 2 + (head & 0x0F)
            if following > end:
                return None
            target = route.ids[number]
            if target == 0:
                out[pos:following] = bytes(following - pos)
            else:
                out[pos] = (target << 4) | (head & 0x0F)
                if number == route.mid_id:
                    if following - pos - 1 != len(route.mid):
                        return self._rebuild(data, start, end, route, one_byte=True)
                    out[pos + 1 : following] = route.mid
                elif number == route.transport_cc_id:
                    if following - pos != 3:
                        return None
                    # A rebuild repeats this element, and the number then maps to the same value.
                    value = self.receiving.transport_sequence.advance(_U16.unpack_from(data, pos + 1)[0])
                    _U16.pack_into(out, pos + 1, value)
            pos = following
        return b""

    def _rebuild(self, data: bytes, start: int, end: int, route: _Route, *, one_byte: bool) -> bytes | None:
        """The slow way, for two-byte headers and for MIDs of different lengths."""
        elements: list[tuple[int, bytes]] = []
        pos = start + 4
        while pos < end:
            if data[pos] == 0:
                pos += 1
                continue
            if one_byte:
                number, length, body = data[pos] >> 4, (data[pos] & 0x0F) + 1, pos + 1
                if number == 15:
                    break
            else:
                if pos + 2 > end:
                    return None
                number, length, body = data[pos], data[pos + 1], pos + 2
            pos = body + length
            if pos > end:
                return None
            target = route.ids[number] if number < 16 else 0  # only ids up to 14 are ever agreed
            if target == 0:
                continue
            value = data[body:pos]
            if number == route.mid_id:
                value = route.mid
            elif number == route.transport_cc_id:
                if length != 2:
                    return None
                value = _U16.pack(self.receiving.transport_sequence.advance(_U16.unpack(value)[0]))
            elements.append((target, value))
        return pack_extensions(elements)


def pack_extensions(elements: list[tuple[int, bytes]]) -> bytes:
    """A header extension block with its 4-byte head (RFC 8285 §4), in the one-byte form if possible."""
    short = all(1 <= number <= 14 and 1 <= len(value) <= 16 for number, value in elements)
    body = bytearray()
    for number, value in elements:
        body += bytes(((number << 4) | (len(value) - 1),)) if short else bytes((number, len(value)))
        body += value
    body += bytes(-len(body) % 4)
    return _EXTENSION.pack(ONE_BYTE_PROFILE if short else 0x1000, len(body) // 4) + bytes(body)
