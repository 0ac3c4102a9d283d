"""Offer/answer as a pure function: (offer, role, room policy) → :class:`NegotiationPlan`, or a
NegotiationError.

The answer is written from the plan by :func:`render_answer`, not by aiortc: a pass-through relay has no
encoder, so what it can "do" is what both ends can do, and that is fixed here: one Opus stream and up to two VP8
(+ RTX) streams each way, on one BUNDLE transport (RFC 9143), with transport-wide congestion control end to end.
Both legs of a room get the same codecs whenever they join, so nobody ever has to renegotiate.

The m=audio is the microphone, the first m=video the camera and a second one the screen: what a client sends on the
screen's m-line is under the rule for screens, whatever the picture shows.

Refused rather than half-supported: data channels, simulcast, ICE lite, unbundled or non-muxed media, more
m-lines than there are sources.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from media.errors import NegotiationError
from media.policy import MediaKind, Role, RoomPolicy, Rule, Source
from media.sdp import Description, RemoteCandidate, Section, parse_candidate, parse_description, parse_mid

MAX_CODECS: Final = 128
MAX_FINGERPRINTS: Final = 8
MAX_DECLARED_SSRCS: Final = 8
"""SSRCs one m-section may announce; the stream, its retransmissions and a few a client no longer uses."""
MAX_CANDIDATES: Final = 64
"""Remote ICE candidates per connection, the offer's and the trickled ones together. Each makes the server
send
connectivity checks to an address of the client's choosing, hence the bound (RFC 8445 §19.5.1 has 100)."""

MID_URI: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
TRANSPORT_CC_URI: Final = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
AUDIO_LEVEL_URI: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
ABS_SEND_TIME_URI: Final = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"

# Video orientation (CVO) is absent on purpose: a sender that negotiated it stops rotating its pictures, and
# the other leg, negotiated at another time, may not know how to. Without it the sender sends upright
# pictures.
EXTENSIONS: Final[Mapping[MediaKind, tuple[str, ...]]] = {
    MediaKind.AUDIO: (MID_URI, AUDIO_LEVEL_URI, TRANSPORT_CC_URI, ABS_SEND_TIME_URI),
    MediaKind.VIDEO: (MID_URI, TRANSPORT_CC_URI, ABS_SEND_TIME_URI),
}
FEEDBACK: Final[Mapping[MediaKind, tuple[str, ...]]] = {
    MediaKind.AUDIO: ("transport-cc",),
    MediaKind.VIDEO: ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"),
}
_CODEC_NAME: Final = {MediaKind.AUDIO: "opus/48000/2", MediaKind.VIDEO: "vp8/90000"}
_PICTURES: Final = (Source.CAMERA, Source.SCREEN)
"""What the m=video lines of an offer carry, in their order."""
_PROFILES: Final = ("UDP/TLS/RTP/SAVPF", "RTP/SAVPF")
_DIRECTIONS: Final = ("sendrecv", "sendonly", "recvonly", "inactive")
_DIGESTS: Final = {"sha-256": 32, "sha-384": 48, "sha-512": 64}


@dataclass(frozen=True, slots=True)
class Direction:
    """A media direction seen from the server (RFC 3264 §6.1)."""

    send: bool
    receive: bool

    @property
    def attribute(self) -> str:
        """The SDP attribute's name (RFC 8866 §6.7)."""
        if self.send:
            return "sendrecv" if self.receive else "sendonly"
        return "recvonly" if self.receive else "inactive"


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """One agreed m-section."""

    source: Source
    mid: str
    direction: Direction
    payload_type: int
    rtx_payload_type: int | None
    """Payload type of retransmissions (RFC 4588); None for audio, or when not offered."""
    extensions: Mapping[str, int]
    """Header extension URI → id, as the offer numbers them (RFC 8285 §5); ids are 1 to 14."""
    feedback: tuple[str, ...]
    """RTCP feedback both sides may send (RFC 4585 §4.2)."""
    reduced_size: bool
    """Whether RTCP may be non-compound (RFC 5506)."""
    declared_ssrcs: tuple[int, ...]
    """SSRCs the participant says it will send with (RFC 5576), the stream's own first; packets may use others."""

    @property
    def kind(self) -> MediaKind:
        """The kind of media."""
        return self.source.kind


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A DTLS certificate fingerprint (RFC 8122 §5)."""

    algorithm: str
    value: str


@dataclass(frozen=True, slots=True)
class NegotiationPlan:
    """Everything that was agreed with one participant. Holds no randomness and no address of the server."""

    role: Role
    streams: tuple[StreamPlan, ...]
    """In the order of the offer's m-lines."""
    username_fragment: str
    password: str
    fingerprints: tuple[Fingerprint, ...]
    candidates: tuple[RemoteCandidate, ...]

    def stream(self, source: Source) -> StreamPlan | None:
        """The stream of a source, if the offer had one."""
        return next((stream for stream in self.streams if stream.source is source), None)


def negotiate(offer_sdp: str, role: Role, policy: RoomPolicy) -> NegotiationPlan:
    """Decide what to agree with one participant.

    :raises NegotiationError: with a text that names the section and the reason.
    """
    offer = parse_description(offer_sdp)
    _check_sections(offer)
    _check_bundle(offer)
    sources = _sources(offer)
    streams = tuple(
        _stream(section, source, role, policy)
        for section, source in zip(offer.sections, sources, strict=True)
    )
    _check_shared_numbers(streams)
    # RFC 9143 §7.1.3: the transport attributes of a bundle are those of its first section.
    head = offer.sections[0]
    username, password = _ice_credentials(offer, head)
    return NegotiationPlan(
        role=role,
        streams=streams,
        username_fragment=username,
        password=password,
        fingerprints=_fingerprints(offer, head),
        candidates=_candidates(offer),
    )


def allowed_direction(source: Source, role: Role, policy: RoomPolicy) -> Direction:
    """What the policy lets the server do with a source of a participant.

    Under `forbidden` the m-line is receive-only for the participant: what the other one sends is still received.
    """
    return Direction(send=True, receive=policy.of(role).of(source) is not Rule.FORBIDDEN)


def _check_sections(offer: Description) -> None:
    if not offer.sections:
        raise NegotiationError("the offer has no m-line")
    for section in offer.sections:
        if section.media == "application":
            raise NegotiationError("data channels (m=application) are not supported")
        if section.media not in tuple(MediaKind):
            raise NegotiationError(f"m={section.media} is not supported, only audio and video")
    lines = [section.media for section in offer.sections]
    if lines.count("audio") > 1 or lines.count("video") > len(_PICTURES):
        raise NegotiationError("at most one m=audio and two m=video (camera, screen) are supported")
    if offer.session.first("ice-lite") is not None:
        raise NegotiationError("an ICE lite offerer is not supported")
    for section in offer.sections:
        where = f"m={section.media}"
        if section.protocol not in _PROFILES:
            raise NegotiationError(
                f"{where}: transport {section.protocol} is not supported, only {_PROFILES[0]}"
            )
        # A section without a port of its own, "bundle-only", is how Firefox offers the second one (RFC 9143 §6).
        if section.port == 0 and section.first("bundle-only") is None:
            raise NegotiationError(
                f"{where}: the section is switched off (port 0); leave it out of the offer instead"
            )
        if section.first("rtcp-mux") is None:
            raise NegotiationError(f"{where}: RTCP must be multiplexed (a=rtcp-mux, RFC 5761)")
        if section.first("simulcast") is not None or section.first("rid") is not None:
            raise NegotiationError(f"{where}: simulcast (a=simulcast, a=rid) is not supported")
        setup = section.first("setup") or offer.session.first("setup")
        if setup != "actpass":
            raise NegotiationError(
                f"{where}: the offer must say a=setup:actpass (RFC 8842 §5.2), not {setup!r}"
            )


def _check_bundle(offer: Description) -> None:
    mids = [parse_mid(section.first("mid")) for section in offer.sections]
    if len(set(mids)) != len(mids):
        raise NegotiationError("two m-sections have the same a=mid")
    groups = [value.split() for value in offer.session.all("group")]
    bundles = [group[1:] for group in groups if group and group[0] == "BUNDLE"]
    if len(bundles) != 1 or sorted(bundles[0]) != sorted(mids):
        raise NegotiationError("every m-section must be in one a=group:BUNDLE")


def _sources(offer: Description) -> tuple[Source, ...]:
    """What each section carries, by its kind and order."""
    pictures = iter(_PICTURES)
    return tuple(
        Source.MICROPHONE if section.media == "audio" else next(pictures) for section in offer.sections
    )


def _stream(section: Section, source: Source, role: Role, policy: RoomPolicy) -> StreamPlan:
    kind = source.kind
    primary, rtx = _payload_types(section, kind)
    feedback_offered = {
        value.partition(" ")[2]
        for value in section.all("rtcp-fb")
        if value.split(" ")[0] in ("*", str(primary))
    }
    offered = _offered_direction(section)
    allowed = allowed_direction(source, role, policy)
    return StreamPlan(
        source=source,
        mid=parse_mid(section.first("mid")),
        direction=Direction(
            send=allowed.send and offered in ("sendrecv", "recvonly"),
            receive=allowed.receive and offered in ("sendrecv", "sendonly"),
        ),
        payload_type=primary,
        rtx_payload_type=rtx,
        extensions=_extensions(section, kind),
        feedback=tuple(value for value in FEEDBACK[kind] if value in feedback_offered),
        reduced_size=section.first("rtcp-rsize") is not None,
        declared_ssrcs=_declared_ssrcs(section),
    )


def _offered_direction(section: Section) -> str:
    present = [name for name, _ in section.attributes if name in _DIRECTIONS]
    if len(present) > 1:
        raise NegotiationError(f"m={section.media}: more than one direction attribute")
    return present[0] if present else "sendrecv"


def _payload_types(section: Section, kind: MediaKind) -> tuple[int, int | None]:
    """Payload types of the one codec we take, and of its retransmissions."""
    if len(section.formats) > MAX_CODECS:
        raise NegotiationError(f"m={section.media}: more than {MAX_CODECS} formats")
    formats: list[int] = []
    for text in section.formats:
        # 64-95 is where RTCP packet types appear when multiplexed (RFC 5761 §4).
        if not (text.isascii() and text.isdecimal()) or int(text) > 127 or 64 <= int(text) <= 95:
            raise NegotiationError(f"m={section.media}: {text!r} is not a usable payload type")
        formats.append(int(text))
    names: dict[int, str] = {}
    for value in section.all("rtpmap"):
        number, _, name = value.partition(" ")
        if number.isascii() and number.isdecimal() and len(number) <= 3:
            names[int(number)] = name.strip().lower()
    primary = next((pt for pt in formats if names.get(pt) == _CODEC_NAME[kind]), None)
    if primary is None:
        wanted = "Opus (opus/48000/2)" if kind is MediaKind.AUDIO else "VP8 (VP8/90000)"
        raise NegotiationError(f"m={section.media}: the offer does not contain {wanted}")
    rtx = None
    if kind is MediaKind.VIDEO:
        repairs = {pt for pt in formats if names.get(pt) == "rtx/90000"}
        for value in section.all("fmtp"):
            number, _, parameters = value.partition(" ")
            if number in map(str, repairs) and f"apt={primary}" in parameters.replace(" ", "").split(";"):
                rtx = int(number)
                break
    return primary, rtx


def _extensions(section: Section, kind: MediaKind) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for value in section.all("extmap"):
        match = re.fullmatch(r"([0-9]{1,4})(/[a-z]+)? (\S+)(?: .*)?", value)
        if match is None:
            raise NegotiationError(f"m={section.media}: malformed a=extmap:{value[:60]}")
        number, uri = int(match.group(1)), match.group(3)
        # Ids above 14 need the two-byte form (RFC 8285 §4.3); offers that run out of small ids first are not
        # met in practice, so such an extension is simply not agreed.
        if uri in EXTENSIONS[kind] and uri not in found and 1 <= number <= 14:
            found[uri] = number
    if len(set(found.values())) != len(found):
        raise NegotiationError(f"m={section.media}: two header extensions have the same id")
    return found


def _declared_ssrcs(section: Section) -> tuple[int, ...]:
    found: dict[int, None] = {}
    for value in section.all("ssrc"):
        number = value.split(" ")[0]
        if not (number.isascii() and number.isdecimal()) or len(number) > 10 or int(number) >= 1 << 32:
            raise NegotiationError(f"m={section.media}: malformed a=ssrc:{value[:60]}")
        found[int(number)] = None
    if len(found) > MAX_DECLARED_SSRCS:
        raise NegotiationError(f"m={section.media}: more than {MAX_DECLARED_SSRCS} SSRCs")
    return tuple(found)


def _check_shared_numbers(streams: tuple[StreamPlan, ...]) -> None:
    """In a bundle a payload type means one thing (RFC 9143 §9.1), and so does a header extension id (§8).

    Camera and screen have the same codecs, so they may share payload types; an SSRC is one stream's alone.
    """
    meanings: dict[int, tuple[MediaKind, int | None]] = {}
    for stream in streams:
        own = {stream.payload_type: (stream.kind, None)}
        if stream.rtx_payload_type is not None:
            own |= {stream.rtx_payload_type: (stream.kind, stream.payload_type)}
        for number, meaning in own.items():
            if meanings.setdefault(number, meaning) != meaning:
                raise NegotiationError("two codecs of the bundle share a payload type")
    ssrcs = [ssrc for stream in streams for ssrc in stream.declared_ssrcs]
    if len(set(ssrcs)) != len(ssrcs):
        raise NegotiationError("two m-sections announce the same SSRC")
    uris: dict[int, str] = {}
    for stream in streams:
        for uri, number in stream.extensions.items():
            if uris.setdefault(number, uri) != uri:
                raise NegotiationError(f"header extension id {number} means two things in the bundle")


def _ice_credentials(offer: Description, head: Section) -> tuple[str, str]:
    username = head.first("ice-ufrag") or offer.session.first("ice-ufrag") or ""
    password = head.first("ice-pwd") or offer.session.first("ice-pwd") or ""
    # RFC 8839 §5.4
    if not re.fullmatch(r"[A-Za-z0-9+/]{4,256}", username) or not re.fullmatch(
        r"[A-Za-z0-9+/]{22,256}", password
    ):
        raise NegotiationError("a=ice-ufrag or a=ice-pwd is missing or malformed")
    return username, password


def _fingerprints(offer: Description, head: Section) -> tuple[Fingerprint, ...]:
    values = head.all("fingerprint") or offer.session.all("fingerprint")
    if len(values) > MAX_FINGERPRINTS:
        raise NegotiationError(f"more than {MAX_FINGERPRINTS} certificate fingerprints")
    found: list[Fingerprint] = []
    for value in values:
        algorithm, _, digest = value.partition(" ")
        algorithm = algorithm.lower()
        if algorithm not in _DIGESTS:
            continue
        if not re.fullmatch(rf"(?:[0-9A-Fa-f]{{2}}:){{{_DIGESTS[algorithm] - 1}}}[0-9A-Fa-f]{{2}}", digest):
            raise NegotiationError(f"malformed {algorithm} certificate fingerprint")
        found.append(Fingerprint(algorithm, digest.upper()))
    if not found:
        raise NegotiationError("the offer has no certificate fingerprint with SHA-256 or stronger")
    return tuple(found)


def _candidates(offer: Description) -> tuple[RemoteCandidate, ...]:
    found: list[RemoteCandidate] = []
    for section in offer.sections:
        for value in section.all("candidate"):
            candidate = parse_candidate(value)
            if candidate is not None and candidate not in found:
                found.append(candidate)
    if len(found) > MAX_CANDIDATES:
        raise NegotiationError(f"more than {MAX_CANDIDATES} ICE candidates")
    return tuple(found)
