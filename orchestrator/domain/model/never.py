"""Why a row never takes effect: its guard, the rows before it, a law, or a way there that does not exist."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, TimerName
from orchestrator.domain.decide import decide
from orchestrator.domain.events import Event
from orchestrator.domain.model.explore import explore
from orchestrator.domain.model.explored import Example, Explored, Occasion, Visit
from orchestrator.domain.model.moves import KINDS, events_of
from orchestrator.domain.model.questions import FIELD_OF_FACT
from orchestrator.domain.model.remembering import as_loaded
from orchestrator.domain.model.steps import Step, facts_from, moment_of
from orchestrator.domain.outcome import Denied, Ignored
from orchestrator.domain.timers import EVENT_OF_TIMER
from rules.check.cases import TooManyCasesError, can_hold, domains_of, never_holds, winners
from rules.languages import primary_subtag
from rules.machine import CompiledRow

_LAWS = {"bot_is_mute": "model.bot_speaks", "camera_forbidden": "model.camera_forbidden"}
_TIMED = {
    type(make()).__name__: timer for timer, make in EVENT_OF_TIMER.items() if timer is not TimerName.BOT
}


@dataclass(frozen=True, slots=True)
class Never:
    """The finding about a row that never takes effect."""

    code: str
    problem: str
    advice: str
    example: Example | None = None


def why_never(explored: Explored, row: CompiledRow) -> Never | None:
    """Why, as far as can be told. None: the guard calculates, so that "never" would be too much to say."""
    condition = explored.conditions[row.id]
    if condition is not None:
        if not condition.exact:
            return None
        if never_holds(condition, {}):
            return Never(
                "model.guard_never_true", "can never be true", "one of its parts excludes another: change it"
            )
    visits = [
        visit
        for visit in explored.visits
        if visit.conversation.state.value in row.sources and row.about(visit.conversation.party.value)
    ]
    if not visits:
        where = " or ".join(f"`{source}`" for source in row.sources)
        with_whom = f" with party {' or '.join(sorted(row.parties))}" if row.parties else ""
        problem = f"`{row.id}` is never reached: no conversation gets to {where}{with_whom}"
        return Never("model.unreachable_row", problem, "add a row that leads there, or remove this one")
    return _covered(explored, row) or _refused(explored, row, visits) or _unmet(row)


def switched_off(explored: Explored) -> frozenset[str]:
    """Rows that do take effect once every switch of ``escalation.yaml`` and ``camera.yaml`` is on."""
    if explored.with_switches is None:
        policy = explored.policy
        language = primary_subtag(policy.cards.default_language)
        bot = policy.escalation.bot.model_copy(
            update={"enabled": True, "languages": (language,), "phrases": {language: ("…",)}}
        )
        agent = policy.escalation.agent.model_copy(update={"enabled": True})
        escalation = policy.escalation.model_copy(update={"agent": agent, "bot": bot, "sites": {}})
        camera = policy.camera.model_copy(update={"default": "allowed", "sites": {}, "groups": {}})
        switched = replace(as_loaded(policy), escalation=escalation, camera=camera)
        explored.with_switches = frozenset(explore(switched).moved)
    return explored.with_switches


def _covered(explored: Explored, row: CompiledRow) -> Never | None:
    """Earlier rows that win whenever this one could."""
    condition = explored.conditions[row.id]
    by: dict[str, None] = {}
    example: Example | None = None
    for (case, settled), occasion in explored.questions.items():
        if case[0] != row.event or case[1] not in row.sources or not row.about(case[2]):
            continue
        rows = explored.policy.memory.candidates_for(case, dict(settled))
        conditions = [explored.conditions[each.id] for each in rows]
        domains, known = domains_of(conditions), dict(settled)
        try:
            facts = can_hold(condition, known, domains)
        except TooManyCasesError:
            continue
        if facts is None:
            continue
        for winner, others in winners(conditions, known | facts, domains):
            if winner is not None and rows[winner].id != row.id:
                by[rows[winner].id] = None
                if example is None:
                    step = Step(occasion.event, {**occasion.assumed, **facts, **others}, occasion.after)
                    example = example_of(explored, occasion, step)
            if len(by) > 4:
                break
    if not by:
        return None
    names = ", ".join(f"`{name}`" for name in by)
    problem = f"`{row.id}` never wins: whenever it could, an earlier row does ({names})"
    return Never(
        "model.shadowed_row", problem, "move it up, narrow the earlier row, or remove this one", example
    )


def example_of(explored: Explored, occasion: Occasion, step: Step) -> Example | None:
    """The example of a step on an occasion; None when its facts need more than that step."""
    facts = {name: value for name, value in step.facts.items() if name not in FIELD_OF_FACT}
    changed = [name for name in step.facts if name in FIELD_OF_FACT]
    c = occasion.c
    if (
        any(getattr(c, FIELD_OF_FACT[name]) != step.facts[name] for name in changed)
        or "queue.waited" in facts
    ):
        return None
    step = Step(step.event, facts, step.after)
    given = facts_from(facts, step.event, c, explored.policy)
    outcome = decide(c, step.event, given, explored.policy, moment_of(step, c, occasion.now))
    visit = replace(occasion.visit, kinds=occasion.kinds, conversation=_as(occasion.visit.conversation, c))
    return Example(visit, (*occasion.before, step), outcome)


def _as(c: Conversation, here: Conversation) -> Conversation:
    return replace(c, site_id=here.site_id, device=here.device)


def _refused(explored: Explored, row: CompiledRow, visits: list[Visit]) -> Never | None:
    """A law that comes before the row, every time."""
    for (name, reason), example in explored.refused.items():
        if name == row.id:
            return _by_law(row, reason, example)
    asked = {case[:3] for case, _ in explored.questions}
    for visit in visits:
        c = visit.conversation
        if (row.event, c.state.value, c.party.value) in asked:
            continue
        for event in _events(row.event, visit, explored):
            occasion = Occasion(visit, visit.kinds, (), c, visit.now, event, {}, None)
            example = example_of(explored, occasion, Step(event))
            if example is not None and isinstance(example.outcome, (Denied, Ignored)):
                return _by_law(row, example.outcome.reason, example)
    return None


def _events(name: str, visit: Visit, explored: Explored) -> Iterator[Event]:
    if name in _TIMED:
        yield EVENT_OF_TIMER[_TIMED[name]]()
    else:
        groups = explored.likeness.groups
        for event in events_of(KINDS[name], visit.conversation, groups=groups, cards=True, told={}):
            # A bot that closes the conversation is refused by another law than a visitor who does.
            yield ev.ConversationClosed("bot") if isinstance(event, ev.ConversationClosed) else event


def _by_law(row: CompiledRow, reason: str, example: Example) -> Never:
    code = _LAWS.get(reason, "model.refused_row")
    if code == "model.bot_speaks":
        problem = f"`{row.id}` lets the bot speak where an agent or nobody answers: it is refused ({reason})"
        return Never(
            code, problem, "the bot speaks in `chat` with party `bot` alone: remove the other states", example
        )
    if reason == "stale_timer":
        problem = f"`{row.id}` waits for a timer that does not run there"
        return Never(
            "model.unreachable_row", problem, "remove the row, or the states without this wait", example
        )
    problem = f"`{row.id}` never takes effect: it is refused every time ({reason})"
    return Never(code, problem, "no policy can change this: remove the row", example)


def _unmet(row: CompiledRow) -> Never:
    if row.guard is None:
        problem = f"`{row.id}` is never asked: `{row.event}` does not happen there"
        return Never("model.unreachable_row", problem, "remove the row, or the state where it cannot happen")
    problem = f"`{row.id}` never wins: its guard does not hold whenever `{row.event}` happens there"
    return Never(
        "model.unreachable_row", problem, "change the guard, or a row that could make it true before"
    )
