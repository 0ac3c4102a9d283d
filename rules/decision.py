"""What a policy answers, and why: the row that decided, the rows that nearly did, the facts that were read.

These are plain values. They are stored with every event, shown on the desk and the console, and are all a
replay needs to ask another policy the same question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rules.facts import FactValue


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A row for this very event, state and party whose guard did not hold.

    ``values`` are the facts the guard reads. ``error`` is set when the guard could not be evaluated
    (a division by zero, say): such a row is skipped like a false one, and flagged.
    """

    row: str
    guard: str
    values: Mapping[str, FactValue]
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one event.

    ``row`` is the row that decided; None when every guard failed (denied) or when no row speaks of this
    event, state and party at all (``known`` is False: illegal). ``to`` is None when the state stays.
    ``facts`` holds every fact that was read by a guard that was evaluated, and nothing else.
    """

    revision: str
    event: str
    state: str
    party: str
    row: str | None
    to: str | None
    actions: tuple[str, ...]
    say: tuple[str, ...]
    near_misses: tuple[NearMiss, ...]
    facts: Mapping[str, FactValue]
    known: bool = True


@dataclass(frozen=True, slots=True)
class RouteDecision:
    """The group that the routing rules chose. ``row`` is None when it is the default group.

    ``skills`` are pairs of name and least level, by name.
    """

    revision: str
    group: str
    row: str | None
    priority: int
    skills: tuple[tuple[str, int], ...]
    near_misses: tuple[NearMiss, ...]
    facts: Mapping[str, FactValue]
