"""Where a connected bot may be: not, unless it is allowed, in the private network of this service (SSRF).

The name is looked up once, every address it has is judged, and the connection is made to one of these: a name that
means something else a moment later (DNS rebinding) gets nowhere.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit


class AddressRefused(Exception):  # noqa: N818
    """The address cannot be used; says why and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Place:
    """Where to connect: ``ip`` of ``host``."""

    scheme: str
    host: str
    port: int
    ip: str


def check_url(url: str, *, private_allowed: bool) -> str:
    """A base address in its normal form.

    Raises:
        AddressRefused: it is none of a bot: wrong scheme, credentials, a query, a private address in figures.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise AddressRefused("bot_url_invalid", f"This is no web address: {error}.") from error
    if parts.scheme not in ("https", "http") or not host:
        raise AddressRefused("bot_url_invalid", "Write the bot's address as https://host/path.")
    if parts.scheme == "http" and not private_allowed:
        raise AddressRefused(
            "bot_url_not_secure",
            "The bot's address must be https://. A bot in your own network may use http:// when "
            "VISAVIS_PRIVATE_BOTS is set.",
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise AddressRefused("bot_url_invalid", "The bot's address has no user, query or fragment.")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        _judge([str(address)], host, private_allowed=private_allowed)
    shown = f"[{host}]" if ":" in host else host
    default = {"https": 443, "http": 80}[parts.scheme]
    where = shown if port in (None, default) else f"{shown}:{port}"
    return f"{parts.scheme}://{where}{parts.path.rstrip('/')}"


async def find(url: str, *, private_allowed: bool) -> Place:
    """Look up where ``url`` is.

    Raises:
        AddressRefused: the name is not known, or is a private address.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressRefused("bot_host_unknown", f"No address is known of the host {host}.") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    _judge(addresses, host, private_allowed=private_allowed)
    return Place(parts.scheme, host, port, addresses[0])


def is_private(address: str) -> bool:
    """Whether an address is not one of the public internet: loopback, link-local, private, shared, multicast …"""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            ip = inner
        elif ip in _NAT64:
            ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return not ip.is_global or ip.is_multicast


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _judge(addresses: list[str], host: str, *, private_allowed: bool) -> None:
    if private_allowed:
        return
    # All of them: which one is connected to is not for the name's owner to choose.
    if any(is_private(address) for address in addresses):
        raise AddressRefused(
            "bot_address_private",
            f"{host} is in a private network. Set VISAVIS_PRIVATE_BOTS=true if the bot is meant to be there.",
        )
