"""RTP from one leg's numbers to the other's."""

import struct

import pytest
from aiortc.rtp import RtpPacket, unpack_header_extensions, unwrap_rtx

from media.policy import Source
from media.rewrite import Continuity, Drop, Flow, ReceivingState, TransportSequence, pack_extensions
from tests.unit.media.legs import AGENT, TO_AGENT, VISITOR, fields, flows, plan, rtp
from tests.unit.media.offers import Offer


def ok(result: bytes | Drop) -> bytes:
    assert isinstance(result, bytes), result
    return result


def extensions(data: bytes) -> dict[int, bytes]:
    start = 12 + 4 * (data[0] & 15)
    profile, words = struct.unpack_from("!HH", data, start)
    return dict(unpack_header_extensions(profile, data[start + 4 : start + 4 + 4 * words]))


def test_numbers_of_the_other_leg_and_the_same_content() -> None:
    there, _ = flows()
    out = ok(there.rewrite_rtp(Source.CAMERA, rtp(marker=True, csrcs=(77,)), 1.0))
    assert fields(out) == (1, 120, 100, 9000, 501)
    assert out[12:] == rtp(marker=True, csrcs=(77,))[12:]


def test_extensions_are_renumbered_in_place_and_unknown_ones_emptied() -> None:
    there, _ = flows()
    packet = rtp(extensions=[(2, b"abs"), (3, b"\x00\x07"), (4, b"1"), (9, b"unknown")])
    out = ok(there.rewrite_rtp(Source.CAMERA, packet, 1.0))
    assert len(out) == len(packet)
    assert extensions(out) == {6: b"\x00\x07", 7: b"b"}
    assert out.endswith(b"frame")


def test_a_mid_of_another_length_rebuilds_the_block() -> None:
    there, _ = flows(agent=Offer(mids=("audio", "video")))
    out = ok(there.rewrite_rtp(Source.CAMERA, rtp(extensions=[(3, b"\x00\x07"), (4, b"1")]), 1.0))
    assert extensions(out) == {3: b"\x00\x07", 4: b"video"}
    assert out.endswith(b"frame")
    assert RtpPacket.parse(out).payload == b"frame"


def test_the_two_byte_form_is_understood() -> None:
    there, _ = flows()
    body = bytes((3, 2)) + b"\x00\x07" + bytes((4, 1)) + b"1" + bytes((99, 3)) + b"xyz" + bytes(2)
    out = ok(
        there.rewrite_rtp(Source.CAMERA, rtp(block=struct.pack("!HH", 0x1000, len(body) // 4) + body), 1.0)
    )
    assert extensions(out) == {6: b"\x00\x07", 7: b"b"}
    assert out.endswith(b"frame")


def test_another_applications_extension_is_emptied() -> None:
    there, _ = flows()
    out = ok(there.rewrite_rtp(Source.CAMERA, rtp(block=struct.pack("!HHL", 0xABCD, 1, 1)), 1.0))
    assert extensions(out) == {}
    assert out.endswith(b"frame")


def test_the_reserved_id_ends_the_block() -> None:
    there, _ = flows()
    block = struct.pack("!HH", 0xBEDE, 2) + bytes((0x40,)) + b"1" + bytes((0xF0,)) + b"rest!"
    assert extensions(ok(there.rewrite_rtp(Source.CAMERA, rtp(block=block), 1.0))) == {7: b"b"}


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\x80" * 11,
        b"\x00" + rtp()[1:],
        rtp(csrcs=(1, 2))[:16],
        b"\x90" + rtp(b"")[1:],
        rtp(b"", block=struct.pack("!HH", 0xBEDE, 5)),
        rtp(block=struct.pack("!HH", 0xBEDE, 1) + b"\x1f\x00\x00\x00"),
        rtp(block=struct.pack("!HH", 0xBEDE, 1) + b"\x30\x00\x00\x00"),
        rtp(block=struct.pack("!HH", 0x1000, 1) + b"\x03\x09\x00\x00"),
        rtp(block=struct.pack("!HH", 0x1000, 1) + b"\x03\x01\x00\x00"),
        rtp(block=struct.pack("!HH", 0x1000, 1) + b"\x00\x00\x00\x03"),
        b"\xa0" + rtp(b"\x00")[1:],
        b"\xa0" + rtp(b"\xff")[1:],
    ],
)
def test_malformed_packets_are_dropped(packet: bytes) -> None:
    assert flows()[0].rewrite_rtp(Source.CAMERA, packet, 1.0) is Drop.MALFORMED


def test_what_was_not_agreed_is_dropped() -> None:
    there, _ = flows()
    assert there.rewrite_rtp(Source.CAMERA, rtp(pt=102), 1.0) is Drop.UNNEGOTIATED
    sound_only, _ = flows(agent=Offer(video=False))
    assert sound_only.rewrite_rtp(Source.CAMERA, rtp(), 1.0) is Drop.UNNEGOTIATED
    not_taken, _ = flows(agent=Offer(direction="sendonly"))
    assert not_taken.rewrite_rtp(Source.CAMERA, rtp(), 1.0) is Drop.UNNEGOTIATED


def test_a_new_source_continues_the_numbers() -> None:
    receiving = ReceivingState.of(TO_AGENT, "x")
    first = Flow(plan(VISITOR), plan(AGENT), receiving)
    first.rewrite_rtp(Source.CAMERA, rtp(seq=65535, ts=1000, extensions=[(3, b"\x00\x05")]), 10.0)
    receiving.detach()
    second = Flow(plan(VISITOR), plan(AGENT), receiving)
    out = ok(
        second.rewrite_rtp(Source.CAMERA, rtp(seq=40, ts=7, ssrc=2000, extensions=[(3, b"\x10\x00")]), 12.0)
    )
    # Two seconds of a 90 kHz clock later, the next sequence number, the next transport-wide number.
    assert fields(out)[2:] == (0, 1000 + 180000, 501)
    assert extensions(out)[6] == b"\x00\x06"
    out = ok(
        second.rewrite_rtp(
            Source.CAMERA, rtp(seq=42, ts=3007, ssrc=2000, extensions=[(3, b"\x10\x02")]), 12.1
        )
    )
    assert fields(out)[2:] == (2, 1000 + 183000, 501)
    assert extensions(out)[6] == b"\x00\x08"


def test_a_late_packet_does_not_move_the_end_of_the_stream() -> None:
    stream = Continuity(1, 90000)
    stream.attach(9, 10, 100, 0.0)
    assert stream.advance(10, 100, 0.0) == (10, 100)
    assert stream.advance(12, 300, 0.2) == (12, 300)
    assert stream.advance(11, 200, 0.3) == (11, 200)
    stream.attach(8, 5000, 5, 0.2)
    assert stream.advance(5000, 5, 0.2)[0] == 13


def test_extended_sequence_numbers_are_the_senders_own() -> None:
    stream = Continuity(1, 90000)
    stream.attach(9, 65000, 0, 0.0)
    stream.advance(65000, 0, 0.0)
    stream.attach(8, 10, 0, 1.0)  # continues as 65001
    for seq in range(10, 1000):
        stream.advance(seq, 0, 1.0)
    # The receiver has wrapped once in its own counting; this sender has not.
    reported = (1 << 16) | ((900 + stream.seq_offset) & 0xFFFF)
    assert stream.sender_extended(reported) == 900
    for seq in range(1000, 66000):
        stream.advance(seq & 0xFFFF, 0, 2.0)
    assert stream.sender_extended((65990 + stream.seq_offset) & 0xFFFF) == 65990


def test_retransmissions_are_renumbered_to_the_stream_they_repair() -> None:
    receiving = ReceivingState.of(TO_AGENT, "x")
    first = Flow(plan(VISITOR), plan(AGENT), receiving)
    first.rewrite_rtp(Source.CAMERA, rtp(seq=500), 1.0)
    receiving.detach()
    there = Flow(plan(VISITOR), plan(AGENT), receiving)
    assert there.rewrite_rtp(Source.CAMERA, rtp(b"\x00\x05x", pt=97, ssrc=1001), 2.0) is Drop.UNPLACEABLE
    primary = ok(there.rewrite_rtp(Source.CAMERA, rtp(b"original", seq=5, ts=10), 2.0))
    repaired = ok(
        there.rewrite_rtp(Source.CAMERA, rtp(b"\x00\x05original", pt=97, seq=9, ts=10, ssrc=1001), 2.0)
    )
    assert fields(repaired)[1] == 124
    assert fields(repaired)[4] == 502
    unwrapped = unwrap_rtx(RtpPacket.parse(repaired), payload_type=120, ssrc=501)
    assert (unwrapped.sequence_number, unwrapped.timestamp, unwrapped.payload) == (
        fields(primary)[2],
        fields(primary)[3],
        b"original",
    )


def test_padding_only_probes_pass() -> None:
    there, _ = flows()
    there.rewrite_rtp(Source.CAMERA, rtp(), 1.0)
    out = ok(there.rewrite_rtp(Source.CAMERA, rtp(b"", pt=97, ssrc=1001, padding=200), 1.0))
    assert out[12:] == bytes(199) + b"\xc8"


def test_a_leg_without_rtx_gets_the_original_packet_again() -> None:
    there, _ = flows(agent=Offer(vp8=120, rtx=None))
    there.rewrite_rtp(Source.CAMERA, rtp(b"gone", seq=5, ts=10), 1.0)
    out = ok(there.rewrite_rtp(Source.CAMERA, rtp(b"\x00\x05gone", pt=97, seq=70, ts=10, ssrc=1001), 1.0))
    assert fields(out) == (0, 120, 5, 10, 501)
    assert out[12:] == b"gone"
    assert there.rewrite_rtp(Source.CAMERA, rtp(b"", pt=97, ssrc=1001, padding=9), 1.0) is Drop.UNNEGOTIATED


def test_transport_wide_numbers_start_where_the_sender_starts() -> None:
    numbers = TransportSequence()
    assert [numbers.advance(n) for n in (7, 8, 6)] == [7, 8, 6]


def test_long_elements_take_the_two_byte_form() -> None:
    block = pack_extensions([(1, b"x" * 17), (2, b"")])
    profile, words = struct.unpack_from("!HH", block)
    assert profile == 0x1000
    assert unpack_header_extensions(profile, block[4 : 4 + 4 * words]) == [(1, b"x" * 17), (2, b"")]
