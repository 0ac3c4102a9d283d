"""Two negotiated legs with different numbers, and packets to send through them."""

import struct

from media.answer import SsrcPair
from media.negotiation import NegotiationPlan, negotiate
from media.policy import Role, RoomPolicy, Source
from media.rewrite import Flow, ReceivingState, pack_extensions
from tests.unit.media.offers import Offer

VISITOR = Offer()
AGENT = Offer(
    opus=109,
    vp8=120,
    rtx=124,
    mids=("a", "b"),
    audio_extensions={
        "urn:ietf:params:rtp-hdrext:ssrc-audio-level": 5,
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01": 6,
        "urn:ietf:params:rtp-hdrext:sdes:mid": 7,
    },
    video_extensions={
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01": 6,
        "urn:ietf:params:rtp-hdrext:sdes:mid": 7,
    },
)
TO_AGENT = {Source.MICROPHONE: SsrcPair(500, None), Source.CAMERA: SsrcPair(501, 502)}
TO_VISITOR = {Source.MICROPHONE: SsrcPair(600, None), Source.CAMERA: SsrcPair(601, 602)}


def plan(offer: Offer, role: Role = Role.VISITOR) -> NegotiationPlan:
    return negotiate(str(offer), role, RoomPolicy())


def flows(visitor: Offer = VISITOR, agent: Offer = AGENT) -> tuple[Flow, Flow]:
    """(visitor → agent, agent → visitor)."""
    v, a = plan(visitor), plan(agent, Role.AGENT)
    return (
        Flow(v, a, ReceivingState.of(TO_AGENT, "agentleg")),
        Flow(a, v, ReceivingState.of(TO_VISITOR, "visitorleg")),
    )


def rtp(
    payload: bytes = b"frame",
    *,
    pt: int = 96,
    seq: int = 100,
    ts: int = 9000,
    ssrc: int = 1000,
    marker: bool = False,
    extensions: list[tuple[int, bytes]] | None = None,
    block: bytes | None = None,
    padding: int = 0,
    csrcs: tuple[int, ...] = (),
) -> bytes:
    """An RTP packet; `block` replaces the whole header extension block."""
    if block is None and extensions is not None:
        block = pack_extensions(extensions)
    first = 0x80 | (0x20 if padding else 0) | (0x10 if block is not None else 0) | len(csrcs)
    head = struct.pack("!BBHLL", first, (0x80 if marker else 0) | pt, seq, ts, ssrc)
    head += b"".join(struct.pack("!L", c) for c in csrcs)
    tail = bytes(padding - 1) + bytes((padding,)) if padding else b""
    return head + (block or b"") + payload + tail


def fields(data: bytes) -> tuple[int, int, int, int, int]:
    """(marker, payload type, sequence number, timestamp, SSRC)."""
    _, second, seq, ts, ssrc = struct.unpack_from("!BBHLL", data)
    return second >> 7, second & 0x7F, seq, ts, ssrc
