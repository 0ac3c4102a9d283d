"""What is different between two policies: everything the rules say, and whom the cards take to video.

Nothing is left out: each place in which the six files differ is told (`rules.diff.tree`), and two policies whose
rules are the same have no difference, whatever their comments and layout.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from rules.diff.cards import CardChange, card_changes
from rules.diff.labels import TEXTS, Language
from rules.diff.tree import Change, compare
from rules.diff.weigh import Effect, Weight, weigh
from rules.diff.words import sentence
from rules.policy import Policy
from rules.schema import FILES
from rules.schema.conversation import Row


@dataclass(frozen=True, slots=True)
class Told:
    """A change and what it means.

    ``weight``: what it does to what protects visitors; None when nothing. ``overtaken``: the rows of the same event,
    state and party that an added or moved row now comes before.
    """

    change: Change | CardChange
    weight: Weight | None
    overtaken: tuple[str, ...] = ()

    @property
    def loosens(self) -> bool:
        return self.weight is not None and self.weight.effect is Effect.LOOSENS

    @property
    def section(self) -> str:
        """Where it is told, one of `SECTIONS`."""
        if self.weight is not None:
            return self.weight.effect.value
        if isinstance(self.change, Change) and self.change.key in TEXTS:
            return "words"
        return self.change.file.removesuffix(".yaml")

    def sentence(self, language: Language = "en") -> str:
        """One line, in words."""
        said = (
            self.change.sentence(language)
            if isinstance(self.change, CardChange)
            else sentence(self.change, language)
        )
        if not self.overtaken:
            return said
        names = ", ".join(f"`{name}`" for name in self.overtaken)
        return f"{said} Before {names} now." if language == "en" else f"{said} Passe désormais avant {names}."


SECTIONS: tuple[str, ...] = (
    *(effect.value for effect in Effect),
    *(name.removesuffix(".yaml") for name in FILES),
    "words",
)
"""What is told together, the most important first: what it does to what protects visitors, or else its file."""


@dataclass(frozen=True, slots=True)
class Difference:
    """``before`` and ``after`` are revisions; ``told`` is what differs, the most important first.

    ``layout``: the rules are the same, and the files are not: comments, order of keys, spaces.
    """

    before: str
    after: str
    told: tuple[Told, ...]
    layout: bool = False

    def __bool__(self) -> bool:
        """Whether the rules differ."""
        return bool(self.told)

    @property
    def loosening(self) -> tuple[Told, ...]:
        """What asks for a second look: more may happen to a visitor than before."""
        return tuple(each for each in self.told if each.loosens)

    def of(self, section: str) -> tuple[Told, ...]:
        return tuple(each for each in self.told if each.section == section)

    def sentences(self, language: Language = "en") -> tuple[str, ...]:
        """Everything in words, one line each, the most important first."""
        return tuple(each.sentence(language) for each in self.told)


def diff(before: Policy, after: Policy) -> Difference:
    """What has to be said of ``after`` to somebody who knows ``before``. Pure."""
    changes = [change for name in FILES for change in _file_changes(name, before, after)]
    told = [_told(change, before, after) for change in changes]
    if any(change.file in ("cards.yaml", "escalation.yaml") for change in changes):
        told += [Told(each, each.weight) for each in card_changes(before, after)]
    ordered = sorted(told, key=lambda each: SECTIONS.index(each.section))
    return Difference(
        before.revision, after.revision, tuple(ordered), layout=not told and before.revision != after.revision
    )


def _file_changes(name: str, before: Policy, after: Policy) -> Iterator[Change]:
    key = name.removesuffix(".yaml")
    return compare(name, getattr(before, key), getattr(after, key))


def _told(change: Change, before: Policy, after: Policy) -> Told:
    overtaken = _overtaken(change, before.conversation.transitions, after.conversation.transitions)
    return Told(change, weigh(change, before, after, bool(overtaken)), overtaken)


def _overtaken(change: Change, before: Sequence[Row], after: Sequence[Row]) -> tuple[str, ...]:
    """The rows that an added or moved row wins over now, and did not before."""
    if change.key != "ConversationFile.transitions" or change.kind not in ("added", "moved"):
        return ()
    places = {row.id: index for index, row in enumerate(before)}
    at = cast("int", change.place[-1])
    row = after[at]
    return tuple(
        other.id
        for other in after[at + 1 :]
        if other.id in places and _meets(row, other) and places[other.id] < places.get(row.id, len(places))
    )


def _meets(row: Row, other: Row) -> bool:
    """Whether both speak of one case."""
    return (
        row.event == other.event
        and not set(row.from_).isdisjoint(other.from_)
        and (row.party is None or other.party is None or not set(row.party).isdisjoint(other.party))
    )
