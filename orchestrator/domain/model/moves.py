"""What may happen to a conversation next: events, their identifiers supplied by what is open at that moment.

Identifiers do not matter to a decision but for being the same or not. So the visitor's messages, the agents and the
calls of a searched conversation have a handful of fixed names, and an event that speaks of something that is not
there (an invitation, a call) cannot be made at all: `laws` refuses those, whatever the policy says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from enum import Enum
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Verdict
from orchestrator.domain.events import Event
from rules.check.cases import Domains

AGENTS = ("agent-1", "agent-2")
SUPERVISOR = "supervisor-1"
ESCALATES = Verdict(escalates=True, reason="matched")
PLAIN = Verdict(escalates=False, reason="no_phrase")

KINDS: Mapping[str, type[Any]] = {
    kind.__name__: kind
    for kind in get_args(Event)
    # No row can answer these.
    if kind not in (ev.ConversationStarted, ev.CameraRestricted)
}

# Events that open what they name; the others of the same identifier speak of what is open.
_OPENS: Mapping[str, frozenset[type[Any]]] = {
    "invitation_id": frozenset({ev.AgentInvited}),
    "proposal_id": frozenset({ev.VideoProposed}),
}
_OF_THE_CALL = frozenset({ev.MediaConnected, ev.MediaDropped, ev.MediaLost})
# Events about an agent who does not hold the conversation (yet).
_OF_ANOTHER = frozenset({ev.AgentInvited, ev.AgentAssigned})
_OF_THE_INVITED = frozenset({ev.AgentAccepted, ev.InvitationDeclined})


def other_agent(c: Conversation) -> str:
    """An agent who does not hold the conversation."""
    return next(agent for agent in AGENTS if agent != c.agent_id)


def other_call(c: Conversation) -> str:
    """The name of a call that is not the one that is open."""
    return "call-2" if c.call is not None and c.call.id == "call-1" else "call-1"


# Fields that only guards look at, by the fact through which they do.
_TOLD = {"reason": "event.reason", "by": "event.by", "by_role": "event.by"}


def events_of(
    kind: type[Any], c: Conversation, *, groups: tuple[str, ...], cards: bool, told: Domains
) -> Iterator[Event]:
    """Every event of a kind that may happen to ``c``, up to the names of things.

    ``groups`` are those that an agent may hand over to; ``cards`` is whether a card can escalate on this site.
    ``told`` are the values that the rows can tell apart: who acted and why makes no difference when nobody reads it.
    """
    combinations: list[tuple[object, ...]] = [()]
    for each in _fields(kind):
        values = _supply(kind, each, c, groups, cards)
        if each.name in _TOLD and len(values) > 0:
            read = told.get(_TOLD[each.name], ())
            if read and _hints(kind)[each.name] is str:
                values = read
            others = [value for value in values if str(value) not in read][:1]
            values = (*(value for value in values if str(value) in read), *others)
        combinations = [(*before, value) for before in combinations for value in values]
    for values in combinations:
        event: Event = kind(*values)
        if isinstance(event, ev.AgentAssigned) and event.by_role == "agent":
            event = ev.AgentAssigned(event.agent_id, event.call_id, event.agent_id, "agent")
        yield event


def event_from(name: str, given: Mapping[str, object], c: Conversation | None, default_group: str) -> Event:
    """The event of a step: what is not given is supplied as in a search.

    Raises:
        KeyError: there is no such event.
        ValueError: it speaks of something that the conversation does not have, or of a field it has not.
    """
    kind = KINDS[name]
    names = {each.name for each in fields(kind)}
    if not names.issuperset(given):
        raise ValueError(f"{name} has no {', '.join(sorted(set(given) - names))}")
    values: dict[str, object] = {}
    for each in fields(kind):
        if each.name in given:
            values[each.name] = _read(_hints(kind)[each.name], given[each.name])
            continue
        supplied = () if c is None else _supply(kind, each, c, (default_group,), cards=True)
        if not supplied:
            raise ValueError(f"{name} needs `{each.name}`: the conversation has none to speak of")
        values[each.name] = supplied[0]
    return kind(**values)


def given_of(event: Event) -> dict[str, object]:
    """The fields of an event that matter to a decision, in plain values: identifiers are left out."""
    kind = type(event)
    return {
        each.name: _plain(getattr(event, each.name))
        for each in fields(kind)
        if not _is_identifier(kind, each.name) and getattr(event, each.name) != _default(each)
    }


def _is_identifier(kind: type[Any], name: str) -> bool:
    if name == "group":
        return kind is not ev.HandoverRequested
    return name.endswith(("_id", "_ids")) or (name == "by" and kind in (ev.AgentAssigned, ev.Requeued))


def _default(each: Field[Any]) -> object:
    return each.default if each.default is not MISSING else MISSING


@lru_cache(maxsize=128)
def _fields(kind: type[Any]) -> tuple[Field[Any], ...]:
    return fields(kind)


@lru_cache(maxsize=128)
def _hints(kind: type[Any]) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _supply(
    kind: type[Any], each: Field[Any], c: Conversation, groups: tuple[str, ...], cards: bool
) -> tuple[object, ...]:
    """The values that a field may have now. Empty: the event cannot happen."""
    match each.name:
        case "agent_id":
            return _agents_of(kind, c)
        case "call_id" if kind in _OF_THE_CALL:
            return () if c.call is None else (c.call.id,)
        case "call_id":
            return (other_call(c),)
        case "invitation_id" if kind not in _OPENS["invitation_id"]:
            return () if c.invitation is None else (c.invitation.id,)
        case "proposal_id" if kind not in _OPENS["proposal_id"]:
            return () if c.proposal is None else (c.proposal.id,)
        case "verdict":
            return (ESCALATES, PLAIN) if cards else (PLAIN,)
        case "by" if kind in (ev.AgentAssigned, ev.Requeued):
            return (SUPERVISOR,)
        case "group" if kind is ev.HandoverRequested:
            return groups
        case "message_ids":
            return (("message-1",),)
        case name if name.endswith("_id") and each.default is MISSING:
            return (f"{name.removesuffix('_id')}-1",)
        case name if each.default is not MISSING and name not in {"purpose", "by_role"}:
            return (each.default,)
        case name:
            return _values(_hints(kind)[name])


def _agents_of(kind: type[Any], c: Conversation) -> tuple[object, ...]:
    if kind in _OF_ANOTHER:
        return (other_agent(c),)
    if kind in _OF_THE_INVITED:
        return () if c.invitation is None else (c.invitation.agent_id,)
    return () if c.agent_id is None else (c.agent_id,)


@lru_cache(maxsize=128)
def _values(hint: Any) -> tuple[object, ...]:
    """All values of a small type; one for the others."""
    if get_origin(hint) is Literal:
        return get_args(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return tuple(hint)
    return (True, False) if hint is bool else ("fr",) if hint is str else (None,)


# --- plain values -----------------------------------------------------------------------------------------


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Verdict):
        return {"escalates": value.escalates}
    return value


def _read(hint: Any, value: object) -> object:
    """A plain value as the type that a field has. ValueError when it is none of it."""
    if get_origin(hint) in (Union, UnionType):
        options = [option for option in get_args(hint) if option is not NoneType]
        return None if value is None else _read(options[0], value)
    if hint is Verdict and isinstance(value, Mapping):
        escalates = value.get("escalates") is True  # pyright: ignore[reportUnknownMemberType]
        return Verdict(escalates, "matched" if escalates else "no_phrase", _text(value.get("card_id")))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise ValueError(f"is none of {', '.join(map(str, get_args(hint)))}: {value!s:.60}")
        return value
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    if hint in (str, int, bool) and not (
        isinstance(value, hint) and (hint is bool) == isinstance(value, bool)
    ):
        raise ValueError(f"is no {hint.__name__}: {value!s:.60}")
    if get_origin(hint) is tuple and isinstance(value, (list, tuple)):
        return tuple(str(each) for each in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return value


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
