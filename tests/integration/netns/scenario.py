"""Calls over real networks: ``python -m tests.integration.netns.scenario <name>``, as `network.prepared` runs it.

Each scenario asserts what must hold, and prints what it measured as one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable

from tests.integration.netns.machine import Json, Machine, decodes, join, until
from tests.integration.netns.network import ADDRESS, Network, network

LUMA = {"visitor": 60, "agent": 190}
ROOM = "r"


class Call:
    """A visitor and an agent in one room of a node, each on a machine of their own."""

    def __init__(self, net: Network, node: Machine, visitor: Machine, agent: Machine) -> None:
        self.net = net
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


SCENARIOS: dict[str, Callable[[Call], Awaitable[Json]]] = {
    one.__name__: one for one in (plain, loss_3, loss_10, blackout, address_gone)
}


async def play(name: str) -> Json:
    machines: list[Machine] = []
    with network() as net:

        async def on(where: str, *arguments: str) -> Machine:
            kind, *rest = arguments
            machine = await Machine.start(
                kind, ADDRESS[where], *rest, inside=lambda command: net.inside(where, command)
            )
            machines.append(machine)
            return machine

        try:
            call = Call(
                net,
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
