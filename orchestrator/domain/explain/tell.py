"""One decision in sentences: what happened, what was decided, why, and what nearly was instead.

Pure: from what is stored with the decision. A text among the facts is shown only if it is a code, such as a site's or
a group's; anything else might be somebody's words or data, and is hidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from orchestrator.domain import events as ev
from orchestrator.domain.events import Event, Search, Sought
from orchestrator.domain.explain.conditions import failed_parts
from orchestrator.domain.explain.words import VARIANT_OF, Words
from rules.decision import Decision, NearMiss
from rules.facts import FactValue

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
_SECONDS = ("queue.wait_p50", "queue.wait_p90", "queue.waited")
_MOST_NAMES = 5
HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class Known:
    """What people call agents and groups, by id; an id that is not there is told as it is."""

    agents: Mapping[str, str] = field(default_factory=dict[str, str])
    groups: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Told:
    """``nearly``: a sentence for each row that nearly decided. ``search``: how an agent was looked for."""

    happened: str
    decided: str
    because: str | None
    nearly: tuple[str, ...] = ()
    search: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """The whole story of this decision, in order."""
        because = (self.because,) if self.because is not None else ()
        return (self.happened, *self.search, self.decided, *because, *self.nearly)


def tell(
    name: str,
    event: Event | None,
    decision: Decision,
    words: Words,
    *,
    refused: str | None = None,
    reads: Iterable[str] | None = None,
    known: Known = Known(),
) -> Told:
    """The story of one decision.

    Args:
        name: the class name of the event.
        event: the event itself; None when it was not kept or cannot be read any more.
        refused: why it was refused; None when it took effect.
        reads: the facts that the guard of the deciding row reads; None when that is not known any more, so that
            every fact that was read is told.
    """
    search = getattr(event, "search", None)
    agent_id = getattr(event, "agent_id", None)
    return Told(
        happened=_happened(name, event, words, known),
        decided=_decided(decision, refused, words),
        because=_because(decision, reads, words, known),
        nearly=tuple(_nearly(miss, words, known) for miss in decision.near_misses),
        search=tuple(_search(search, agent_id, words, known)) if isinstance(search, Search) else (),
    )


def sentence_of(fact: str, value: FactValue, words: Words, known: Known = Known()) -> str:
    """A fact with its value."""
    if isinstance(value, bool) and fact in words.bools:
        return words.bools[fact][0 if value else 1]
    return words.phrases["fact"].format(
        name=words.facts.get(fact, fact), value=_value(fact, value, words, known)
    )


# --- what happened ------------------------------------------------------------------------------------------


def _happened(name: str, event: Event | None, words: Words, known: Known) -> str:
    key = name
    if event is not None and name in VARIANT_OF:
        value = getattr(event, VARIANT_OF[name])
        key = f"{name}.{value.value if isinstance(value, Enum) else value}"
    text = words.events.get(key) or words.events.get(name)
    if text is None:
        return words.phrases["unknown_event"].format(event=shown(name, words))
    group = getattr(event, "group", None)
    said = text.format(
        agent=_agent(getattr(event, "agent_id", None), words, known),
        group=words.phrases["the_group"] if group is None else _group(group, words, known),
        language=shown(getattr(event, "language", ""), words),
        card=_card(event, words),
        revoked=words.revoked.get(
            reason := str(getattr(event, "reason", "")),
            words.phrases["not_known"].format(code=shown(reason, words)),
        ),
    )
    if isinstance(event, ev.TransferRequested):
        said = f"{said} {words.verdicts.get(event.verdict.reason, '')}".rstrip()
    return said[:1].upper() + said[1:]


def _card(event: Event | None, words: Words) -> str:
    card = event.verdict.card_id if isinstance(event, ev.TransferRequested) else None
    return words.phrases["no_card"] if card is None else words.phrases["card"].format(card=shown(card, words))


def _agent(agent_id: str | None, words: Words, known: Known) -> str:
    if agent_id is None:
        return words.phrases["the_agent"]
    return known.agents.get(agent_id) or shown(agent_id, words)


def _group(name: str, words: Words, known: Known) -> str:
    return known.groups.get(name) or shown(name, words)


# --- what was decided, and why --------------------------------------------------------------------------------


def _decided(decision: Decision, refused: str | None, words: Words) -> str:
    phrases = words.phrases
    if refused is not None:
        return phrases["denied"].format(reason=reason_of(refused, words))
    state = words.states.get(decision.state, decision.state)
    if decision.event == "ConversationStarted":
        return phrases["start"].format(state=state, party=words.parties.get(decision.party, decision.party))
    if decision.event == "CameraRestricted":
        return phrases["at_once"]
    if decision.row is None:
        return phrases["again"]
    if decision.to is None or decision.to == decision.state:
        return phrases["row"].format(row=decision.row, state=state)
    return phrases["row_to"].format(
        row=decision.row, state=state, to=words.states.get(decision.to, decision.to)
    )


def reason_of(code: str, words: Words) -> str:
    """Why an event was refused, from its code."""
    if code.startswith("law:"):
        law = code.removeprefix("law:")
        return words.phrases["law"].format(law=words.laws.get(law, shown(law, words)))
    return words.reasons.get(code) or words.phrases["not_known"].format(code=shown(code, words))


def _because(decision: Decision, reads: Iterable[str] | None, words: Words, known: Known) -> str | None:
    if decision.row is None:
        return None
    wanted = decision.facts if reads is None else reads
    told = [
        sentence_of(fact, decision.facts[fact], words, known) for fact in wanted if fact in decision.facts
    ]
    return words.phrases["because"].format(facts=_joined(told)) if told else None


def _nearly(miss: NearMiss, words: Words, known: Known) -> str:
    phrases = words.phrases
    guard = f"`{' '.join(miss.guard.split())}`"
    if miss.error is not None:
        return phrases["near_error"].format(row=miss.row, guard=guard, error=" ".join(miss.error.split()))
    failed = failed_parts(miss.guard, miss.values)
    facts = _joined(sentence_of(fact, value, words, known) for fact, value in failed)
    whole = len(failed) == len(miss.values) and len(failed) > 1
    return phrases["near_values" if whole else "near"].format(row=miss.row, guard=guard, facts=facts)


def _value(fact: str, value: FactValue, words: Words, known: Known) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        number = f"{value:.0f}" if value == round(value, 0) else f"{value:.1f}"
        return words.phrases["seconds"].format(n=number) if fact in _SECONDS else number
    closed = words.values.get(fact)
    if closed is not None and value in closed:
        return closed[value]
    if fact == "group.name" and value:
        return _group(value, words, known)
    return shown(value, words)


def shown(text: str, words: Words) -> str:
    """A text if it is a code; else what is said in its place."""
    if not text:
        return words.phrases["empty"]
    return text if _CODE.fullmatch(text) else words.phrases["hidden"]


def masked(values: Mapping[str, FactValue]) -> dict[str, FactValue]:
    """Facts as programs are told them: ``***`` stands for a text that is no code."""
    return {
        fact: HIDDEN if isinstance(value, str) and value and not _CODE.fullmatch(value) else value
        for fact, value in values.items()
    }


# --- how an agent was looked for ------------------------------------------------------------------------------


def _search(search: Search, agent_id: str | None, words: Words, known: Known) -> Iterable[str]:
    phrases = words.phrases
    for place, want in enumerate(search.wants):
        text = phrases["looked" if place == 0 else "then_looked"]
        yield text.format(want=_want(want, words, known))
    relaxed = [_relaxed(code, words, known) for code in search.relaxed]
    if relaxed:
        yield phrases["relaxed"].format(what=_joined(relaxed))
    if search.chosen is not None and agent_id is not None and len(search.wants) > 1:
        agent = _agent(agent_id, words, known)
        yield phrases["chosen"].format(
            agent=agent[:1].upper() + agent[1:], want=_want(search.chosen, words, known)
        )
    for reason, count in search.left_out.items():
        if count:
            names = _names(search.examples.get(reason, ()), count, words, known)
            yield phrases["left_out"].format(
                count=count, reason=words.left_out.get(reason, shown(reason, words)), names=names
            )
    if not any(search.left_out.values()):
        yield phrases["nobody_left_out"]


def _want(want: Sought, words: Words, known: Known) -> str:
    phrases = words.phrases
    language = phrases["any_language"]
    if want.language is not None:
        language = phrases["in_language"].format(language=shown(want.language, words))
    parts = [_group(want.group, words, known), language]
    if want.skills:
        skills = [phrases["skill"].format(skill=skill, level=level) for skill, level in want.skills]
        parts.append(phrases["with_skills"].format(skills=_joined(skills)))
    channel = "for_both" if want.chat and want.video else "for_video" if want.video else "for_chat"
    parts.append(phrases[channel])
    return _joined(parts)


def _relaxed(code: str, words: Words, known: Known) -> str:
    if code.startswith("overflow:"):
        return words.phrases["overflow"].format(group=_group(code.removeprefix("overflow:"), words, known))
    return words.relaxed.get(code) or shown(code, words)


def _names(agents: Sequence[str], count: int, words: Words, known: Known) -> str:
    if not agents:
        return ""
    names = _joined(_agent(agent, words, known) for agent in agents[:_MOST_NAMES])
    more = count - min(len(agents), _MOST_NAMES)
    if more > 0:
        names = words.phrases["and_more"].format(names=names, n=more)
    return f" ({names})"


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(parts)
