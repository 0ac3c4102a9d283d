"""Properties of the negotiation over generated offers."""

import contextlib

import pytest
from aiortc.sdp import SessionDescription
from hypothesis import given
from hypothesis import strategies as st

from media.answer import ServerTransport, SsrcPair, render_answer
from media.errors import NegotiationError
from media.negotiation import EXTENSIONS, NegotiationPlan, negotiate
from media.policy import CameraPolicy, MediaKind, Role, RoomPolicy
from media.sdp import parse_fragment
from tests.unit.media.offers import Offer

MID = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=16)
TYPES = st.lists(st.integers(96, 127).filter(lambda n: n != 102), min_size=3, max_size=3, unique=True)
DIRECTIONS = ["sendrecv", "sendonly", "recvonly", "inactive"]


@st.composite
def offers(draw: st.DrawFn) -> Offer:
    opus, vp8, rtx = draw(TYPES)
    uris = sorted({uri for kind in MediaKind for uri in EXTENSIONS[kind]})
    ids = dict(zip(uris, draw(st.permutations(range(1, 15))), strict=False))
    audio, video = draw(st.sampled_from([(True, True), (True, False), (False, True)]))

    def some(kind: MediaKind) -> dict[str, int]:
        return {uri: ids[uri] for uri in draw(st.lists(st.sampled_from(EXTENSIONS[kind]), unique=True))}

    return Offer(
        audio=audio,
        video=video,
        opus=opus,
        vp8=vp8,
        rtx=draw(st.sampled_from([rtx, None])),
        mids=tuple(draw(st.lists(MID, min_size=2, max_size=2, unique=True))),  # type: ignore[arg-type]
        direction=draw(st.sampled_from(DIRECTIONS)),
        audio_extensions=some(MediaKind.AUDIO),
        video_extensions=some(MediaKind.VIDEO),
        extra_video=tuple(draw(st.lists(st.sampled_from(["a=x-unknown:1", "a=ptime:20", "b=AS:500"])))),
    )


ROLES, CAMERAS = st.sampled_from(list(Role)), st.sampled_from(list(CameraPolicy))


def answer_of(plan: NegotiationPlan) -> SessionDescription:
    ssrcs = {s.kind: SsrcPair(1, 2 if s.rtx_payload_type is not None else None) for s in plan.streams}
    return SessionDescription.parse(
        render_answer(plan, ServerTransport("u" * 4, "p" * 22, (("sha-256", "AB"),), (), ssrcs, "c", 1))
    )


@given(offers(), ROLES, CAMERAS)
def test_every_answer_fits_its_offer(offer: Offer, role: Role, camera: CameraPolicy) -> None:
    plan = negotiate(str(offer), role, RoomPolicy(camera))
    offered, answered = SessionDescription.parse(str(offer)), answer_of(plan)
    assert [(m.kind, m.rtp.muxId) for m in answered.media] == [(m.kind, m.rtp.muxId) for m in offered.media]
    for theirs, ours in zip(offered.media, answered.media, strict=True):
        assert {c.payloadType for c in ours.rtp.codecs} <= {c.payloadType for c in theirs.rtp.codecs}
        assert {c.name.lower() for c in ours.rtp.codecs} <= {"vp8", "rtx", "opus"}
        numbered = {(e.id, e.uri) for e in ours.rtp.headerExtensions}
        assert numbered <= {(e.id, e.uri) for e in theirs.rtp.headerExtensions}
        # RFC 3264 §6.1: never send to who does not receive, nor receive from who does not send.
        assert "send" not in ours.direction.replace("recv", "") or theirs.direction in (
            "sendrecv",
            "recvonly",
        )
        assert "recv" not in ours.direction or theirs.direction in ("sendrecv", "sendonly")
        if role is Role.VISITOR and camera is CameraPolicy.FORBIDDEN and ours.kind == "video":
            assert ours.direction in ("sendonly", "inactive")


@given(offers(), ROLES, CAMERAS)
def test_negotiation_is_a_function(offer: Offer, role: Role, camera: CameraPolicy) -> None:
    assert negotiate(str(offer), role, RoomPolicy(camera)) == negotiate(str(offer), role, RoomPolicy(camera))


@given(offers(), st.data())
def test_a_damaged_offer_is_agreed_or_refused_but_nothing_else(offer: Offer, data: st.DataObject) -> None:
    lines = str(offer).split("\r\n")
    for _ in range(data.draw(st.integers(1, 4))):
        index = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.sampled_from(["drop", "double", "cut", "noise", "swap"])):
            case "drop":
                lines[index] = ""
            case "double":
                lines.insert(index, lines[index])
            case "cut":
                lines[index] = lines[index][: data.draw(st.integers(0, max(0, len(lines[index]))))]
            case "noise":
                lines[index] += data.draw(st.text(max_size=8))
            case _:
                other = data.draw(st.integers(0, len(lines) - 1))
                lines[index], lines[other] = lines[other], lines[index]
    try:
        plan = negotiate("\r\n".join(lines), Role.VISITOR, RoomPolicy(CameraPolicy.FORBIDDEN))
    except NegotiationError:
        return
    video = plan.stream(MediaKind.VIDEO)
    assert video is None or not video.direction.receive
    answer_of(plan)


@given(st.text(max_size=300))
def test_any_text_is_refused_politely(text: str) -> None:
    for candidate in (text, "v=0\r\n" + text, "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n" + text):
        with pytest.raises(NegotiationError, match=r"\w+"):
            negotiate(candidate, Role.VISITOR, RoomPolicy())
    with contextlib.suppress(NegotiationError):
        parse_fragment("a=candidate:" + text)
