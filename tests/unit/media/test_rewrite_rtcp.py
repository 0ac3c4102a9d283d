"""RTCP end to end: written and read back with aiortc's own RTCP classes."""

import random
import struct

import pytest
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpByePacket,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSourceInfo,
    RtcpSrPacket,
    pack_remb_fci,
    unpack_remb_fci,
)

from media.policy import Source
from media.rewrite import Flow, ReceivingState
from media.rewrite_rtcp import RtcpOutcome, keyframe_request, rewrite_rtcp
from tests.unit.media.legs import AGENT, TO_AGENT, VISITOR, fields, flows, plan, rtp

# The agent's SSRCs are those of its offer, 1000 and 1001, as the visitor's are; only the legs tell them apart.
AGENT_VIDEO, AGENT_AUDIO = 3000, 3002


@pytest.fixture
def legs() -> tuple[Flow, Flow]:
    """A call under way: visitor → agent with the numbers moved by a rejoin, agent → visitor as it came."""
    there, back = flows()
    there.rewrite_rtp(Source.CAMERA, rtp(seq=999, ts=0, ssrc=1, extensions=[(3, b"\x03\xe7")]), 0.0)
    there.receiving.detach()
    there.rewrite_rtp(Source.CAMERA, rtp(seq=100, ts=9000, extensions=[(3, b"\x00\x64")]), 1.0)
    there.rewrite_rtp(Source.CAMERA, rtp(b"\x00\x64x", pt=97, seq=7, ts=9000, ssrc=1001), 1.0)
    back.rewrite_rtp(Source.CAMERA, rtp(pt=120, seq=50, ssrc=AGENT_VIDEO), 1.0)
    back.rewrite_rtp(Source.MICROPHONE, rtp(pt=109, seq=60, ssrc=AGENT_AUDIO), 1.0)
    return there, back


def through(data: bytes, outgoing: Flow, incoming: Flow) -> list[object]:
    outcome = rewrite_rtcp(data, outgoing, incoming)
    assert outcome is not None
    return list(RtcpPacket.parse(outcome.data)) if outcome.data else []


def block(ssrc: int, highest: int) -> RtcpReceiverInfo:
    return RtcpReceiverInfo(
        ssrc=ssrc, fraction_lost=1, packets_lost=2, highest_sequence=highest, jitter=3, lsr=4, dlsr=5
    )


def sender_info(ts: int) -> RtcpSenderInfo:
    return RtcpSenderInfo(ntp_timestamp=1 << 40, rtp_timestamp=ts, packet_count=5, octet_count=6)


def test_sender_report_with_report_blocks(legs: tuple[Flow, Flow]) -> None:
    there, back = legs
    data = bytes(
        RtcpSrPacket(ssrc=1000, sender_info=sender_info(9000), reports=[block(601, 50), block(12345, 9)])
    )
    (report,) = through(data, there, back)
    assert isinstance(report, RtcpSrPacket)
    assert report.ssrc == 501
    assert report.sender_info.rtp_timestamp == 90000  # one second after timestamp 0 of the first source
    assert report.sender_info.ntp_timestamp == 1 << 40
    assert [(r.ssrc, r.highest_sequence, r.lsr, r.dlsr) for r in report.reports] == [(AGENT_VIDEO, 50, 4, 5)]


def test_receiver_report_is_about_the_senders_own_numbers(legs: tuple[Flow, Flow]) -> None:
    there, back = legs
    (report,) = through(bytes(RtcpRrPacket(ssrc=AGENT_VIDEO, reports=[block(501, 1000)])), back, there)
    assert isinstance(report, RtcpRrPacket)
    assert report.ssrc == 601
    assert [(r.ssrc, r.highest_sequence) for r in report.reports] == [(1000, 100)]


def test_a_report_of_a_held_back_stream_becomes_a_receiver_report(legs: tuple[Flow, Flow]) -> None:
    there, back = legs
    there.receiving.detach()
    data = bytes(RtcpSrPacket(ssrc=1000, sender_info=sender_info(1), reports=[block(600, 60)]))
    (report,) = through(data, there, back)
    assert isinstance(report, RtcpRrPacket)
    assert [r.ssrc for r in report.reports] == [AGENT_AUDIO]


def test_source_descriptions_carry_the_announced_cname_only(legs: tuple[Flow, Flow]) -> None:
    there, back = legs
    chunks = [
        RtcpSourceInfo(ssrc=1000, items=[(1, b"private"), (2, b"Jane Doe"), (3, b"jane@example.org")]),
        RtcpSourceInfo(ssrc=9999, items=[(1, b"stranger")]),
        RtcpSourceInfo(ssrc=1001, items=[]),
    ]
    packets = through(b"".join(bytes(RtcpSdesPacket(chunks=[chunk])) for chunk in chunks), there, back)
    named = [(c.ssrc, c.items) for p in packets if isinstance(p, RtcpSdesPacket) for c in p.chunks]
    assert named == [(501, [(1, b"agentleg")]), (502, [(1, b"agentleg")])]
    two = struct.pack("!BBHLLLL", 0x82, 202, 4, 9999, 0, 1000, 0)
    (packet,) = through(two, there, back)
    assert isinstance(packet, RtcpSdesPacket)
    assert [c.ssrc for c in packet.chunks] == [501]


def test_nack_asks_the_sender_for_its_own_numbers(legs: tuple[Flow, Flow]) -> None:
    there, back = legs
    lost = RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=AGENT_VIDEO, media_ssrc=501, lost=[1000, 1003, 1050])
    (packet,) = through(bytes(lost), back, there)
    assert isinstance(packet, RtcpRtpfbPacket)
    assert (packet.ssrc, packet.media_ssrc, packet.lost) == (601, 1000, [100, 103, 150])
    lost.media_ssrc = 42
    assert through(bytes(lost), back, there) == []


def test_remb_names_the_senders_streams(legs: tuple[Flow, Flow]) -> None:
    there, back = legs
    remb = RtcpPsfbPacket(fmt=RTCP_PSFB_APP, ssrc=5, media_ssrc=0, fci=pack_remb_fci(800_000, [501, 502, 42]))
    (packet,) = through(bytes(remb), back, there)
    assert isinstance(packet, RtcpPsfbPacket)
    assert unpack_remb_fci(packet.fci) == (800_000, [1000, 1001])
    remb.fci = pack_remb_fci(800_000, [42])
    assert through(bytes(remb), back, there) == []


@pytest.mark.parametrize("padding", [0, 1, 2, 3])
def test_transport_wide_feedback_keeps_content_and_padding(legs: tuple[Flow, Flow], padding: int) -> None:
    there, back = legs
    # base 1000, 1 packet, reference time, count, one run-length chunk, one delta, then padding to a word
    fci = struct.pack("!HH", 1000, 1) + b"\x00\x00\x05\x07" + b"\x20\x01" + b"\x08" * (6 - padding)
    fci += bytes(padding - 1) + bytes((padding,)) if padding else b""
    flag = 0x20 if padding else 0
    data = struct.pack("!BBHLL", 0x80 | flag | 15, 205, 2 + len(fci) // 4, AGENT_VIDEO, 501) + fci
    outcome = rewrite_rtcp(data, back, there)
    assert outcome is not None
    first, _, words, sender, media, base = struct.unpack_from("!BBHLLH", outcome.data)
    assert (first, words, sender, media, base) == (data[0], 2 + len(fci) // 4, 601, 1000, 100)
    assert outcome.data[14:] == data[14:]


def test_transport_wide_feedback_about_an_unknown_stream_still_arrives(legs: tuple[Flow, Flow]) -> None:
    there, back = legs
    data = struct.pack("!BBHLL", 0x8F, 205, 4, 1, 42) + bytes(8)
    outcome = rewrite_rtcp(data, back, there)
    assert outcome is not None
    assert struct.unpack_from("!L", outcome.data, 8)[0] == 1000
    there.receiving.detach()
    assert rewrite_rtcp(data, back, there) == RtcpOutcome(b"")


@pytest.mark.parametrize(
    ("packet", "wanted"),
    [
        (RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=5, media_ssrc=501), True),
        (RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=5, media_ssrc=42), False),
        (RtcpPsfbPacket(fmt=RTCP_PSFB_FIR, ssrc=5, media_ssrc=0, fci=struct.pack("!LL", 501, 1 << 24)), True),
        (RtcpPsfbPacket(fmt=RTCP_PSFB_FIR, ssrc=5, media_ssrc=0, fci=struct.pack("!LL", 42, 1 << 24)), False),
        (RtcpPsfbPacket(fmt=2, ssrc=5, media_ssrc=501, fci=bytes(4)), False),
    ],
)
def test_keyframe_requests_end_here(legs: tuple[Flow, Flow], packet: RtcpPsfbPacket, wanted: bool) -> None:
    there, back = legs
    assert rewrite_rtcp(bytes(packet), back, there) == RtcpOutcome(
        b"", frozenset({Source.CAMERA}) if wanted else frozenset()
    )


def test_goodbye_and_unknown_packets_end_here(legs: tuple[Flow, Flow]) -> None:
    there, back = legs
    data = bytes(RtcpRrPacket(ssrc=1, reports=[])) + bytes(RtcpByePacket(sources=[1000]))
    data += struct.pack("!BBHLL", 0x80, 204, 2, 1, 2) + struct.pack("!BBHLL", 0x80, 207, 2, 1, 2)
    data += struct.pack("!BBHLL", 0x83, 205, 2, 1, 501) + b"\x80\xcb\0\0" + b"\x80\xca\0\0"
    (packet,) = through(data, there, back)
    assert isinstance(packet, RtcpRrPacket)


def test_padding_is_taken_off(legs: tuple[Flow, Flow]) -> None:
    there, back = legs
    data = struct.pack("!BBHL", 0xA0, 201, 2, 1000) + b"\0\0\0\x04"
    outcome = rewrite_rtcp(data, there, back)
    assert outcome is not None
    assert outcome.data == struct.pack("!BBHL", 0x80, 201, 1, 501)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\xc9",
        b"\x00\xc9\x00\x01\x00\x00\x00\x01",
        b"\x80\xc9\x00\x09\x00\x00\x00\x01",
        b"\x81\xc9\x00\x01\x00\x00\x00\x01",  # one report block announced, none there
        b"\x80\xc8\x00\x01\x00\x00\x00\x01",  # a sender report without sender information
        b"\x81\xca\x00\x01\x00\x00\x00\x01",  # a chunk without an end
        b"\x81\xca\x00\x02\x00\x00\x00\x01\x01\x09ab",
        b"\x82\xca\x00\x02\x00\x00\x00\x01\x00\x00\x00\x00",
        b"\x81\xcd\x00\x01\x00\x00\x00\x01",
        b"\x8f\xcd\x00\x03\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00",
        b"\x81\xce\x00\x01\x00\x00\x00\x01",
        b"\x8f\xce\x00\x04\x00\x00\x00\x01\x00\x00\x00\x00REMB\x09\x00\x00\x00",
        b"\xa0\xc9\x00\x01\x00\x00\x00\x00",
        b"\xa0\xc9\x00\x01\x00\x00\x00\x08",
        b"\xa0\xc9\x00\x01\x00\x00\x00\x03",
        b"\xa0\xc9\x00\x01\x00\x00\x00\x04",
        b"\x80\xc9\x00\x01\x00\x00\x00\x01" * 33,
    ],
)
def test_malformed_compounds_are_refused_whole(legs: tuple[Flow, Flow], data: bytes) -> None:
    there, back = legs
    assert rewrite_rtcp(data, there, back) is None
    good = bytes(RtcpRrPacket(ssrc=1, reports=[]))
    if data:
        assert rewrite_rtcp(good + data, there, back) is None


def test_the_rooms_own_keyframe_request_is_a_valid_compound() -> None:
    report, pli = RtcpPacket.parse(keyframe_request(7, 1000))
    assert isinstance(report, RtcpRrPacket)
    assert isinstance(pli, RtcpPsfbPacket)
    assert (pli.fmt, pli.ssrc, pli.media_ssrc) == (RTCP_PSFB_PLI, 7, 1000)


def test_sound_and_picture_stay_in_sync_over_a_rejoin() -> None:
    """What the receiver makes of sender reports: when a packet was captured, by the sender's clock (RFC 3550 §6.4.1).
    The numbers of both streams start anew, at random, with every connection of the sender.
    """
    receiving = ReceivingState.of(TO_AGENT, "x")
    dice = random.Random(5)
    rates = {Source.MICROPHONE: (48000, 111, 500), Source.CAMERA: (90000, 96, 501)}
    now = 100.0
    for connection in range(3):
        receiving.detach()
        there = Flow(plan(VISITOR), plan(AGENT), receiving)
        _, back = flows()
        starts = {source: dice.randrange(1 << 32) for source in Source}
        ntp_start = 3_900_000_000.0 + connection * 1000

        def stamp(source: Source, at: float, starts: dict[Source, int] = starts, since: float = now) -> int:
            return (starts[source] + round((at - since) * rates[source][0])) & 0xFFFFFFFF

        mapping: dict[int, tuple[float, int]] = {}
        begun = now
        for step in range(4):
            now += 0.25
            for number, (source, (rate, payload_type, ssrc)) in enumerate(rates.items()):
                sender = 1000 * (connection + 1) + number
                packet = rtp(pt=payload_type, seq=step, ts=stamp(source, now), ssrc=sender)
                out = there.rewrite_rtp(source, packet, now + dice.random() / 50)
                assert isinstance(out, bytes)
                ntp = ntp_start + now - begun
                info = RtcpSenderInfo(round(ntp * 2**32), stamp(source, now), 1, 1)
                (report,) = through(bytes(RtcpSrPacket(ssrc=sender, sender_info=info)), there, back)
                assert isinstance(report, RtcpSrPacket)
                assert report.ssrc == ssrc
                mapping[ssrc] = report.sender_info.ntp_timestamp / 2**32, report.sender_info.rtp_timestamp
                reported_at, reported = mapping[ssrc]
                ahead = (fields(out)[3] - reported + (1 << 31)) % (1 << 32) - (1 << 31)
                assert reported_at + ahead / rate == pytest.approx(ntp, abs=0.001)
