"""Writing the answer (RFC 9429 §5.3) from a negotiation plan and the server's transport. Pure."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from media.negotiation import NegotiationPlan, StreamPlan
from media.policy import MediaKind, Source


@dataclass(frozen=True, slots=True)
class SsrcPair:
    """The SSRCs the server announces for what it will send of one source on one leg."""

    primary: int
    rtx: int | None


@dataclass(frozen=True, slots=True)
class HostCandidate:
    """One of the server's own ICE candidates (RFC 8839 §5.1)."""

    foundation: str
    priority: int
    host: str
    port: int
    type: str
    related_address: str | None = None
    related_port: int | None = None


@dataclass(frozen=True, slots=True)
class ServerTransport:
    """What the answer says about the server's end of the one bundled transport."""

    username_fragment: str
    password: str
    fingerprints: tuple[tuple[str, str], ...]
    """(algorithm, value) pairs."""
    candidates: tuple[HostCandidate, ...]
    ssrcs: Mapping[Source, SsrcPair]
    cname: str
    session_id: int


def render_answer(
    plan: NegotiationPlan, transport: ServerTransport, public_address: str | None = None
) -> str:
    """The answer's text. Candidates are repeated in each section: some clients read only the last one.

    :param public_address: replaces the host of every IPv4 host candidate (1:1 NAT).
    """
    candidates = tuple(_announced(candidate, public_address) for candidate in transport.candidates)
    lines = [
        "v=0",
        f"o=- {transport.session_id} 2 IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE " + " ".join(stream.mid for stream in plan.streams),
        "a=msid-semantic: WMS *",
    ]
    for stream in plan.streams:
        lines += _section(stream, transport, candidates)
    return "\r\n".join(lines) + "\r\n"


def _announced(candidate: HostCandidate, public_address: str | None) -> HostCandidate:
    if public_address is None or candidate.type != "host":
        return candidate
    address = ipaddress.ip_address(candidate.host)
    if address.version != ipaddress.ip_address(public_address).version or address.is_loopback:
        return candidate
    return HostCandidate(candidate.foundation, candidate.priority, public_address, candidate.port, "host")


def _candidate_line(candidate: HostCandidate) -> str:
    words = ["1 udp", candidate.priority, candidate.host, candidate.port, "typ", candidate.type]
    if candidate.related_address is not None and candidate.related_port is not None:
        words += ["raddr", candidate.related_address, "rport", candidate.related_port]
    return f"a=candidate:{candidate.foundation} " + " ".join(map(str, words))


def _section(
    stream: StreamPlan, transport: ServerTransport, candidates: tuple[HostCandidate, ...]
) -> list[str]:
    formats = [stream.payload_type]
    if stream.rtx_payload_type is not None:
        formats.append(stream.rtx_payload_type)
    # The default destination (RFC 8839 §4.1); port 9 stands for none.
    default = candidates[0] if candidates else HostCandidate("0", 0, "0.0.0.0", 9, "host")  # noqa: S104
    version = ipaddress.ip_address(default.host).version
    lines = [
        f"m={stream.kind} {default.port} UDP/TLS/RTP/SAVPF {' '.join(map(str, formats))}",
        f"c=IN IP{version} {default.host}",
        "a=rtcp:9 IN IP4 0.0.0.0",
        *(_candidate_line(candidate) for candidate in candidates),
        "a=end-of-candidates",
        f"a=ice-ufrag:{transport.username_fragment}",
        f"a=ice-pwd:{transport.password}",
        *(f"a=fingerprint:{algorithm} {value}" for algorithm, value in transport.fingerprints),
        # The ICE-controlled side is the DTLS client: it answers "active" (RFC 8842 §5.3).
        "a=setup:active",
        f"a=mid:{stream.mid}",
        *(f"a=extmap:{number} {uri}" for uri, number in stream.extensions.items()),
        f"a={stream.direction.attribute}",
        "a=rtcp-mux",
        *(["a=rtcp-rsize"] if stream.reduced_size else []),
    ]
    if stream.kind is MediaKind.AUDIO:
        lines.append(f"a=rtpmap:{stream.payload_type} opus/48000/2")
        lines.append(f"a=fmtp:{stream.payload_type} minptime=10;useinbandfec=1")
    else:
        lines.append(f"a=rtpmap:{stream.payload_type} VP8/90000")
    lines += [f"a=rtcp-fb:{stream.payload_type} {value}" for value in stream.feedback]
    if stream.rtx_payload_type is not None:
        lines.append(f"a=rtpmap:{stream.rtx_payload_type} rtx/90000")
        lines.append(f"a=fmtp:{stream.rtx_payload_type} apt={stream.payload_type}")
    if stream.direction.send:
        lines += _sender_lines(stream, transport)
    return lines


def _sender_lines(stream: StreamPlan, transport: ServerTransport) -> list[str]:
    # One msid stream for microphone and camera, so that the browser plays them in sync (RFC 8830 §2). The screen is a
    # stream of its own, so that a page can tell the two pictures apart.
    pair = transport.ssrcs[stream.source]
    group = f"{transport.cname}-screen" if stream.source is Source.SCREEN else transport.cname
    lines = [f"a=msid:{group} {transport.cname}-{stream.source}"]
    if pair.rtx is not None:
        lines.append(f"a=ssrc-group:FID {pair.primary} {pair.rtx}")
    lines.append(f"a=ssrc:{pair.primary} cname:{transport.cname}")
    if pair.rtx is not None:
        lines.append(f"a=ssrc:{pair.rtx} cname:{transport.cname}")
    return lines
