"""Clients for the media tests: aiortc peers on loopback that generate and decode real media."""

import array
import asyncio
import contextlib
import fractions
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pylibsrtp
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, VideoFrame

from media import MediaEvent, MediaNode, Role


async def until(condition: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    """Wait until `condition` holds; fail with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        await asyncio.sleep(0.01)


class Picture(MediaStreamTrack):
    """Video of one brightness at 15 frames a second, so that the receiver can tell whose picture it sees."""

    kind = "video"

    def __init__(self, luma: int) -> None:
        super().__init__()
        self.luma = luma
        self._count = 0
        self._start = time.monotonic()

    async def recv(self) -> VideoFrame:
        self._count += 1
        await asyncio.sleep(max(0.0, self._start + self._count / 15 - time.monotonic()))
        frame = VideoFrame(128, 96, "yuv420p")
        rows = [bytes((self.luma,)) * 128] * 96
        rows[self._count % 96] = bytes((255 - self.luma,)) * 128  # a moving stripe: no two frames are alike
        frame.planes[0].update(b"".join(rows))
        for plane in frame.planes[1:]:
            plane.update(b"\x80" * plane.buffer_size)
        frame.pts = self._count * 6000
        frame.time_base = fractions.Fraction(1, 90000)
        return frame


class Tone(MediaStreamTrack):
    """Audio: a 440 Hz sine, 20 ms at a time."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self._start = time.monotonic()

    async def recv(self) -> AudioFrame:
        self._count += 1
        await asyncio.sleep(max(0.0, self._start + self._count * 0.02 - time.monotonic()))
        first = self._count * 960
        samples = (round(8000 * math.sin(2 * math.pi * 440 * (first + i) / 48000)) for i in range(960))
        frame = AudioFrame(format="s16", layout="mono", samples=960)
        frame.planes[0].update(array.array("h", samples).tobytes())
        frame.sample_rate = 48000
        frame.pts = self._count * 960
        frame.time_base = fractions.Fraction(1, 48000)
        return frame


@dataclass
class Received:
    """What a client decoded."""

    frames: int = 0
    samples: int = 0
    luma: list[int] = field(default_factory=list)
    """Mean brightness of the decoded pictures."""
    loud: int = 0
    """Largest amplitude heard."""


class Peer:
    """One client of a media node."""

    def __init__(
        self,
        *,
        luma: int = 60,
        audio: bool = True,
        video: str = "sendrecv",
        track: bool = True,
        screen: int | None = None,
        ice_servers: list[RTCIceServer] | None = None,
        relay_only: bool = False,
    ) -> None:
        """:param screen: the brightness of a screen to share, on an m-line of its own."""
        policy = RTCIceTransportPolicy.RELAY if relay_only else RTCIceTransportPolicy.ALL
        self.pc = RTCPeerConnection(
            RTCConfiguration(
                iceServers=ice_servers or [],
                iceTransportPolicy=policy,
                bundlePolicy=RTCBundlePolicy.MAX_BUNDLE,
            )
        )
        self.luma = luma
        self.got = Received()
        self.got_screen = Received()
        self._pictures = 0
        self._tasks: list[asyncio.Task[None]] = []
        self.answer = ""
        if audio:
            self.pc.addTransceiver(Tone(), direction="sendrecv")
        if video:
            pictures = [Picture(luma) if track and "send" in video else "video"]
            if screen is not None:
                pictures.append(Picture(screen))
            transceivers = [self.pc.addTransceiver(what, direction=video) for what in pictures]
            capabilities = RTCRtpSender.getCapabilities("video").codecs
            for transceiver in transceivers:
                transceiver.setCodecPreferences(
                    [c for c in capabilities if c.mimeType in ("video/VP8", "video/rtx")]
                )

        @self.pc.on("track")
        def on_track(track: MediaStreamTrack) -> None:
            self._pictures += track.kind == "video"
            into = self.got_screen if self._pictures == 2 else self.got
            self._tasks.append(asyncio.ensure_future(self._watch(track, into)))

    async def _watch(self, track: MediaStreamTrack, got: Received) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, VideoFrame):
                got.frames += 1
                picture = bytes(frame.planes[0])
                got.luma.append(sum(picture) // len(picture))
            elif isinstance(frame, AudioFrame):
                got.samples += frame.samples
                got.loud = max(got.loud, *map(abs, array.array("h", bytes(frame.planes[0]))))

    async def join(self, node: MediaNode, room_id: str, role: Role, connection_id: str) -> "Peer":
        await self.pc.setLocalDescription(await self.pc.createOffer())
        self.answer = await node.join(
            room_id, role=role, connection_id=connection_id, offer_sdp=self.pc.localDescription.sdp
        )
        await self.accept(self.answer)
        return self

    async def accept(self, answer: str) -> None:
        await self.pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def send_raw(self, packet: bytes) -> None:
        """Encrypt and send any RTP or RTCP bytes libsrtp takes, as a tampered client could."""
        with contextlib.suppress(pylibsrtp.Error):
            await self.pc.getTransceivers()[0].receiver.transport._send_rtp(packet)

    async def connected(self) -> "Peer":
        await until(lambda: self.pc.connectionState == "connected", "the client is connected")
        return self

    def vanish(self) -> None:
        """Stop sending and answering without a word, as a phone in a tunnel does."""
        connection = self.pc.getTransceivers()[0].receiver.transport.transport._connection

        async def send_nothing(*args: object) -> None: ...

        for protocol in connection._protocols:
            protocol.send_data = send_nothing
            protocol.send_stun = lambda *args: None
            protocol.datagram_received = lambda *args: None

    async def close(self) -> None:
        await self.pc.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Events(list[MediaEvent]):
    """Events of a node, in order."""

    def of(self, kind: type) -> list[MediaEvent]:
        return [event for event in self if isinstance(event, kind)]
