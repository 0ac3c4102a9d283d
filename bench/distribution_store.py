"""Distribution through the store: assignments a second with every step committed durably, beside the floor alone.

**An assignment** is two transactions' worth: the invitation (`Distribution`, with the truth read again under the
agent's lock) and its acceptance; then the conversation has its agent. Visitors wait, agents have room for all of
them, and whoever is invited accepts at once, told by a hint of the bus. Two more figures stand beside it: *invited*,
which is the invitation alone, and *ended*, where agents have three slots each, everybody is busy all the time, and each
conversation is closed at once, which frees the agent for the next one: three transactions' worth.

The product runs in processes of its own: one on SQLite, then one and two on the same PostgreSQL with NATS between
them. Of two, one distributes (the lease) and each has half of the agents. All share this machine's cores, the
database's server included; seconds of processor time are counted beside those that pass, because others may load the
machine. The peer is `domain.floor` with the same people, which stores nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

import asyncpg
import uvloop
import yaml
from rich.console import Console
from rich.table import Table

from orchestrator.adapters.bus import InProcessBus
from orchestrator.adapters.bus_nats import NatsBus
from orchestrator.adapters.clock import RandomIds, SystemClock
from orchestrator.adapters.migrations import upgrade
from orchestrator.adapters.nats_connection import NatsConnection
from orchestrator.adapters.policies import StoredPolicies
from orchestrator.adapters.store import SqlStore
from orchestrator.application.distribution import Distribution
from orchestrator.application.floor import LiveFloor, seat_of
from orchestrator.application.handle_event import EventHandler, Handled
from orchestrator.application.lease import Lease
from orchestrator.application.notify import agent_stream
from orchestrator.application.ports import Subscription
from orchestrator.application.records import Json, Site, User, Visitor
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Device, State
from orchestrator.domain.distribution import waiting_of
from orchestrator.domain.floor import Floor, GroupRules
from orchestrator.observability import configure_logs
from rules.compile import compile_policy
from rules.policy import Policy
from tests.servers.nats import NatsServer
from tests.servers.postgres import PostgresServer

Mode = Literal["invite", "accept", "end"]
"""What an assignment is taken to be: up to which step."""

AGENTS, SLOTS, VISITORS = 20, 3, 1_000
ROOM = VISITORS // AGENTS
"""Slots of an agent, where all who wait are invited at once."""
POLICIES = Path(__file__).parents[1] / "rules" / "policies"
PATIENCE = 60.0
TOGETHER = 32
"""Transactions under way at once while a run is prepared."""


@cache
def policy(slots: int = SLOTS) -> Policy:
    """The shipped policy with room for everybody who waits, and nothing that ends a wait during a run."""
    files = {file.name: file.read_text() for file in POLICIES.glob("*.yaml")}
    routing = yaml.safe_load(files["routing.yaml"])
    for group in routing["groups"].values():
        group["capacity"]["chat"] = slots
        group["places"]["chat"] = VISITORS
    files["routing.yaml"] = yaml.safe_dump(routing, allow_unicode=True)
    return compile_policy(files)


class Station:
    """What of the product takes part, in this process."""

    def __init__(self, database: str, bus: InProcessBus, node: str, mode: Mode = "end") -> None:
        self.store = SqlStore(database)
        self.clock, self.bus, self.ids = SystemClock(), bus, RandomIds()
        self.policies = StoredPolicies(policy(SLOTS if mode == "end" else ROOM))
        self.floor = LiveFloor(self.store, bus, self.clock, self.policies, node=node)
        self.handler = EventHandler(
            self.store,
            bus,
            self.clock,
            self.policies,
            self.ids,
            self.floor,
            on_acknowledged=self._acknowledged,
        )
        self.distribution = Distribution(
            self.floor,
            self.handler,
            bus,
            self.clock,
            self.policies,
            self.ids,
            Lease(self.store, self.clock, "distribution", node),
        )
        self.mode: Mode = mode
        self.invited = 0
        self.served = 0

    async def _acknowledged(self, handled: Handled) -> None:
        c = handled.conversation
        if c is None or c.state is not State.QUEUED or c.invitation is None:
            return
        self.invited += 1
        if self.mode != "invite":
            frame: Json = {"conversation": c.id, "invitation": c.invitation.id}
            await self.bus.publish_ephemeral(f"desk:{c.invitation.agent_id}", frame)

    @property
    def done(self) -> int:
        return self.invited if self.mode == "invite" else self.served

    async def desk(self, agent_id: str, heard: Subscription) -> None:
        """An agent who accepts whatever they are asked, all of it at once, and may be done with it at once."""
        async with asyncio.TaskGroup() as answers:
            while True:
                for frame in await heard.wait():
                    answers.create_task(
                        self._answer(agent_id, str(frame["conversation"]), str(frame["invitation"]))
                    )

    async def _answer(self, agent_id: str, conversation: str, invitation: str) -> None:
        accepted = ev.AgentAccepted(invitation, agent_id, self.ids.new("call"))
        handled = await self.handler.handle(conversation, accepted, key=f"accept:{invitation}:{agent_id}")
        assert handled.moved, handled.outcome
        if self.mode == "end":
            await self.handler.handle(conversation, ev.ConversationClosed("agent"))
        self.served += 1

    async def fill(self) -> None:
        """Agents at their desks, and visitors who wait for them."""
        now = self.clock.now()
        await self.policies.publish(self.policies.live, self.store, now)
        async with self.store.transaction() as tx:
            await tx.sites.add(Site("bench", "bench", "Bench", ("https://bench.example",), "fr", bot=False))
            for number in range(AGENTS):
                agent = agent_name(number)
                user = User(agent, f"{agent}@bench.example", agent, "agent", "-", languages=("fr",))
                await tx.people.add_user(user)
                await tx.people.add_socket(f"socket-{number}", agent_stream(agent), "bench", now)
                await tx.people.set_presence(agent, chat="available", video="offline")
            for number in range(VISITORS):
                await tx.people.add_visitor(Visitor(f"v{number:05}", "bench", now, "fr", can_video=False))
        await self.floor.load()
        numbers = iter(range(VISITORS))
        await asyncio.gather(*(self._queue(numbers) for _ in range(TOGETHER)))

    async def _queue(self, numbers: Iterator[int]) -> None:
        for number in numbers:
            name, visitor = f"c{number:05}", f"v{number:05}"
            started = ev.ConversationStarted(name, "bench", visitor, "fr", Device.DESKTOP, can_video=False)
            await self.handler.handle(name, started)
            handled = await self.handler.handle(name, ev.PersonRequested())
            assert handled.conversation is not None
            assert handled.conversation.state is State.QUEUED, handled.outcome


def agent_name(number: int) -> str:
    return f"agent-{number:04}"


# --- a process of the product ----------------------------------------------------------------------------


async def take_part(database: str, bus_url: str, number: int, of: int, mode: Mode) -> None:
    """Serve the agents whose turn it is when they are counted out among ``of`` processes; print what was done."""
    async with AsyncExitStack() as stack:
        bus = InProcessBus()
        if bus_url:
            connection = NatsConnection(bus_url)
            await connection.start()
            stack.push_async_callback(connection.stop)
            bus = NatsBus(connection)
        station = Station(database, bus, f"node-{number}", mode)
        stack.push_async_callback(station.store.close)
        mine = [agent_name(one) for one in range(number, AGENTS, of)]
        desks = [
            asyncio.create_task(station.desk(agent, bus.subscribe(f"desk:{agent}")))
            for agent in (() if mode == "invite" else mine)
        ]
        await station.floor.start()
        stack.push_async_callback(station.floor.stop)
        await asyncio.sleep(0.5)  # until NATS sends what is listened to
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        start = time.process_time()
        await station.distribution.start()
        stack.push_async_callback(station.distribution.stop)
        ended = asyncio.create_task(asyncio.to_thread(sys.stdin.readline))
        told_of = -1
        while not ended.done():
            for desk in desks:
                if desk.done():
                    desk.result()
            if station.done != told_of:
                told_of = station.done
                done = {"done": told_of, "at": time.time(), "cpu": time.process_time() - start}
                print(json.dumps(done), flush=True)
            await asyncio.sleep(0.02)
        for desk in desks:
            desk.cancel()


@dataclass(frozen=True, slots=True)
class Result:
    """``cpu``: seconds of processor time of the product's processes; ``server``: of PostgreSQL's."""

    seconds: float
    cpu: float
    server: float = 0.0

    @property
    def rate(self) -> float:
        return VISITORS / self.seconds


class Process:
    """One of the processes that take part; it tells how far it is."""

    def __init__(self, database: str, bus_url: str, number: int, of: int, mode: Mode) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "bench.distribution_store", database, bus_url, str(number), str(of), mode],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.done, self.at, self.cpu = 0, 0.0, 0.0

    def hear(self) -> bool:
        """Wait for what it says next; whether it said anything."""
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if line.startswith("{"):
            said = json.loads(line)
            self.done, self.at, self.cpu = said["done"], said["at"], said["cpu"]
        return bool(line)

    def tell(self) -> None:
        """To begin, and to end."""
        assert self._child.stdin is not None
        self._child.stdin.write("\n")
        self._child.stdin.flush()

    def end(self) -> None:
        try:
            self._child.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._child.kill()


async def timed(
    database: str, bus_url: str, processes: int, mode: Mode, server: PostgresServer | None
) -> Result:
    children = [Process(database, bus_url, number, processes, mode) for number in range(processes)]
    try:
        for child in children:
            assert await asyncio.to_thread(child.hear), "it says why above"
        served = server.processor_time() if server is not None else 0.0
        start = time.time()
        for child in children:
            child.tell()

        async def follow(child: Process) -> None:
            while await asyncio.to_thread(child.hear):
                if sum(one.done for one in children) == VISITORS:
                    for one in children:
                        one.tell()
                    return

        followers = [asyncio.create_task(follow(child)) for child in children]
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait(followers, return_when=asyncio.FIRST_COMPLETED)
        assert sum(one.done for one in children) == VISITORS, "a process ended before its time"
        await asyncio.gather(*followers)
        served = server.processor_time() - served if server is not None else 0.0
        return Result(max(one.at for one in children) - start, sum(one.cpu for one in children), served)
    finally:
        for child in children:
            await asyncio.to_thread(child.end)


# --- what is measured ------------------------------------------------------------------------------------


async def filled(database: str, mode: Mode) -> None:
    station = Station(database, InProcessBus(), "fill", mode)
    await station.fill()
    await station.store.close()
    if database.startswith("postgres"):
        # What a server does by itself after a minute: it knows how large its tables are.
        connection = await asyncpg.connect(database)
        await connection.execute("ANALYZE")
        await connection.close()


async def peer(database: str) -> float:
    """Seconds of the same assignments on `domain.floor` alone."""
    station = Station(database, InProcessBus(), "peer")
    async with station.store.transaction(read_only=True) as tx:
        agents = await tx.people.agents()
        lines = await tx.conversations.queue(policy().routing.default_group)
    await station.store.close()
    now, floor = station.clock.now(), Floor()
    floor.configure({name: GroupRules.of(spec) for name, spec in policy().routing.groups.items()})
    for agent in agents:
        floor.seat(seat_of(agent, policy(), now))
    entries = {c.id: waiting for c in lines if (waiting := waiting_of(c, policy(), policy())) is not None}
    for entry in entries.values():
        floor.wait(entry, 1)
    floor.advance(now)
    start, served = time.perf_counter(), 0
    while pairs := floor.matches(now, 16):
        for pair in pairs:
            name = pair.conversation_id
            floor.hold(name, 2, {pair.agent_id: (1, 0)})
            floor.wait(replace(entries[name], invited=True), 2)
            floor.hold(name, 3, {pair.agent_id: (1, 0)})
            floor.leave(name, 3)
            floor.hold(name, 4, {})
            served += 1
    assert served == VISITORS
    return time.perf_counter() - start


@asynccontextmanager
async def sqlite() -> AsyncIterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/bench.db"
        await asyncio.to_thread(upgrade, url)
        yield url


async def compare(console: Console) -> None:
    each = "ms each: wall,\nproduct, server"
    table = Table(
        "store", "processes", "assigned/s", each, "× one", "× floor", "invited/s", "ended/s", each,
        title=f"{VISITORS:,} wait for {AGENTS} agents; each step is committed durably",
    )  # fmt: skip
    async with sqlite() as url:
        await filled(url, "end")
        alone = VISITORS / await peer(url)
    table.add_row("none", "1", f"{alone:,.0f}", f"{1000 / alone:.2f}", "", "1", "", "", "")

    async def row(store: str, processes: int, bus_url: str, base: float | None = None) -> float:
        found: dict[Mode, Result] = {}
        for mode in ("accept", "invite", "end"):
            with console.status(f"{store}, {processes}: {mode}"):
                async with sqlite() if store == "SQLite" else server.database() as url:
                    await filled(url, mode)
                    beside = None if store == "SQLite" else server
                    found[mode] = await timed(url, bus_url, processes, mode, beside)
        rate = found["accept"].rate
        table.add_row(
            store,
            str(processes),
            f"{rate:,.0f}",
            _milliseconds(found["accept"]),
            "" if base is None else f"{rate / base:.2f}",
            f"{rate / alone:.2f}",
            f"{found['invite'].rate:,.0f}",
            f"{found['end'].rate:,.0f}",
            _milliseconds(found["end"]),
        )
        return rate

    with (
        tempfile.TemporaryDirectory(prefix="visavis-bench-") as nats_folder,
        tempfile.TemporaryDirectory(prefix="visavis-bench-") as folder,
    ):
        nats = NatsServer(Path(nats_folder))
        server = PostgresServer(Path(folder), durable=True)
        try:
            await row("SQLite", 1, "")
            one = await row("PostgreSQL", 1, nats.url)
            await row("PostgreSQL", 2, nats.url, one)
        finally:
            server.stop()
            nats.stop()
    console.print(table)
    console.print(f"Load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, the servers included.")


def _milliseconds(result: Result) -> str:
    each = (result.seconds, result.cpu, result.server)
    return ", ".join(f"{part * 1000 / VISITORS:.2f}" for part in each)


def run(console: Console) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(compare(console))


def main(database: str, bus_url: str, number: str, of: str, mode: Mode) -> None:
    configure_logs("ERROR")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(take_part(database, bus_url, int(number), int(of), mode))


if __name__ == "__main__":
    main(*sys.argv[1:])  # type: ignore[arg-type]
