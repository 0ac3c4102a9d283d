"""Folding: what a stored event changed, applied to the conversation before it.

A stored event carries the fields it changed, so the fold needs no policy and no clock, and yields the same
snapshot for ever, whatever later versions of `decide` would have done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, cast

from orchestrator.domain.conversation import Conversation

FIELDS: tuple[str, ...] = tuple(field.name for field in fields(Conversation))


def evolve(conversation: Conversation | None, changes: Mapping[str, object]) -> Conversation:
    """The conversation after ``changes`` (None: before its first event).

    Raises:
        TypeError: ``changes`` names a field that a conversation does not have, or the first lacks one.
    """
    values = cast("dict[str, Any]", dict(changes))
    return Conversation(**values) if conversation is None else replace(conversation, **values)


def difference(before: Conversation | None, after: Conversation) -> dict[str, object]:
    """The fields in which ``after`` differs: `evolve` applied to them gives ``after`` again."""
    return {
        name: getattr(after, name)
        for name in FIELDS
        if before is None or getattr(before, name) != getattr(after, name)
    }
