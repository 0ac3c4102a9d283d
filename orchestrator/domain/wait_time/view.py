"""What the estimator is told about a line at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestrator.domain.wait_time.terms import Line

_MOST = 1e9


@dataclass(frozen=True, slots=True)
class Pool:
    """Slots of agents who serve the same lines.

    A slot holds one conversation: an agent who may hold three chats at once has three. ``slots`` counts those on
    duty - free, busy and in wrap-up -, ``free`` those that could take a conversation now and are offered none.
    """

    lines: frozenset[Line]
    slots: float
    free: float = 0.0


@dataclass(frozen=True, slots=True)
class LineView:
    """A line as one of its visitors sees it.

    ``ahead`` counts those of the line who rank ahead of the visitor, ``waiting`` all who wait in it, ``head_waited``
    is how many seconds the first has waited. ``pools`` are the agents of the line and of its rivals: the lines
    with which it shares agents. ``rivals`` says how many of theirs rank ahead, too. ``running`` is, by line, how many
    seconds the conversations that go on have lasted so far, all together.

    :raises ValueError: if a number is negative or beyond any queue
    """

    line: Line
    ahead: int
    pools: tuple[Pool, ...]
    waiting: int = 0
    head_waited: float = 0.0
    rivals: Mapping[Line, int] = field(default_factory=dict[Line, int])
    is_open: bool = True
    running: Mapping[Line, float] = field(default_factory=dict[Line, float])

    def __post_init__(self) -> None:
        numbers = [self.ahead, self.waiting, self.head_waited, *self.rivals.values(), *self.running.values()]
        numbers += [number for pool in self.pools for number in (pool.slots, pool.free)]
        if not all(0 <= number <= _MOST for number in numbers):
            raise ValueError(f"a view of {self.line} has a number below 0 or above {_MOST:.0e}: {numbers}")

    @property
    def free(self) -> float:
        """Slots that could take a visitor of this line at once."""
        return sum(min(pool.free, pool.slots) for pool in self.pools if self.line in pool.lines)
