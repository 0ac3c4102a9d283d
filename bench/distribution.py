"""The floor at work: what a pair costs with 10 to 100,000 waiting and 10 to 10,000 agents, beside a linear scan.

Everybody is busy and visitors wait, which is when it counts. One assignment is everything a floor is told and asked
from one freed agent to the next: a conversation ends (`hold`), the pair is found (`matches`), the invitation is
committed (`hold`, `wait`), accepted (`hold`, `leave`), and another visitor comes (`wait`). Beside it, one `choose` that
finds everybody busy, with the reason why each agent of the group was left out.

The peer is the plain way: a list of all who wait in order, and a choice that looks at every agent.
"""

from __future__ import annotations

import gc
import math
import random
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from rich.console import Console
from rich.table import Table

from orchestrator.domain.floor import Floor, GroupRules, Profile, Seat, Stage, Waiting, Want
from orchestrator.domain.floor.reasons import Condition, why_left_out

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
GROUPS = 50
PROFILES = 12
"""Distinct ones per group: languages and skills."""
SLOTS = 3
SECONDS = 1.0
BATCHES = 5
GOAL = 5_000
WAITING, AGENTS = (10, 1_000, 100_000), (10, 1_000, 10_000)
LANGUAGES = ("fr", "en", "de")
SKILLS = ("", "loans", "cards", "tax")


@dataclass(frozen=True, slots=True)
class Size:
    waiting: int
    agents: int


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds each."""

    assignment: float
    choice: float
    scan: float
    scan_choice: float


class World:
    """Visitors and agents as they come, the same for every contestant."""

    def __init__(self, size: Size) -> None:
        self.chance = random.Random(f"{size.waiting} {size.agents}")
        self.groups = [f"group-{number:02}" for number in range(min(GROUPS, size.agents))]
        self.numbers = count()
        self.rules = {name: GroupRules(SLOTS, 1, None, "longest_idle", video=True) for name in self.groups}
        self.seats = [self._seat(number) for number in range(size.agents)]

    def _seat(self, number: int) -> Seat:
        """Groups and profiles in turn, so that every group has as many; one in five helps another group out."""
        group, kind = number % len(self.groups), number // len(self.groups) % PROFILES
        helped = {self.groups[group]: 1} | ({self.groups[group - 1]: 2} if number % 5 == 0 else {})
        skill = SKILLS[kind % 4]
        profile = Profile(
            tuple(sorted(helped.items())),
            frozenset((LANGUAGES[kind % 3], "fr")),
            ((skill, kind % 10 + 1),) if skill else (),
        )
        idle = NOW - timedelta(seconds=self.chance.randrange(3_600))
        return Seat(f"agent-{number:05}", profile, True, "available", "available", kind % 4 > 0, idle)

    def visitor(self, group: str | None = None) -> Waiting:
        """Asks less after an hour and gets help after three; one in ten asks for video, some have priority.

        Those who come for a ``group`` ask for no more than anybody there can do.
        """
        number, chance = next(self.numbers), self.chance
        entered = NOW + timedelta(milliseconds=number)
        video, skill = chance.random() < 0.1, chance.choice(SKILLS)
        index = chance.randrange(len(self.groups)) if group is None else self.groups.index(group)
        full = Want(
            self.groups[index],
            chance.choice(LANGUAGES),
            ((skill, chance.randrange(1, 4)),) if skill else (),
            chat=not video,
            video=video,
        )
        anybody = replace(full, language=None, skills=())
        if group is not None:
            full = replace(anybody, chat=True, video=False)
        helped = replace(anybody, group=self.groups[index - 1])
        return Waiting(
            id=f"c{number:07}",
            group=full.group,
            video=video,
            at_head=False,
            rank_at=entered - chance.choice((0, 0, 0, 5)) * timedelta(minutes=1),
            entered_at=entered,
            stages=(
                Stage(entered, (full,)),
                Stage(entered + timedelta(hours=1), (full, anybody), ("skills", "language")),
                Stage(
                    entered + timedelta(hours=3), (full, anybody, helped), ("skills", "language", "overflow")
                ),
            ),
        )


class Service:
    """A floor with the news that a service brings it. Every agent holds as much as they may, and visitors wait."""

    def __init__(self, world: World, size: Size) -> None:
        self.world, self.floor = world, Floor()
        self.floor.configure(world.rules)
        self.floor.advance(NOW)
        self.held: list[tuple[str, Seat]] = []
        for seat in world.seats:
            self.floor.seat(seat)
            for slot in range(SLOTS):
                self.held.append((f"{seat.id}/{slot}", seat))
                self.floor.hold(f"{seat.id}/{slot}", 1, {seat.id: (1, 0)})
        self.seats = {seat.id: seat for seat in world.seats}
        self.entries = {entry.id: entry for entry in (world.visitor() for _ in range(size.waiting))}
        for entry in self.entries.values():
            self.floor.wait(entry, 1)
        assert self.floor.matches(NOW) == [], "everybody is busy"
        world.chance.shuffle(self.held)

    def assign(self, turn: int) -> int:
        """A visitor comes, an agent of their group frees and is given the first they fit; how many pairs that were."""
        floor, place = self.floor, turn % len(self.held)
        ended, seat = self.held[place]
        entry = self.world.visitor(seat.profile.groups[0][0])
        self.entries[entry.id] = entry
        floor.wait(entry, 1)
        floor.hold(ended, 9, {})
        found = floor.matches(NOW)
        for pair in found:
            name = pair.conversation_id
            assert pair.choice.want is not None
            holds = {pair.agent_id: (1, int(pair.choice.want.video))}
            floor.hold(name, 2, holds)
            floor.wait(replace(self.entries.pop(name), invited=True), 2)
            floor.hold(name, 3, holds)
            floor.leave(name, 3)
            # Who now holds the freed place, or a place that a video kept free.
            self.held[place] = (name, self.seats[pair.agent_id])
        return len(found)


class Scan:
    """All who wait in order, and all agents: as good as a list can be."""

    def __init__(self, world: World, entries: dict[str, Waiting]) -> None:
        self.world = world
        self.line = sorted(entries.values(), key=lambda entry: (not entry.at_head, entry.rank_at, entry.id))
        self.busy = [(seat, _condition(seat, SLOTS)) for seat in world.seats]

    def assign(self, turn: int) -> str | None:
        """The first in the line for a freed agent, then the longest idle for them, with why each other is not."""
        freed = self.world.seats[turn * 7_919 % len(self.world.seats)]
        condition, rules = _condition(freed, SLOTS - 1), self.world.rules
        fitting = (
            entry
            for entry in self.line
            for want in entry.stages[0].wants
            if why_left_out(condition, want, rules[want.group]) is None
        )
        entry = next(fitting, None)
        return freed.id if entry is None else self.choose(entry, freed, condition)

    def choose(self, entry: Waiting, freed: Seat | None = None, free: Condition | None = None) -> str | None:
        want = entry.stages[0].wants[0]
        rules = self.world.rules[want.group]
        left_out: dict[str, str] = {}
        best: Seat | None = None
        for seat, condition in self.busy:
            now = free if free is not None and seat is freed else condition
            reason = why_left_out(now, want, rules)
            if reason is not None:
                left_out[seat.id] = reason
            elif best is None or (seat.idle_since, seat.id) < (best.idle_since, best.id):
                best = seat
        return None if best is None else best.id


def _condition(seat: Seat, chats: int) -> Condition:
    return Condition(seat.profile, seat.connected, seat.chat, seat.video, seat.can_video, False, chats, 0)


def each(work: Callable[[int], int], seconds: float) -> float:
    """Seconds of one piece of work, in the quickest of some batches: what else runs on the machine counts less.

    ``work`` is told its turn and says how many pieces that were.
    """
    quickest, turn = math.inf, 0
    for _ in range(BATCHES):
        done, least, start = 0, turn + 3, time.process_time()
        while turn < least or time.process_time() - start < seconds / BATCHES:
            done += work(turn)
            turn += 1
        quickest = min(quickest, (time.process_time() - start) / done)
    return quickest


def measured(size: Size) -> Cost:
    """All of them on one core, in seconds of its time."""
    world = World(size)
    service = Service(world, size)
    scan = Scan(world, service.entries)
    asked = list(service.entries.values())[:1_000]

    def choose(turn: int) -> int:
        service.floor.choose(asked[turn % len(asked)], NOW)
        return 1

    def scan_assign(turn: int) -> int:
        scan.assign(turn)
        return 1

    def scan_choose(turn: int) -> int:
        scan.choose(asked[turn % len(asked)])
        return 1

    # What a visitor asks for is not the floor's to make up.
    def make_up(turn: int) -> int:
        replace(world.visitor(world.groups[turn % len(world.groups)]), invited=True)
        return 1

    gc.collect()
    each(service.assign, SECONDS / 2)  # what fits whom is worked out once
    return Cost(
        assignment=each(service.assign, SECONDS) - each(make_up, SECONDS / 8),
        choice=each(choose, SECONDS / 2),
        scan=each(scan_assign, SECONDS / 2),
        scan_choice=each(scan_choose, SECONDS / 2),
    )


def memory(size: Size) -> tuple[float, float, float]:
    """Bytes: what the floor keeps for an agent, and for a waiting conversation; the entry that it is given itself."""
    world = World(size)
    floor = Floor()
    floor.configure(world.rules)
    floor.advance(NOW)
    away = [replace(seat, chat="paused", video="paused") for seat in world.seats]
    gc.collect()
    tracemalloc.start()
    try:
        empty = tracemalloc.get_traced_memory()[0]
        for seat in away:
            floor.seat(seat)
        floor.matches(NOW)
        seated = tracemalloc.get_traced_memory()[0]
        entries = [world.visitor() for _ in range(size.waiting)]
        come = tracemalloc.get_traced_memory()[0]
        for entry in entries:
            floor.wait(entry, 1)
        floor.matches(NOW)
        waiting = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    return (seated - empty) / size.agents, (waiting - come) / size.waiting, (come - seated) / size.waiting


def run(console: Console) -> None:
    costs = {size: measured(size) for size in (Size(w, a) for a in AGENTS for w in WAITING)}
    table = Table(
        "agents", "waiting", "µs an assignment", "a second", "linear scan, µs", "linear / ours", "µs a choice",
        "linear / ours", title=f"the floor: {GROUPS} groups with {PROFILES} profiles each, one core, in memory",
    )  # fmt: skip
    for size, cost in costs.items():
        table.add_row(
            f"{size.agents:,}",
            f"{size.waiting:,}",
            f"{cost.assignment * 1e6:,.0f}",
            f"{1 / cost.assignment:,.0f}",
            f"{cost.scan * 1e6:,.0f}",
            _times(cost.scan / cost.assignment),
            f"{cost.choice * 1e6:,.0f}",
            _times(cost.scan_choice / cost.choice),
        )
    console.print(table)
    console.print(_growth(costs))
    slowest = max(cost.assignment for cost in costs.values())
    console.print(f"assignments a second, at the least: {1 / slowest:,.0f} (goal: {GOAL:,})")
    size = Size(20_000, 10_000)
    per_agent, per_waiting, entry = memory(size)
    console.print(
        f"memory with {size.agents:,} agents and {size.waiting:,} waiting: {per_agent:,.0f} bytes an agent, "
        f"{per_waiting:,.0f} bytes a waiting conversation beside its entry of {entry:,.0f}"
    )


def _growth(costs: dict[Size, Cost]) -> Table:
    """How many times as much, for so many times as many; the goal is no more than the logarithm grows."""
    table = Table(
        "agents × waiting",
        "against",
        "log n",
        "an assignment",
        "a choice",
        "linear scan",
        title="growth, times",
    )
    few, most = WAITING[0], WAITING[-1]
    steps = [(Size(few, agents), Size(most, agents), few, most) for agents in AGENTS]
    # From 10 to 1,000 agents there are more groups and profiles too; beyond, there are only more agents of each.
    steps += [
        (Size(waiting, AGENTS[1]), Size(waiting, AGENTS[2]), AGENTS[1], AGENTS[2]) for waiting in WAITING
    ]
    for before, after, low, high in steps:
        one, other = costs[before], costs[after]
        table.add_row(
            f"{after.agents:,} × {after.waiting:,}",
            f"{before.agents:,} × {before.waiting:,}",
            _times(math.log(high) / math.log(low)),
            _times(other.assignment / one.assignment),
            _times(other.choice / one.choice),
            _times(other.scan / one.scan),
        )
    return table


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}" if ratio >= 1 else f"{ratio:.2f}"
