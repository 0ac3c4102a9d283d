"""What the interface needs to run: the use cases, and how they are to be offered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from orchestrator.api.limits import Limiter
from orchestrator.api.static import STATIC
from orchestrator.application.accounts import Accounts
from orchestrator.application.agent_report import AgentReport
from orchestrator.application.board import Board
from orchestrator.application.calls import Calls
from orchestrator.application.cards import Cards
from orchestrator.application.connected.registry import ConnectedBots
from orchestrator.application.conversations import Conversations
from orchestrator.application.estimates import Estimates
from orchestrator.application.outlook import Outlooks
from orchestrator.application.ports import BotStatus, Clock, Tokens
from orchestrator.application.revisions.follower import Usage
from orchestrator.application.revisions.publishing import Publishing
from orchestrator.application.sites import Sites
from orchestrator.application.streams import Streams
from orchestrator.application.wait_report import WaitReport
from orchestrator.observability import Metrics


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds. ``send`` is how long a client may take to accept one frame before it counts as gone."""

    hello: float = 5.0
    ping: float = 20.0
    send: float = 10.0


@dataclass(frozen=True, slots=True)
class Options:
    """``public_url`` is set when the service cannot see its own address (behind a proxy that changes the host)."""

    public_url: str | None = None
    metrics_token: str | None = None
    demo: bool = False
    static: Path = STATIC
    timings: Timings = field(default_factory=Timings)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What the database knows for the metrics."""

    outbox: int = 0
    conversations: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Operations:
    """``readiness`` names each part and whether it works; ``verify_bot`` checks (timestamp, signature, body)."""

    readiness: Callable[[], Awaitable[Mapping[str, bool]]]
    backlog: Callable[[], Awaitable[Backlog]]
    verify_bot: Callable[[str | None, str | None, bytes], bool]
    bot_status: Callable[[], BotStatus]


@dataclass(frozen=True, slots=True)
class Reporting:
    """What is told of waits and of people's work."""

    waits: WaitReport
    agents: AgentReport
    board: Board
    outlooks: Outlooks
    estimates: Estimates


@dataclass(frozen=True, slots=True)
class Platform:
    """The running parts behind the interface; `orchestrator.main` puts them together."""

    conversations: Conversations
    calls: Calls
    streams: Streams
    accounts: Accounts
    sites: Sites
    bots: ConnectedBots
    cards: Cards
    publishing: Publishing
    policy_usage: Callable[[], Usage]
    tokens: Tokens
    clock: Clock
    operations: Operations
    reporting: Reporting
    metrics: Metrics = field(default_factory=Metrics)
    limiter: Limiter = field(default_factory=Limiter)
    options: Options = field(default_factory=Options)


def platform_of(connection: HTTPConnection) -> Platform:
    """The platform of the app that this request or socket came to."""
    return connection.app.state.platform


async def _platform(connection: HTTPConnection) -> Platform:
    # Not `platform_of` itself: FastAPI sends what is no coroutine through a thread, with every request.
    return platform_of(connection)


PlatformDep = Annotated[Platform, Depends(_platform)]
