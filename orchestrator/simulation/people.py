"""Who comes and what they are like, drawn before anything is decided.

Each visitor has a source of chance of their own, named by the seed, the stream and their number. Two policies under
one seed therefore meet the same visitors, whatever they make of them (common random numbers).
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.simulation.load import HOURS, Load, Span, Stream

HOUR = 3_600.0
CARD = "card:"


@dataclass(frozen=True, slots=True)
class Visitor:
    """``wish`` is ``bot``, ``person``, ``video`` or ``card:<id>``; durations in seconds, ``patience`` None: endless.

    ``group``: the one that is asked for by name; None: where the rules lead. ``answered_after``: how long the agent who
    is asked takes to accept; None: as agents do.
    """

    id: str
    site: str
    arrives: datetime
    language: str
    mobile: bool
    can_video: bool
    wish: str
    patience: float | None
    chats_for: float
    films_for: float
    is_proposed: bool
    accepts: bool
    chance: random.Random
    group: str | None = None
    answered_after: float | None = None


def seconds(span: Span, chance: random.Random) -> float:
    """One draw. Source: the mean of a lognormal is exp(mu + sigma²/2)."""
    mean = span.mean.total_seconds()
    if span.exponential:
        return chance.expovariate(1.0 / mean)
    return chance.lognormvariate(math.log(mean) - span.spread**2 / 2, span.spread)


def visitors(load: Load, seed: int, days: int) -> Iterator[Visitor]:
    """Everybody who comes, by time."""
    ways = (_of(load, stream, number, seed, days) for number, stream in enumerate(load.streams))
    return heapq.merge(*ways, key=lambda visitor: visitor.arrives)


def _of(load: Load, stream: Stream, number: int, seed: int, days: int) -> Iterator[Visitor]:
    """A Poisson process whose rate changes by the hour, by thinning (Lewis and Shedler 1979)."""
    highest = max(stream.per_hour)
    if highest <= 0:
        return
    arrivals = random.Random(f"{seed}:{number}:arrivals")  # noqa: S311 - chance, not a secret
    at, count = 0.0, 0
    while True:
        at += arrivals.expovariate(highest / HOUR)
        if at >= days * HOURS * HOUR:
            return
        if arrivals.random() * highest > stream.per_hour[int(at // HOUR) % HOURS]:
            continue
        count += 1
        chance = random.Random(f"{seed}:{number}:{count}")  # noqa: S311
        yield _drawn(load, stream, f"{number}-{count}", load.begins + timedelta(seconds=at), chance)


def _drawn(load: Load, stream: Stream, name: str, arrives: datetime, chance: random.Random) -> Visitor:
    wishes = {"bot": stream.wishes.bot, "person": stream.wishes.person, "video": stream.wishes.video}
    wishes |= {f"{CARD}{card}": weight for card, weight in stream.wishes.card.items()}
    chats_for = seconds(load.handling.chat, chance)
    return Visitor(
        id=name,
        site=stream.site,
        arrives=arrives,
        language=_one_of(stream.languages, chance),
        mobile=chance.random() < stream.mobile,
        can_video=chance.random() < stream.can_video,
        wish=_one_of(wishes, chance),
        patience=seconds(stream.patience, chance) if stream.patience is not None else None,
        chats_for=chats_for,
        films_for=seconds(load.handling.video or load.handling.chat, chance),
        is_proposed=chance.random() < load.proposes,
        accepts=chance.random() < load.accepts,
        chance=chance,
    )


def _one_of(weights: Mapping[str, float], chance: random.Random) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]
