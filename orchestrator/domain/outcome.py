"""What a decision comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestrator.domain.conversation import State
from orchestrator.domain.effects import Effect
from rules.decision import Decision


@dataclass(frozen=True, slots=True)
class Notice:
    """A line of the system in the history; ``key`` is an entry of the pages' message catalogue."""

    key: str
    params: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Moved:
    """The event took effect. ``changes`` maps fields of `Conversation` to their new values: `evolve` folds them."""

    decision: Decision
    changes: Mapping[str, object]
    effects: tuple[Effect, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Denied:
    """A rule or a law refused. ``reason`` is a stable code; the decision says which guard failed."""

    reason: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Ignored:
    """The event came too late or twice; nothing changes and nobody did wrong."""

    reason: str


@dataclass(frozen=True, slots=True)
class Illegal:
    """The policy has no row for this event in this state."""

    state: State
    event: str


Outcome = Moved | Denied | Ignored | Illegal
