"""Reading SDP text (RFC 8866) as far as a WebRTC offer needs it. Pure, bounded and strict.

Only syntax is judged here: what an offer may *ask for* is the business of :mod:`media.negotiation`.
"""

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Final

from media.errors import NegotiationError

MAX_OFFER_BYTES: Final = 64 * 1024
MAX_FRAGMENT_BYTES: Final = 16 * 1024
MAX_ATTRIBUTES: Final = 1000
"""Attributes in one section; a browser's offer has about 120."""

# token, RFC 8866 §9; the length bound keeps a MID within a one-byte RTP header extension (RFC 8285 §4.2).
_MID = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,16}")
_M_LINE = re.compile(r"(audio|video|[a-z]{1,32}) ([0-9]{1,5}) ([A-Z/]{1,32})((?: [A-Za-z0-9.-]{1,32})+)")


@dataclass(frozen=True, slots=True)
class Section:
    """One m-section, or the session part (whose `media` is empty)."""

    media: str = ""
    port: int = 0
    protocol: str = ""
    formats: tuple[str, ...] = ()
    attributes: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def all(self, name: str) -> list[str]:
        """Values of every `a=<name>:<value>` line, in order."""
        return [value for key, value in self.attributes if key == name]

    def first(self, name: str) -> str | None:
        """Value of the first `a=<name>` line; the empty string for a flag; None when absent."""
        return next((value for key, value in self.attributes if key == name), None)


@dataclass(frozen=True, slots=True)
class Description:
    """A whole session description."""

    session: Section
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class RemoteCandidate:
    """An ICE candidate of the other side (RFC 8839 §5.1) that this server can use: UDP, component 1, an IP
    address.
    """

    foundation: str
    priority: int
    host: str
    port: int
    type: str


def parse_description(text: str) -> Description:
    """Split an offer into sections and attributes.

    Raises NegotiationError for anything that is not SDP, or larger than :data:`MAX_OFFER_BYTES`.
    """
    # Characters are at most as many as bytes, so the cheap test comes first.
    if len(text) > MAX_OFFER_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_OFFER_BYTES:
        raise NegotiationError(f"the offer is larger than {MAX_OFFER_BYTES} bytes")
    lines = _lines(text)
    if not lines or lines[0] != "v=0":
        raise NegotiationError("the offer does not start with v=0, so it is not SDP")
    current = session = Section()
    sections: list[Section] = []
    for line in lines[1:]:
        if line[1:2] != "=":
            raise NegotiationError(f"not an SDP line: {line[:60]!r}")
        if line.startswith("m="):
            current = _media_line(line)
            sections.append(current)
        elif line.startswith("a="):
            if len(current.attributes) >= MAX_ATTRIBUTES:
                raise NegotiationError(f"more than {MAX_ATTRIBUTES} attributes in one section")
            name, _, value = line[2:].partition(":")
            current.attributes.append((name, value))
    return Description(session=session, sections=tuple(sections))


def _lines(text: str) -> list[str]:
    # Not str.splitlines: it also splits at U+2028 and the like, which are ordinary characters in SDP text.
    return [line for line in text.replace("\r\n", "\n").split("\n") if line]


def _media_line(line: str) -> Section:
    match = _M_LINE.fullmatch(line[2:])
    if match is None:
        raise NegotiationError(f"malformed m-line: {line[:60]!r}")
    port = int(match.group(2))
    if port > 65535:
        raise NegotiationError(f"malformed m-line: port {port} is out of range")
    return Section(
        media=match.group(1),
        port=port,
        protocol=match.group(3),
        formats=tuple(match.group(4).split()),
        attributes=[],
    )


def parse_mid(value: str | None) -> str:
    """Check an `a=mid` value (RFC 5888 §4)."""
    if value is None or not _MID.fullmatch(value):
        raise NegotiationError(f"an m-section needs an a=mid of 1 to 16 token characters, not {value!r}")
    return value


def parse_candidate(value: str) -> RemoteCandidate | None:
    """Read a candidate attribute's value (RFC 8839 §5.1).

    None for one that is well-formed but of no use here: TCP, a second component, or a host name. Host names
    are mDNS names (`….local`) of browsers: they mean nothing outside their own network, and such a browser
    reaches the server first, which reveals its address as a peer-reflexive candidate (RFC 8445 §7.3.1.3).
    """
    words = value.split()
    if len(words) < 8 or words[6] != "typ" or not all(word.isascii() for word in words[:8]):
        raise NegotiationError(f"malformed ICE candidate: {value[:80]!r}")
    foundation, component, transport, priority, host, port, _, kind = words[:8]
    # str.isdigit is true for "²"; isdecimal together with isascii is what the grammar means.
    if not (component.isdecimal() and priority.isdecimal() and port.isdecimal()) or len(foundation) > 32:
        raise NegotiationError(f"malformed ICE candidate: {value[:80]!r}")
    if len(priority) > 10 or len(port) > 5 or int(priority) >= 1 << 32 or int(port) > 65535:
        raise NegotiationError(f"ICE candidate out of range: {value[:80]!r}")
    if (
        component != "1"
        or transport.lower() != "udp"
        or kind not in ("host", "srflx", "relay")
        or int(port) == 0
    ):
        return None
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if address.is_unspecified or address.is_multicast:
        return None
    return RemoteCandidate(foundation, int(priority), str(address), int(port), kind)


@dataclass(frozen=True, slots=True)
class CandidateFragment:
    """The useful content of an `application/trickle-ice-sdpfrag` body (RFC 8840 §9)."""

    username_fragment: str | None
    candidates: tuple[RemoteCandidate, ...]


def parse_fragment(text: str) -> CandidateFragment:
    """Read trickled candidates. Candidates of any m-section count: there is one transport, BUNDLE is
    required.
    """
    if len(text) > MAX_FRAGMENT_BYTES:
        raise NegotiationError(f"the SDP fragment is larger than {MAX_FRAGMENT_BYTES} bytes")
    username: str | None = None
    candidates: list[RemoteCandidate] = []
    for line in _lines(text):
        name, _, value = line.removeprefix("a=").partition(":")
        if name == "candidate":
            candidate = parse_candidate(value)
            if candidate is not None and candidate not in candidates:
                candidates.append(candidate)
        elif name == "ice-ufrag":
            if username not in (None, value):
                raise NegotiationError("the SDP fragment names two different ICE user fragments")
            username = value
    return CandidateFragment(username_fragment=username, candidates=tuple(candidates))
