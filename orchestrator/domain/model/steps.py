"""One step of an example: what happens, after how long, and what is true of the world at that moment.

Steps are plain values, so that they can be written as YAML or JSON, by the checker and by people:

    - { event: ConversationStarted, with: { site_id: demo, language: fr, device: desktop } }
    - { event: TransferRequested, with: { verdict: { escalates: true } } }
    - { event: AgentInvited }
    - { event: AgentAccepted, facts: { agent.free_video: false } }
    - { event: LobbyTimedOut }                     # a timer's event comes when it is due
    - { event: VisitorWrote, after: 90s }

Facts that are not named are the usual ones: the agent is there and free for everything, the group is open with a
free agent and its places empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Device, Need, Party
from orchestrator.domain.events import Event
from orchestrator.domain.facts import AgentFacts, Facts, GroupFacts
from orchestrator.domain.model.moves import event_from, given_of
from orchestrator.domain.timers import timer_of
from rules.durations import format_duration, parse_duration
from rules.facts import FACT_BY_NAME, FactValue
from rules.policy import Policy

MOMENT = timedelta(seconds=1)
"""How long a step takes when nothing else is said."""

Plain = Mapping[str, object]

# Facts about a group are read while nobody holds the conversation, and when it is on its way to a group.
_TO_A_GROUP = (ev.Requeued, ev.HandoverRequested, ev.AgentAwayTimedOut)

_AGENT_FACTS = {f"agent.{each.name}": each.name for each in fields(AgentFacts)}
_WAITS = frozenset({"queue.wait_known", "queue.wait_p50", "queue.wait_p90"})
_GROUP_FACTS = {f"group.{each.name}": each.name for each in fields(GroupFacts)}


class StepError(Exception):
    """A step that cannot be taken. ``number`` counts from 1; the message says what to do."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(f"step {number}: {message}")
        self.number = number


@dataclass(frozen=True, slots=True)
class Step:
    """``event`` and what is assumed. ``after`` None: a moment later, or when the timer that emits it is due."""

    event: Event
    facts: Mapping[str, FactValue] = field(default_factory=dict[str, FactValue])
    after: timedelta | None = None


def moment_of(step: Step, c: Conversation | None, now: datetime) -> datetime:
    """When a step happens that follows ``now``."""
    if step.after is not None:
        return now + step.after
    timer = timer_of(step.event)
    if timer is not None and c is not None and timer in c.timers:
        return max(now, c.timers[timer])
    return now + MOMENT


def facts_from(
    assumed: Mapping[str, FactValue], event: Event, c: Conversation | None, policy: Policy
) -> Facts:
    """The facts of a step: what is assumed, and the usual for the rest."""
    if c is None:
        return Facts()
    agent_id = cast("str | None", getattr(event, "agent_id", None)) or c.agent_id
    told = tuple(sorted(assumed.items())) if assumed else ()
    group = None
    if c.party is not Party.AGENT or isinstance(event, _TO_A_GROUP):
        named = assumed.get("group.name") or getattr(event, "group", None) or c.group
        name = str(named) if named in policy.routing.groups else policy.routing.default_group
        spec = policy.routing.groups[name]
        video = c.need is Need.VIDEO or isinstance(event, ev.VideoRequested)
        places = spec.places.video if video else spec.places.chat
        group = _group_facts(name, places, spec.alternative.leave_message, spec.ageing, told)
    return Facts(
        agent=None if agent_id is None else _agent_facts(agent_id, told),
        group=group,
        bot_enabled=c.bot_id is not None,
    )


Told = tuple[tuple[str, FactValue], ...]


@lru_cache(maxsize=1_024)
def _agent_facts(agent_id: str, told: Told) -> AgentFacts:
    able = {name: True for name in _AGENT_FACTS.values() if name not in ("id", "name")}
    values = able | {_AGENT_FACTS[name]: value for name, value in told if name in _AGENT_FACTS}
    return AgentFacts(id=agent_id, name=agent_id, **cast("dict[str, Any]", values))


@lru_cache(maxsize=1_024)
def _group_facts(
    name: str, places: int, takes_messages: bool, ageing: timedelta | None, told: Told
) -> GroupFacts:
    assumed = dict(told)
    values: dict[str, object] = {
        "places": places,
        "has_free_agent": True,
        "takes_messages": takes_messages,
        "ageing": ageing,
    }
    values |= {_GROUP_FACTS[each]: value for each, value in told if each in _GROUP_FACTS}
    if assumed.get("queue.wait_known", True) is True and assumed.keys() & _WAITS:
        half = float(assumed.get("queue.wait_p50", min(60.0, float(assumed.get("queue.wait_p90", 60.0)))))
        values |= {"wait_p50": half, "wait_p90": float(assumed.get("queue.wait_p90", max(120.0, half)))}
    if "queue.priority" in assumed:
        values["priority"] = int(assumed["queue.priority"])
    return GroupFacts(**cast("dict[str, Any]", values | {"name": name}))


# --- plain values -----------------------------------------------------------------------------------------


def plain_step(step: Step) -> dict[str, object]:
    """The step as it is written."""
    written: dict[str, object] = {"event": type(step.event).__name__}
    given = (
        given_of(step.event)
        if not isinstance(step.event, ev.ConversationStarted)
        else _given_start(step.event)
    )
    if given:
        written["with"] = given
    if step.facts:
        written["facts"] = dict(sorted(step.facts.items()))
    if step.after is not None and step.after != MOMENT:
        written["after"] = format_duration(step.after)
    return written


def _given_start(event: ev.ConversationStarted) -> dict[str, object]:
    return {
        "site_id": event.site_id,
        "language": event.language,
        "device": event.device.value,
        "can_video": event.can_video,
        "bot": event.bot_id is not None,
    }


def started(given: Mapping[str, object]) -> ev.ConversationStarted:
    """The beginning of an example. ValueError when a field is unknown or of the wrong type."""
    unknown = set(given) - {"site_id", "language", "device", "can_video", "bot"}
    if unknown:
        raise ValueError(f"ConversationStarted has no {', '.join(sorted(unknown))}")
    return ev.ConversationStarted(
        conversation_id="conversation-1",
        site_id=str(given.get("site_id", "demo")),
        visitor_id="visitor-1",
        language=str(given.get("language", "fr")),
        device=Device(str(given.get("device", "desktop"))),
        can_video=given.get("can_video", True) is True,
        bot_id="bot-1" if given.get("bot", True) is True else None,
    )


def read_step(plain: Plain, c: Conversation | None, policy: Policy, number: int) -> Step:
    """A written step, for the conversation as it is when the step comes.

    Raises:
        StepError: it names an event, a field or a fact that there is not.
    """
    unknown = set(plain) - {"event", "with", "facts", "after"}
    if unknown:
        raise StepError(number, f"`{min(unknown)}` is no key here: use event, with, facts, after")
    name, given, facts = str(plain.get("event", "")), plain.get("with", {}), plain.get("facts", {})
    if not isinstance(given, Mapping) or not isinstance(facts, Mapping):
        raise StepError(number, "`with:` and `facts:` hold `name: value` lines")
    given, facts = cast("Plain", given), cast("Mapping[str, FactValue]", facts)
    wrong = [fact for fact in facts if fact not in FACT_BY_NAME]
    if wrong:
        raise StepError(number, f"there is no fact `{wrong[0]}`")
    try:
        event = (
            started(given)
            if name == "ConversationStarted"
            else event_from(name, given, c, policy.routing.default_group)
        )
        after = parse_duration(str(plain["after"])) if "after" in plain else None
    except KeyError:
        raise StepError(number, f"there is no event `{name[:60]}`") from None
    except ValueError as error:
        raise StepError(number, str(error)) from None
    return Step(event, dict(facts), after)
