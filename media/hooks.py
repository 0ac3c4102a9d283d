"""What reaches into private parts of aiortc and aioice; the fast mode reaches further (:mod:`media.fast`).

aiortc is used for what it does well - ICE, DTLS, SRTP - through its ORTC-style objects: RTCIceGatherer,
RTCIceTransport, RTCDtlsTransport. There is no RTCPeerConnection, hence no encoder, decoder thread, jitter
buffer or sender loop to silence. What is private:

- `RTCDtlsTransport._handle_rtp_data` and `._handle_rtcp_data`: overridden, to receive decrypted packets as
  bytes (RTCP as bytes keeps transport-wide congestion control, which aiortc's parser takes for a NACK);
- `RTCDtlsTransport._send_rtp`: called, to encrypt and send bytes;
- `aioice.Connection.get_component_candidates`: replaced per connection, to choose addresses and ports;
- `aioice.Connection.data_received` and `.check_incoming`: replaced per connection, to bound the receive queue
  and to know when the other side was last heard (authenticated packets only);
- `StunProtocol.datagram_received`: replaced per protocol, to keep strangers' datagrams away;
- `aioice.Connection._nominated`, `.build_request`: to ask a silent peer for a sign of life (RFC 7675).

:mod:`media.shapes` compares each with the shape it had when this was written, when a node starts.
"""

import asyncio
import contextlib
import logging
import random
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, cast

import aioice.ice
import pylibsrtp
from aioice import stun
from aioice.candidate import Candidate, candidate_foundation, candidate_priority
from aiortc import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    RTCIceCandidate,
    RTCIceGatherer,
    RTCIceParameters,
    RTCIceServer,
    RTCIceTransport,
)

from media.answer import HostCandidate
from media.config import MediaConfig
from media.errors import NoTransport
from media.fast import FastPath
from media.limits import Budget
from media.negotiation import MAX_CANDIDATES, NegotiationPlan
from media.sdp import RemoteCandidate

logger = logging.getLogger(__name__)

QUEUE_LIMIT: Final = 1024
"""Datagrams waiting for the DTLS transport of one participant: about 3 seconds of video."""
DATAGRAM_LIMIT: Final = 1500
"""Longer datagrams cannot come from an SRTP sender, and pylibsrtp fails on them with an error aiortc does not
expect.
"""
STUN_RATE: Final = 100
"""STUN messages a second that are read from addresses that have not shown the password yet."""
SEND_LIMIT: Final = 1500 - 144
"""pylibsrtp wants room for the longest trailer."""

CLOSE_TIMEOUT: Final = 5.0
"""Seconds to say goodbye."""

Forward = tuple["RelayTransport", bytes]
"""Where to send what."""
PacketHandler = Callable[[bytes], Forward | None]


class _RawDtlsTransport(RTCDtlsTransport):
    """A DTLS-SRTP transport that hands out decrypted packets instead of routing them to receivers."""

    def __init__(
        self,
        transport: RTCIceTransport,
        certificate: RTCCertificate,
        on_rtp: PacketHandler,
        on_rtcp: PacketHandler,
    ) -> None:
        super().__init__(transport, [certificate])
        self._on_rtp = on_rtp
        self._on_rtcp = on_rtcp
        self._faults = 0

    async def _handle_rtp_data(self, data: bytes, arrival_time_ms: int) -> None:
        await self._dispatch(self._on_rtp, data)

    async def _handle_rtcp_data(self, data: bytes) -> None:
        await self._dispatch(self._on_rtcp, data)

    async def _dispatch(self, handler: PacketHandler, data: bytes) -> None:
        # An exception here would end aiortc's receive loop, and the call with it.
        try:
            forward = handler(data)
        except Exception:
            self._faults += 1
            # The 1st, 2nd, 4th, 8th …: a fault that comes with every packet must not fill the disk.
            if self._faults & (self._faults - 1) == 0:
                logger.exception("A packet could not be handled (%d times on this connection)", self._faults)
            return
        if forward is not None:
            await forward[0].send(forward[1])


@dataclass(frozen=True, slots=True)
class TransportHandlers:
    """Whom a transport tells what. All are called on the event loop and must not block."""

    on_rtp: PacketHandler
    on_rtcp: PacketHandler
    on_heard: Callable[[], None]
    """An authenticated STUN request, or the answer to a probe, arrived."""
    on_ended: Callable[[], None]
    """The transport closed or failed by itself: the other side said goodbye (DTLS close_notify) or ICE gave
    up.
    """


class RelayTransport:
    """One ICE + DTLS-SRTP transport, carrying everything of one connection (RFC 9143: one bundle)."""

    def __init__(self, config: MediaConfig, handlers: TransportHandlers) -> None:
        servers = [
            RTCIceServer(urls=list(server.urls), username=server.username, credential=server.credential)
            for server in config.ice_servers
        ]
        self._config = config
        self._handlers = handlers
        # Always a list: None would mean a public STUN server.
        self._gatherer = RTCIceGatherer(iceServers=servers)
        self._connection = self._gatherer._connection  # pyright: ignore[reportPrivateUsage] - hook, see above
        self._ice = RTCIceTransport(self._gatherer)
        certificate = RTCCertificate.generateCertificate()
        self._dtls = _RawDtlsTransport(self._ice, certificate, handlers.on_rtp, handlers.on_rtcp)
        self._closing = False
        self.fast: FastPath | None = None
        """The fast path, once it is in use."""
        self._discarded = 0
        self.unsent = 0
        """Packets that could not be encrypted or sent."""
        self._checked: set[tuple[str, int]] = set()
        """Addresses from which the participant has asked for connectivity, with its password."""
        self._known: set[Any] = set()
        """The same as the event loop writes them, as far as anything came from them."""
        self._stun_budget = Budget(bytes_per_second=STUN_RATE * DATAGRAM_LIMIT, packets_per_second=STUN_RATE)
        self._install()

    def _install(self) -> None:
        connection: Any = self._connection
        queue: asyncio.Queue[tuple[bytes, int] | None] = connection._queue
        original_check: Callable[..., None] = connection.check_incoming
        original_gather: Callable[..., Awaitable[list[Candidate]]] = connection.get_component_candidates

        def data_received(data: bytes, component: int) -> None:
            # Anyone can send to this port. Empty and oversized datagrams raise errors inside aiortc's receive
            # loop.
            if not 0 < len(data) <= DATAGRAM_LIMIT or queue.qsize() >= QUEUE_LIMIT:
                self._discarded += 1
                return
            queue.put_nowait((data, component))

        def check_incoming(
            message: stun.Message, addr: tuple[str, int], protocol: aioice.ice.StunProtocol
        ) -> None:
            # The request is authenticated, but not its sender's good will: each new address makes a candidate.
            if addr not in self._checked and (
                len(self._checked) >= MAX_CANDIDATES or "PRIORITY" not in message.attributes
            ):
                self._discarded += 1
                return
            self._checked.add(addr)
            self._handlers.on_heard()
            original_check(message, addr, protocol)

        async def get_component_candidates(
            component: int,
            addresses: list[str],
            timeout: int = 5,  # noqa: ASYNC109 - aioice's parameter
        ) -> list[Candidate]:
            chosen = self._addresses()
            if self._config.udp_ports is None:
                return await original_gather(component=component, addresses=chosen, timeout=timeout)
            bound = [await self._bind(address, component, self._config.udp_ports) for address in chosen]
            return bound + await original_gather(component=component, addresses=[], timeout=timeout)

        connection.data_received = data_received
        connection.check_incoming = check_incoming
        connection.get_component_candidates = get_component_candidates
        self._ice.on("statechange", self._on_state)
        self._dtls.on("statechange", self._on_state)

    def _addresses(self) -> list[str]:
        if self._config.host_addresses is not None:
            addresses = list(self._config.host_addresses)
        else:
            addresses = aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=True)
        if self._config.include_loopback and "127.0.0.1" not in addresses:
            addresses.append("127.0.0.1")
        return addresses

    async def _bind(self, address: str, component: int, ports: tuple[int, int]) -> Candidate:
        """Bind one UDP port of the configured range (aioice itself always lets the system choose)."""
        loop = asyncio.get_running_loop()
        connection: Any = self._connection
        count = ports[1] - ports[0] + 1
        first = random.randrange(count)  # noqa: S311 - spreads load, hides nothing
        for step in range(count):
            port = ports[0] + (first + step) % count
            try:
                transport, protocol = await loop.create_datagram_endpoint(
                    lambda: aioice.ice.StunProtocol(self._connection), local_addr=(address, port)
                )
            except OSError:
                continue
            sock = transport.get_extra_info("socket")
            if sock is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            connection._protocols.append(protocol)
            protocol.local_candidate = Candidate(
                foundation=candidate_foundation("host", "udp", address),
                component=component,
                transport="udp",
                priority=candidate_priority(component, "host"),
                host=address,
                port=port,
                type="host",
            )
            return protocol.local_candidate
        raise NoTransport(f"no free UDP port from {ports[0]} to {ports[1]} on {address}")

    def _on_state(self) -> None:
        ended = self._ice.state in ("failed", "closed") or self._dtls.state in ("failed", "closed")
        if ended and not self._closing:
            self._handlers.on_ended()

    @property
    def connected(self) -> bool:
        """Whether ICE and DTLS are up."""
        return self._dtls.state == "connected" and self._ice.state == "completed"

    @property
    def discarded(self) -> int:
        """Datagrams thrown away: the queue was full, or (in the fast mode) they were not authentic, or of an impossible
        size.
        """
        return self._discarded + (self.fast.refused if self.fast is not None else 0)

    @property
    def credentials(self) -> tuple[str, str]:
        """The server's ICE user fragment and password."""
        parameters = self._gatherer.getLocalParameters()
        return parameters.usernameFragment or "", parameters.password or ""

    @property
    def fingerprints(self) -> tuple[tuple[str, str], ...]:
        """(algorithm, value) of the server's certificate."""
        found = self._dtls.getLocalParameters().fingerprints
        return tuple((f.algorithm, f.value) for f in found if f.algorithm == "sha-256")

    @property
    def candidates(self) -> tuple[HostCandidate, ...]:
        """The server's own candidates, once gathered."""
        return tuple(
            HostCandidate(c.foundation, c.priority, c.ip, c.port, c.type, c.relatedAddress, c.relatedPort)
            for c in self._gatherer.getLocalCandidates()
        )

    def lead(self) -> None:
        """Take the controlling role (RFC 8445 §6.1.1), which the browser has otherwise."""
        self._connection.ice_controlling = True

    async def gather(self) -> None:
        """Bind sockets and find out the server's candidates.

        :raises NoTransport: when there is not a single one.
        """
        await self._gatherer.gather()
        if not self.candidates:
            raise NoTransport("no local address could be bound")
        protocols: list[Any] = self._connection._protocols  # pyright: ignore[reportPrivateUsage] - hook, see above
        for protocol in protocols:
            protocol.datagram_received = self._guarded(protocol.datagram_received)

    def _guarded(self, receive: Callable[[bytes, Any], None]) -> Callable[[bytes, Any], None]:
        """Keep away what strangers send to the port: it costs nothing but this, and raises nothing."""
        known, stun_budget = self._known, self._stun_budget

        def datagram_received(data: bytes, addr: Any) -> None:
            if addr not in known:
                if addr[:2] in self._checked:
                    known.add(addr)
                # RFC 7983: 0 to 3 is STUN. Everything else comes from where STUN came from before.
                elif not data or data[0] > 3 or not stun_budget.take(len(data), time.monotonic()):
                    self._discarded += 1
                    return
            try:
                receive(data, addr)
            except Exception:
                # aioice does not expect attributes of the wrong length, nor those that are missing.
                self._discarded += 1
                logger.debug("A datagram could not be read", exc_info=True)

        return datagram_received

    async def add_candidate(self, candidate: RemoteCandidate) -> None:
        """Take one more candidate of the other side."""
        await self._ice.addRemoteCandidate(
            RTCIceCandidate(
                component=1,
                foundation=candidate.foundation,
                ip=candidate.host,
                port=candidate.port,
                priority=candidate.priority,
                protocol="udp",
                type=candidate.type,
                sdpMLineIndex=0,
            )
        )

    async def connect(self, plan: NegotiationPlan) -> bool:
        """Run ICE, then DTLS. False when either failed.

        End-of-candidates is never signalled to aioice: a browser that hides its addresses has none to offer,
        and is found by its own checks (peer-reflexive). The caller sets the time limit.
        """
        for candidate in plan.candidates:
            await self.add_candidate(candidate)
        await self._ice.start(
            RTCIceParameters(usernameFragment=plan.username_fragment, password=plan.password)
        )
        if self._ice.state != "completed":
            return False
        fingerprints = [RTCDtlsFingerprint(algorithm=f.algorithm, value=f.value) for f in plan.fingerprints]
        await self._dtls.start(RTCDtlsParameters(fingerprints=fingerprints))
        if self.connected and self._config.fast and not self._closing:
            handlers = self._handlers
            self.fast = FastPath(
                self._dtls, self._connection, handlers.on_rtp, handlers.on_rtcp, known=self._known
            )
        return self.connected

    async def send(self, data: bytes) -> bool:
        """Encrypt and send one RTP or RTCP packet. Never raises, and does not wait on UDP."""
        if self.fast is not None:
            return self.send_now(data)
        if self._closing or len(data) > SEND_LIMIT:
            self.unsent += 1
            return False
        try:
            await self._dtls._send_rtp(data)  # pyright: ignore[reportPrivateUsage] - hook, see above
        except (ConnectionError, OSError, ValueError, pylibsrtp.Error):
            # Not connected (yet, or any more), or SRTP refuses the packet (a sequence number far in the
            # past).
            self.unsent += 1
            return False
        return True

    def send_now(self, data: bytes) -> bool:
        """Encrypt and send one RTP or RTCP packet at once, in the fast mode. Never raises."""
        if self.fast is None or not self.fast.send(data):
            self.unsent += 1
            return False
        return True

    async def probe(self) -> bool:
        """Ask for a sign of life on the nominated pair: one STUN binding request, half a second to answer."""
        connection: Any = self._connection
        pair = connection._nominated.get(1)
        if pair is None or self._closing:
            return False
        request = connection.build_request(pair, nominate=False)
        key = cast(str, connection.remote_password).encode()
        try:
            await pair.protocol.request(request, pair.remote_addr, integrity_key=key, retransmissions=0)
        except (stun.TransactionError, ConnectionError, OSError):
            return False
        self._handlers.on_heard()
        return True

    async def close(self) -> None:
        """Say goodbye (DTLS close_notify) and free the sockets."""
        self._closing = True
        if self.fast is not None:
            self.fast.close()
        # A TURN server that no longer answers must not hold up the rest.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self._dtls.stop()
                await self._ice.stop()
