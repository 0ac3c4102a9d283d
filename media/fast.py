"""The fast mode: from an encrypted datagram to an encrypted datagram in one call, below aiortc's transport objects.

In the default mode a packet passes aioice's parser (which takes it for a STUN message first), a queue, a task that is
woken for it, and two coroutines to be sent. Here it is decrypted, rewritten, encrypted and sent where the event loop
hands it over. Everything else - STUN, DTLS, what comes before the connection is up - goes aioice's and aiortc's way.

That takes more of their private parts, whose meaning no version promises:

- `StunProtocol.datagram_received`: replaced per protocol; `.transport`: to send;
- `Connection._protocols`, `._nominated` and a pair's `.protocol` and `.remote_addr`: where to send;
- `RTCDtlsTransport._rx_srtp`, `._tx_srtp`, and of pylibsrtp's `Session` `_srtp`, `_cdata`, `_buffer`.

So it works with exactly the versions it was written for (:data:`VERSIONS`), and :func:`fast_problems` sends packets
through two connected transports before a node uses it. A node that finds a problem says so and uses the default mode.
"""

import asyncio
import contextlib
import importlib
import logging
from collections.abc import Callable, Container
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, Protocol

import pylibsrtp

logger = logging.getLogger(__name__)

VERSIONS: Final = {"aiortc": "1.16.0", "aioice": "0.13.0", "pylibsrtp": "1.0.0"}
"""What the fast mode was written for."""
DATAGRAM_LIMIT: Final = 1500
"""Bytes of pylibsrtp's buffer."""
TRAILER: Final = 144
"""Bytes that encryption may add (SRTP_MAX_TRAILER_LEN of libsrtp)."""

_binding: Any = None
with contextlib.suppress(ImportError):
    _binding = importlib.import_module("pylibsrtp._binding")


class Sends(Protocol):
    """A transport that can be told to send without being waited for."""

    def send_now(self, data: bytes) -> bool:
        """Encrypt and send one packet; false when that was not possible."""
        ...


Handler = Callable[[bytes], tuple[Sends, bytes] | None]


class FastPath:
    """The packet path of one connected transport. Made once ICE and DTLS are up."""

    def __init__(
        self,
        dtls: Any,
        connection: Any,
        on_rtp: Handler,
        on_rtcp: Handler,
        known: Container[Any] | None = None,
    ) -> None:
        """:param dtls: aiortc's transport, connected.
        :param connection: aioice's connection under it.
        :param known: addresses whose packets may take this way, as the event loop writes them; None: all.
        """
        self.received = 0
        """Packets that came this way and were authentic."""
        self.refused = 0
        """Packets that were not authentic, came twice, or have an impossible size."""
        self.faults = 0
        self._rx: Any = dtls._rx_srtp
        self._tx: Any = dtls._tx_srtp
        self._nominated: dict[int, Any] = connection._nominated
        self._pair: Any = None
        self._sendto: Callable[[bytes, Any], None] = _nowhere
        self._address: Any = None
        self._closed = False
        self._protect, self._protect_rtcp = _binding.lib.srtp_protect, _binding.lib.srtp_protect_rtcp
        self._length: Any = _binding.ffi.new("int *")
        self._receive_on(connection._protocols, on_rtp, on_rtcp, known)

    def _receive_on(
        self, protocols: list[Any], on_rtp: Handler, on_rtcp: Handler, known: Container[Any] | None
    ) -> None:
        buffer, cdata, session = self._rx._buffer, self._rx._cdata, self._rx._srtp[0]
        length: Any = _binding.ffi.new("int *")
        lib = _binding.lib
        unprotect, unprotect_rtcp = lib.srtp_unprotect, lib.srtp_unprotect_rtcp

        def receiver(original: Callable[[bytes, Any], None]) -> Callable[[bytes, Any], None]:
            def datagram_received(data: bytes, addr: Any) -> None:
                size = len(data)
                # RFC 7983: 128 to 191 is RTP or RTCP.
                if size < 2 or not 127 < data[0] < 192 or self._closed:
                    original(data, addr)
                    return
                if known is not None and addr not in known:
                    original(data, addr)
                    return
                if size > DATAGRAM_LIMIT:
                    self.refused += 1
                    return
                buffer[0:size] = data
                length[0] = size
                is_rtcp = 192 <= data[1] <= 223  # RFC 5761 §4
                if (unprotect_rtcp if is_rtcp else unprotect)(session, cdata, length):
                    self.refused += 1
                    return
                self.received += 1
                try:
                    forward = (on_rtcp if is_rtcp else on_rtp)(buffer[0 : length[0]])
                except Exception:
                    self._fault()
                    return
                if forward is not None:
                    forward[0].send_now(forward[1])

            return datagram_received

        for protocol in protocols:
            protocol.datagram_received = receiver(protocol.datagram_received)

    def _fault(self) -> None:
        self.faults += 1
        # The 1st, 2nd, 4th, 8th …: a fault that comes with every packet must not fill the disk.
        if self.faults & (self.faults - 1) == 0:
            logger.exception("A packet could not be handled (%d times on this connection)", self.faults)

    def send(self, data: bytes) -> bool:
        """Encrypt and send one RTP or RTCP packet. Never raises."""
        size = len(data)
        if self._closed or not 2 <= size <= DATAGRAM_LIMIT - TRAILER:
            return False
        tx, length = self._tx, self._length
        tx._buffer[0:size] = data
        length[0] = size
        protect = self._protect_rtcp if 192 <= data[1] <= 223 else self._protect
        if protect(tx._srtp[0], tx._cdata, length):
            return False  # for instance a sequence number far in the past
        pair = self._nominated.get(1)
        if pair is not self._pair:
            self._pair = pair
            self._sendto = _nowhere if pair is None else pair.protocol.transport.sendto
            self._address = None if pair is None else pair.remote_addr
        try:
            self._sendto(tx._buffer[0 : length[0]], self._address)
        except (OSError, RuntimeError):
            return False
        return True

    def close(self) -> None:
        """Leave everything to aiortc again."""
        self._closed = True


def _nowhere(data: bytes, addr: Any) -> None:
    raise ConnectionError("no candidate pair is nominated")


def version_problems() -> list[str]:
    """What is installed in another version than the fast mode was written for."""
    problems: list[str] = []
    for package, wanted in VERSIONS.items():
        try:
            installed = version(package)
        except PackageNotFoundError:
            installed = "none"
        if installed != wanted:
            problems.append(f"{package} {installed} is installed, exactly {wanted} is needed")
    return problems


def shape_problems() -> list[str]:
    """Parts of pylibsrtp that are missing; the others are used by the trial."""
    calls = ("srtp_protect", "srtp_protect_rtcp", "srtp_unprotect", "srtp_unprotect_rtcp")
    lib = getattr(_binding, "lib", None)
    problems = [f"libsrtp's {name} cannot be called" for name in calls if not hasattr(lib, name)]
    session: Any = pylibsrtp.Session()
    for name in ("_srtp", "_cdata", "_buffer"):
        if not hasattr(session, name):
            problems.append(f"pylibsrtp.Session.{name} does not exist")
    if not problems and len(session._buffer) != DATAGRAM_LIMIT:
        problems.append(f"the buffer of pylibsrtp.Session does not hold {DATAGRAM_LIMIT} bytes")
    return problems


async def fast_problems(trial: Callable[[], Any], *, within: float = 10.0) -> list[str]:
    """Why the fast mode cannot be used here; nothing when it can.

    :param trial: sends packets through two connected transports, and returns what went wrong.
    :param within: seconds the trial may take.
    """
    problems = version_problems() or shape_problems()
    if problems:
        return problems
    try:
        async with asyncio.timeout(within):
            return list(await trial())
    except TimeoutError:
        return [f"the trial did not end within {within:g} s"]
    except Exception as error:
        logger.exception("The trial of the fast mode failed")
        return [f"the trial failed: {type(error).__name__}: {error}"]
