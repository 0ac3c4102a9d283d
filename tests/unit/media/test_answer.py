"""The text of the answer."""

from aiortc.sdp import SessionDescription

from media.answer import HostCandidate, ServerTransport, SsrcPair, render_answer
from media.negotiation import negotiate
from media.policy import Role, RoomPolicy, Rule, Source
from media.sdp import parse_fragment
from tests.unit.media.offers import Offer, camera_rule

TRANSPORT = ServerTransport(
    username_fragment="srvr",
    password="p" * 22,
    fingerprints=(("sha-256", ":".join(["CD"] * 32)),),
    candidates=(
        HostCandidate("f1", 100, "10.0.0.5", 40000, "host"),
        HostCandidate("f2", 99, "127.0.0.1", 40001, "host"),
        HostCandidate("f3", 98, "fd00::5", 40002, "host"),
        HostCandidate("f4", 50, "198.51.100.9", 50000, "relay", "10.0.0.5", 40000),
    ),
    ssrcs={Source.MICROPHONE: SsrcPair(7, None), Source.CAMERA: SsrcPair(8, 9)},
    cname="me",
    session_id=12345,
)


def answer(offer: Offer, camera: Rule = Rule.ALLOWED, public: str | None = None) -> str:
    return render_answer(negotiate(str(offer), Role.VISITOR, camera_rule(camera)), TRANSPORT, public)


def test_another_parser_reads_what_was_agreed() -> None:
    parsed = SessionDescription.parse(answer(Offer()))
    assert [m.kind for m in parsed.media] == ["audio", "video"]
    assert parsed.group[0].items == ["0", "1"]
    audio, video = parsed.media
    assert [c.payloadType for c in video.rtp.codecs] == [96, 97]
    assert video.rtp.codecs[1].parameters == {"apt": 96}
    assert [c.mimeType for c in audio.rtp.codecs] == ["audio/opus"]
    assert [s.ssrc for s in video.ssrc] == [8, 9]
    assert video.ssrc_group[0].items == [8, 9]
    assert audio.dtls is not None
    assert audio.dtls.role == "client"
    assert all(m.rtcp_mux and m.ice_candidates_complete and len(m.ice_candidates) == 4 for m in parsed.media)
    assert audio.ice_candidates[3].relatedPort == 40000


def test_sections_come_in_the_order_of_the_offer() -> None:
    text = str(Offer())
    head, audio, video = text.split("m=")
    plan = negotiate("m=".join([head, video, audio]), Role.VISITOR, RoomPolicy())
    assert [m.kind for m in SessionDescription.parse(render_answer(plan, TRANSPORT)).media] == [
        "video",
        "audio",
    ]


def test_what_is_not_sent_is_not_announced() -> None:
    text = answer(Offer(direction="sendonly"))
    assert "a=ssrc" not in text
    assert "a=msid:" not in text
    assert "a=sendonly" in answer(Offer(), Rule.FORBIDDEN)


def test_a_public_address_takes_the_place_of_private_ones() -> None:
    text = answer(Offer(), public="203.0.113.7")
    assert "203.0.113.7 40000 typ host" in text
    assert "10.0.0.5 40000 typ host" not in text
    assert "127.0.0.1 40001" in text
    assert "fd00::5 40002" in text


def test_an_answer_without_candidates_is_still_sdp() -> None:
    plan = negotiate(str(Offer(video=False, rtx=None)), Role.VISITOR, RoomPolicy())
    bare = ServerTransport("srvr", "p" * 22, (), (), {Source.MICROPHONE: SsrcPair(7, None)}, "me", 1)
    assert "m=audio 9 " in render_answer(plan, bare)


def test_a_fragment_gives_its_candidates_once() -> None:
    line = "a=candidate:1 1 udp 1 192.0.2.1 5000 typ host"
    fragment = parse_fragment(
        f"a=ice-ufrag:abcd\r\nm=audio 9 RTP/SAVPF 0\r\na=mid:0\r\n{line}\r\n{line}\r\na=end-of-candidates"
    )
    assert fragment.username_fragment == "abcd"
    assert [c.port for c in fragment.candidates] == [5000]
