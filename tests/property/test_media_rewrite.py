"""Properties of the rewriting: it can be undone, it never raises, and the far end sees one continuous stream."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from media.policy import Source
from media.rewrite import Drop, Flow, ReceivingState
from media.rewrite_rtcp import RtcpOutcome, rewrite_rtcp
from tests.unit.media.legs import AGENT, TO_AGENT, TO_VISITOR, VISITOR, fields, flows, plan, rtp

PAYLOADS = st.binary(max_size=60)
NUMBERS = st.integers(0, 0xFFFF)
STAMPS = st.integers(0, 0xFFFFFFFF)
ELEMENTS = st.lists(
    st.one_of(
        st.tuples(st.just(3), st.binary(min_size=2, max_size=2)),
        st.tuples(st.just(4), st.just(b"1")),
    ),
    max_size=4,
    unique_by=lambda element: element[0],
)


@given(PAYLOADS, NUMBERS, STAMPS, st.booleans(), ELEMENTS, st.integers(0, 9), st.lists(STAMPS, max_size=3))
def test_there_and_back_gives_the_same_packet(
    payload: bytes,
    seq: int,
    ts: int,
    marker: bool,
    elements: list[tuple[int, bytes]],
    padding: int,
    csrcs: list[int],
) -> None:
    there, _ = flows()
    back = Flow(plan(AGENT), plan(VISITOR), ReceivingState.of(TO_VISITOR, "x"))
    packet = rtp(
        payload,
        seq=seq,
        ts=ts,
        ssrc=601,  # what the way back announces
        marker=marker,
        extensions=elements or None,
        padding=padding,
        csrcs=tuple(csrcs),
    )
    out = there.rewrite_rtp(Source.CAMERA, packet, 1.0)
    assert isinstance(out, bytes)
    assert fields(out)[4] == 501
    again = back.rewrite_rtp(Source.CAMERA, out, 1.0)
    assert again == packet


@given(st.binary(max_size=120))
def test_no_bytes_make_the_rtp_side_raise(data: bytes) -> None:
    there, _ = flows()
    there.rewrite_rtp(Source.CAMERA, rtp(), 0.0)
    assert isinstance(there.rewrite_rtp(Source.CAMERA, data, 1.0), bytes | Drop)


@given(
    st.integers(0x80, 0xBF),
    st.sampled_from([96, 97, 111, 0xE0]),
    st.sampled_from([0xBEDE, 0x1000, 1]),
    st.binary(max_size=90),
)
def test_nor_do_packets_that_start_well(first: int, second: int, profile: int, rest: bytes) -> None:
    there, _ = flows()
    there.rewrite_rtp(Source.CAMERA, rtp(), 0.0)
    words = len(rest) // 8
    head = struct.pack("!BBHLL", first, second, 7, 8, 9) + struct.pack("!HH", profile, words)
    result = there.rewrite_rtp(Source.CAMERA, head + rest, 1.0)
    assert isinstance(result, bytes | Drop)
    if isinstance(result, bytes) and second & 0x7F != 97:
        # What comes out is well-formed for the next reader, whatever went in.
        again = Flow(plan(AGENT), plan(VISITOR), ReceivingState.of(TO_VISITOR, "x"))
        assert isinstance(again.rewrite_rtp(Source.CAMERA, result, 1.0), bytes)


@given(st.binary(max_size=200))
def test_no_bytes_make_the_rtcp_side_raise(data: bytes) -> None:
    there, back = flows()
    there.rewrite_rtp(Source.CAMERA, rtp(), 0.0)
    assert isinstance(rewrite_rtcp(data, there, back), RtcpOutcome | None)


@given(
    st.lists(
        st.tuples(
            st.integers(0x80, 0xBF),
            st.integers(200, 207),
            st.integers(0, 8),
            st.binary(min_size=36, max_size=36),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_nor_do_compounds_that_start_well(packets: list[tuple[int, int, int, bytes]]) -> None:
    there, back = flows()
    for seq in range(3):
        there.rewrite_rtp(Source.CAMERA, rtp(seq=seq, ssrc=0), 0.0)
        back.rewrite_rtp(Source.CAMERA, rtp(pt=120, seq=seq, ssrc=0), 0.0)
    data = b"".join(
        struct.pack("!BBH", first, kind, words) + body[: 4 * words] for first, kind, words, body in packets
    )
    outcome = rewrite_rtcp(data, there, back)
    if outcome is not None:
        # What comes out is a sequence of well-formed packets again.
        pos = 0
        while pos < len(outcome.data):
            first, _, words = struct.unpack_from("!BBH", outcome.data, pos)
            assert first >> 6 == 2
            pos += 4 * (words + 1)
        assert pos == len(outcome.data)


@given(st.lists(st.tuples(NUMBERS, STAMPS, st.integers(1, 30), st.floats(0, 20)), min_size=1, max_size=6))
def test_rejoining_senders_make_one_continuous_stream(sessions: list[tuple[int, int, int, float]]) -> None:
    receiving = ReceivingState.of(TO_AGENT, "x")
    now, expected, last_ts = 0.0, None, None
    for number, (seq, ts, count, pause) in enumerate(sessions):
        now += pause
        receiving.detach()
        flow = Flow(plan(VISITOR), plan(AGENT), receiving)
        for i in range(count):
            now += 0.04
            packet = rtp(seq=(seq + i) & 0xFFFF, ts=(ts + 3600 * i) & 0xFFFFFFFF, ssrc=1000 + number)
            out = flow.rewrite_rtp(Source.CAMERA, packet, now)
            assert isinstance(out, bytes)
            _, _, out_seq, out_ts, ssrc = fields(out)
            assert ssrc == 501
            if expected is not None and last_ts is not None:
                assert out_seq == expected
                assert 0 < (out_ts - last_ts) & 0xFFFFFFFF < 90000 * 21
            expected, last_ts = (out_seq + 1) & 0xFFFF, out_ts
