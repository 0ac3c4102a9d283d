"""Every interleaving of the transactions that give work to agents: two agents, three conversations, two processes.

The model's steps are the boundaries at which another process may come in between: a transaction loads the conversation,
locks the agent, counts what the agent holds, and commits unless the conversation changed since. Which pair is tried is
left open, so that every picture, however old, is covered. The same search finds the faults of a protocol that lacks one
of its two safeguards, which shows that it would find them here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal

import pytest

AGENTS = (0, 1)
CONVERSATIONS = (0, 1, 2)
CAPACITY = 1


class Stands(Enum):
    WAITING = "waiting"
    INVITED = "invited"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Row:
    """A stored conversation. ``told`` are the agents who were told that it is theirs, and not yet that it is not."""

    stands: Stands = Stands.WAITING
    agent: int | None = None
    told: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Work:
    """A transaction on its way: what it loaded, whether that is old by now, and what it counted."""

    kind: Literal["offer", "accept", "end"]
    conversation: int
    agent: int | None
    loaded: Row
    stale: bool = False
    locked: bool = False
    counted: int | None = None


@dataclass(frozen=True, slots=True)
class World:
    rows: tuple[Row, ...] = (Row(),) * len(CONVERSATIONS)
    works: tuple[Work | None, Work | None] = (None, None)

    def with_work(self, process: int, work: Work | None) -> World:
        works = (work, self.works[1]) if process == 0 else (self.works[0], work)
        return replace(self, works=works)


@dataclass(frozen=True, slots=True)
class Protocol:
    """``locks_agent``: from counting to committing. ``checks_version``: a commit fails if the row was changed."""

    locks_agent: bool = True
    checks_version: bool = True


def successors(world: World, protocol: Protocol) -> Iterator[World]:
    for process, work in enumerate(world.works):
        if work is None:
            for begun in begins(world):
                yield world.with_work(process, begun)
            continue
        moved = goes_on(world, process, work, protocol)
        if moved is not None:
            yield moved


def begins(world: World) -> Iterator[Work]:
    """What a process may load and set out to do. An end is a decline, an expiry, a hang-up: it needs no agent."""
    for number, row in enumerate(world.rows):
        if row.stands is Stands.WAITING:
            for agent in AGENTS:
                yield Work("offer", number, agent, row)
        else:
            yield Work("end", number, row.agent, row)
            if row.stands is Stands.INVITED:
                yield Work("accept", number, row.agent, row)


def goes_on(world: World, process: int, work: Work, protocol: Protocol) -> World | None:
    """The next step of a transaction; None while it waits for the lock of the agent."""
    if work.kind != "end" and not work.locked:
        other = world.works[1 - process]
        taken = other is not None and other.locked and other.agent == work.agent
        if protocol.locks_agent and taken:
            return None
        return world.with_work(process, replace(work, locked=True))
    if work.kind != "end" and work.counted is None:
        held = sum(
            row.agent == work.agent for number, row in enumerate(world.rows) if number != work.conversation
        )
        return world.with_work(process, replace(work, counted=held))
    over = work.stale and protocol.checks_version
    full = work.counted is not None and work.counted >= CAPACITY
    return world.with_work(process, None) if over or full else committed(world, process, work)


def committed(world: World, process: int, work: Work) -> World:
    told = world.rows[work.conversation].told
    match work.kind:
        case "offer" if work.agent is not None:
            row = Row(Stands.INVITED, work.agent, told | {work.agent})
        case "accept":
            row = Row(Stands.HELD, work.agent, told)
        case _:
            row = Row(Stands.WAITING, None, told - {work.agent} if work.agent is not None else told)
    rows = tuple(row if number == work.conversation else old for number, old in enumerate(world.rows))
    other = world.works[1 - process]
    if other is not None and other.conversation == work.conversation:
        other = replace(other, stale=True)
    return World(rows).with_work(1 - process, other)


def broken(world: World) -> str | None:
    """What must never be, by name."""
    for row in world.rows:
        if len(row.told) > 1:
            return "two agents have one conversation"
        if row.told != ({row.agent} if row.agent is not None else set()):
            return "somebody was not told"
    for agent in AGENTS:
        if sum(row.agent == agent for row in world.rows) > CAPACITY:
            return "an agent has too much"
    return None


def explore(protocol: Protocol) -> tuple[str | None, set[World]]:
    """Breadth first: the first fault that can happen, if one can, and all that was reached."""
    seen, ahead = {World()}, deque([World()])
    while ahead:
        world = ahead.popleft()
        fault = broken(world)
        if fault is not None:
            return fault, seen
        for following in successors(world, protocol):
            if following not in seen:
                seen.add(following)
                ahead.append(following)
    return None, seen


@pytest.fixture(scope="module")
def reached() -> set[World]:
    fault, seen = explore(Protocol())
    assert fault is None
    return seen


def test_it_is_not_safe_for_want_of_happening(reached: set[World]) -> None:
    assert len(reached) > 10_000
    holders = {tuple(row.agent for row in world.rows if row.stands is Stands.HELD) for world in reached}
    assert {(0, 1), (1, 0), (0,), (1,), ()} <= holders
    assert any(work is not None and work.stale for world in reached for work in world.works)


def test_no_process_waits_for_ever(reached: set[World]) -> None:
    assert all(next(successors(world, Protocol()), None) is not None for world in reached)
    waits = [
        world
        for world in reached
        if any(
            work is not None and goes_on(world, process, work, Protocol()) is None
            for process, work in enumerate(world.works)
        )
    ]
    assert waits
    for world in waits:
        # Whoever has the lock goes on: the one waits for the other, never both.
        assert (
            sum(
                work is not None and goes_on(world, process, work, Protocol()) is not None
                for process, work in enumerate(world.works)
            )
            == 1
        )


def test_without_the_lock_of_the_agent_somebody_gets_too_much() -> None:
    fault, _ = explore(Protocol(locks_agent=False))
    assert fault == "an agent has too much"


def test_without_the_check_of_the_version_two_agents_get_one_conversation() -> None:
    fault, _ = explore(Protocol(checks_version=False))
    assert fault in ("two agents have one conversation", "somebody was not told")
