"""Configuration of a media node. By default no server is contacted: neither STUN nor TURN is set."""

import ipaddress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN or TURN server the *media node itself* uses to gather candidates (RFC 7064, RFC 7065).

    aioice uses at most one STUN and one TURN server. Browsers are given theirs elsewhere.
    """

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None


@dataclass(frozen=True, slots=True)
class MediaConfig:
    """How a media node reaches its participants and how much it accepts."""

    ice_servers: tuple[IceServer, ...] = ()
    host_addresses: tuple[str, ...] | None = None
    """Local addresses to bind; None means every address of the machine except loopback."""
    include_loopback: bool = False
    """Also bind 127.0.0.1, for demonstrations and tests on one machine."""
    public_address: str | None = None
    """The public IPv4 address of a 1:1 NAT in front of this node; replaces the address of its IPv4 host
    candidates.
    """
    udp_ports: tuple[int, int] | None = None
    """First and last UDP port to bind, both included; None lets the system choose."""
    fast: bool = False
    """Use the fast mode (see :mod:`media.fast`) if it works with what is installed; otherwise, and by default, packets
    go the way through aiortc's transport objects.
    """
    max_rooms: int = 500
    connect_timeout: float = 15.0
    """Seconds a new connection may take until ICE and DTLS are up."""
    quality_interval: float = 5.0
    """Seconds between two reports of each stream's quality."""
    silence_timeout: float = 5.0
    """Seconds without one authenticated packet (RTP, RTCP or STUN) after which a participant is dropped."""
    empty_room_timeout: float = 300.0
    """Seconds a room without any connection is kept."""
    max_bitrate: float = 16_000_000
    """Bits a second one participant may send, on average over a second; what is more is dropped."""
    max_packet_rate: float = 4000
    """RTP packets a second one participant may send, likewise."""
    max_rtcp_rate: float = 200
    """RTCP compounds a second one participant may send, likewise."""
    max_checks: int = 20
    """Network checks at once; each costs as much as half a call."""
    max_check_bitrate: float = 3_000_000
    """Bits a second that a network check sends back."""
    check_seconds: float = 15.0
    """Seconds after which a network check is ended."""
    keyframe_interval: float = 0.5
    """Least number of seconds between two keyframe requests to one sender."""

    def __post_init__(self) -> None:
        """Refuse settings that could not work, with the name of the field."""
        for address in (
            *(self.host_addresses or ()),
            *((self.public_address,) if self.public_address else ()),
        ):
            ipaddress.ip_address(address)
        if self.udp_ports is not None and not 1024 <= self.udp_ports[0] <= self.udp_ports[1] <= 65535:
            raise ValueError("udp_ports must be (first, last) with 1024 <= first <= last <= 65535")
        if self.max_rooms < 1:
            raise ValueError("max_rooms must be at least 1")
        if self.max_checks < 0:
            raise ValueError("max_checks must be at least 0")
        names = (
            "connect_timeout",
            "silence_timeout",
            "empty_room_timeout",
            "keyframe_interval",
            "check_seconds",
            "quality_interval",
        )
        for name in names:
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be greater than 0 seconds")
        for name in ("max_bitrate", "max_packet_rate", "max_rtcp_rate", "max_check_bitrate"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be greater than 0")
