"""Events: loaded, decided and committed durably, by 32 conversations at once, on each database.

The peer is `pgbench` on the same PostgreSQL with as many clients: transactions of its own kind, which do about half as
many statements and decide nothing.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table

from orchestrator.adapters.clock import RandomIds, SystemClock
from orchestrator.adapters.migrations import upgrade
from orchestrator.application.handle_event import EventHandler
from orchestrator.application.records import NewMessage, Site, User, Visitor
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Device, Party
from orchestrator.observability import configure_logs
from tests.fakes.application import Application
from tests.servers.postgres import PASSWORD, PostgresServer

SECONDS = 6.0
TOGETHER = 32


@dataclass
class Result:
    seconds: float = 0.0
    cpu: float = 0.0
    took: list[float] = field(default_factory=list[float])

    @property
    def rate(self) -> float:
        return len(self.took) / self.seconds

    def quantile(self, share: float) -> float:
        return sorted(self.took)[min(len(self.took) - 1, int(share * len(self.took)))] * 1000


async def measure(database: str) -> Result:
    """Visitors and agents write by turns, each pair in a conversation of its own."""
    app = Application(database)
    ids = RandomIds()
    handler = EventHandler(app.store, app.bus, SystemClock(), app.policies, ids, app.floor)
    await app.begin()
    await _furnish(app)
    result = Result()

    async def talk(number: int, until: float) -> None:
        for turn in itertools.count():
            began = time.perf_counter()
            if began > until:
                return
            name = ids.new("m")
            by_agent = turn % 2 == 1
            event = ev.AgentWrote(f"a{number}", name) if by_agent else ev.VisitorWrote(name)
            line = NewMessage(
                name,
                "agent" if by_agent else "visitor",
                {"type": "text", "text": "Où en est ma commande ?"},
                client_id=name,
            )
            handled = await handler.handle(f"c{number}", event, messages=(line,))
            assert handled.moved
            result.took.append(time.perf_counter() - began)

    async def all_for(seconds: float) -> None:
        until = time.perf_counter() + seconds
        await asyncio.gather(*(talk(number, until) for number in range(TOGETHER)))

    await all_for(1)
    result.took.clear()
    began, cpu = time.perf_counter(), time.process_time()
    await all_for(SECONDS)
    result.seconds, result.cpu = time.perf_counter() - began, time.process_time() - cpu
    await app.store.close()
    return result


async def _furnish(app: Application) -> None:
    now = app.clock.now()
    async with app.store.transaction() as tx:
        await tx.sites.add(Site("shop", "key", "Shop", ("https://shop.example",), "fr"))
        for number in range(TOGETHER):
            await tx.people.add_visitor(Visitor(f"v{number}", "shop", now))
            await tx.people.add_user(User(f"a{number}", f"a{number}@x", "A", "agent", "hash"))
            conversation = Conversation(
                f"c{number}",
                "shop",
                f"v{number}",
                "fr",
                Device.DESKTOP,
                app.policy.revision,
                now,
                version=1,
                party=Party.AGENT,
                agent_id=f"a{number}",
                group="advisors",
            )
            await tx.conversations.insert(conversation, last_position=0)


def peer(server: PostgresServer) -> float:
    """Transactions a second of pgbench's own script."""
    command = [
        server.binary("pgbench"),
        "-h",
        "127.0.0.1",
        "-p",
        str(server.port),
        "-U",
        "visavis",
        "postgres",
    ]
    environment = os.environ | {"PGPASSWORD": PASSWORD}
    subprocess.run([*command, "-i", "-q", "-s", "4"], env=environment, check=True, capture_output=True)
    run = [*command, "-M", "prepared", "-c", str(TOGETHER), "-j", "2", "-T", str(int(SECONDS))]
    said = subprocess.run(run, env=environment, check=True, capture_output=True, text=True).stdout
    found = re.search(r"tps = ([\d.]+)", said)
    assert found is not None, said
    return float(found[1])


async def compare(console: Console) -> None:
    columns = ("database", "events/s", "CPU ms each (this side)", "p50 ms", "p99 ms", "of pgbench")
    table = Table(*columns, title=f"events, {TOGETHER} conversations at once, each committed durably")
    with tempfile.TemporaryDirectory() as sqlite_folder, tempfile.TemporaryDirectory() as folder:
        file = f"sqlite+aiosqlite:///{Path(sqlite_folder) / 'visavis.db'}"
        await asyncio.to_thread(upgrade, file)
        server = PostgresServer(Path(folder), durable=True)
        try:
            tps = await asyncio.to_thread(peer, server)
            by_tcp = await server.create()
            by_socket = server.socket_url((await server.create()).rpartition("/")[2])
            for name, database in (
                ("SQLite", file),
                ("PostgreSQL, TCP", by_tcp),
                ("PostgreSQL, socket", by_socket),
            ):
                result = await measure(database)
                table.add_row(
                    name,
                    f"{result.rate:,.0f}",
                    f"{result.cpu / len(result.took) * 1000:.2f}",
                    f"{result.quantile(0.5):.1f}",
                    f"{result.quantile(0.99):.1f}",
                    f"{result.rate / tps:.2f}",
                )
        finally:
            server.stop()
    console.print(table)
    console.print(
        f"pgbench: {tps:,.0f} transactions/s. Load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores."
    )


def run(console: Console) -> None:
    configure_logs("ERROR")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(compare(console))
