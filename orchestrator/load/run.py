"""One run from the first account to the last history."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx

from orchestrator.load.agent import SimulatedAgent
from orchestrator.load.judge import GRACE, Judge
from orchestrator.load.people import Habits, Pace, arrival_span, plan_agents, plan_visitors
from orchestrator.load.scene import Scene
from orchestrator.load.score import Score
from orchestrator.load.stage import prepare, sign_in
from orchestrator.load.supervisor import Supervisor
from orchestrator.load.visitor import SimulatedVisitor
from orchestrator.load.wire import Json, Requests, Service, Traffic

LOOK_EVERY = 0.25
AWAY = 60.0
"""After so many seconds the shipped policy takes a visitor who vanished out of the line."""
SETTLE = 90.0
"""Longest time for everything to come to rest after the last visitor."""
ADMIN_PERSON = 70_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be simulated. ``span``: seconds of arrivals in people's time; None: as many as keep agents busy."""

    agents: int = 20
    visitors: int = 200
    span: float | None = None
    seed: int = 1
    speed: float = 10.0
    habits: Habits = field(default_factory=Habits)
    grace: float = GRACE
    site: str = "demo"


@dataclass(frozen=True, slots=True)
class Admin:
    email: str
    password: str


@dataclass
class Result:
    """Everything the report is made of. ``seconds``: how long it took; ``span``: how long visitors kept coming."""

    wish: Wish
    began: datetime
    score: Score
    judge: Judge
    traffic: Traffic
    mishaps: Counter[str]
    seconds: float
    span: float
    worst_lag: float
    starved: float
    excused: float
    readings: int
    target_seconds: float
    target_share: int
    own_count: Json | None


@dataclass(frozen=True, slots=True)
class Progress:
    """A look at a run that goes on."""

    seconds: float
    visitors: Counter[str]
    agents: Counter[str]
    to_come: int
    violations: int
    phase: str


async def run_load(
    wish: Wish,
    service: Service,
    admin: Admin,
    show: Callable[[Progress], None] = lambda _: None,
    starved: Callable[[float], float] = lambda passed: 0.0,
) -> Result:
    """Simulate, and judge. ``starved``: of the seconds that passed since it was last asked, those in which the service
    was kept from running.

    Raises:
        Failed: the service did not let the run begin.
    """
    tls = httpx.create_ssl_context(trust_env=not service.own)
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=100)
    async with AsyncExitStack() as stack:

        async def client() -> httpx.AsyncClient:
            made = httpx.AsyncClient(verify=tls, trust_env=not service.own, timeout=30, limits=limits)
            return await stack.enter_async_context(made)

        traffic = Traffic()
        headers = service.headers(ADMIN_PERSON, service.url) | {"x-visavis": "desk"}
        office = Requests(await client(), service, traffic, headers)
        guest = Requests(await client(), service, traffic, headers)
        await sign_in(office, admin.email, admin.password)
        plans = plan_agents(wish.seed, wish.agents)
        stage = await prepare(office, guest, wish.site, service.url, plans)
        loop = asyncio.get_running_loop()
        started = loop.time()
        scene = Scene(
            service=service,
            site_key=stage.site_key,
            origin=stage.origin,
            seed=wish.seed,
            habits=wish.habits,
            pace=Pace(wish.speed),
            judge=Judge(grace=wish.grace),
            score=Score(),
            client=await client(),
            clock=lambda: loop.time() - started,
            run=secrets.token_hex(4),
            traffic=traffic,
        )
        agents = [
            SimulatedAgent(scene, plan, account, await client())
            for plan, account in zip(plans, stage.accounts, strict=True)
        ]
        return await _Run(wish, scene, agents, Supervisor(scene, office), show, starved).go()


class _Run:
    """The phases of one run."""

    def __init__(
        self,
        wish: Wish,
        scene: Scene,
        agents: list[SimulatedAgent],
        supervisor: Supervisor,
        show: Callable[[Progress], None],
        starved: Callable[[float], float],
    ) -> None:
        self.wish = wish
        self.scene = scene
        self.agents = agents
        self.supervisor = supervisor
        self.visitors: list[SimulatedVisitor] = []
        self._show = show
        self._phase = "agents sign in"
        self._worst_lag = 0.0
        self._starved_since_last = starved
        self._starved = 0.0

    async def go(self) -> Result:
        began, wish = datetime.now(UTC), self.wish
        span = wish.span or arrival_span(wish.agents, wish.visitors, wish.habits)
        watching = [asyncio.create_task(self._look(), name="look")]
        try:
            await self._begin()
            watching.append(asyncio.create_task(self.supervisor.watch(), name="supervisor"))
            await self._visits(span)
            await self._come_to_rest()
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
        own_count = await self._compare(began)
        scene, supervisor = self.scene, self.supervisor
        return Result(
            wish=wish,
            began=began,
            score=scene.score,
            judge=scene.judge,
            traffic=scene.traffic,
            mishaps=scene.mishaps,
            seconds=scene.now(),
            span=scene.pace(span),
            worst_lag=self._worst_lag,
            starved=self._starved,
            excused=scene.judge.lines.excused,
            readings=supervisor.readings,
            target_seconds=supervisor.target_seconds or 30.0,
            target_share=supervisor.target_share or 80,
            own_count=own_count,
        )

    async def _begin(self) -> None:
        at_once = asyncio.Semaphore(4)

        async def begin(agent: SimulatedAgent) -> None:
            async with at_once:
                await agent.begin()

        await asyncio.gather(*(begin(agent) for agent in self.agents))

    async def _visits(self, span: float) -> None:
        wish = self.wish
        self._phase = "visitors come"
        plans = plan_visitors(wish.seed, wish.visitors, span, wish.habits)
        self.visitors = [SimulatedVisitor(self.scene, plan) for plan in plans]
        await asyncio.gather(*(visitor.live() for visitor in self.visitors))

    async def _come_to_rest(self) -> None:
        """Who vanished is noticed by the service only after a while; until then their conversations are open."""
        self._phase = "coming to rest"
        scene = self.scene
        scene.ending.set()
        vanished_at = max(
            (visit.gave_up_at or 0 for visit in scene.score.visits if visit.outcome == "vanished"), default=0
        )
        until = max(scene.now(), vanished_at + AWAY) + SETTLE
        while scene.now() < until:
            if all(agent.at_rest for agent in self.agents) and not self._somebody_waits(vanished_at):
                return
            await asyncio.sleep(0.25)

    def _somebody_waits(self, vanished_at: float) -> bool:
        noticed = not vanished_at or self.scene.now() > vanished_at + AWAY + 5
        return not noticed or any(one.present for one in self.scene.judge.lines.waiting.values())

    async def _compare(self, began: datetime) -> Json | None:
        """Every page and every desk against the histories of the service."""
        self._phase = "reading histories"
        await asyncio.gather(*(visitor.compare_history() for visitor in self.visitors))
        scene = self.scene
        scene.judge.finish(scene.now())
        mine = {name for visitor in self.visitors for name in visitor.conversations}
        await self.supervisor.read_histories(mine)
        for agent in self.agents:
            await agent.end()
            await agent.close_desk()
        day, until = began.date(), (datetime.now(UTC) + timedelta(days=1)).date()
        return await self.supervisor.own_report(str(day), str(until)) if scene.service.own else None

    async def _look(self) -> None:
        scene, duty = self.scene, self.scene.score.duty
        last = scene.now()
        while True:
            await asyncio.sleep(LOOK_EVERY)
            now = scene.now()
            lag = max(0.0, now - last - LOOK_EVERY)
            self._worst_lag = max(self._worst_lag, lag)
            starved = self._starved_since_last(now - last)
            self._starved += starved
            free = {agent.name: seat for agent in self.agents if (seat := agent.free()) is not None}
            # Which of both was the case when is not known: the longer of them is excused, not their sum.
            scene.judge.lines.look(now, free, deaf=max(lag, starved))
            scene.judge.holding.look(now - scene.judge.lines.excused)
            for held, slots, on in (agent.load for agent in self.agents):
                if on:
                    duty.on += now - last
                    duty.busy += (now - last) * (held > 0)
                    duty.held += (now - last) * held
                    duty.slots += (now - last) * slots
            last = now
            self._show(self._progress(now))

    def _progress(self, now: float) -> Progress:
        visits = self.scene.score.visits
        return Progress(
            seconds=now,
            visitors=Counter(visit.state for visit in visits),
            agents=Counter(agent.state for agent in self.agents),
            to_come=self.wish.visitors - len(visits),
            violations=len(self.scene.judge.findings.violations),
            phase=self._phase,
        )
