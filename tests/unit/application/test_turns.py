"""Who is served together, who alone, and who not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.application.turns import SIDE_BY_SIDE, TOGETHER, Turns


@dataclass(eq=False)
class Asked:
    name: int
    sociable: bool = True
    over: bool = False


class Served:
    """What was served together, in order; each group takes until it is let go."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.go_on = asyncio.Event()
        self.turns = Turns[Asked](self._serve)

    async def _serve(self, requests: Sequence[Asked]) -> None:
        self.groups.append([one.name for one in requests])
        await self.go_on.wait()

    async def rest(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)


async def test_who_comes_in_the_same_moment_is_served_together() -> None:
    served = Served()
    for name in range(TOGETHER + 2):
        served.turns.add(Asked(name))
    await served.rest()
    assert served.groups == [list(range(TOGETHER)), [TOGETHER, TOGETHER + 1]]


async def test_who_comes_while_all_are_busy_is_served_with_others_later() -> None:
    served = Served()
    for name in range(SIDE_BY_SIDE):
        served.turns.add(Asked(name))
        await served.rest()
    for name in (10, 11):
        served.turns.add(Asked(name))
        await served.rest()
    assert served.groups == [[name] for name in range(SIDE_BY_SIDE)]
    served.go_on.set()
    await served.rest()
    assert served.groups[SIDE_BY_SIDE:] == [[10, 11]]


async def test_who_may_not_be_with_others_is_alone_and_in_order() -> None:
    served = Served()
    for name in range(5):
        served.turns.add(Asked(name, sociable=name != 2))
    await served.rest()
    assert served.groups == [[0, 1], [2], [3, 4]]


async def test_who_has_gone_away_is_not_served() -> None:
    served = Served()
    for name in range(3):
        served.turns.add(Asked(name, over=name == 1))
    await served.rest()
    assert served.groups == [[0, 2]]
