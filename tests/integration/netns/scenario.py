"""Calls over real networks: ``python -m tests.integration.netns.scenario <name>``, as `network.prepared` runs it.

Each scenario asserts what must hold, and prints what it measured as one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable

from tests.integration.netns.machine import Json, Machine, decodes, join, until
from tests.integration.netns.network import ADDRESS, Network, network
from tests.integration.netns.turn import CERT, certificate, coturn, servers

LUMA = {"visitor": 60, "agent": 190}
ROOM = "r"


class Call:
    """A visitor and an agent in one room of a node, each on a machine of their own."""

    def __init__(self, net: Network, folder: str, node: Machine, visitor: Machine, agent: Machine) -> None:
        self.net = net
        self.folder = folder
        self.node = node
        self.peers = {"visitor": visitor, "agent": agent}

    async def up(self) -> None:
        await self.node.ask("open", room=ROOM)
        for role, peer in self.peers.items():
            await join(self.node, peer, ROOM, role, role)
        await self.both_decode(10, "the call is up")

    async def both_decode(self, frames: int, what: str, seconds: float = 60) -> float:
        return max(
            await asyncio.gather(*(decodes(peer, frames, what, seconds) for peer in self.peers.values()))
        )

    async def requests(self) -> int:
        stats = await self.node.ask("stats", room=ROOM)
        return stats["visitor"]["keyframe_requests"] + stats["agent"]["keyframe_requests"]

    async def right_pictures(self) -> None:
        """Everybody sees the other one, and hears them."""
        for role, peer in self.peers.items():
            got = await peer.ask("look")
            other = LUMA["agent" if role == "visitor" else "visitor"]
            assert abs(got["luma"][0] - other) < 20, (role, got)
            assert got["loud"] > 1000, (role, got)


async def plain(call: Call) -> Json:
    await call.both_decode(30, "pictures are decoded")
    await call.right_pictures()
    stats = await call.node.ask("stats", room=ROOM)
    assert stats["visitor"]["packets_forwarded"] > 20, stats
    assert stats["visitor"]["malformed"] == stats["agent"]["malformed"] == 0, stats
    assert not call.node.of("ParticipantDropped")
    return {"forwarded": stats["visitor"]["packets_forwarded"]}


async def _lossy(call: Call, percent: int) -> Json:
    """A packet passes the router twice, so about twice ``percent`` of what is sent does not arrive."""
    call.net.lose(percent)
    seconds = await call.both_decode(150, f"pictures are decoded at {percent} % loss", 120)
    lost = call.net.lost()
    assert lost > 20, f"the router lost only {lost} packets"
    await call.right_pictures()
    assert not call.node.of("ParticipantDropped")
    requests = await call.requests()
    call.net.heal()
    healed = await call.both_decode(15, "pictures are decoded after the loss", 30)
    return {"seconds_for_150": seconds, "lost": lost, "keyframes": requests, "healed": healed}


async def loss_3(call: Call) -> Json:
    return await _lossy(call, 3)


async def loss_10(call: Call) -> Json:
    return await _lossy(call, 10)


async def blackout(call: Call) -> Json:
    requests = await call.requests()
    call.net.lose(100)
    await asyncio.sleep(2)
    assert call.net.lost() > 20
    call.net.heal()
    # What was lost is sent again, about 30 pictures; the rest is new.
    recovered = await call.both_decode(60, "pictures come again after two seconds of nothing", 15)
    await call.right_pictures()
    assert not call.node.of("ParticipantDropped")
    return {"recovered": recovered, "keyframes": await call.requests() - requests}


async def address_gone(call: Call) -> Json:
    call.net.take_address("visitor")
    since = time.monotonic()

    async def dropped() -> bool:
        return bool(call.node.of("ParticipantDropped"))

    await until(dropped, "the visitor is reported as dropped", 30)
    (event,) = call.node.of("ParticipantDropped")
    after = event["at"] - since
    assert event["role"] == "visitor", event
    # The last packet may have come a moment before; the node looks every half second.
    assert 4 < after < 6.5, f"reported after {after:.2f} s"
    assert (await call.node.ask("stats", room=ROOM))["agent"] is not None
    return {"reported_after": after}


async def _rejoin(call: Call, what: str) -> str:
    """The visitor connects anew; both see each other, and the way their packets take is returned."""
    await join(call.node, call.peers["visitor"], ROOM, "visitor", f"visitor-{what}")
    await call.both_decode(15, what, 40)
    await call.right_pictures()
    return (await call.peers["visitor"].ask("look"))["way"]


async def nat(call: Call) -> Json:
    """Behind a NAT, with UDP open: the media node finds the visitor by what the visitor sends."""
    call.net.translate("visitor")
    assert await _rejoin(call, "behind a NAT") == "host"
    return {}


async def _turn(call: Call, scheme: str, *forbidden: tuple[str, ...], relay_only: bool = False) -> Json:
    call.net.translate("visitor")
    async with coturn(call.net, call.folder):
        for what in forbidden:
            call.net.forbid("visitor", *what)
        await call.peers["visitor"].ask("use", servers=servers(scheme), relay_only=relay_only)
        since = time.monotonic()
        assert await _rejoin(call, f"through TURN over {scheme}") == "relay"
        return {"seconds": time.monotonic() - since}


async def turn_udp(call: Call) -> Json:
    """Nothing but the TURN server can be reached."""
    return await _turn(call, "udp", ("ip", "daddr", ADDRESS["media"]))


async def turn_tcp(call: Call) -> Json:
    """No UDP at all leaves the visitor's network."""
    return await _turn(call, "tcp", ("ip", "protocol", "udp"))


async def turn_tls(call: Call) -> Json:
    """Nor any TCP but to the port of TLS."""
    return await _turn(call, "tls", ("ip", "protocol", "udp"), ("tcp", "dport", "!=", "5349"))


async def relay_only(call: Call) -> Json:
    """Everything is open, and the relay is taken all the same."""
    return await _turn(call, "udp", relay_only=True)


async def turn_refuses(call: Call) -> Json:
    """A wrong credential opens no way."""
    call.net.translate("visitor")
    async with coturn(call.net, call.folder):
        call.net.forbid("visitor", "ip", "daddr", ADDRESS["media"])
        visitor = call.peers["visitor"]
        await visitor.ask("use", servers=servers("udp", secret="another secret"), relay_only=False)
        await join(call.node, visitor, ROOM, "visitor", "refused")
        await asyncio.sleep(6)
        found = await visitor.ask("look")
        assert (found["way"], found["frames"]) == (None, 0), found
    return {}


async def _both_dropped(call: Call) -> bool:
    return len(call.node.of("ParticipantDropped")) >= 2


async def black_hole(call: Call) -> Json:
    """Half a minute of nothing: both are reported as dropped, and both come back into the same room."""
    call.net.lose(100)
    since = time.monotonic()
    await until(lambda: _both_dropped(call), "both are reported as dropped", 10)
    await asyncio.sleep(30 - (time.monotonic() - since))
    assert len(call.node.of("ParticipantDropped")) == 2, "each is reported once"
    call.net.heal()
    for role, peer in call.peers.items():
        await join(call.node, peer, ROOM, role, f"{role}-back")
    seconds = await call.both_decode(15, "the call goes on", 20)
    await call.right_pictures()
    return {"seconds": seconds}


async def new_address(call: Call) -> Json:
    """The visitor's network changes: gone from one address, back from another, and the agent's picture goes on."""
    call.net.take_address("visitor")

    async def dropped() -> bool:
        return bool(call.node.of("ParticipantDropped"))

    await until(dropped, "the visitor is reported as dropped", 10)
    address = ADDRESS["visitor"].rsplit(".", 1)[0] + ".77"
    call.net.give_address("visitor", address)
    await call.peers["visitor"].ask("move", address=address)
    await join(call.node, call.peers["visitor"], ROOM, "visitor", "visitor-back")
    seconds = await call.both_decode(15, "the call goes on", 20)
    await call.right_pictures()
    assert [event["role"] for event in call.node.of("ParticipantDropped")] == ["visitor"]
    return {"seconds": seconds}


SCENARIOS: dict[str, Callable[[Call], Awaitable[Json]]] = {
    one.__name__: one
    for one in (
        *(plain, loss_3, loss_10, blackout, address_gone, black_hole, new_address),
        *(nat, turn_udp, turn_tcp, turn_tls, relay_only, turn_refuses),
    )
}


async def play(name: str) -> Json:
    machines: list[Machine] = []
    with network() as net, tempfile.TemporaryDirectory() as folder:
        certificate(folder)

        async def on(where: str, *arguments: str) -> Machine:
            kind, *rest = arguments
            machine = await Machine.start(
                kind,
                ADDRESS[where],
                *rest,
                inside=lambda command: net.inside(where, command),
                # Who asks the TURN server over TLS trusts its certificate.
                SSL_CERT_FILE=f"{folder}/{CERT}",
            )
            machines.append(machine)
            return machine

        try:
            call = Call(
                net,
                folder,
                await on("media", "node"),
                await on("visitor", "peer", str(LUMA["visitor"])),
                await on("agent", "peer", str(LUMA["agent"])),
            )
            await call.up()
            return await SCENARIOS[name](call)
        finally:
            for machine in machines:
                await machine.end()


if __name__ == "__main__":
    print(json.dumps(asyncio.run(play(sys.argv[1]))))
