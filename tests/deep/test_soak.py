"""The same work over and over: what is done leaves nothing behind."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from orchestrator.domain.conversation import State
from tests.deep.resources import held
from tests.deep.visits import desk


async def conversations(database: Path, *, count: int, at_once: int, objects_each: float) -> None:
    """Warm up, then two rounds of ``count`` conversations; the second one may not make the process grow."""
    before = asyncio.all_tasks()
    async with desk(database, agents=at_once) as place:
        await place.visits(0, count, at_once)
        await place.quiet()
        middle = held()
        await place.visits(count, count, at_once)
        await place.quiet()
        end = held()
        growth = end.grown_since(middle)
        print(growth, dict(place.reached))

        assert place.reached["closed"] == 2 * count
        # Three of four wait for an agent, and nearly all of those find one with a camera.
        assert place.reached["in video"] == place.reached["hung up"] >= count // 2
        assert await place.pending() == 0
        assert place.app.media.rooms == {}
        assert end.tasks <= middle.tasks, growth
        assert end.descriptors <= middle.descriptors + 4, growth
        assert end.objects - middle.objects < 2_000 + objects_each * count, growth
        assert end.rss - middle.rss < 24_000_000, growth
        for conversation in place.conversations:
            c = await place.app.check(conversation)
            assert c.state is State.CLOSED
        async with place.app.store.transaction(read_only=True) as tx:
            assert await tx.timers.next_deadline() is None
    assert asyncio.all_tasks() <= before


async def test_conversations_leave_nothing_behind(tmp_path: Path) -> None:
    await conversations(tmp_path / "visavis.db", count=12, at_once=4, objects_each=60)


@pytest.mark.deep
@pytest.mark.timeout(1800)
async def test_a_thousand_conversations_leave_nothing_behind(tmp_path: Path) -> None:
    await conversations(tmp_path / "visavis.db", count=500, at_once=8, objects_each=3)
