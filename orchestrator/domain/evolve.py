"""Folding: what a stored event changed, applied to the conversation before it.

A stored event carries the fields it changed, so the fold needs no policy and no clock, and yields the same
snapshot for ever, whatever later versions of `decide` would have done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from operator import attrgetter
from typing import Any, cast

from orchestrator.domain.conversation import Conversation

FIELDS: tuple[str, ...] = tuple(field.name for field in fields(Conversation))
_PLACE = {name: place for place, name in enumerate(FIELDS)}
_values = attrgetter(*FIELDS)


def changed(conversation: Conversation, **values: Any) -> Conversation:
    """The conversation with other values in some fields.

    `dataclasses.replace`, which asks every field for its settings each time, would be half the cost of a decision.

    Raises:
        TypeError: a field that a conversation does not have.
    """
    row = list(_values(conversation))
    try:
        for name, value in values.items():
            row[_PLACE[name]] = value
    except KeyError as unknown:
        raise TypeError(f"a conversation has no {unknown}") from None
    return Conversation(*row)


def copy_of(conversation: Conversation) -> Conversation:
    """An equal conversation that is nobody else's."""
    return Conversation(*_values(conversation))


def evolve(conversation: Conversation | None, changes: Mapping[str, object]) -> Conversation:
    """The conversation after ``changes`` (None: before its first event).

    Raises:
        TypeError: ``changes`` names a field that a conversation does not have, or the first lacks one.
    """
    values = cast("dict[str, Any]", dict(changes))
    return Conversation(**values) if conversation is None else changed(conversation, **values)


def difference(before: Conversation | None, after: Conversation) -> dict[str, object]:
    """The fields in which ``after`` differs: `evolve` applied to them gives ``after`` again."""
    if before is None:
        return dict(zip(FIELDS, _values(after), strict=True))
    pairs = zip(FIELDS, _values(before), _values(after), strict=True)
    return {name: new for name, old, new in pairs if old is not new and old != new}
