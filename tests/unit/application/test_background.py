"""A loop of turns: when they come, what brings them forward, what they survive, and how they end."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from orchestrator.adapters.bus import InProcessBus
from orchestrator.application.background import AFTER_TROUBLE, Background
from tests.fakes.clock import VirtualClock

TOPIC = "work"


class Turns:
    """Counts turns and answers with what it was given."""

    def __init__(self, *answers: datetime | Exception | None) -> None:
        self.count = 0
        self._answers = list(answers)

    async def __call__(self) -> datetime | None:
        self.count += 1
        answer = self._answers.pop(0) if self._answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def bus() -> InProcessBus:
    return InProcessBus()


async def test_a_turn_comes_at_the_start_and_when_the_last_one_said(
    clock: VirtualClock, bus: InProcessBus
) -> None:
    turns = Turns(clock.now() + timedelta(seconds=5))
    background = Background("turns", turns, bus, clock, topic=TOPIC)
    await background.start()
    await settled()
    assert turns.count == 1
    clock.advance(4.9)
    await settled()
    assert turns.count == 1
    clock.advance(0.1)
    await settled()
    assert turns.count == 2
    await background.stop()


async def test_hints_and_a_wake_bring_the_next_turn_forward(clock: VirtualClock, bus: InProcessBus) -> None:
    turns = Turns()
    background = Background("turns", turns, bus, clock, topic=TOPIC)
    await background.start()
    await settled()
    await bus.publish([TOPIC])
    await settled()
    assert turns.count == 2
    background.wake()
    await settled()
    assert turns.count == 3
    await background.stop()


async def test_who_wants_the_hints_gets_them_and_decides(clock: VirtualClock, bus: InProcessBus) -> None:
    turns, heard = Turns(), list[object]()
    background = Background("turns", turns, bus, clock, topic=TOPIC, hear=heard.extend)
    await background.start()
    await settled()
    await bus.publish_ephemeral(TOPIC, {"type": "hint"})
    await settled()
    assert heard == [{"type": "hint"}]
    assert turns.count == 1
    await background.stop()


async def test_a_turn_that_fails_is_taken_again(clock: VirtualClock, bus: InProcessBus) -> None:
    turns = Turns(RuntimeError("the store is away"))
    background = Background("turns", turns, bus, clock, topic=TOPIC)
    await background.start()
    await settled()
    clock.advance(AFTER_TROUBLE)
    await settled()
    assert turns.count == 2
    await background.stop()


async def test_hints_may_be_lost(clock: VirtualClock, bus: InProcessBus) -> None:
    turns = Turns(None, clock.now() + timedelta(hours=1))
    background = Background("turns", turns, bus, clock, topic=TOPIC, look_every=timedelta(seconds=3))
    await background.start()
    for passed in range(1, 4):
        await settled()
        assert turns.count == passed
        clock.advance(3)
    await background.stop()


async def test_no_hint_is_lost_while_what_comes_first_is_done(clock: VirtualClock, bus: InProcessBus) -> None:
    heard = list[object]()
    background = Background("turns", Turns(), bus, clock, topic=TOPIC, hear=heard.extend)

    async def first() -> None:
        await bus.publish_ephemeral(TOPIC, {"type": "hint"})

    await background.start(first)
    await settled()
    assert heard == [{"type": "hint"}]
    await background.stop()


async def test_nothing_goes_on_after_the_stop(clock: VirtualClock, bus: InProcessBus) -> None:
    turns = Turns()
    background = Background("turns", turns, bus, clock, topic=TOPIC)
    await background.start()
    assert background.running
    await settled()
    await background.stop()
    assert not background.running
    await bus.publish([TOPIC])
    background.wake()
    await settled()
    assert turns.count == 1
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("turns")]
    await background.stop()


async def test_a_start_that_fails_leaves_nothing_behind(clock: VirtualClock, bus: InProcessBus) -> None:
    async def first() -> None:
        raise RuntimeError("no store")

    background = Background("turns", Turns(), bus, clock, topic=TOPIC)
    with pytest.raises(RuntimeError):
        await background.start(first)
    assert not background.running
    await background.stop()
