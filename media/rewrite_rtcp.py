"""Rewriting RTCP (RFC 3550 §6, RFC 4585) from one leg's numbers to the other's. Pure.

Reports and feedback go end to end, so that the two ends measure each other and not the relay: loss,
round-trip time, NACK (RFC 4585 §6.2.1) and transport-wide congestion control all work as in a direct call.
Three things end here: BYE (the stream goes on when its sender comes back), keyframe requests (the room sends
its own, at a limited rate), and everything that is not listed below.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from struct import Struct
from typing import Final

from media.policy import Source
from media.rewrite import Continuity, Flow, Lane

SR: Final = 200
RR: Final = 201
SDES: Final = 202
BYE: Final = 203
RTPFB: Final = 205
PSFB: Final = 206
FMT_NACK: Final = 1
FMT_TRANSPORT_CC: Final = 15
FMT_PLI: Final = 1
FMT_FIR: Final = 4
FMT_AFB: Final = 15
MAX_PACKETS: Final = 32
"""Packets in one compound."""

_HEAD: Final = Struct("!BBH")
_U32: Final = Struct("!L")
_U16: Final = Struct("!H")
_BLOCK: Final = 24
"""Bytes of a report block."""


@dataclass(frozen=True, slots=True)
class RtcpOutcome:
    """What to do with one compound."""

    data: bytes
    """What to forward; empty when nothing is left."""
    keyframes_wanted: frozenset[Source] = frozenset()
    """Of which pictures a PLI (RFC 4585 §6.3.1) or FIR (RFC 5104 §4.3.1) asked the other side for a keyframe."""


def rewrite_rtcp(data: bytes, outgoing: Flow, incoming: Flow) -> RtcpOutcome | None:
    """Map a compound packet, or one of reduced size (RFC 5506).

    :param data: decrypted RTCP of one participant.
    :param outgoing: what this participant sends to the other.
    :param incoming: what it receives from the other, which its feedback is about.
    :return: None when malformed: then nothing of the compound is used (RFC 3550 A.2).
    """
    parts: list[bytes] = []
    keyframes: set[Source] = set()
    pos, count = 0, 0
    while pos < len(data):
        count += 1
        if pos + 4 > len(data) or count > MAX_PACKETS or data[pos] >> 6 != 2:
            return None
        first, kind, words = _HEAD.unpack_from(data, pos)
        end = pos + 4 * (words + 1)
        if end > len(data):
            return None
        body = data[pos + 4 : end]
        padding = body[-1] if first & 0x20 and body else 0
        pos = end
        if first & 0x20 and not 1 <= padding <= len(body):
            return None
        if kind == RTPFB and first & 0x1F == FMT_TRANSPORT_CC:
            # Its content need not end at a word; browsers pad it by 1 to 3 bytes. It goes on with its padding.
            padding = 0
        try:
            _need(padding % 4 == 0)
            body = body[: len(body) - padding]
            part, wants = _packet(kind, first & 0x1F, body, outgoing, incoming, padded=first & 0x20)
        except _Malformed:
            return None
        parts.append(part)
        keyframes |= wants
    if count == 0:
        return None
    return RtcpOutcome(b"".join(parts), frozenset(keyframes))


def keyframe_request(sender_ssrc: int, media_ssrc: int) -> bytes:
    """A PLI for `media_ssrc`, behind an empty receiver report so that it is a valid compound everywhere."""
    report = _pack(RR, 0, _U32.pack(sender_ssrc))
    return report + _pack(PSFB, FMT_PLI, _U32.pack(sender_ssrc) + _U32.pack(media_ssrc))


class _Malformed(Exception):  # noqa: N818 - never leaves this module
    """A length does not add up."""


def _pack(kind: int, count: int, body: bytes) -> bytes:
    return _HEAD.pack(0x80 | count, kind, len(body) // 4) + body


def _need(condition: bool) -> None:
    if not condition:
        raise _Malformed


def _packet(
    kind: int, count: int, body: bytes, outgoing: Flow, incoming: Flow, *, padded: int
) -> tuple[bytes, set[Source]]:
    if kind not in (SR, RR, SDES, RTPFB, PSFB):
        return b"", set()
    _need(len(body) >= 4 or (kind == SDES and count == 0))
    if kind == SR:
        return _sender_report(count, body, outgoing, incoming), set()
    if kind == RR:
        _need(len(body) >= 4 + _BLOCK * count)
        sender = _U32.pack(_own_ssrc(body, outgoing))
        blocks, kept = _report_blocks(body[4:], count, incoming)
        return _pack(RR, kept, sender + blocks), set()
    if kind == SDES:
        return _source_description(count, body, outgoing), set()
    if kind == RTPFB:
        return _transport_feedback(count, body, outgoing, incoming, padded), set()
    return _payload_feedback(count, body, outgoing, incoming)


def _own_ssrc(body: bytes, outgoing: Flow) -> int:
    """The packet sender's SSRC as the other side knows it; unknown ones (a receive-only sender's) stay as
    they are.
    """
    ssrc: int = _U32.unpack_from(body)[0]
    stream = stream_from(outgoing, ssrc)
    return stream.ssrc if stream is not None else ssrc


def stream_from(flow: Flow, source_ssrc: int) -> Continuity | None:
    """The outgoing stream fed by a sender's SSRC."""
    for lane in flow.receiving.lanes.values():
        if lane.primary.fed_by == source_ssrc:
            return lane.primary
        if lane.rtx is not None and lane.rtx.fed_by == source_ssrc:
            return lane.rtx
    return None


def stream_known_as(flow: Flow, ssrc: int) -> Continuity | None:
    """The outgoing stream a receiver knows as `ssrc`, if a sender feeds it."""
    found = _known_as(flow, ssrc)
    return found[1] if found is not None else None


def _known_as(flow: Flow, ssrc: int) -> tuple[Lane, Continuity] | None:
    for lane in flow.receiving.lanes.values():
        for stream in (lane.primary, lane.rtx):
            if stream is not None and stream.ssrc == ssrc and stream.fed_by is not None:
                return lane, stream
    return None


def _pictures(flow: Flow, ssrcs: Iterable[int]) -> set[Source]:
    """The sources a receiver knows by these SSRCs."""
    return {found[0].source for ssrc in ssrcs if (found := _known_as(flow, ssrc)) is not None}


def _report_blocks(body: bytes, count: int, incoming: Flow) -> tuple[bytes, int]:
    """Report blocks (RFC 3550 §6.4.1) with the sender's own numbers; those about unknown streams are left
    out.
    """
    kept: list[bytes] = []
    for index in range(count):
        block = bytearray(body[_BLOCK * index : _BLOCK * (index + 1)])
        stream = stream_known_as(incoming, _U32.unpack_from(block)[0])
        if stream is None or stream.fed_by is None:
            continue
        _U32.pack_into(block, 0, stream.fed_by)
        _U32.pack_into(block, 8, stream.sender_extended(_U32.unpack_from(block, 8)[0]))
        kept.append(bytes(block))
    return b"".join(kept), len(kept)


def _sender_report(count: int, body: bytes, outgoing: Flow, incoming: Flow) -> bytes:
    _need(len(body) >= 24 + _BLOCK * count)
    blocks, kept = _report_blocks(body[24:], count, incoming)
    ssrc = _U32.unpack_from(body)[0]
    stream = stream_from(outgoing, ssrc)
    if stream is None:
        # Nothing of this stream is forwarded: only its sender's reception reports are news to the other side.
        return _pack(RR, kept, _U32.pack(ssrc) + blocks)
    head = bytearray(body[:24])
    _U32.pack_into(head, 0, stream.ssrc)
    _U32.pack_into(head, 12, (_U32.unpack_from(head, 12)[0] + stream.ts_offset) & 0xFFFFFFFF)
    return _pack(SR, kept, bytes(head) + blocks)


def _source_description(count: int, body: bytes, outgoing: Flow) -> bytes:
    """CNAMEs as announced in SDP; every other item (name, e-mail, tool: RFC 3550 §6.5) is personal and ends
    here.
    """
    chunks: list[bytes] = []
    pos = 0
    for _ in range(count):
        _need(pos + 4 <= len(body))
        stream = stream_from(outgoing, _U32.unpack_from(body, pos)[0])
        pos += 4
        while pos < len(body) and body[pos] != 0:
            _need(pos + 2 <= len(body))
            pos += 2 + body[pos + 1]
        _need(pos < len(body))
        pos += 4 - pos % 4
        if stream is not None:
            name = outgoing.receiving.cname.encode("ascii")
            chunk = _U32.pack(stream.ssrc) + bytes((1, len(name))) + name + b"\0"
            chunks.append(chunk + bytes(-len(chunk) % 4))
    return _pack(SDES, len(chunks), b"".join(chunks)) if chunks else b""


def _transport_feedback(fmt: int, body: bytes, outgoing: Flow, incoming: Flow, padded: int) -> bytes:
    _need(len(body) >= 8)
    head = _U32.pack(_own_ssrc(body, outgoing))
    stream = stream_known_as(incoming, _U32.unpack_from(body, 4)[0])
    if fmt == FMT_NACK:
        _need(len(body) >= 12)
        if stream is None or stream.fed_by is None:
            return b""
        fci = bytearray(body[8:])
        for pos in range(0, len(fci), 4):
            _U16.pack_into(fci, pos, (_U16.unpack_from(fci, pos)[0] - stream.seq_offset) & 0xFFFF)
        return _pack(RTPFB, FMT_NACK, head + _U32.pack(stream.fed_by) + bytes(fci))
    if fmt == FMT_TRANSPORT_CC:
        # Its media SSRC only names a stream of the transport; the base sequence number is what counts (§3.1).
        _need(len(body) >= 16)
        media = stream.fed_by if stream is not None and stream.fed_by is not None else _any_source(incoming)
        if media is None:
            return b""
        fci = bytearray(body[8:])
        offset = incoming.receiving.transport_sequence.offset
        _U16.pack_into(fci, 0, (_U16.unpack_from(fci, 0)[0] - offset) & 0xFFFF)
        return _pack(RTPFB, padded | FMT_TRANSPORT_CC, head + _U32.pack(media) + bytes(fci))
    return b""


def _any_source(flow: Flow) -> int | None:
    return next(
        (lane.primary.fed_by for lane in flow.receiving.lanes.values() if lane.primary.fed_by is not None),
        None,
    )


def _payload_feedback(fmt: int, body: bytes, outgoing: Flow, incoming: Flow) -> tuple[bytes, set[Source]]:
    _need(len(body) >= 8)
    if fmt == FMT_PLI:
        return b"", _pictures(incoming, [_U32.unpack_from(body, 4)[0]])
    if fmt == FMT_FIR:
        targets = [_U32.unpack_from(body, pos)[0] for pos in range(8, len(body) - 7, 8)]
        return b"", _pictures(incoming, targets)
    if fmt == FMT_AFB and body[8:12] == b"REMB":
        # draft-alvestrand-rmcat-remb §2.2
        _need(len(body) >= 16 and len(body) >= 16 + 4 * body[12])
        streams = [stream_known_as(incoming, _U32.unpack_from(body, 16 + 4 * i)[0]) for i in range(body[12])]
        sources = [_U32.pack(s.fed_by) for s in streams if s is not None and s.fed_by is not None]
        if not sources:
            return b"", set()
        head = _U32.pack(_own_ssrc(body, outgoing)) + bytes(4)
        fci = b"REMB" + bytes((len(sources),)) + body[13:16] + b"".join(sources)
        return _pack(PSFB, FMT_AFB, head + fci), set()
    return b"", set()
