"""What the wait estimate has learnt survives a restart, on every database."""

from __future__ import annotations

import random
from datetime import timedelta

from orchestrator.adapters.bus import InProcessBus
from orchestrator.adapters.policies import StoredPolicies
from orchestrator.application.estimates import Estimates
from orchestrator.application.floor import LONG_AGO
from orchestrator.application.ledger_follower import LedgerFollower
from orchestrator.application.ports import Store
from orchestrator.application.records import Site, User, Visitor
from orchestrator.domain.conversation import Conversation, Device
from orchestrator.domain.floor import Floor, GroupRules, Profile, Seat
from orchestrator.domain.ledger import HandlingBegan, HandlingEnded, WaitBegan, WaitEnded
from orchestrator.domain.wait_time import Forecast, Line
from tests.fakes.application import shipped_policy
from tests.fakes.clock import VirtualClock

CHAT = Line("advisors", "chat")
AGENTS = tuple(f"a{number}" for number in range(3))
HANDLE, WAITED = 300.0, 90.0
"""Mean seconds. Agents work more slowly than the slots promise: there is something to calibrate."""


class Shop:
    """A process of an estate with busy agents: what it learns is what follows from the store."""

    def __init__(self, store: Store, clock: VirtualClock) -> None:
        policies, floor = StoredPolicies(shipped_policy()), Floor()
        floor.configure({name: GroupRules.of(spec) for name, spec in policies.live.routing.groups.items()})
        for name in AGENTS:
            profile = Profile((("advisors", 1),), frozenset({"fr"}), ())
            floor.seat(Seat(name, profile, True, "available", "available", True, LONG_AGO, None))
            floor.hold(f"held by {name}", 1, {name: (3, 0)})
        self.clock = clock
        self.estimates = Estimates(policies, floor)
        self.follower = LedgerFollower(store, InProcessBus(), clock, [self.estimates])

    def told(self) -> list[Forecast]:
        """What visitors at these places would be told now."""
        return [self.estimates.forecast(CHAT, place, self.clock.now()) for place in (1, 2, 5, 9)]


async def work(shop: Shop, store: Store, *, first: int = 0, count: int) -> None:
    """Visitors come, wait, are answered or give up, and talk; the process listens."""
    chance = random.Random(first)
    for number in range(first, first + count):
        clock, name = shop.clock, f"c{number % 20}"
        version, agent = 10 + 4 * number, AGENTS[number % len(AGENTS)]
        forecast = shop.estimates.forecast(CHAT, 1 + number % 4, clock.now())
        async with store.transaction() as tx:
            began = WaitBegan(name, version, "advisors", "chat", "shop", "fr", 0, clock.now())
            await tx.ledger.append([began], forecast=forecast)
        await shop.follower.run_once()
        clock.advance(chance.expovariate(1 / WAITED))
        async with store.transaction() as tx:
            if number % 5 == 4:
                await tx.ledger.append([WaitEnded(name, "left", clock.now())])
            else:
                got = HandlingBegan(name, version + 1, agent, "advisors", "chat", "shop", clock.now())
                await tx.ledger.append([WaitEnded(name, "answered", clock.now(), agent), got])
                clock.advance(chance.expovariate(1 / HANDLE))
                await tx.ledger.append([HandlingEnded(name, "closed", clock.now())])
        await shop.follower.run_once()
        clock.advance(31)
        await shop.follower.run_once()


async def test_after_a_restart_the_estimate_is_the_same(store: Store) -> None:
    clock = VirtualClock()
    async with store.transaction() as tx:
        await tx.sites.add(Site("shop", "key", "Shop", ("https://shop.example",), "fr"))
        await tx.people.add_visitor(Visitor("v1", "shop", clock.now()))
        for name in AGENTS:
            await tx.people.add_user(User(name, f"{name}@x", name, "agent", "hash"))
        for number in range(20):
            one = Conversation(f"c{number}", "shop", "v1", "fr", Device.DESKTOP, "r", clock.now(), version=1)
            await tx.conversations.insert(one, last_position=0)
    before = Shop(store, clock)
    await before.follower.load()
    await work(before, store, count=150)
    told, grades = before.told(), before.estimates.grades()
    assert grades[CHAT].n > 50
    assert told[0].speed > 1.2, "nothing was calibrated: the test would show nothing"
    after = Shop(store, clock)
    await after.follower.load()
    assert after.told() == told
    assert after.estimates.grades() == grades
    # And it goes on learning as it would have.
    clock.advance(timedelta(minutes=5))
    await work(before, store, first=150, count=20)
    await after.follower.run_once()
    assert after.told() == before.told()
