"""One machine of a call: ``python -m tests.integration.netns.side node|peer <address> [<mode>|<luma>]``.

Reads one JSON command a line and answers with one JSON line; the node's events come as lines of their own.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from dataclasses import asdict
from typing import Any

import aioice.ice
from aiortc import RTCIceServer

from media import MediaConfig, MediaEvent, MediaNode, Role, RoomPolicy
from tests.integration.media.peers import Peer

Json = dict[str, Any]


def say(**line: Any) -> None:
    print(json.dumps(line), flush=True)


class NodeSide:
    def __init__(self, address: str, mode: str = "default") -> None:
        config = MediaConfig(host_addresses=(address,), fast=mode == "fast")
        self._node = MediaNode(config, self._on_event)
        self._fast = config.fast

    def _on_event(self, event: MediaEvent) -> None:
        say(event=type(event).__name__, at=time.monotonic(), **asdict(event))

    async def start(self) -> Json:
        await self._node.start()
        assert self._node.fast is self._fast
        return {}

    async def open(self, room: str) -> Json:
        self._node.open_room(room, RoomPolicy())
        return {}

    async def join(self, room: str, role: str, connection: str, offer: str) -> Json:
        answer = await self._node.join(room, role=Role(role), connection_id=connection, offer_sdp=offer)
        return {"answer": answer}

    async def leave(self, room: str, connection: str) -> Json:
        await self._node.leave(room, connection)
        return {}

    async def close(self, room: str) -> Json:
        await self._node.close_room(room)
        return {}

    async def stats(self, room: str) -> Json:
        stats = self._node.room_stats(room)
        return {
            str(role): {
                **asdict(of),
                "packets_forwarded": of.packets_forwarded,
                "dropped_by_policy": of.dropped_by_policy,
            }
            for role, of in ((Role.VISITOR, stats.visitor), (Role.AGENT, stats.agent))
        }

    async def held(self) -> Json:
        gc.collect()
        return {
            "tasks": len(asyncio.all_tasks()),
            "objects": len(gc.get_objects()),
            "rooms": self._node.room_count,
        }


class PeerSide:
    """The other end of a connection; ``offer`` again makes a new connection, as a page that rejoins would."""

    def __init__(self, address: str, luma: int) -> None:
        aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: [address]
        self._luma = luma
        self._servers: list[RTCIceServer] = []
        self._relay_only = False
        self._peer: Peer | None = None

    async def start(self) -> Json:
        return {}

    async def use(self, servers: list[Json], relay_only: bool) -> Json:
        """The TURN servers of the next connections."""
        self._servers = [RTCIceServer(**server) for server in servers]
        self._relay_only = relay_only
        return {}

    async def move(self, address: str) -> Json:
        """The machine has another address now."""
        aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: [address]
        return {}

    async def offer(self) -> Json:
        if self._peer is not None:
            await self._peer.close()
        self._peer = Peer(luma=self._luma, ice_servers=self._servers, relay_only=self._relay_only)
        await self._peer.pc.setLocalDescription(await self._peer.pc.createOffer())
        return {"offer": self._peer.pc.localDescription.sdp}

    async def accept(self, answer: str) -> Json:
        assert self._peer is not None
        await self._peer.accept(answer)
        return {}

    async def look(self) -> Json:
        assert self._peer is not None
        got = self._peer.got
        return {
            "frames": got.frames,
            "samples": got.samples,
            "loud": got.loud,
            "luma": got.luma[-1:],
            "way": self._way(),
            "state": self._peer.pc.connectionState,
        }

    def _way(self) -> str | None:
        """The kind of the candidate that packets leave by."""
        assert self._peer is not None
        connection = self._peer.pc.getTransceivers()[0].receiver.transport.transport._connection
        pair = connection._nominated.get(1)
        return None if pair is None else pair.local_candidate.type


async def main(side: NodeSide | PeerSide) -> None:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    await side.start()
    while line := await lines.readline():
        command = json.loads(line)
        do = command.pop("do")
        try:
            say(answer_to=do, **await getattr(side, do)(**command))
        except Exception as error:
            say(answer_to=do, error=f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    kind, own_address = sys.argv[1:3]
    asyncio.run(
        main(
            NodeSide(own_address, *sys.argv[3:])
            if kind == "node"
            else PeerSide(own_address, int(sys.argv[3]))
        )
    )
