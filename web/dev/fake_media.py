"""A stand-in for the media server: every participant of a call sees the other, decoded and encoded again."""

from __future__ import annotations

import asyncio
import fractions
import itertools

import av
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay


class Other(MediaStreamTrack):
    """What the other side sends; until it sends, silence, and no picture at all."""

    def __init__(self, kind: str, room: Room, me: str) -> None:
        super().__init__()
        self.kind = kind
        self.room, self.me = room, me
        self.clock = itertools.count()
        self.source: MediaStreamTrack | None = None
        self.origin: MediaStreamTrack | None = None

    async def recv(self) -> av.AudioFrame | av.VideoFrame:
        while True:
            other = self.room.tracks.get((self.me == "visitor" and "agent" or "visitor", self.kind))
            if other is not self.origin:
                self.origin = other
                self.source = self.room.relay.subscribe(other, buffered=False) if other else None
            try:
                if self.source is not None:
                    frame = await asyncio.wait_for(self.source.recv(), 0.5)
                    rate = 48000 if self.kind == "audio" else 90000
                    step = frame.samples if self.kind == "audio" else 3000
                    frame.pts, frame.time_base = next(self.clock) * step, fractions.Fraction(1, rate)
                    return frame
            except Exception:
                self.source = None
            await asyncio.sleep(0.05)


class Room:
    def __init__(self) -> None:
        self.relay = MediaRelay()
        self.tracks: dict[tuple[str, str], MediaStreamTrack] = {}
        self.peers: dict[str, RTCPeerConnection] = {}

    async def join(self, role: str, offer: str, on_state: object) -> str:
        await self.leave(role)
        peer = self.peers[role] = RTCPeerConnection()

        @peer.on("track")
        def _(track: MediaStreamTrack) -> None:
            self.tracks[role, track.kind] = track

        @peer.on("connectionstatechange")
        async def _() -> None:
            await on_state(role, peer.connectionState, self.peers.get(role) is peer)  # type: ignore[operator]

        for kind in ("audio", "video"):
            peer.addTrack(Other(kind, self, role))
        await peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await peer.setLocalDescription(await peer.createAnswer())
        return peer.localDescription.sdp

    async def leave(self, role: str) -> None:
        peer = self.peers.pop(role, None)
        for kind in ("audio", "video"):
            self.tracks.pop((role, kind), None)
        if peer:
            await peer.close()
