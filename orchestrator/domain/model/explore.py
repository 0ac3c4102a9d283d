"""The search: every conversation that a policy allows, from its start, by what can happen to it.

Theory of operation
-------------------
A breadth-first search over real conversations, moved by the real `decide`. What keeps it small:

* Two conversations that no row, law or action can tell apart are one (`canonical`); sites and groups that no row can
  tell apart are one (`likeness`), and conversations on several sites are moved together as long as they decide alike.
* An event happens once with the usual facts. From what `decide` then told the rows, `questions` finds the other
  combinations of facts under which another row wins, and it happens again for each of those rows.
* Whether the visitor is there, can do video, or reads another language can change at any time. Unless a row makes
  something of that change itself, it is not a difference between conversations: the event is put before the one
  that needs it.

Every conversation that was reached keeps the steps that led to it, so that whatever is found can be replayed. The
first way found is a shortest one: visits are taken in the order of their number of steps.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Party, State, TimerName
from orchestrator.domain.decide import decide
from orchestrator.domain.events import Event
from orchestrator.domain.evolve import evolve
from orchestrator.domain.facts import Facts
from orchestrator.domain.model.canonical import Canonical
from orchestrator.domain.model.explored import Example, Explored, Occasion, Question, Trial, Visit
from orchestrator.domain.model.likeness import likeness_of
from orchestrator.domain.model.moves import KINDS, events_of
from orchestrator.domain.model.properties import (
    ALWAYS_POSSIBLE,
    NOTHING_YET,
    account_after,
    happens_anyway,
    violations,
)
from orchestrator.domain.model.questions import AT_WILL, FIELD_OF_FACT, Questions, change_of, preparations
from orchestrator.domain.model.remembering import Case, remembering
from orchestrator.domain.model.replay import BEGINNING
from orchestrator.domain.model.steps import MOMENT, Step, facts_from, moment_of, started
from orchestrator.domain.outcome import Denied, Illegal, Moved, Outcome
from orchestrator.domain.timers import EVENT_OF_TIMER, timer_of
from rules.check.cases import Values, condition_of
from rules.policy import Policy

MOST_VISITS = 60_000

# What makes a wait begin that is not there yet: the event is put before the timer's.
_BEGINS: dict[TimerName, Callable[[Conversation], Event | None]] = {
    TimerName.VISITOR_AWAY: lambda c: ev.VisitorDisconnected(),
    TimerName.AGENT_AWAY: lambda c: None if c.agent_id is None else ev.AgentDisconnected(c.agent_id),
}

# Events that change nothing by themselves, and actions that only start a timer anew: nothing new comes of them.
_PLAIN = frozenset(
    {"VisitorWrote", "AgentWrote", "MessageLeft", *(name for names in AT_WILL.values() for name in names)}
)
_INERT = frozenset({"restart_idle"})

_TIMED = frozenset(
    type(make()).__name__ for timer, make in EVENT_OF_TIMER.items() if timer is not TimerName.BOT
)

_OPEN_STATES = (State.CHAT, State.QUEUED, State.VIDEO_LOBBY, State.IN_VIDEO)


def explore(policy: Policy) -> Explored:
    """Search everything that ``policy`` allows. Stops after `MOST_VISITS`, and says so."""
    return _Search(policy).run()


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the rows were asked, by which step, and what it came to."""

    question: Question
    step: Step
    now: datetime
    outcome: Outcome


class _Search:
    def __init__(self, policy: Policy) -> None:
        self._policy = remembering(policy)
        self._memory = self._policy.memory
        rows = policy.lifecycle.rows
        conditions = {row.id: condition_of(row.guard) for row in rows}
        likeness = likeness_of(self._policy, [conditions[row.id] for row in rows])
        self._reads = {name for each in conditions.values() if each is not None for name in each.reads}
        self._kinds = likeness.kinds
        self._groups = likeness.groups
        self._priorities = sorted({0, *(row.priority for row in policy.routing.rules)})
        self._canonical = self._canonical_view()
        self._questions = Questions(self._policy, conditions, self._canonical.tracked)
        self._found = Explored(self._policy, likeness, conditions, self._canonical)
        self._rows = {row.id: row for row in rows}
        self._queue: list[tuple[int, int, Visit]] = []
        self._pushed = 0
        self._stays: set[Case] = set()
        self._not_begun: set[tuple[TimerName, State, Party]] = set()

    # --- what matters ---------------------------------------------------------------------------------------

    def _canonical_view(self) -> Canonical:
        tracked = {name for name, events in AT_WILL.items() if not all(map(self._at_will, events))}
        if self._policy.conversation.limits.proposals <= 1:
            tracked.add("proposals_made")
        if "proposal.may_repeat" in self._reads:
            tracked.add("last_decline_at")
        if "conversation.language" not in self._reads:
            tracked.discard("language")
        cameras = {self._policy.camera_for(kind.site_id, None) for kind in self._kinds}
        return Canonical(
            self._policy,
            tracked=frozenset(tracked),
            cards="card.present" in self._reads,
            groups=self._groups_matter(),
            cameras=len(cameras) > 1 or len(self._groups) > 1,
            priority="queue.priority" in self._reads,
        )

    def _groups_matter(self) -> bool:
        """Whether the group that a conversation has is seen later on. In chat any group may be chosen anew."""
        return bool(self._policy.camera.groups) or any(
            row.guard is not None
            and "group.name" in row.guard.reads
            and set(row.sources) != {State.CHAT.value}
            for row in self._policy.lifecycle.rows
        )

    def _at_will(self, event: str) -> bool:
        """Whether the event can happen at any time, and does nothing but change its field."""
        for state in _OPEN_STATES:
            for party in _parties(state, event):
                rows = self._policy.lifecycle.candidates(event, state.value, party.value)
                if not rows or rows[0].guard is not None or rows[0].to is not None or rows[0].actions:
                    return False
        return True

    # --- the search -----------------------------------------------------------------------------------------

    def run(self) -> Explored:
        found = self._found
        for bot in (True, False):
            for able in (True, False):
                self._start(bot=bot, can_video=able)
        while self._queue:
            _, _, visit = heapq.heappop(self._queue)
            fresh = visit.kinds & ~found.seen.get(visit.node, 0)
            if not fresh:
                continue
            if len(found.visits) >= MOST_VISITS:
                found.complete = False
                break
            if fresh != visit.kinds:
                visit = self._narrowed(visit, fresh)
            found.seen[visit.node] = found.seen.get(visit.node, 0) | fresh
            found.visits.append(visit)
            if visit.conversation.state is not State.CLOSED:
                self._expand(visit)
        found.complete = found.complete and self._questions.complete
        return found

    def _start(self, *, bot: bool, can_video: bool) -> None:
        kind = self._kinds[0]
        given = {"site_id": kind.site_id, "device": kind.device.value, "bot": bot, "can_video": can_video}
        event = started(given)
        outcome = decide(None, event, Facts(), self._policy, BEGINNING)
        assert isinstance(outcome, Moved)  # noqa: S101 - nothing can refuse a start
        c = evolve(None, outcome.changes)
        every = (1 << len(self._kinds)) - 1
        self._push(Visit(c, BEGINNING, every, NOTHING_YET, None, (Step(event),), 1, self._canonical(c)))

    def _push(self, visit: Visit) -> None:
        self._pushed += 1
        heapq.heappush(self._queue, (visit.length, self._pushed, visit))

    def _narrowed(self, visit: Visit, kinds: int) -> Visit:
        """The visit for some of its kinds only."""
        if visit.kinds == kinds:
            return visit
        return replace(visit, kinds=kinds, conversation=self._of_kind(visit.conversation, kinds))

    def _of_kind(self, c: Conversation, kinds: int) -> Conversation:
        """The conversation on the first site of a set of kinds."""
        kind = self._kinds[(kinds & -kinds).bit_length() - 1]
        if (c.site_id, c.device) == (kind.site_id, kind.device):
            return c
        return replace(c, site_id=kind.site_id, device=kind.device)

    # --- what can happen ------------------------------------------------------------------------------------

    def _expand(self, visit: Visit) -> None:
        c = visit.conversation
        for timer in TimerName:
            self._timer(visit, timer)
        escalating = sum(bit for bit in _bits(visit.kinds) if self._kinds[bit.bit_length() - 1].escalates)
        for name, kind in KINDS.items():
            case = (name, c.state.value, c.party.value)
            if name in _TIMED or self._known_to_stay(case):
                continue
            reads = self._policy.lifecycle.reads(*case)
            if reads is None and not happens_anyway(kind, c) and name not in ALWAYS_POSSIBLE:
                continue
            domains = self._questions.domains(case)
            for event in events_of(kind, c, groups=self._groups, cards=escalating != 0, told=domains):
                if timer_of(event) is not None:
                    continue
                shown = isinstance(event, ev.TransferRequested) and event.verdict.escalates
                kinds = escalating if shown else visit.kinds
                here = self._of_kind(c, kinds)
                self._happen(Occasion(visit, kinds, (), here, visit.now, event, {}, None), reads)

    def _known_to_stay(self, case: Case) -> bool:
        """Whether every row of the case is known to work, and can only leave the conversation as it is."""
        if case in self._stays:
            return True
        if case[0] not in _PLAIN:
            return False
        rows = self._questions.rows(case)
        inert = all(row.to is None and _INERT.issuperset(row.actions) for row in rows)
        if rows and inert and all(row.id in self._found.moved for row in rows):
            self._stays.add(case)
            return True
        return False

    def _timer(self, visit: Visit, timer: TimerName) -> None:
        c, now, before = visit.conversation, visit.now, ()
        if timer not in c.timers:
            begins = _BEGINS.get(timer)
            event = (
                begins(c) if begins is not None and (timer, c.state, c.party) not in self._not_begun else None
            )
            if event is None:
                return
            led = self._led(c, event, now)
            if led is None or timer not in led.timers:
                self._not_begun.add((timer, c.state, c.party))
                return
            c, now, before = led, now + MOMENT, (Step(event),)
        due = EVENT_OF_TIMER[timer]()
        reads = self._policy.lifecycle.reads(type(due).__name__, c.state.value, c.party.value)
        self._happen(Occasion(visit, visit.kinds, before, c, now, due, {}, None), reads)

    def _led(self, c: Conversation, event: Event, now: datetime) -> Conversation | None:
        """The conversation after an event that changes a field at will; None when it does not do that."""
        outcome = self._decided(c, event, facts_from({}, event, c, self._policy), now + MOMENT)
        return evolve(c, outcome.changes) if isinstance(outcome, Moved) else None

    def _decided(self, c: Conversation, event: Event, facts: Facts, now: datetime) -> Outcome:
        self._found.decisions += 1
        return decide(c, event, facts, self._policy, now)

    # --- one event ------------------------------------------------------------------------------------------

    def _happen(self, occasion: Occasion, reads: tuple[str, ...] | None) -> None:
        for group in self._groups_for(occasion.c, occasion.event):
            here = occasion if group is None else replace(occasion, assumed={"group.name": group})
            for after in self._moments(here, reads):
                self._ask(here if after is None else replace(here, after=after))

    def _groups_for(self, c: Conversation, event: Event) -> tuple[str | None, ...]:
        """The groups that the routing may name. One None: the rules cannot tell groups apart."""
        if len(self._groups) == 1:
            return (None,)
        named: str | None = getattr(event, "group", None)
        if named is None and c.state is not State.CHAT:
            named = c.group
        if named is not None or c.party is Party.AGENT:
            return (named or c.group,)
        return self._groups

    def _moments(self, occasion: Occasion, reads: tuple[str, ...] | None) -> tuple[timedelta | None, ...]:
        """How much later it may happen, where that makes a difference. None: a moment later, or when due."""
        declined = occasion.c.last_decline_at
        if (
            declined is None
            or reads is None
            or "proposal.may_repeat" not in reads
            or timer_of(occasion.event) is not None
        ):
            return (None,)
        pause = self._policy.conversation.timers.proposal_pause - (occasion.now - declined)
        return (None, pause) if pause > MOMENT else (None,)

    def _ask(self, occasion: Occasion) -> None:
        """Let it happen with the usual facts, and again with others for each other row that can win.

        Kinds of conversations that decide alike are moved together.
        """
        case = occasion.case
        if not self._questions.about_site(case):
            answer = self._usual(occasion, case)
            if answer is not None:
                self._answered(occasion, answer)
            return
        alike: dict[Question, tuple[Occasion, _Answer]] = {}
        for kinds in _bits(occasion.kinds):
            here = replace(occasion, c=self._of_kind(occasion.c, kinds), kinds=kinds)
            answer = self._usual(here, case)
            if answer is None:
                continue
            known = alike.get(answer.question)
            if known is None:
                alike[answer.question] = (here, answer)
            else:
                alike[answer.question] = (replace(known[0], kinds=known[0].kinds | kinds), known[1])
        for here, answer in alike.values():
            self._answered(here, answer)

    def _usual(self, occasion: Occasion, case: Case) -> _Answer | None:
        """What the rows are asked when it happens with the usual facts, and what that comes to. None: a law refuses."""
        c, event = occasion.c, occasion.event
        step = Step(event, occasion.assumed, occasion.after)
        facts = facts_from(occasion.assumed, event, c, self._policy)
        now = moment_of(step, c, occasion.now)
        self._memory.asked = None
        outcome = self._decided(c, event, facts, now)
        asked = self._memory.asked
        if asked is None:
            return None
        question = self._questions.question(case, asked, facts, c, event)
        if question not in self._found.questions:
            self._found.questions[question] = occasion
        return _Answer(question, step, now, outcome)

    def _answered(self, occasion: Occasion, answer: _Answer) -> None:
        row = self._settle(occasion, answer.step, answer.now, answer.outcome)
        trials = self._questions.trials(answer.question)
        if len(trials) == 1:
            return
        settled = {row}
        for trial in sorted(trials, key=lambda each: preparations(occasion.c, each.facts)):
            if trial.row not in settled and self._tried(occasion, trial):
                settled.add(trial.row)

    def _tried(self, occasion: Occasion, trial: Trial) -> bool:
        """Let it happen with the facts of a trial. False: a law refused, and other facts may do better."""
        c, now, before = occasion.c, occasion.now, occasion.before
        after, facts = occasion.after, dict(occasion.assumed)
        for name, value in trial.facts.items():
            field = FIELD_OF_FACT.get(name)
            if name == "queue.waited" and c.queue is not None:
                late = timedelta(seconds=float(value)) - (now - c.queue.entered_at)
                after = max(late, MOMENT) if timer_of(occasion.event) is None else after
            elif field is None:
                facts[name] = value
            elif getattr(c, field) != value:
                change = change_of(field, value)
                led = self._led(c, change, now)
                if led is None:
                    return False
                c, now, before = led, now + MOMENT, (*before, Step(change))
        step = Step(occasion.event, facts, after)
        moment = moment_of(step, c, now)
        self._memory.asked = None
        outcome = self._decided(c, step.event, facts_from(facts, step.event, c, self._policy), moment)
        if self._memory.asked is None:
            visit = self._narrowed(occasion.visit, occasion.kinds)
            if trial.row is not None:
                self._found.refused.setdefault(
                    (trial.row, _reason(outcome)), Example(visit, (*before, step), outcome)
                )
            return False
        self._settle(replace(occasion, c=c, now=now, before=before), step, moment, outcome)
        return True

    def _settle(self, occasion: Occasion, step: Step, now: datetime, outcome: Outcome) -> str | None:
        """Keep what it came to. The row that decided, if one did."""
        visit = self._narrowed(occasion.visit, occasion.kinds)
        example = Example(visit, (*occasion.before, step) if occasion.before else (step,), outcome)
        match outcome:
            case Moved():
                self._follow(occasion, step, now, outcome, example)
                return outcome.decision.row
            case Denied(reason) if outcome.decision.row is not None:
                key = (outcome.decision.row, reason.removeprefix("law:"))
                self._found.broken.setdefault(key, example)
                return outcome.decision.row
            case Denied() | Illegal():
                name, c = type(step.event).__name__, occasion.c
                if happens_anyway(type(step.event), c) or name in ALWAYS_POSSIBLE:
                    self._found.unanswered.setdefault((name, c.state, c.party), example)
                return None
            case _:
                return None

    def _follow(
        self, occasion: Occasion, step: Step, now: datetime, outcome: Moved, example: Example
    ) -> None:
        """The conversation after a move: judged, and queued for a visit unless it is known."""
        found, before, visit = self._found, occasion.c, occasion.visit
        row = outcome.decision.row
        if row is not None:
            found.moved.setdefault(row, example)
        elif (timer := timer_of(step.event)) is not None:
            found.unmoved.setdefault(timer, example)
        after = evolve(before, outcome.changes)
        if row is not None:
            found.ways[row].add(((before.state, before.party), (after.state, after.party)))
        account = account_after(visit.account, before, step.event, after)
        for code in violations(before, step.event, after, visit.account, self._policy):
            found.violations.setdefault((code, row or ""), example)
        node = (self._canonical(after), account)
        edges = found.edges[visit.node]
        edges[node] = edges.get(node, 0) | occasion.kinds
        if node != visit.node and occasion.kinds & ~found.seen.get(node, 0):
            length = visit.length + len(example.steps)
            self._push(
                Visit(after, now, occasion.kinds, account, example.visit, example.steps, length, node[0])
            )
        if self._canonical.priority and before.queue is None and after.queue is not None:
            self._with_priorities(occasion, step, now)

    def _with_priorities(self, occasion: Occasion, step: Step, now: datetime) -> None:
        """The same entry into the queue, with the other priorities that a routing rule may give."""
        if "queue.priority" in step.facts:
            return
        for priority in self._priorities:
            if priority != 0:
                facts: Values = {**step.facts, "queue.priority": priority}
                again = Step(step.event, facts, step.after)
                given = facts_from(facts, step.event, occasion.c, self._policy)
                outcome = self._decided(occasion.c, step.event, given, now)
                self._settle(occasion, again, now, outcome)


def _parties(state: State, event: str) -> tuple[Party, ...]:
    """Whom the visitor may be talking with when an event of `AT_WILL` happens in a state."""
    if state is State.QUEUED:
        return () if event.startswith("Agent") else (Party.NONE,)
    if event.startswith("Agent") or state is not State.CHAT:
        return (Party.AGENT,)
    return tuple(Party)


def _reason(outcome: Outcome) -> str:
    reason: str = getattr(outcome, "reason", "")
    return reason


def _bits(kinds: int) -> Iterator[int]:
    while kinds:
        yield kinds & -kinds
        kinds &= kinds - 1
