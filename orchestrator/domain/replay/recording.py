"""What is recorded of a conversation, and what a replay finds in it. Never the text of a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from orchestrator.domain.events import Event
from orchestrator.domain.facts import Facts
from rules.facts import FactValue

Kind = Literal[
    "same",
    "other_row",
    "other_target",
    "other_details",
    "other_time",
    "denied_now",
    "allowed_now",
    "cannot_tell",
    "not_compared",
]
KINDS: tuple[Kind, ...] = (
    "denied_now",
    "allowed_now",
    "other_target",
    "other_time",
    "other_details",
    "other_row",
    "cannot_tell",
    "not_compared",
    "same",
)
"""The most important first.

``other_row``: another row answers, and leads to the same. ``other_details``: the same state, but another group,
another verdict on a card, other lines or actions. ``other_time``: a wait ends sooner or later than it did.
``cannot_tell``: what the draft asks for was not recorded. ``not_compared``: it came after a difference, so it would not
have happened like this.
"""


@dataclass(frozen=True, slots=True)
class Step:
    """A decision as it was recorded.

    ``refused`` is the code of a refusal; None: it took effect, and ``changes`` folds it. ``body`` is None when the
    event was not kept or cannot be read (``unreadable`` says why). ``facts`` are what was known of the world outside,
    None when that was not kept; ``read`` is what guards read of it.
    """

    version: int
    at: datetime
    event: str
    refused: str | None = None
    row: str | None = None
    actions: tuple[str, ...] = ()
    say: tuple[str, ...] = ()
    body: Event | None = None
    unreadable: str | None = None
    changes: Mapping[str, object] = field(default_factory=dict[str, object])
    facts: Facts | None = None
    read: Mapping[str, FactValue] = field(default_factory=dict[str, FactValue])


@dataclass(frozen=True, slots=True)
class Recording:
    """The steps of one conversation, in the order in which they were decided. ``revision``: what it is pinned to."""

    conversation_id: str
    revision: str
    steps: tuple[Step, ...]

    @property
    def revisions(self) -> frozenset[str]:
        """The revisions that were asked when it was recorded."""
        live = {step.facts.live for step in self.steps if step.facts is not None and step.facts.live}
        return frozenset({self.revision, *live})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came, or would come, of an event. ``target`` is None where it was refused, ``row`` where no row decided."""

    row: str | None
    target: str | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A step that would have gone otherwise, or of which that cannot be told. ``why``: what differs, or is missing."""

    kind: Kind
    event: str
    was: Answer
    now: Answer | None
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Replayed:
    """One conversation under the draft. ``differences`` are (version, difference); ``counts`` are of steps by kind."""

    conversation_id: str
    counts: Mapping[Kind, int]
    differences: tuple[tuple[int, Difference], ...] = ()
