"""Domain values to JSON text and back, by their types: whatever the domain adds is encoded without code here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter

from orchestrator.domain.conversation import Conversation
from orchestrator.domain.effects import Effect
from orchestrator.domain.events import Event
from orchestrator.domain.facts import Facts
from rules.decision import Decision

_EVENTS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Event)}
_EFFECTS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Effect)}
_FIELDS: dict[str, Any] = get_type_hints(Conversation)


@lru_cache(maxsize=512)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


@lru_cache(maxsize=128)
def _field(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(_FIELDS[name])


def _dump(kind: Any, value: object) -> str:
    return _adapter(kind).dump_json(value).decode()


def dump_event(event: Event) -> tuple[str, str]:
    """The event's name and its JSON."""
    return type(event).__name__, _dump(type(event), event)


def load_event(name: str, body: str) -> Event:
    """KeyError for a kind that this version does not know; ValueError for a body that is not of its kind."""
    return _adapter(_EVENTS[name]).validate_json(body)


def dump_effect(effect: Effect) -> tuple[str, str]:
    """The effect's name and its JSON."""
    return type(effect).__name__, _dump(type(effect), effect)


def load_effect(name: str, body: str) -> Effect:
    return _adapter(_EFFECTS[name]).validate_json(body)


def dump_conversation(conversation: Conversation) -> str:
    return _dump(Conversation, conversation)


def load_conversation(snapshot: str) -> Conversation:
    return _adapter(Conversation).validate_json(snapshot)


def dump_decision(decision: Decision) -> str:
    return _dump(Decision, decision)


def load_decision(body: str) -> Decision:
    return _adapter(Decision).validate_json(body)


def dump_facts(facts: Facts) -> str:
    """Without the agent's name: what is kept for explaining and replaying outlives the account."""
    return _adapter(Facts).dump_json(facts, exclude_none=True, exclude={"agent": {"name"}}).decode()


def load_facts(body: str) -> Facts:
    return _adapter(Facts).validate_json(body)


def dump_changes(changes: Mapping[str, object]) -> str:
    """What an event changed, field by field of a conversation."""
    return (
        "{"
        + ",".join(f'"{name}":{_field(name).dump_json(value).decode()}' for name, value in changes.items())
        + "}"
    )


def load_changes(body: str) -> dict[str, object]:
    raw: dict[str, Any] = json.loads(body)
    # Through JSON mode again: only it reads lists as frozensets and text as moments without being lax.
    return {name: _field(name).validate_json(json.dumps(value)) for name, value in raw.items()}
