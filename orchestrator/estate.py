"""Whether this process is alone or one of several that serve an estate, and the parts that follow from it.

Used by the composition root: with SQLite a process is alone; with PostgreSQL it is one of several, perhaps the only one
at the moment. NATS makes them hear of each other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from orchestrator.adapters.bus import InProcessBus
from orchestrator.adapters.bus_nats import NatsBus
from orchestrator.adapters.media import LocalMedia
from orchestrator.adapters.nats_connection import NatsConnection
from orchestrator.adapters.postgres import reach
from orchestrator.adapters.remote_media import EstateMedia, MediaLink
from orchestrator.application.distribution import Claim
from orchestrator.application.handle_event import EventHandler
from orchestrator.application.lease import Alone, Lease
from orchestrator.application.nodes import Nodes
from orchestrator.application.ports import Clock, Store
from orchestrator.application.presence import Presence
from orchestrator.settings import SettingError, Settings

log = structlog.get_logger(__name__)

LOOK_EVERY = timedelta(seconds=5)
"""How often what other processes left undone is looked for."""
WORK_EVERY = timedelta(milliseconds=500)
"""How often the outbox is looked at: the command line puts into it what the service has to do, and cannot say so."""


@dataclass(frozen=True, slots=True)
class Estate:
    """``node`` is the name of this process. ``connection``: None when nobody else can be heard."""

    node: str
    shared: bool
    bus: InProcessBus
    connection: NatsConnection | None

    @classmethod
    def of(cls, settings: Settings, node: str) -> Estate:
        """Raises:
        SettingError: the addresses are none, or do not fit the rest.
        """
        settings.check()
        connection = _connection(settings)
        bus = InProcessBus() if connection is None else NatsBus(connection)
        return cls(node, settings.shared, bus, connection)

    @property
    def heard_as(self) -> str | None:
        """The name by which other processes hear of this one; None: they do not."""
        return self.node if self.connection is not None else None

    @property
    def look_every(self) -> timedelta | None:
        return LOOK_EVERY if self.shared else None

    def claim(self, store: Store, clock: Clock, task: str) -> Claim:
        """The right to do something that one process at a time does for all."""
        return Lease(store, clock, task, self.node) if self.shared else Alone()

    def media(self, rooms: LocalMedia, store: Store, clock: Clock) -> LocalMedia | EstateMedia:
        """The rooms of this process, and the way to those of the others."""
        if not self.shared:
            return rooms
        link = MediaLink(self.connection, self.node) if self.connection is not None else None
        return EstateMedia(rooms, store, clock, node=self.node, link=link)

    def services(
        self,
        store: Store,
        clock: Clock,
        handler: EventHandler,
        presence: Presence,
        let_go: Callable[[], Awaitable[None]],
    ) -> tuple[NatsConnection | Nodes, ...]:
        """What makes this process one of several: started before, and stopped after everything else.

        ``let_go`` ends the sockets and rooms of this process, which the others took for dead.
        """
        nodes = Nodes(
            store,
            self.bus,
            clock,
            handler,
            presence,
            node=self.node,
            on_taken_for_dead=let_go,
            on_trouble=self._neighbour,
        )
        connected = () if self.connection is None else (self.connection,)
        return (*connected, nodes) if self.shared else connected

    def _neighbour(self, other: str) -> None:
        if self.connection is None:
            log.error(
                "bus.missing",
                node=self.node,
                other=other,
                hint="another process uses this database: set VISAVIS_BUS_URL to one NATS server in both",
            )


def _connection(settings: Settings) -> NatsConnection | None:
    if not settings.has_bus:
        return None
    try:
        return NatsConnection(settings.bus_url)
    except ValueError as error:
        raise SettingError(f"VISAVIS_BUS_URL: {error}") from error


async def reach_servers(settings: Settings) -> None:
    """Find out whether the database and the bus can be used.

    Raises:
        SettingError: their addresses are none.
        Unreachable: they cannot; the text says why and what to do.
    """
    settings.check()
    if settings.shared:
        await reach(settings.database)
        if not settings.has_bus:
            hint = "right for one process; several need VISAVIS_BUS_URL, the same NATS server for all"
            log.warning("bus.in_process", hint=hint)
    connection = _connection(settings)
    if connection is not None:
        await connection.start()
        await connection.stop()
