"""Properties of the negotiation over generated offers."""

import contextlib
from pathlib import Path

import pytest
from aiortc.sdp import SessionDescription
from hypothesis import given
from hypothesis import strategies as st

from media.answer import ServerTransport, SsrcPair, render_answer
from media.errors import NegotiationError
from media.negotiation import EXTENSIONS, NegotiationPlan, negotiate
from media.policy import MediaKind, Role, RoomPolicy, Rule, Rules, Source
from media.sdp import parse_fragment
from tests.unit.media.offers import Offer

RECORDED = sorted((Path(__file__).parents[1] / "unit" / "media" / "recorded").glob("*.sdp"))
MID = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=16)
TYPES = st.lists(st.integers(96, 127).filter(lambda n: n != 102), min_size=3, max_size=3, unique=True)
DIRECTIONS = ["sendrecv", "sendonly", "recvonly", "inactive"]


@st.composite
def offers(draw: st.DrawFn) -> Offer:
    opus, vp8, rtx = draw(TYPES)
    uris = sorted({uri for kind in MediaKind for uri in EXTENSIONS[kind]})
    ids = dict(zip(uris, draw(st.permutations(range(1, 15))), strict=False))
    there = [(True, True, True), (True, True, False), (True, False, False), (False, True, True)]
    audio, video, screen = draw(st.sampled_from([*there, (False, True, False)]))
    mids = draw(st.lists(MID, min_size=3, max_size=3, unique=True))

    def some(kind: MediaKind) -> dict[str, int]:
        return {uri: ids[uri] for uri in draw(st.lists(st.sampled_from(EXTENSIONS[kind]), unique=True))}

    return Offer(
        audio=audio,
        video=video,
        screen=screen,
        opus=opus,
        vp8=vp8,
        rtx=draw(st.sampled_from([rtx, None])),
        mids=(mids[0], mids[1]),
        screen_mid=mids[2],
        direction=draw(st.sampled_from(DIRECTIONS)),
        audio_extensions=some(MediaKind.AUDIO),
        video_extensions=some(MediaKind.VIDEO),
        extra_video=tuple(draw(st.lists(st.sampled_from(["a=x-unknown:1", "a=ptime:20", "b=AS:500"])))),
    )


OFFERS = st.one_of(offers().map(str), st.sampled_from([path.read_bytes().decode() for path in RECORDED]))
ROLES, RULES = st.sampled_from(list(Role)), st.sampled_from(list(Rule))
POLICIES = st.builds(
    RoomPolicy,
    visitor=st.builds(Rules, microphone=RULES, camera=RULES, screen=RULES),
    agent=st.builds(Rules, microphone=RULES, camera=RULES, screen=RULES),
)


def answer_of(plan: NegotiationPlan) -> SessionDescription:
    ssrcs = {s.source: SsrcPair(1, 2 if s.rtx_payload_type is not None else None) for s in plan.streams}
    return SessionDescription.parse(
        render_answer(plan, ServerTransport("u" * 4, "p" * 22, (("sha-256", "AB"),), (), ssrcs, "c", 1))
    )


@given(OFFERS, ROLES, POLICIES)
def test_every_answer_fits_its_offer_and_the_rules(offer: str, role: Role, policy: RoomPolicy) -> None:
    plan = negotiate(offer, role, policy)
    offered, answered = SessionDescription.parse(offer), answer_of(plan)
    assert [(m.kind, m.rtp.muxId) for m in answered.media] == [(m.kind, m.rtp.muxId) for m in offered.media]
    for stream, theirs, ours in zip(plan.streams, offered.media, answered.media, strict=True):
        assert {c.payloadType for c in ours.rtp.codecs} <= {c.payloadType for c in theirs.rtp.codecs}
        assert {c.name.lower() for c in ours.rtp.codecs} <= {"vp8", "rtx", "opus"}
        numbered = {(e.id, e.uri) for e in ours.rtp.headerExtensions}
        assert numbered <= {(e.id, e.uri) for e in theirs.rtp.headerExtensions}
        # RFC 3264 §6.1: never send to who does not receive, nor receive from who does not send.
        may_send = ours.direction in ("sendrecv", "sendonly")
        may_receive = ours.direction in ("sendrecv", "recvonly")
        assert not may_send or theirs.direction in ("sendrecv", "recvonly")
        assert not may_receive or theirs.direction in ("sendrecv", "sendonly")
        forbidden = policy.of(role).of(stream.source) is Rule.FORBIDDEN
        assert may_receive is (theirs.direction in ("sendrecv", "sendonly") and not forbidden)
        assert may_send is (theirs.direction in ("sendrecv", "recvonly"))
    # Each source is on one m-line, and the camera comes before the screen.
    sources = [stream.source for stream in plan.streams]
    assert len(set(sources)) == len(sources)
    assert Source.SCREEN not in sources or sources.index(Source.CAMERA) < sources.index(Source.SCREEN)


@given(OFFERS, ROLES, POLICIES)
def test_negotiation_is_a_function(offer: str, role: Role, policy: RoomPolicy) -> None:
    assert negotiate(offer, role, policy) == negotiate(offer, role, policy)


@given(OFFERS, POLICIES, st.data())
def test_a_damaged_offer_is_agreed_or_refused_but_nothing_else(
    offer: str, policy: RoomPolicy, data: st.DataObject
) -> None:
    lines = offer.split("\r\n")
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
        plan = negotiate("\r\n".join(lines), Role.VISITOR, policy)
    except NegotiationError:
        return
    for stream in plan.streams:
        assert not (stream.direction.receive and policy.visitor.of(stream.source) is Rule.FORBIDDEN)
    answer_of(plan)


@given(st.text(max_size=300))
def test_any_text_is_refused_politely(text: str) -> None:
    for candidate in (text, "v=0\r\n" + text, "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n" + text):
        with pytest.raises(NegotiationError, match=r"\w+"):
            negotiate(candidate, Role.VISITOR, RoomPolicy())
    with contextlib.suppress(NegotiationError):
        parse_fragment("a=candidate:" + text)
