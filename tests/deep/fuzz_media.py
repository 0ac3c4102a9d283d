"""Coverage-guided fuzzing of what participants send: ``python -m tests.deep.fuzz_media CORPUS [libFuzzer options]``.

The first byte of an input chooses what reads it: an offer, trickled candidates, RTP, RTCP, or a participant's port with
STUN and everything else. Whatever it is, the answer is a result or a NegotiationError: another exception, a hang or too
much memory ends the run with the input that caused it.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["media", "aioice.stun"]):
    from media.answer import ServerTransport, SsrcPair, render_answer
    from media.demux import Demultiplexer, TooManySsrcsError
    from media.errors import NegotiationError
    from media.negotiation import negotiate
    from media.policy import Role, RoomPolicy, Rule, Rules, Source
    from media.rewrite import Drop
    from media.rewrite_rtcp import keyframe_request, rewrite_rtcp
    from media.sdp import parse_fragment

from tests.unit.media.legs import flows, plan, rtp
from tests.unit.media.offers import Offer
from tests.unit.media.stranger import STRANGER, Port

RECORDED = Path(__file__).parents[1] / "unit" / "media" / "recorded"
POLICY = RoomPolicy(visitor=Rules(camera=Rule.FORBIDDEN, screen=Rule.ALLOWED))
LOOP = asyncio.new_event_loop()


def offer(data: bytes) -> None:
    try:
        agreed = negotiate(data.decode("utf-8", "replace"), Role.VISITOR, POLICY)
    except NegotiationError:
        return
    camera = agreed.stream(Source.CAMERA)
    assert camera is None or not camera.direction.receive
    ssrcs = {s.source: SsrcPair(1, 2 if s.rtx_payload_type is not None else None) for s in agreed.streams}
    server = ServerTransport("u" * 4, "p" * 22, (("sha-256", "AB"),), (), ssrcs, "c", 1)
    assert render_answer(agreed, server).count("m=") >= len(agreed.streams)


def fragment(data: bytes) -> None:
    with suppress(NegotiationError):
        parse_fragment(data.decode("utf-8", "replace"))


def packets(data: bytes) -> None:
    """A length byte before each packet: the tables have a past when the next one comes."""
    there, back = flows()
    demux = Demultiplexer(plan(Offer(screen=True)))
    now = 0.0
    while data:
        size, data = data[0] + 1, data[1:]
        packet, data = data[:size], data[size:]
        now += 0.01
        if len(packet) > 1 and 192 <= packet[1] <= 223:
            rewrite_rtcp(packet, there, back)
            continue
        if len(packet) >= 12:
            try:
                demux.place(packet)
            except TooManySsrcsError:
                demux = Demultiplexer(plan(Offer(screen=True)))
        for source in (Source.CAMERA, Source.MICROPHONE):
            assert isinstance(there.rewrite_rtp(source, packet, now), bytes | Drop)


def datagram(data: bytes) -> None:
    """From somebody who is known, and from somebody who is not; signed or not."""

    async def send() -> None:
        port = Port()
        port.receive(port.request(), STRANGER)
        port.receive(data, STRANGER)
        port.receive(data, ("203.0.113.5", 9))
        port.receive(port.request(change=lambda m: m.attributes.pop("PRIORITY") if data else None), STRANGER)
        port.check_bounds()
        await port.end()

    LOOP.run_until_complete(send())


READERS = (offer, fragment, packets, datagram)


def one_input(data: bytes) -> None:
    if data:
        READERS[data[0] % len(READERS)](data[1:])


def seeds(corpus: Path) -> None:
    """What real clients send, so that the search does not begin with nothing."""
    corpus.mkdir(parents=True, exist_ok=True)
    found: list[tuple[int, bytes]] = [(0, path.read_bytes()) for path in sorted(RECORDED.glob("*.sdp"))]
    found += [(0, str(Offer()).encode()), (0, str(Offer(screen=True)).encode())]
    found += [
        (1, b"a=ice-ufrag:abcd\r\na=mid:0\r\na=candidate:1 1 udp 2113937151 192.0.2.1 5000 typ host\r\n")
    ]
    sent = [
        rtp(extensions=[(2, b"abs"), (3, b"\0\7"), (4, b"1")], marker=True),
        rtp(b"\0\x64again", pt=97, ssrc=1001),
        rtp(b"", pt=97, ssrc=1001, padding=20),
        keyframe_request(1, 501),
    ]
    found += [(2, bytes((len(one) - 1,)) + one) for one in sent]
    found += [(2, b"".join(bytes((len(one) - 1,)) + one for one in sent))]

    async def request() -> bytes:
        return Port().request()

    found += [(3, LOOP.run_until_complete(request())), (3, sent[0]), (3, b"\x16\xfe\xfd" + bytes(30))]
    for number, (reader, data) in enumerate(found):
        (corpus / f"seed{number}").write_bytes(bytes((reader,)) + data)


if __name__ == "__main__":
    seeds(Path(sys.argv[1]))
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
