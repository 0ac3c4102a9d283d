"""What it costs to forward a call's packets: this relay in both modes, beside Janus (C) under the same load.

    python -m bench.media_forwarding                    10 calls, five interleaved runs
    python -m bench.media_forwarding --calls 30 --runs 3 --seconds 10
    python -m bench.media_forwarding --sequence 300     calls one after the other: the node's memory

A call is two people, each sending 110 VP8 packets of 1,100 bytes (about 1 Mbps) and 50 Opus packets a second. The
people do not decode: each packet carries when it was sent, and whoever receives it notes how long it took, which
includes the time the clients themselves need. Server and people have a core each, if there are two.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import struct
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aioice.ice
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack
from rich.console import Console

from bench.janus import Janus, installed, janus
from bench.media_relay import start
from media import MediaConfig, MediaNode, Role, RoomPolicy
from media.fast import FastPath

STAMP = struct.Struct("!d")
PICTURE = b"\x90\x80\x01" + bytes(1085)
"""A VP8 payload descriptor and nothing of a picture; the stamp follows."""
SOUND = b"\x78" + bytes(71)
WARM_UP = 2.0
MODES = ("default", "fast", "janus")


def address() -> str:
    """Of this machine, not loopback: Janus does not use that."""
    found = aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=False)
    if not found:
        raise SystemExit("this machine has no address but loopback")
    return found[0]


def cores() -> tuple[int | None, int | None]:
    """For the server, and for the people."""
    usable = sorted(os.sched_getaffinity(0))
    return (usable[0], usable[1]) if len(usable) > 1 else (None, None)


class Silent(MediaStreamTrack):
    """A track that never has anything: packets are sent beside it."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__()

    async def recv(self) -> Any:
        await asyncio.Event().wait()


@dataclass
class Person:
    """One client, which sends packets and times those it gets."""

    pc: RTCPeerConnection = field(init=False)
    sent: int = 0
    got: int = 0
    delays: list[float] = field(default_factory=list)
    measuring: bool = False
    fast: Any = None

    def __post_init__(self) -> None:
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))

    async def offer(self) -> str:
        self._transceivers()
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return self.pc.localDescription.sdp

    async def accept(self, sdp: str) -> None:
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp, "answer"))

    async def answer(self, sdp: str) -> str:
        self._transceivers()
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        return self.pc.localDescription.sdp

    def _transceivers(self) -> None:
        self.pc.addTransceiver(Silent("audio"))
        video = self.pc.addTransceiver(Silent("video"))
        codecs = RTCRtpSender.getCapabilities("video").codecs
        video.setCodecPreferences([c for c in codecs if c.mimeType in ("video/VP8", "video/rtx")])

    async def connected(self) -> None:
        deadline = time.monotonic() + 20
        while self.pc.connectionState != "connected":
            if time.monotonic() > deadline:
                raise SystemExit(f"a client is {self.pc.connectionState} after 20 s")
            await asyncio.sleep(0.01)
        # The people must not be slower than the server: they take the short way in every run.
        dtls = self.pc.getTransceivers()[0].receiver.transport
        self.fast = FastPath(dtls, dtls.transport._connection, self._on_rtp, lambda data: None)

    def _on_rtp(self, data: bytes) -> None:
        if self.measuring:
            self.got += 1
            self.delays.append(time.monotonic() - STAMP.unpack_from(data, len(data) - 8)[0])

    async def send(self, until: float) -> None:
        """Send pictures and sound at their pace."""
        await asyncio.gather(
            self._stream(self.pc.getTransceivers()[1], PICTURE, 11 / 3, 30, 3000, until),
            self._stream(self.pc.getTransceivers()[0], SOUND, 1, 50, 960, until),
        )

    async def _stream(
        self, transceiver: Any, payload: bytes, burst: float, rate: int, step: int, until: float
    ) -> None:
        """:param burst: packets each time, on average. :param rate: times a second."""
        ssrc, payload_type = transceiver.sender._ssrc, transceiver._codecs[0].payloadType
        mid = transceiver.mid.encode()
        extension = struct.pack("!HHBB", 0xBEDE, 1, 0x10 | len(mid) - 1, mid[0]) + bytes(2)
        seq, ts = random.randrange(1 << 15), random.randrange(1 << 31)
        begin, owed, count = time.monotonic() + random.random() / rate, 0.0, 0
        while (now := time.monotonic()) < until:
            due = begin + count / rate
            if now < due:
                await asyncio.sleep(due - now)
            count += 1
            owed += burst
            while owed >= 1:
                owed -= 1
                seq = (seq + 1) & 0xFFFF
                head = struct.pack("!BBHLL", 0x90, payload_type | (0x80 if owed < 1 else 0), seq, ts, ssrc)
                self.sent += self.measuring
                self.fast.send(head + extension + payload + STAMP.pack(time.monotonic()))
            ts = (ts + step) & 0xFFFFFFFF


# Servers


async def serve(fast: bool) -> None:
    """The media node in this process, asked by lines of JSON."""
    node = MediaNode(MediaConfig(host_addresses=(address(),), fast=fast), lambda event: None)
    await node.start()
    if node.fast is not fast:
        raise SystemExit("the fast mode does not work here")
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        request = json.loads(line)
        if "close" in request:
            await node.close_room(request["close"])
            print("null", flush=True)
            continue
        node.open_room(request["room"], RoomPolicy())
        role = (Role.VISITOR, Role.AGENT)[request["who"]]
        name = f"{request['room']}-{role}"
        print(
            json.dumps(
                await node.join(request["room"], role=role, connection_id=name, offer_sdp=request["offer"])
            ),
            flush=True,
        )
    await node.close()


class NodeCalls:
    """Calls at the node in the other process, asked one at a time."""

    def __init__(self, stdin: asyncio.StreamWriter, stdout: asyncio.StreamReader) -> None:
        self._stdin, self._stdout = stdin, stdout

    async def _ask(self, **request: Any) -> Any:
        self._stdin.write(json.dumps(request).encode() + b"\n")
        return json.loads(await asyncio.wait_for(self._stdout.readline(), 20))

    async def __call__(self, room: str, *people: Person) -> None:
        for who, person in enumerate(people):
            await person.accept(await self._ask(room=room, who=who, offer=await person.offer()))

    async def close(self, room: str) -> None:
        await self._ask(close=room)


Call = Callable[[str, Person, Person], Awaitable[None]]


async def node_server(stack: AsyncExitStack, mode: str, core: int | None) -> tuple[int, NodeCalls]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.media_forwarding",
        "--serve",
        mode,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 20,
        cwd=Path(__file__).parents[1],
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout
    if core is not None:
        os.sched_setaffinity(process.pid, {core})

    async def end() -> None:
        stdin.close()
        await process.wait()

    stack.push_async_callback(end)

    return process.pid, NodeCalls(stdin, stdout)


async def sequence(mode: str, count: int, say: Callable[[str], object]) -> None:
    """Calls one after the other, three at once: whether the node's memory stays where it is."""
    core, other = cores()
    if other is not None:
        os.sched_setaffinity(0, {other})
    async with AsyncExitStack() as stack:
        pid, call = await node_server(stack, mode, core)
        begin, turn = time.monotonic(), asyncio.Lock()

        async def one(number: int) -> None:
            pair = Person(), Person()
            async with turn:
                await call(f"room{number}", *pair)
            await asyncio.gather(*(person.connected() for person in pair))
            await asyncio.gather(*(person.send(time.monotonic() + 0.5) for person in pair))
            async with turn:
                await call.close(f"room{number}")
            await asyncio.gather(*(person.pc.close() for person in pair))

        step = max(3, count // 30 * 3)
        for done in range(0, count, 3):
            if done % step == 0:
                say(f"{mode}: {done:>5} calls {memory_mb(pid):>7.1f} MB")
            await asyncio.gather(*(one(number) for number in range(done, min(done + 3, count))))
        say(f"{mode}: {count:>5} calls {memory_mb(pid):>7.1f} MB, {time.monotonic() - begin:.0f} s")


async def janus_server(stack: AsyncExitStack, core: int | None) -> tuple[int, Call]:
    server: Janus = await stack.enter_async_context(janus(address(), core))

    async def call(room: str, caller: Person, callee: Person) -> None:
        one, other = await server.handle(f"{room}-0"), await server.handle(f"{room}-1")
        await one.message({"request": "call", "username": f"{room}-1"}, await caller.offer())
        offered = await other.event("incomingcall")
        await other.message({"request": "accept"}, await callee.answer(offered))
        await caller.accept(await one.event("accepted"))

    return server.pid, call


# The run


@dataclass(frozen=True)
class Result:
    cpu: float
    """Percent of one core, per call."""
    memory: float
    """MB more for each call."""
    p50: float
    """Milliseconds."""
    p99: float
    loss: float
    """Percent."""


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    line = next(x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


async def measure(mode: str, calls: int, seconds: float) -> Result:
    core, _ = cores()
    async with AsyncExitStack() as stack:
        pid, call = await (janus_server(stack, core) if mode == "janus" else node_server(stack, mode, core))
        people: list[Person] = []
        # The first call brings in what is loaded once.
        empty = 0.0
        for number in range(calls):
            pair = Person(), Person()
            people += pair
            for person in pair:
                stack.push_async_callback(person.pc.close)
            await call(f"room{number}", *pair)
            await asyncio.gather(*(person.connected() for person in pair))
            if number == 0:
                empty = memory_mb(pid)
        until = time.monotonic() + WARM_UP + seconds + 0.3
        sending = [asyncio.create_task(person.send(until)) for person in people]
        await asyncio.sleep(WARM_UP)
        for person in people:
            person.measuring = True
        begin, before = time.monotonic(), cpu_seconds(pid)
        await asyncio.sleep(seconds)
        wall, cpu = time.monotonic() - begin, cpu_seconds(pid) - before
        memory = (memory_mb(pid) - empty) / max(1, calls - 1)
        for person in people:
            person.measuring = False
        await asyncio.gather(*sending)
        sent, got = sum(p.sent for p in people), sum(p.got for p in people)
        delays = sorted(1000 * delay for person in people for delay in person.delays)
        if not delays:
            raise SystemExit(f"{mode}: nothing arrived")
    return Result(
        cpu=100 * cpu / wall / calls,
        memory=memory,
        p50=statistics.median(delays),
        p99=delays[int(len(delays) * 0.99)],
        loss=max(0.0, 100 * (1 - got / sent)),
    )


def table(results: dict[str, list[Result]]) -> str:
    lines = [
        f"{'server':<16}{'CPU/call':>10}{'spread':>13}{'ratio':>7}{'p50':>9}{'p99':>9}{'loss':>8}{'memory':>10}"
    ]

    def median(mode: str, what: str) -> float:
        return statistics.median(getattr(result, what) for result in results[mode])

    base = median("janus", "cpu") if results.get("janus") else None
    for mode, runs in results.items():
        cpu = median(mode, "cpu")
        spread = f"{min(r.cpu for r in runs):.2f}-{max(r.cpu for r in runs):.2f}"
        ratio = "" if base is None else f"{cpu / base:.2f}x"
        lines.append(
            f"{mode:<16}{cpu:>9.2f}%{spread:>13}{ratio:>7}{median(mode, 'p50'):>6.2f} ms"
            f"{median(mode, 'p99'):>6.1f} ms{median(mode, 'loss'):>7.2f}%{median(mode, 'memory'):>7.2f} MB"
        )
    return "\n".join(lines)


async def compare(calls: int, runs: int, seconds: float, say: Callable[[str], object]) -> None:
    modes = [mode for mode in MODES if mode != "janus" or installed()]
    if len(modes) < len(MODES):
        say("Janus is not installed (apt-get install janus): no ratios")
    _, core = cores()
    if core is not None:
        os.sched_setaffinity(0, {core})
    say(f"{calls} calls, {runs} interleaved runs of {seconds:g} s; medians; ratio of the CPU to Janus'")
    results: dict[str, list[Result]] = {mode: [] for mode in modes}
    for _ in range(runs):
        for mode in modes:
            results[mode].append(await measure(mode, calls, seconds))
    say(table(results))


def run(console: Console) -> None:
    """The short version, for `python -m bench`."""
    start(compare(10, 3, 5.0, lambda text: console.print(text, highlight=False, markup=False)))


def main() -> None:
    parser = argparse.ArgumentParser(
        description="CPU, delay and memory of a call: both modes of the relay, and Janus"
    )
    parser.add_argument("--calls", type=int, default=10)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument(
        "--sequence", type=int, metavar="N", help="N calls one after the other, and the memory"
    )
    parser.add_argument("--serve", choices=["default", "fast"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        start(serve(arguments.serve == "fast"))
    elif arguments.sequence:
        for mode in ("default", "fast"):
            start(sequence(mode, arguments.sequence, print))
    else:
        start(compare(arguments.calls, arguments.runs, arguments.seconds, print))


if __name__ == "__main__":
    main()
