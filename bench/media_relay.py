"""What a call costs the media node, beside aiortc's own MediaRelay (decode, re-encode), in one run.

    python bench/media_relay.py                  about 40 seconds
    python bench/media_relay.py --calls 10 --seconds 20

A call is two people, each sending VP8 640x480 at 30 frames a second (about 1 Mbps) and Opus. The server runs in a
process of its own, so that its CPU time is only its own; clients send pictures that were encoded beforehand and
decode what they receive. Every picture carries its number as a barcode: the delay is from handing it to the sender
to reading it from the decoded picture.
"""

import argparse
import asyncio
import contextlib
import fractions
import json
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aioice.ice
import av
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from media import MediaConfig, MediaNode, Role, RoomPolicy

WIDTH, HEIGHT, RATE = 640, 480, 30
LOOP = 90
"""Pictures in the prepared video; delays beyond three seconds cannot be told."""
CELL = 32
"""Width and height of one bit of the barcode, in pixels."""
BITS = 7
WARM_UP = 3.0
"""Seconds before measuring."""


def use_loopback() -> None:
    """Make the aiortc clients use 127.0.0.1, which aioice skips."""
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


def peer_connection() -> RTCPeerConnection:
    return RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))


def prefer_vp8(pc: RTCPeerConnection) -> None:
    for transceiver in pc.getTransceivers():
        if transceiver.kind == "video":
            capabilities = RTCRtpSender.getCapabilities("video").codecs
            transceiver.setCodecPreferences(
                [c for c in capabilities if c.mimeType in ("video/VP8", "video/rtx")]
            )


# Load: prepared media and clients


def prepare_video() -> list[bytes]:
    """Encoded pictures with moving texture and a barcode."""
    codec: Any = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height, codec.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    codec.time_base = fractions.Fraction(1, RATE)
    codec.bit_rate, codec.gop_size = 1_000_000, RATE
    codec.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "error-resilient": "1"}
    dice = random.Random(1)
    texture = bytes(96 + dice.randrange(64) for _ in range(WIDTH * 2))
    encoded: list[bytes] = []
    for index in range(LOOP):
        rows = []
        for y in range(HEIGHT):
            shift = (index * 5 + (y // 8) * 37) % WIDTH
            row = texture[shift : shift + WIDTH]
            if y < CELL:
                code = b"".join(bytes((235 if index >> bit & 1 else 16,)) * CELL for bit in range(BITS))
                row = code + row[len(code) :]
            rows.append(row)
        frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        frame.planes[0].update(b"".join(rows))
        for plane in frame.planes[1:]:
            plane.update(b"\x80" * plane.buffer_size)
        frame.pts = index
        frame.time_base = codec.time_base
        encoded += [bytes(packet) for packet in codec.encode(frame)]
    return encoded


def prepare_audio() -> list[bytes]:
    """Encoded noise, 20 ms a packet."""
    codec: Any = av.CodecContext.create("libopus", "w")
    codec.sample_rate, codec.layout, codec.format = 48000, "stereo", "s16"
    codec.bit_rate = 32000
    dice = random.Random(2)
    encoded: list[bytes] = []
    for index in range(150):
        frame = av.AudioFrame(format="s16", layout="stereo", samples=960)
        frame.planes[0].update(dice.randbytes(960 * 4))
        frame.sample_rate, frame.pts = 48000, index * 960
        frame.time_base = fractions.Fraction(1, 48000)
        encoded += [bytes(packet) for packet in codec.encode(frame)]
    return encoded


class Prepared(MediaStreamTrack):
    """A track of packets encoded beforehand, sent in a loop at their pace."""

    def __init__(self, kind: str, packets: list[bytes], interval: float) -> None:
        self.kind = kind
        super().__init__()
        self._packets = packets
        self._interval = interval
        self._count = -1
        self._start = time.monotonic() + random.random() * interval
        self.sent: dict[int, float] = {}

    async def recv(self) -> av.Packet:
        self._count += 1
        await asyncio.sleep(max(0.0, self._start + self._count * self._interval - time.monotonic()))
        index = self._count % len(self._packets)
        packet = av.Packet(self._packets[index])
        packet.pts = round(self._count * self._interval * 90000)
        packet.time_base = fractions.Fraction(1, 90000)
        self.sent[index] = time.monotonic()
        return packet


@dataclass
class Client:
    """One person of a call."""

    pc: RTCPeerConnection
    video: Prepared
    delays: list[float] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def watch(self, track: MediaStreamTrack, sender: Callable[[], Prepared]) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if isinstance(frame, av.VideoFrame):
                    now = time.monotonic()
                    sent = sender().sent.get(read_barcode(frame))
                    if sent is not None and now - sent < LOOP / RATE:
                        self.delays.append(now - sent)


def read_barcode(frame: av.VideoFrame) -> int:
    plane = frame.planes[0]
    row = bytes(plane)[CELL // 2 * plane.line_size :]
    return sum((row[bit * CELL + CELL // 2] > 126) << bit for bit in range(BITS))


# The two servers, each in a process of its own


async def serve(mode: str) -> None:
    """Answer requests on standard input: one JSON object a line."""
    use_loopback()
    handle, finish = await (serve_rooms() if mode == "rooms" else serve_media_relay())
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        request = json.loads(line)
        if request["do"] == "cpu":
            reply: Any = time.process_time()
        else:
            reply = await handle(request["room"], request["who"], request["offer"])
        print(json.dumps(reply), flush=True)
    await finish()


Joins = Callable[[str, int, str], Awaitable[str]]


async def serve_rooms() -> tuple[Joins, Callable[[], Awaitable[None]]]:
    """This project's media node."""
    node = MediaNode(MediaConfig(host_addresses=("127.0.0.1",)), lambda event: None)
    await node.start()

    async def join(room: str, who: int, offer: str) -> str:
        node.open_room(room, RoomPolicy())
        role = (Role.VISITOR, Role.AGENT)[who]
        return await node.join(room, role=role, connection_id=f"{room}-{who}", offer_sdp=offer)

    return join, node.close


async def serve_media_relay() -> tuple[Joins, Callable[[], Awaitable[None]]]:
    """aiortc's MediaRelay: tracks are decoded, and encoded again for the other side."""
    relay = MediaRelay()
    rooms: dict[str, dict[int, RTCPeerConnection]] = {}

    async def join(room: str, who: int, offer: str) -> str:
        pc = peer_connection()
        rooms.setdefault(room, {})[who] = pc
        for kind in ("audio", "video"):
            pc.addTransceiver(kind)
        prefer_vp8(pc)
        await pc.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await pc.setLocalDescription(await pc.createAnswer())
        if len(rooms[room]) == 2:
            for me, other in ((0, 1), (1, 0)):
                for transceiver in rooms[room][me].getTransceivers():
                    track = next(
                        r.track for r in rooms[room][other].getReceivers() if r.track.kind == transceiver.kind
                    )
                    transceiver.sender.replaceTrack(relay.subscribe(track))
        return pc.localDescription.sdp

    async def finish() -> None:
        for pcs in rooms.values():
            for pc in pcs.values():
                await pc.close()

    return join, finish


# The run


@dataclass(frozen=True)
class Result:
    """One row of the table."""

    name: str
    calls: int
    cpu: float
    """Percent of one core, per call."""
    p50: float
    """Milliseconds."""
    p99: float
    rate: float
    """Decoded pictures a second at each client."""


async def measure(
    name: str, mode: str, calls: int, seconds: float, media: tuple[list[bytes], list[bytes]]
) -> Result:
    server = await asyncio.create_subprocess_exec(
        sys.executable,
        __file__,
        "--serve",
        mode,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 20,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    stdin, stdout = server.stdin, server.stdout

    async def ask(**request: Any) -> Any:
        stdin.write(json.dumps(request).encode() + b"\n")
        return json.loads(await asyncio.wait_for(stdout.readline(), 20))

    clients: list[Client] = []
    for call in range(calls):
        pair: list[Client] = []
        for who in (0, 1):
            pc = peer_connection()
            video = Prepared("video", media[0], 1 / RATE)
            client = Client(pc, video)
            pc.addTransceiver(Prepared("audio", media[1], 0.02))
            pc.addTransceiver(video)
            prefer_vp8(pc)

            def on_track(
                track: MediaStreamTrack, client: Client = client, who: int = who, pair: list[Client] = pair
            ) -> None:
                watching = client.watch(track, lambda: pair[1 - who].video)
                client.tasks.append(asyncio.ensure_future(watching))

            pc.on("track", on_track)
            pair.append(client)
            await pc.setLocalDescription(await pc.createOffer())
            answer = await ask(do="join", room=f"room{call}", who=who, offer=pc.localDescription.sdp)
            await pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        clients += pair
    await asyncio.sleep(WARM_UP)
    for client in clients:
        client.delays.clear()
    start, before = time.monotonic(), await ask(do="cpu")
    await asyncio.sleep(seconds)
    wall, cpu = time.monotonic() - start, await ask(do="cpu") - before
    delays = sorted(1000 * delay for client in clients for delay in client.delays)
    for client in clients:
        await client.pc.close()
        await asyncio.gather(*client.tasks, return_exceptions=True)
    stdin.close()
    await server.wait()
    if len(delays) < 10:
        raise SystemExit(f"{name}: nothing was decoded")
    return Result(
        name=name,
        calls=calls,
        cpu=100 * cpu / wall / calls,
        p50=statistics.median(delays),
        p99=delays[int(len(delays) * 0.99)],
        rate=len(delays) / wall / len(clients),
    )


def table(results: list[Result]) -> str:
    base = results[-1]
    lines = [
        f"{'server':<22}{'calls':>6}{'CPU/call':>10}{'p50':>9}{'p99':>9}{'fps':>7}{'CPU ratio':>11}{'p50 ratio':>11}"
    ]
    lines += [
        f"{r.name:<22}{r.calls:>6}{r.cpu:>9.1f}%{r.p50:>6.0f} ms{r.p99:>6.0f} ms{r.rate:>7.1f}"
        f"{base.cpu / r.cpu:>10.1f}x{base.p50 / r.p50:>10.1f}x"
        for r in results
    ]
    return "\n".join(lines)


async def compare(calls: int, seconds: float, say: Callable[[str], object]) -> None:
    """Measure both servers and say the table."""
    use_loopback()
    media = prepare_video(), prepare_audio()
    size = sum(map(len, media[0])) * 8 * RATE / LOOP / 1e6
    say(f"VP8 {WIDTH}x{HEIGHT}@{RATE}, {size:.2f} Mbps each way; {seconds:.0f} s each")
    results = [
        await measure("media node", "rooms", 1, seconds, media),
        *([await measure("media node", "rooms", calls, seconds, media)] if calls > 1 else []),
        await measure("aiortc MediaRelay", "relay", 1, seconds, media),
    ]
    say(table(results))


def start(work: Any) -> None:
    """Run on uvloop, as the service does, when it is installed."""
    try:
        import uvloop  # noqa: PLC0415
    except ImportError:
        asyncio.run(work)
    else:
        uvloop.run(work)


def run(console: Console) -> None:
    """The short version, for `python -m bench`."""
    start(compare(3, 8.0, lambda text: console.print(text, highlight=False, markup=False)))


def main() -> None:
    parser = argparse.ArgumentParser(description="CPU and delay of a call: media node and aiortc MediaRelay")
    parser.add_argument(
        "--calls", type=int, default=3, help="calls held at once in the second row (default 3)"
    )
    parser.add_argument("--seconds", type=float, default=8.0, help="measured seconds a row (default 8)")
    parser.add_argument("--serve", choices=["rooms", "relay"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        start(serve(arguments.serve))
    else:
        start(compare(arguments.calls, arguments.seconds, print))


if __name__ == "__main__":
    main()
