"""What simulated people are like, drawn from a seed: the same seed makes the same people.

Durations are a person's, in seconds; ``Pace`` turns them into those of a run. The product's own timers (invitations,
graces) are not shortened: only people are quicker.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

SLOTS_AT_ONCE = 3
"""So many chats an agent holds in the shipped policy; only used to guess how long arrivals should take."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How people behave on average, in seconds and shares."""

    patience: float = 240.0
    handle: float = 240.0
    video_share: float = 0.25
    vanishing: float = 0.3
    """Of those who lose their patience: who just closes the page."""
    mean_between_reloads: float = 300.0
    accept_after: float = 6.0
    declines: float = 0.05
    ignores: float = 0.02
    proposes_video: float = 0.15
    mean_between_pauses: float = 1500.0
    pause: float = 60.0
    mean_between_drops: float = 900.0

    def plain(self) -> Habits:
        """The same people as a record of arrivals can tell of them.

        They chat, accept every invitation, stay connected, and say so when they leave. What is left out would be
        timed by the product - an invitation that expires, somebody who vanished -, whose clocks do not run at the pace
        of simulated people.
        """
        return replace(
            self,
            video_share=0.0,
            vanishing=0.0,
            declines=0.0,
            ignores=0.0,
            proposes_video=0.0,
            mean_between_drops=1e9,
            mean_between_reloads=1e9,
        )


@dataclass(frozen=True, slots=True)
class Pace:
    """``speed`` 10 lets a person's minute pass in six seconds."""

    speed: float = 1.0

    def __call__(self, seconds: float) -> float:
        return seconds / self.speed


@dataclass(frozen=True, slots=True)
class VisitorPlan:
    """``asks_by_writing``: instead of pressing a button. ``lobby``: seconds in the lobby before going back to chat."""

    number: int
    arrives: float
    language: str
    device: str
    video: bool
    asks_by_writing: bool
    patience: float
    vanishes: bool
    messages: int
    thinks: float
    lobby: float
    accepts_video: bool
    closes: bool


@dataclass(frozen=True, slots=True)
class AgentPlan:
    number: int
    languages: tuple[str, ...]
    video: bool


def arrival_span(agents: int, visitors: int, habits: Habits) -> float:
    """Seconds of arrivals that keep the agents about as busy as they can be: some wait, few in vain."""
    return visitors * habits.handle / (agents * SLOTS_AT_ONCE)


def plan_visitors(seed: int, count: int, span: float, habits: Habits) -> list[VisitorPlan]:
    """A Poisson process over ``span`` seconds, given how many come: arrivals are independent and uniform."""
    random = Random(f"{seed}:arrivals")  # noqa: S311 - a simulation that can be repeated
    arrivals = sorted(random.uniform(0, span) for _ in range(count))
    return [_visitor(seed, number, at, habits) for number, at in enumerate(arrivals)]


def _visitor(seed: int, number: int, arrives: float, habits: Habits) -> VisitorPlan:
    random = stream(seed, "visitor", number)
    return VisitorPlan(
        number=number,
        arrives=arrives,
        language="fr" if random.random() < 0.7 else "en",
        device="mobile" if random.random() < 0.4 else "desktop",
        video=random.random() < habits.video_share,
        asks_by_writing=random.random() < 0.4,
        patience=random.expovariate(1 / habits.patience),
        vanishes=random.random() < habits.vanishing,
        messages=random.randint(2, 8),
        thinks=random.uniform(5, 30),
        lobby=random.uniform(5, 30),
        accepts_video=random.random() < 0.6,
        closes=random.random() < 0.3,
    )


def plan_agents(seed: int, count: int) -> list[AgentPlan]:
    """One in five speaks English only, one in four does no video."""
    random = Random(f"{seed}:agents")  # noqa: S311
    return [
        AgentPlan(
            number,
            ("en",) if number % 5 == 4 else ("fr", "en"),
            random.random() < 0.75 or number == 0,
        )
        for number in range(count)
    ]


def stream(seed: int, kind: str, number: int) -> Random:
    """The chances of one person, independent of everybody else's."""
    return Random(f"{seed}:{kind}:{number}")  # noqa: S311
