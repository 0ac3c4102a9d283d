"""Which source a packet belongs to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.demux import MAX_SSRCS, Demultiplexer, TooManySsrcsError, header_extensions
from media.negotiation import negotiate
from media.policy import Role, RoomPolicy, Source
from media.rewrite import pack_extensions
from tests.unit.media.legs import rtp
from tests.unit.media.offers import Offer

BOTH = Offer(screen=True)


def demux(offer: Offer = BOTH) -> Demultiplexer:
    return Demultiplexer(negotiate(str(offer), Role.VISITOR, RoomPolicy()))


def test_announced_ssrcs_tell_camera_from_screen() -> None:
    table = demux()
    assert table.place(rtp(ssrc=1000)) is Source.CAMERA
    assert table.place(rtp(pt=97, ssrc=1001)) is Source.CAMERA
    assert table.place(rtp(ssrc=1010)) is Source.SCREEN
    assert table.place(rtp(pt=97, ssrc=1011)) is Source.SCREEN
    assert table.place(rtp(pt=111, ssrc=5)) is Source.MICROPHONE
    assert set(table.placed.values()) == set(Source)
    assert table.placed[1010 << 7 | 96] is Source.SCREEN


def test_the_mid_in_the_packet_counts_more_than_what_was_announced() -> None:
    assert demux().place(rtp(ssrc=77, extensions=[(4, b"2")])) is Source.SCREEN
    assert demux().place(rtp(ssrc=1000, extensions=[(4, b"2")])) is Source.SCREEN
    assert demux().place(rtp(ssrc=77, extensions=[(4, b"nonsense")])) is None
    two_byte = pack_extensions([(4, b"2"), (14, b"x" * 17)])
    assert demux().place(rtp(ssrc=77, block=two_byte)) is Source.SCREEN


def test_what_cannot_be_told_is_not_guessed() -> None:
    table = demux()
    assert table.place(rtp(ssrc=77)) is None
    # It may be told later, when a packet carries its MID.
    assert table.place(rtp(ssrc=77, extensions=[(4, b"1")])) is Source.CAMERA
    assert demux(Offer()).place(rtp(ssrc=77)) is Source.CAMERA


def test_a_payload_type_of_another_source_is_refused() -> None:
    table = demux()
    assert table.place(rtp(pt=96, ssrc=5, extensions=[(4, b"0")])) is None
    assert table.place(rtp(pt=111, ssrc=1000)) is None
    assert table.place(rtp(pt=50)) is None
    assert not table.placed


def test_ssrcs_run_out() -> None:
    table = demux()
    for ssrc in range(MAX_SSRCS):
        table.place(rtp(ssrc=ssrc))
    table.place(rtp(ssrc=3))
    with pytest.raises(TooManySsrcsError):
        table.place(rtp(ssrc=MAX_SSRCS))
    assert len(table.placed) <= 2 * MAX_SSRCS


@given(st.binary(min_size=12, max_size=120))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    demux().place(data)
    for number, value in header_extensions(data):
        assert 0 <= number < 256
        assert value in data
