"""Quality as it is read off the reports that pass."""

import pytest
from aiortc.rtp import RtcpReceiverInfo, RtcpRrPacket, RtcpSenderInfo, RtcpSrPacket
from hypothesis import given
from hypothesis import strategies as st

from media.quality import (
    KEPT_RECEPTIONS,
    KEPT_REPORTS,
    Grade,
    Quality,
    Reception,
    SenderReport,
    StreamWatch,
    reports,
)

NTP = 0x0123_4567_89AB_CDEF


def block(ssrc: int, lost: int = 0, jitter: int = 0, last: int = 0, delay: int = 0) -> RtcpReceiverInfo:
    return RtcpReceiverInfo(
        ssrc=ssrc,
        fraction_lost=lost,
        packets_lost=-5,
        highest_sequence=9,
        jitter=jitter,
        lsr=last,
        dlsr=delay,
    )


def test_reports_of_a_compound() -> None:
    sender = RtcpSrPacket(7, RtcpSenderInfo(NTP, 1, 2, 3), [block(8, 51, 900, 0x4567_89AB, 65536), block(9)])
    data = bytes(sender) + bytes(RtcpRrPacket(1, [block(10, 255)])) + b"\x80\xcd\x00\x00"
    assert reports(data) == [
        SenderReport(7, 0x4567_89AB),
        Reception(8, 51, 900, 0x4567_89AB, 65536),
        Reception(9, 0, 0, 0, 0),
        Reception(10, 255, 0, 0, 0),
    ]


@given(st.binary(max_size=120), st.sampled_from([200, 201]), st.integers(0, 31))
def test_no_bytes_make_it_raise(data: bytes, kind: int, count: int) -> None:
    reports(data)
    head = bytes((0x80 | count, kind)) + (len(data) // 4).to_bytes(2, "big")
    assert len(reports(head + data)) <= 1 + len(data) // 24


def test_a_period() -> None:
    watch = StreamWatch(90000)
    assert watch.take(1000, 10.0) is None, "the first call begins the first period"
    watch.on_sender_report(77, 11.0)
    watch.on_reception(Reception(1, 0, 900, 77, 65536 // 2), 11.54)
    watch.on_reception(Reception(1, 128, 1800, 77, 65536), 12.1)
    found = watch.take(126_000, 15.0)
    assert found is not None
    assert found.bitrate == pytest.approx(200_000)
    assert found.loss == pytest.approx(0.25)
    assert found.jitter == pytest.approx(0.02)
    assert found.round_trip == pytest.approx(0.04)
    # The next period knows nothing of this one.
    assert watch.take(127_000, 20.0) == Quality(pytest.approx(1600), None, None, None)
    assert watch.take(127_000, 25.0) is None, "nothing passed"


def test_answers_to_unknown_or_impossible_reports_tell_no_round_trip() -> None:
    watch = StreamWatch(48000)
    watch.take(0, 0.0)
    watch.on_sender_report(77, 1.0)
    watch.on_reception(Reception(1, 0, 0, 78, 0), 1.5)
    watch.on_reception(Reception(1, 0, 0, 0, 0), 1.5)
    watch.on_reception(Reception(1, 0, 0, 77, 65536 * 2), 1.5)
    found = watch.take(1, 5.0)
    assert found is not None
    assert found.round_trip is None


def test_what_is_kept_is_bounded() -> None:
    watch = StreamWatch(48000)
    for number in range(5000):
        watch.on_sender_report(number, 0.0)
        watch.on_reception(Reception(1, 0, 0, number, 0), 1.0)
    assert len(watch._sent) == KEPT_REPORTS
    assert len(watch._lost) == len(watch._jitter) == KEPT_RECEPTIONS
    assert len(watch._trips) <= KEPT_RECEPTIONS


@pytest.mark.parametrize(
    ("quality", "grade"),
    [
        (Quality(1, None, None, None), Grade.GOOD),
        (Quality(1, 0.03, 0.05, 0.25), Grade.GOOD),
        (Quality(1, 0.031, 0, 0), Grade.FAIR),
        (Quality(1, 0, 0.051, 0), Grade.FAIR),
        (Quality(1, 0, 0, 0.251), Grade.FAIR),
        (Quality(1, 0.11, 0, 0), Grade.POOR),
        (Quality(1, 0, 0.151, 0), Grade.POOR),
        (Quality(1, 0, 0, 0.61), Grade.POOR),
    ],
)
def test_in_one_word(quality: Quality, grade: Grade) -> None:
    assert quality.grade is grade
