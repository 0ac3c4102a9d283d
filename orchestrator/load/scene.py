"""What all simulated people of a run share."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from orchestrator.load.histories import Line
from orchestrator.load.judge import Judge
from orchestrator.load.people import Habits, Pace
from orchestrator.load.score import Score
from orchestrator.load.wire import Json, Service, Traffic


@dataclass
class Scene:
    """``ending``: everybody has come and nobody new begins anything. ``mishaps``: what simulated people stumbled on."""

    service: Service
    site_key: str
    origin: str
    seed: int
    habits: Habits
    pace: Pace
    judge: Judge
    score: Score
    client: httpx.AsyncClient
    clock: Callable[[], float]
    run: str
    traffic: Traffic = field(default_factory=Traffic)
    mishaps: Counter[str] = field(default_factory=Counter[str])
    ending: asyncio.Event = field(default_factory=asyncio.Event)

    def now(self) -> float:
        """Seconds since the start."""
        return self.clock()

    async def pause(self, seconds: float) -> None:
        """A person's time, at the pace of the run."""
        await asyncio.sleep(self.pace(seconds))


def line_of(message: Json) -> Line:
    return Line(message["id"], message["position"], message["client_id"])


def agent_name(view: Json) -> str | None:
    """Who has the conversation, as this view of it says. Of one that is closed the last one may be named."""
    return view["agent"]["name"] if view["agent"] is not None else None
