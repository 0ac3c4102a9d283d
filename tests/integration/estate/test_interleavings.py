"""Two processes' worth of the application on one PostgreSQL and one NATS, with everything at once from both.

Each instance has its store, its bus, its floor and its background services; they share nothing but the servers. Acts
come from a seed and are started together, several for the same conversation, at either instance; time is virtual, so
that expiries, lapses and leases fall among them. What must hold is looked at while it happens and when it has come to
rest.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from orchestrator.adapters.bus_nats import NatsBus
from orchestrator.adapters.nats_connection import NatsConnection
from orchestrator.application.distribution import why_not
from orchestrator.application.errors import ApplicationError
from orchestrator.application.ports import Store
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, State
from orchestrator.domain.distribution import waiting_of
from orchestrator.domain.follow_up import holdings
from orchestrator.domain.invariants import broken_law
from tests.fakes.application import ORIGIN, Application
from tests.fakes.clock import VirtualClock
from tests.fakes.estate import estate, group
from tests.servers.nats import NatsServer
from tests.servers.postgres import PostgresServer

POLICY = estate(
    {
        "front": group(
            capacity={"chat": 2, "video": 1}, overflow=[{"group": "back", "after": "20s"}], wrap_up="5s"
        ),
        "back": group(capacity={"chat": 1, "video": 1}, strategy="least_loaded"),
    },
    max_wait="3m",
)
PEOPLE = {
    "anna": (("front", 1),),
    "bert": (("back", 1), ("front", 2)),
    "carl": (("back", 1),),
    "dora": (("front", 1), ("back", 1)),
}
OPEN = 8
"""So many conversations are kept going: more than the agents can hold, so that some wait."""
ROUNDS = 10
TOGETHER = 10
"""Acts that are started at the same time."""
PAUSE = 0.01
PATIENCE = 30.0
"""Real seconds for everything to come to rest."""


class Instances:
    """What happens, at which instance, by chance; and what must hold."""

    def __init__(self, apps: tuple[Application, Application], seed: int) -> None:
        self.apps = apps
        self.clock = apps[0].clock
        self.store: Store = apps[0].store
        self.chance = random.Random(seed)
        self.agents: dict[str, str] = {}
        self.sockets: dict[str, tuple[Application, str]] = {}
        self.started: list[str] = []
        self.done: Counter[str] = Counter()
        self.key = ""

    async def open(self) -> None:
        one = self.apps[0]
        site = await one.sites.create(
            site_id="shop", name="Shop", allowed_origins=[ORIGIN], language="fr", bot=False
        )
        self.key = site.key
        for name, groups in PEOPLE.items():
            user = await one.accounts.create_user(
                email=f"{name}@example.org",
                name=name.title(),
                role="agent",
                password="long enough",
                groups=groups,
                languages=("fr",),
            )
            self.agents[user.id] = name
            await self.plug(self.chance.choice(self.apps), user.id)
            await one.switch(user.id, chat=True, video=True)

    # --- acts -------------------------------------------------------------------------------------------

    async def ask(self, app: Application) -> None:
        session = await app.conversations.open_session(
            site_key=self.key,
            origin=ORIGIN,
            language="fr",
            device="desktop",
            can_video=True,
            page_url="https://shop.example/cart",
        )
        shown = await app.conversations.start(session.visitor_id, client_id="start")
        name = shown["conversation"]["id"]
        self.started.append(name)
        wish = self.chance.choice(("person", "person", "video"))
        await app.conversations.visitor_act(session.visitor_id, name, wish)

    async def plug(self, app: Application, agent: str) -> None:
        """Open the agent's desk at this instance, or close it where it is open."""
        there = self.sockets.pop(agent, None)
        if there is None:
            socket = app.ids.new("socket")
            self.sockets[agent] = (app, socket)
            await app.presence.agent_came(agent, socket, can_video=True)
        else:
            await there[0].presence.agent_left(agent, there[1])

    def act(self, what: str, c: Conversation) -> Awaitable[object]:
        """Something happens to a conversation, at either instance."""
        app, agent = self.chance.choice(self.apps), self.chance.choice(list(self.agents))
        handle = app.handler.handle
        match what:
            case "accept" if c.invitation is not None:
                return app.conversations.accept(c.invitation.agent_id, c.id, c.invitation.id)
            case "steal" if c.invitation is not None:
                return app.conversations.accept(agent, c.id, c.invitation.id)
            case "decline" if c.invitation is not None:
                return app.conversations.decline(c.invitation.agent_id, c.id, c.invitation.id)
            case "revoke" if c.invitation is not None:
                return handle(c.id, ev.InvitationRevoked(c.invitation.id, "switched_off"))
            case "assign":
                return handle(c.id, ev.AgentAssigned(agent, app.ids.new("call"), "sue"))
            case "requeue":
                return handle(c.id, ev.Requeued("sue", self.chance.choice(("front", "back", None)), None))
            case "handover" if c.agent_id is not None:
                return handle(c.id, ev.HandoverRequested(c.agent_id, self.chance.choice(("front", "back"))))
            case "leave" if c.queue is not None:
                return app.conversations.visitor_act(c.visitor_id, c.id, "leave_queue")
            case "vanish":
                return handle(
                    c.id, ev.VisitorDisconnected() if c.visitor_present else ev.VisitorReconnected()
                )
            case "switch":
                return app.switch(agent, chat=self.chance.random() < 0.7, video=self.chance.random() < 0.7)
            case "plug":
                return self.plug(app, agent)
            case "time":
                return self._let_pass(self.chance.choice((1, 6, 31)))
            case "close":
                return handle(c.id, ev.ConversationClosed("agent" if c.agent_id else "visitor"))
            case _:
                return app.distribution.run_once()

    async def _let_pass(self, seconds: int) -> None:
        self.clock.advance(seconds)

    async def round(self) -> None:
        """Many acts at once: most for one of few conversations, so that they meet."""
        conversations = [c for c in await self.conversations() if c.state is not State.CLOSED]
        asked = [self.ask(self.chance.choice(self.apps)) for _ in range(OPEN - len(conversations))]
        acts: list[Awaitable[object]] = [*asked]
        invited = [c for c in conversations if c.invitation is not None]
        for c in invited[:3]:
            # Two answers to one invitation, at any two places.
            answers = ("accept", "accept", "accept", "decline", "steal", "revoke", "close", "requeue", "time")
            acts += [self.act(self.chance.choice(answers), c), self.act(self.chance.choice(answers), c)]
        for _ in range(TOGETHER - len(acts) if conversations else 0):
            acts.append(self.act(self.chance.choice(ACTS), self.chance.choice(conversations)))
        self.chance.shuffle(acts)

        async def tolerant(act: Awaitable[object]) -> None:
            await asyncio.sleep(self.chance.random() * PAUSE)
            try:
                await act
            except ApplicationError as error:
                self.done[type(error).__name__] += 1
            else:
                self.done["done"] += 1

        whole = asyncio.gather(*(tolerant(act) for act in acts))
        while not whole.done():
            await self.nobody_has_too_much()
            await asyncio.sleep(PAUSE)
        await whole

    # --- what must hold -----------------------------------------------------------------------------------

    async def conversations(self) -> list[Conversation]:
        async with self.store.transaction(read_only=True) as tx:
            return await tx.conversations.by_ids(self.started)

    async def nobody_has_too_much(self) -> Counter[str]:
        """At any moment. Returns what each agent holds in chats."""
        chats, videos = Counter[str](), Counter[str]()
        for c in await self.conversations():
            assert broken_law(c) is None
            for agent, (some, video) in holdings(c).items():
                chats[agent] += some
                videos[agent] += video
        for agent, count in chats.items():
            groups = [name for name, _ in PEOPLE[self.agents[agent]]]
            assert count <= max(POLICY.group(name).capacity.chat for name in groups), (agent, count)
            assert videos[agent] <= 1
        return chats

    async def rest(self) -> None:
        """Until nothing is left to do: no effect, no due timer, no pair, and both pictures are the truth."""
        give_up = asyncio.get_running_loop().time() + PATIENCE
        calm, looks, before = 0, 0, None
        while calm < 3:
            assert asyncio.get_running_loop().time() < give_up, f"still at work: {await self._undone()}"
            await asyncio.sleep(PAUSE)
            looks += 1
            if looks % 20 == 0:
                # What failed is tried again after a pause, and what a process was not told it finds by looking.
                self.clock.advance(2.1)
            undone = await self._undone()
            decided = sum([await app.distribution.run_once() for app in self.apps])
            now = {c.id: c.version for c in await self.conversations()}
            calm = calm + 1 if not undone and not decided and now == before else 0
            before = now

    async def _undone(self) -> list[str]:
        now = self.clock.now()
        async with self.store.transaction(read_only=True) as tx:
            undone = ["effects"] * bool(await tx.outbox.pending())
            undone += [f"timer {timer}" for timer in await tx.timers.due(now, limit=10)]
            stored = {name: [c.id for c in await tx.conversations.queue(name)] for name in ("front", "back")}
            loads = await tx.conversations.loads_of_agents(list(self.agents))
        for app in self.apps:
            due = await app.away.next_due()
            undone += ["away"] * (due is not None and due <= now)
            for name, queued in stored.items():
                if [one.id for one in app.floor.picture.line(name)] != queued:
                    undone.append(f"the line {name}")
            for agent, load in loads.items():
                seen = app.floor.picture.load(agent)
                if seen != (load.chat, load.video):
                    undone.append(
                        f"instance {self.apps.index(app)} sees {self.agents[agent]} hold {seen}, not {load}"
                    )
        return undone

    async def settled(self) -> None:
        """When it has come to rest: nobody is lost, nobody waits in vain, all is told once, and history is true."""
        loads = await self.nobody_has_too_much()
        conversations = await self.conversations()
        async with self.store.transaction(read_only=True) as tx:
            agents = await tx.people.agents(list(self.agents))
            queued = {c.id for name in ("front", "back") for c in await tx.conversations.queue(name)}
        assert queued == {c.id for c in conversations if c.state is State.QUEUED}
        videos = Counter[str]()
        for c in conversations:
            await self.apps[0].check(c.id)
            videos.update({agent: count for agent, (_, count) in holdings(c).items()})
        now = self.clock.now()
        for c in conversations:
            one = waiting_of(c, POLICY, POLICY)
            if one is None or one.invited or one.resting:
                continue
            wants = [stage for stage in one.stages if stage.since <= now][-1].wants
            for agent in agents:
                if agent.id not in one.declined:
                    held = loads[agent.id], videos[agent.id]
                    fits = [want for want in wants if why_not(agent, held, want, POLICY, now) is None]
                    assert not fits, f"{c.id} waits while {agent.name} is free"
        await self._told_once(conversations)

    async def _told_once(self, conversations: list[Conversation]) -> None:
        open_ = {c.invitation.id for c in conversations if c.invitation is not None}
        told, ended = Counter[str](), Counter[str]()
        async with self.store.transaction(read_only=True) as tx:
            for agent in self.agents:
                for entry in await tx.feed.after(f"agent:{agent}", 0, limit=10_000):
                    told[entry.ref] += entry.kind == "invitation"
                    ended[entry.ref] += entry.kind == "invitation_ended"
            stored = [record.event for c in conversations for record in await tx.events.list(c.id)]
        made = [event.invitation_id for event in stored if isinstance(event, ev.AgentInvited)]
        assert +told == Counter(made)
        assert +ended == Counter(set(made) - open_)
        self.done["invited"] = len(made)
        self.done["accepted"] = sum(isinstance(event, ev.AgentAccepted) for event in stored)


ACTS = (
    *("accept", "accept", "accept", "decline", "steal", "close", "close", "leave", "vanish", "assign"),
    *("requeue", "handover", "revoke", "switch", "plug", "time", "pass"),
)


@asynccontextmanager
async def instance(
    database: str, nats: NatsServer, name: str, clock: VirtualClock
) -> AsyncIterator[Application]:
    """A process of the product: it shares nothing with the others but the servers and the time."""
    async with AsyncExitStack() as stack:
        connection = NatsConnection(nats.url)
        await connection.start()
        stack.push_async_callback(connection.stop)
        app = Application(
            database, policy=POLICY, clock=clock, ids_prefix=name, bus=NatsBus(connection), node=name
        )
        stack.push_async_callback(app.store.close)
        await app.begin()
        for service in (app.floor, app.timers, app.away, app.effects, app.distribution):
            stack.push_async_callback(service.stop)
            await service.start()
        yield app


async def played(postgres: PostgresServer, nats: NatsServer, seed: int, rounds: int) -> Counter[str]:
    clock = VirtualClock()
    async with (
        postgres.database() as database,
        instance(database, nats, "a", clock) as one,
        instance(database, nats, "b", clock) as other,
    ):
        instances = Instances((one, other), seed)
        await instances.open()
        for number in range(rounds):
            await instances.round()
            if number % 3 == 2:
                await instances.rest()
                await instances.settled()
        await instances.rest()
        await instances.settled()
        return instances.done


@pytest.mark.parametrize("seed", range(3))
async def test_two_instances_give_and_take_as_one(
    postgres: PostgresServer, nats: NatsServer, seed: int
) -> None:
    done = await played(postgres, nats, seed, ROUNDS)
    assert done["invited"] > done["accepted"] > 0


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(100, 140))
async def test_many_more(postgres: PostgresServer, nats: NatsServer, seed: int) -> None:
    await played(postgres, nats, seed, 4 * ROUNDS)
