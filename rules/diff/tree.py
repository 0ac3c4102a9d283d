"""Every place in which two files of a policy differ, found by walking their models side by side.

The walk knows no key by name: it goes through whatever the schema holds, so that a key that is added to the schema
is compared from its first day. What has a name of its own (a row, a group, a text in a language) is compared with
its namesake, wherever it stands. The order of mappings means nothing; that of rows, rules and lists does.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeGuard

from pydantic import BaseModel

from rules.durations import format_duration
from rules.schema.conversation import Row
from rules.schema.routing import Overflow, PauseReason, Relaxation, RoutingRow

Kind = Literal["added", "removed", "changed", "moved"]
Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a model, as it is written."""

    model: str
    key: str

    @property
    def base(self) -> str:
        """``Model.key``; what a site lays over everybody's settings counts as these."""
        return f"{self.model.removesuffix('Override')}.{self.key}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One of many: a row by its id, a group by its name, a text by its language."""

    name: str


Step = Key | Entry
Steps = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One place in which two policies differ.

    ``before`` and ``after`` are the values of the models; None where there is none. Of something ``moved`` they are
    the names of what stood, and stands, before it (None: it is the first). ``parts`` are what an added or removed
    thing says. ``place`` is where it is written: in the second policy, or in the first when it was removed.
    """

    file: str
    steps: Steps
    kind: Kind
    before: Any
    after: Any
    place: Place
    parts: tuple[Change, ...] = field(default=())

    @property
    def path(self) -> str:
        """Where it is, for programs: ``transitions[closed].when``."""
        shown = ""
        for step in self.steps:
            if isinstance(step, Entry):
                shown += f"[{step.name}]"
            else:
                shown += f".{step.key}" if shown else step.key
        return shown

    @property
    def key(self) -> str:
        """``Model.key`` of the last key on the way: what kind of thing it is."""
        return next((step.base for step in reversed(self.steps) if isinstance(step, Key)), "")

    def named(self, container: str) -> str | None:
        """The name of the entry of ``Model.key`` that the change is in: the group, the site, the row."""
        for step, following in zip(self.steps, self.steps[1:], strict=False):
            if isinstance(step, Key) and step.base == container and isinstance(following, Entry):
                return following.name
        return None


def compare(file: str, before: BaseModel, after: BaseModel) -> Iterator[Change]:
    """All changes from one version of a file to the other, in the order of the schema."""
    yield from _Walk(file).models(before, after, (), ((), ()))


Places = tuple[Place, Place]


class _Walk:
    def __init__(self, file: str) -> None:
        self._file = file

    def _change(
        self,
        kind: Kind,
        steps: Steps,
        places: Places,
        before: Any,
        after: Any,
        parts: tuple[Change, ...] = (),
    ) -> Change:
        place = places[0] if kind == "removed" else places[1]
        return Change(self._file, steps, kind, before, after, place, parts)

    def values(self, before: object, after: object, steps: Steps, places: Places) -> Iterator[Change]:
        """Two values of one key."""
        if isinstance(before, BaseModel) and isinstance(after, BaseModel):
            yield from self.models(before, after, steps, places)
        elif is_mapping(before) and is_mapping(after):
            yield from self._mappings(before, after, steps, places)
        elif _named(before) and _named(after) and (before or after):
            yield from self._sequences(before, after, steps, places)
        elif type(before) is not type(after) or before != after:
            kind: Kind = "added" if before is None else "removed" if after is None else "changed"
            whole = after if kind != "removed" else before
            yield self._change(
                kind, steps, places, before, after, tuple(self.parts(whole, steps, places, kind))
            )

    def models(self, before: BaseModel, after: BaseModel, steps: Steps, places: Places) -> Iterator[Change]:
        for name, about in type(after).model_fields.items():
            key = about.alias or name
            yield from self.values(
                getattr(before, name),
                getattr(after, name),
                (*steps, Key(type(after).__name__, key)),
                _below(places, key),
            )

    def parts(self, whole: object, steps: Steps, places: Places, kind: Kind) -> Iterator[Change]:
        """What something says that the other policy has nothing of; of a plain value there is nothing more to say."""
        one_sided: Kind = "removed" if kind == "removed" else "added"
        if isinstance(whole, BaseModel):
            for name, about in type(whole).model_fields.items():
                value = getattr(whole, name)
                if value is not None and value not in ((), {}):
                    key = about.alias or name
                    inner = (*steps, Key(type(whole).__name__, key))
                    yield self._one_sided(one_sided, value, inner, _below(places, key))
        elif is_mapping(whole):
            for name, value in whole.items():
                yield self._one_sided(one_sided, value, (*steps, Entry(name)), _below(places, name))
        elif whole and _named(whole):
            for index, (name, value) in enumerate(_by_name(whole).items()):
                yield self._one_sided(one_sided, value, (*steps, Entry(name)), _below(places, index))

    def _one_sided(self, kind: Kind, value: Any, steps: Steps, places: Places) -> Change:
        before, after = (value, None) if kind == "removed" else (None, value)
        return self._change(kind, steps, places, before, after, tuple(self.parts(value, steps, places, kind)))

    def _mappings(
        self, before: Mapping[str, Any], after: Mapping[str, Any], steps: Steps, places: Places
    ) -> Iterator[Change]:
        for name in (*before, *(name for name in after if name not in before)):
            inner, there = (*steps, Entry(name)), _below(places, name)
            if name not in after:
                yield self._one_sided("removed", before[name], inner, there)
            elif name not in before:
                yield self._one_sided("added", after[name], inner, there)
            else:
                yield from self.values(before[name], after[name], inner, there)

    def _sequences(self, before: Any, after: Any, steps: Steps, places: Places) -> Iterator[Change]:
        old, new = _by_name(before), _by_name(after)
        old_at, new_at = _places(old), _places(new)
        moved = _moved([name for name in old if name in new], new_at)
        for name, value in old.items():
            if name not in new:
                yield self._one_sided(
                    "removed", value, (*steps, Entry(name)), ((*places[0], old_at[name]), places[1])
                )
        for name, value in new.items():
            inner = (*steps, Entry(name))
            if name not in old:
                yield self._one_sided("added", value, inner, (places[0], (*places[1], new_at[name])))
                continue
            there = ((*places[0], old_at[name]), (*places[1], new_at[name]))
            yield from self.values(old[name], value, inner, there)
            if name in moved:
                yield self._change(
                    "moved", inner, there, _previous(old, old_at[name]), _previous(new, new_at[name])
                )


def is_mapping(value: object) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping)


def is_tuple(value: object) -> TypeGuard[tuple[Any, ...]]:
    return isinstance(value, tuple)


def _below(places: Places, key: str | int) -> Places:
    return (*places[0], key), (*places[1], key)


def _named(value: object) -> bool:
    """Whether it is a list whose entries have names (the empty list may be one)."""
    return is_tuple(value) and all(
        isinstance(each, Row | RoutingRow | PauseReason | Overflow | Relaxation) for each in value
    )


def _name(value: Row | RoutingRow | PauseReason | Overflow | Relaxation) -> str:
    match value:
        case Overflow():
            return value.group
        case Relaxation():
            return format_duration(value.after)
        case _:
            return value.id


def _by_name(values: Any) -> dict[str, Any]:
    """The entries by name; a name that comes again is numbered, so that none is lost."""
    found: dict[str, Any] = {}
    times: Counter[str] = Counter()
    for value in values:
        name = _name(value)
        times[name] += 1
        found[name if times[name] == 1 else f"{name} ({times[name]})"] = value
    return found


def _places(entries: Mapping[str, Any]) -> dict[str, int]:
    return {name: index for index, name in enumerate(entries)}


def _previous(entries: Mapping[str, Any], index: int) -> str | None:
    return None if index == 0 else list(entries)[index - 1]


def _moved(common: Sequence[str], new_at: Mapping[str, int]) -> set[str]:
    """The fewest entries that must be taken out so that the others are in their old order.

    What stays is a longest increasing subsequence of the new places (patience sorting, O(n log n)).
    """
    ends: list[int] = []  # the smallest last place of an increasing run of each length
    chains: list[tuple[Any, ...]] = []  # that run, as (its last name, the run before it)
    for name in common:
        place = new_at[name]
        length = bisect_left(ends, place)
        chain = (name, chains[length - 1] if length else None)
        if length == len(ends):
            ends.append(place)
            chains.append(chain)
        else:
            ends[length] = place
            chains[length] = chain
    stays: set[str] = set()
    link: tuple[Any, ...] | None = chains[-1] if chains else None
    while link is not None:
        stays.add(link[0])
        link = link[1]
    return set(common) - stays
