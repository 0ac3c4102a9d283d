"""A participant's port without a socket: for what anybody may send to it."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import aioice.ice
from aioice import stun
from aioice.candidate import Candidate

from media.config import MediaConfig
from media.hooks import RelayTransport, TransportHandlers
from media.negotiation import MAX_CANDIDATES

STRANGER = ("198.51.100.7", 4000)


class _NoSocket(asyncio.DatagramTransport):
    """Counts what is sent back."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = 0

    def sendto(self, data: Any, addr: Any = None) -> None:
        self.sent += 1

    def close(self) -> None: ...


class Port:
    """A connection that waits for its other side. Must be made on a running loop."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []
        self.heard = 0
        self.transport = RelayTransport(
            MediaConfig(), TransportHandlers(self._packet, self._packet, self._on_heard, lambda: None)
        )
        self.connection: Any = self.transport._connection
        self.connection.remote_username, self.connection.remote_password = "abcd", "p" * 22
        self.connection._early_checks_done = True
        protocol = aioice.ice.StunProtocol(self.connection)
        self.socket = _NoSocket()
        protocol.connection_made(self.socket)
        protocol.local_candidate = Candidate("1", 1, "udp", 1, "192.0.2.1", 5000, "host")
        self.connection._protocols.append(protocol)
        self.receive = self.transport._guarded(protocol.datagram_received)

    def _packet(self, data: bytes) -> None:
        self.packets.append(data)

    def _on_heard(self) -> None:
        self.heard += 1

    def request(self, *, signed: bool = True, priority: bool = True, change: Any = None) -> bytes:
        """A connectivity check; ``change`` may touch it before it is signed."""
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, secrets.token_bytes(12))
        message.attributes["USERNAME"] = f"{self.connection.local_username}:abcd"
        if priority:
            message.attributes["PRIORITY"] = 1
        message.attributes["ICE-CONTROLLING"] = 7
        if change is not None:
            change(message)
        password = self.connection.local_password if signed else "wrong" * 5
        message.add_message_integrity(password.encode())
        return bytes(message)

    async def end(self) -> None:
        for pair in self.connection._check_list:
            if pair.task is not None:
                pair.task.cancel()
        await asyncio.sleep(0)

    def check_bounds(self) -> None:
        """What no sender may outgrow."""
        assert len(self.connection._remote_candidates) <= MAX_CANDIDATES
        assert len(self.connection._check_list) <= MAX_CANDIDATES
        assert self.connection._queue.qsize() <= 1024
