"""What is agreed with an offer, and what is refused, with which words."""

from dataclasses import replace
from pathlib import Path

import pytest

from media.errors import NegotiationError
from media.negotiation import MAX_CANDIDATES, MID_URI, TRANSPORT_CC_URI, negotiate
from media.policy import Role, RoomPolicy, Rule, Rules, Source
from media.sdp import MAX_ATTRIBUTES, MAX_OFFER_BYTES
from tests.unit.media.offers import FINGERPRINT, Offer, camera_rule

ALLOWED = RoomPolicy()
RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.sdp"))


def test_a_browser_offer_is_agreed_to_its_own_numbers() -> None:
    plan = negotiate(str(Offer()), Role.VISITOR, ALLOWED)
    audio, video = plan.streams
    assert (audio.source, audio.mid, audio.payload_type, audio.rtx_payload_type) == (
        Source.MICROPHONE,
        "0",
        111,
        None,
    )
    assert (video.source, video.mid, video.payload_type, video.rtx_payload_type) == (
        Source.CAMERA,
        "1",
        96,
        97,
    )
    assert video.extensions[TRANSPORT_CC_URI] == 3
    assert audio.extensions[MID_URI] == 4
    assert video.feedback == ("goog-remb", "transport-cc", "nack", "nack pli")
    assert audio.feedback == ("transport-cc",)
    assert video.declared_ssrcs == (1000, 1001)
    assert (audio.reduced_size, video.reduced_size) == (False, True)
    assert plan.username_fragment == "abcd"
    assert plan.fingerprints[0].algorithm == "sha-256"


@pytest.mark.parametrize(
    ("offered", "role", "camera", "answered"),
    [
        ("sendrecv", Role.VISITOR, Rule.ALLOWED, "sendrecv"),
        ("sendrecv", Role.VISITOR, Rule.OFF_BY_DEFAULT, "sendrecv"),
        ("sendrecv", Role.VISITOR, Rule.FORBIDDEN, "sendonly"),
        ("recvonly", Role.VISITOR, Rule.FORBIDDEN, "sendonly"),
        ("sendonly", Role.VISITOR, Rule.FORBIDDEN, "inactive"),
        ("sendonly", Role.VISITOR, Rule.ALLOWED, "recvonly"),
        ("inactive", Role.VISITOR, Rule.ALLOWED, "inactive"),
        ("sendrecv", Role.AGENT, Rule.FORBIDDEN, "sendrecv"),
    ],
)
def test_video_direction_follows_the_camera_rule(
    offered: str, role: Role, camera: Rule, answered: str
) -> None:
    plan = negotiate(str(Offer(direction=offered)), role, camera_rule(camera))
    video = plan.stream(Source.CAMERA)
    assert video is not None
    assert video.direction.attribute == answered


def test_sound_is_two_way_under_every_camera_rule() -> None:
    for camera in Rule:
        audio = negotiate(str(Offer()), Role.VISITOR, camera_rule(camera)).stream(Source.MICROPHONE)
        assert audio is not None
        assert audio.direction.attribute == "sendrecv"


def test_each_source_has_a_rule_of_its_own() -> None:
    offer = str(Offer(screen=True))
    for role in Role:
        for forbidden in Source:
            rules = replace(Rules(screen=Rule.ALLOWED), **{forbidden: Rule.FORBIDDEN})
            policy = RoomPolicy(**{role: rules, role.other: Rules(screen=Rule.ALLOWED)})
            directions = {s.source: s.direction.attribute for s in negotiate(offer, role, policy).streams}
            assert directions == {
                source: "sendonly" if source is forbidden else "sendrecv" for source in Source
            }


@pytest.mark.parametrize("path", RECORDED, ids=[path.stem for path in RECORDED])
def test_what_browsers_offer_is_agreed(path: Path) -> None:
    plan = negotiate(path.read_bytes().decode(), Role.VISITOR, ALLOWED)
    sources = [stream.source for stream in plan.streams]
    assert sources == list(Source)[: len(sources)]
    for stream in plan.streams:
        assert {MID_URI, TRANSPORT_CC_URI} <= set(stream.extensions)
        assert "transport-cc" in stream.feedback
        if stream.source is not Source.MICROPHONE:
            assert stream.rtx_payload_type is not None
            assert {"nack", "nack pli", "goog-remb"} <= set(stream.feedback)
    assert len({path.stem.split("_")[0] for path in RECORDED}) == 3


def test_attributes_may_stand_at_session_level() -> None:
    text = str(Offer(extra_session=(f"a=fingerprint:{FINGERPRINT}", "a=setup:actpass")))
    head, *sections = text.split("m=")
    stripped = [
        "\r\n".join(line for line in s.split("\r\n") if not line.startswith(("a=fingerprint", "a=setup")))
        for s in sections
    ]
    plan = negotiate("m=".join([head, *stripped]), Role.VISITOR, ALLOWED)
    assert len(plan.fingerprints) == 1


def test_a_bundle_only_section_is_taken() -> None:
    plan = negotiate(str(Offer(video_port=0, extra_video=("a=bundle-only",))), Role.VISITOR, ALLOWED)
    assert plan.stream(Source.CAMERA) is not None


def test_rtx_parameters_in_any_order() -> None:
    text = str(Offer()).replace("a=fmtp:97 apt=96", "a=fmtp:97 rtx-time=3000; apt=96")
    video = negotiate(text, Role.VISITOR, ALLOWED).stream(Source.CAMERA)
    assert video is not None
    assert video.rtx_payload_type == 97


def test_extension_ids_that_need_two_bytes_are_left_out() -> None:
    plan = negotiate(str(Offer(video_extensions={MID_URI: 15, TRANSPORT_CC_URI: 3})), Role.VISITOR, ALLOWED)
    video = plan.stream(Source.CAMERA)
    assert video is not None
    assert dict(video.extensions) == {TRANSPORT_CC_URI: 3}


def test_only_candidates_the_server_can_use_are_kept() -> None:
    candidates = (
        "a=candidate:1 1 udp 2113937151 192.0.2.1 5000 typ host",
        "a=candidate:1 1 udp 2113937151 192.0.2.1 5000 typ host",
        "a=candidate:2 1 tcp 1 192.0.2.1 9 typ host tcptype active",
        "a=candidate:3 2 udp 1 192.0.2.1 5001 typ host",
        "a=candidate:4 1 udp 1 0c7e5a5c-1d7b-4b9c-8f7a-a.local 5002 typ host",
        "a=candidate:5 1 UDP 1 2001:db8::1 5003 typ srflx raddr :: rport 9",
        "a=candidate:6 1 udp 1 0.0.0.0 5003 typ host",
        "a=candidate:7 1 udp 1 224.0.0.1 5003 typ host",
    )
    plan = negotiate(str(Offer(extra_audio=candidates)), Role.VISITOR, ALLOWED)
    assert [(c.host, c.port) for c in plan.candidates] == [("192.0.2.1", 5000), ("2001:db8::1", 5003)]


REFUSED = [
    ("", "not SDP"),
    ("hello", "not SDP"),
    ("v=0\r\ns=-\r\n", "no m-line"),
    ("v=0\r\nnonsense\r\n", "not an SDP line"),
    ("v=0\r\n" + "a=" + "x" * MAX_OFFER_BYTES, "larger than"),
    ("v=0\r\n" + "a=x\r\n" * (MAX_ATTRIBUTES + 1), "attributes"),
    ("v=0\r\nm=video\r\n", "malformed m-line"),
    ("v=0\r\nm=video 99999 RTP/SAVPF 96\r\n", "out of range"),
    (Offer(extra_sections=("m=application 9 UDP/DTLS/SCTP webrtc-datachannel",)), "data channels"),
    (Offer(extra_sections=("m=text 9 RTP/SAVPF 96",)), "m=text is not supported"),
    (Offer(screen=True, extra_sections=("m=video 9 UDP/TLS/RTP/SAVPF 96", "a=mid:3")), "at most one"),
    (Offer(audio=False, screen=True, extra_sections=("m=video 9 UDP/TLS/RTP/SAVPF 96",)), "at most one"),
    (Offer(extra_sections=("m=audio 9 UDP/TLS/RTP/SAVPF 0", "a=mid:2")), "at most one"),
    (Offer(screen=True, screen_ssrcs=(1000, 1011)), "same SSRC"),
    (Offer(extra_video=tuple(f"a=ssrc:{n} cname:x" for n in range(8))), "more than 8 SSRCs"),
    (Offer(extra_session=("a=ice-lite",)), "ICE lite"),
    (Offer(video_port=0), "switched off"),
    (Offer(setup="active"), "a=setup:actpass"),
    (Offer(extra_video=("a=simulcast:send a;b",)), "simulcast"),
    (Offer(extra_video=("a=rid:a send",)), "simulcast"),
    (Offer(bundle=""), "BUNDLE"),
    (Offer(bundle="a=group:BUNDLE 0"), "BUNDLE"),
    (Offer(mids=("0", "0")), "same a=mid"),
    (Offer(mids=("0", "x" * 17)), "a=mid"),
    (Offer(mids=("0", "")), "a=mid"),
    (Offer(vp8=111), "share a payload type"),
    (Offer(vp8=72), "not a usable payload type"),
    (Offer(vp8=128), "not a usable payload type"),
    (Offer(extra_video=("a=sendonly",)), "more than one direction"),
    (Offer(extra_video=("a=extmap:x y",)), "a=extmap"),
    (Offer(video_extensions={MID_URI: 3, TRANSPORT_CC_URI: 3}), "same id"),
    (Offer(video_extensions={MID_URI: 2, TRANSPORT_CC_URI: 3}), "two things"),
    (Offer(ufrag="a"), "ice-ufrag"),
    (Offer(password="short"), "ice-pwd"),
    (Offer(fingerprint="sha-1 AA:BB"), "SHA-256"),
    (Offer(fingerprint="sha-256 AA:BB"), "malformed sha-256"),
    (Offer(extra_audio=(f"a=fingerprint:{FINGERPRINT}",) * 8), "fingerprints"),
    (Offer(extra_audio=("a=candidate:nonsense",)), "malformed ICE candidate"),
    (Offer(extra_audio=("a=candidate:1 1 udp 1 192.0.2.1 70000 typ host",)), "out of range"),
    (Offer(extra_video=("a=ssrc:4294967296 cname:x",), ssrc=None), "a=ssrc"),
    (
        Offer(
            extra_audio=tuple(
                f"a=candidate:1 1 udp 1 192.0.2.1 {p} typ host" for p in range(1, MAX_CANDIDATES + 2)
            )
        ),
        "ICE candidates",
    ),
    (str(Offer()).replace("a=rtcp-mux\r\n", ""), "rtcp-mux"),
    (str(Offer()).replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"), "RTP/AVP is not supported"),
    (str(Offer()).replace("VP8/90000", "VP9/90000"), "does not contain VP8"),
    (str(Offer()).replace("opus/48000/2", "opus/48000"), "does not contain Opus"),
]


@pytest.mark.parametrize(
    ("offer", "reason"), REFUSED, ids=[reason + str(i) for i, (_, reason) in enumerate(REFUSED)]
)
def test_what_is_not_supported_is_refused_with_the_reason(offer: str | Offer, reason: str) -> None:
    with pytest.raises(NegotiationError, match=reason):
        negotiate(str(offer), Role.VISITOR, ALLOWED)
