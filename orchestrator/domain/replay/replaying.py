"""One recorded conversation through a draft policy, with the production decision.

Theory of operation. Two conversations are folded side by side: the recorded one, by the changes that were stored, and
the draft's, by what `decide` says under the draft. As long as they agree, each recorded event is one that would have
come under the draft as well. After the first step that leaves them apart it is not, so nothing after it is compared.

What the draft asks and nobody recorded is tried with every value it can have. Where the answer is always the same, the
fact does not matter; where it is not, or where the values cannot be counted, the answer is "cannot tell".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product
from typing import Any

from orchestrator.domain.conversation import Conversation
from orchestrator.domain.decide import decide
from orchestrator.domain.events import ConversationStarted, Event, TransferRequested
from orchestrator.domain.evolve import difference, evolve
from orchestrator.domain.facts import Facts
from orchestrator.domain.invariants import LIVE_VIDEO
from orchestrator.domain.outcome import Denied, Ignored, Illegal, Moved, Outcome
from orchestrator.domain.replay.card import UNKNOWN_CARD, card_under
from orchestrator.domain.replay.recording import Answer, Difference, Kind, Recording, Replayed, Step
from orchestrator.domain.replay.waiting import WHOM, wait_under
from orchestrator.domain.replay.world import world_of
from orchestrator.domain.timers import timer_of
from rules.facts import FACT_BY_NAME, FactValue
from rules.policy import Policy

PolicyOf = Callable[[str], Policy | None]
"""A policy by its revision; None when it cannot be had any more."""

MOST_TRIALS = 64
HISTORY = "the beginning of the conversation"
"""Missing, or of a version that knew other fields."""
ROOM = frozenset({"agent.free_chat", "agent.free_video"})
"""What laws and actions ask of an agent, whatever the guards read."""

# What differs without any consequence that a row could see: which policy it is pinned to, and until when waits last
# (that is compared by what becomes due).
_NOT_COMPARED = frozenset({"policy_revision", "timers"})


def replay_recording(recording: Recording, draft: Policy, policy_of: PolicyOf) -> Replayed:
    """What the draft does with the events of a conversation, as far as they would have come under it."""
    counts: Counter[Kind] = Counter()
    differences: list[tuple[int, Difference]] = []
    pair = _Pair(draft, policy_of, recording.revision)
    for number, step in enumerate(recording.steps):
        difference = pair.take(step)
        counts[difference.kind if difference is not None else "same"] += 1
        if difference is not None:
            differences.append((step.version, difference))
        if pair.apart:
            rest = len(recording.steps) - number - 1
            if rest:
                counts["not_compared"] += rest
            break
    return Replayed(recording.conversation_id, counts, tuple(differences))


@dataclass(frozen=True, slots=True)
class _Trial:
    """What the draft says to values of facts that nobody knows."""

    values: Mapping[str, FactValue]
    outcome: Outcome


class _Pair:
    """The conversation as it was, and as the draft makes it."""

    def __init__(self, draft: Policy, policy_of: PolicyOf, revision: str) -> None:
        self._draft = draft
        self._policy_of = policy_of
        self._pinned = policy_of(revision)
        self._was: Conversation | None = None
        self._now: Conversation | None = None
        self._last: datetime | None = None
        self.apart = False

    def take(self, step: Step) -> Difference | None:
        """Compare one step, and go on to the next if both are alike after it."""
        after = _folded(self._was, step)
        was = (
            Answer(None, None, step.refused) if step.refused is not None else Answer(step.row, _target(after))
        )
        if step.body is None:
            return self._stop("cannot_tell", step, was, None, step.unreadable or f"the event {step.event}")
        if after is None or (self._now is None and not isinstance(step.body, ConversationStarted)):
            return self._stop("cannot_tell", step, was, None, HISTORY)
        event = self._event(step.body)
        if event == UNKNOWN_CARD:
            return self._stop("denied_now", step, was, Answer(None, None, UNKNOWN_CARD))
        if isinstance(event, str):
            return self._stop("cannot_tell", step, was, None, event)
        rings = self._other_time(event, step.at)
        if rings is not None:
            return self._stop("other_time", step, was, None, rings)
        waits = self._other_wait(step, event)
        if waits is not None:
            return self._stop("cannot_tell" if waits == WHOM else "other_time", step, was, None, waits)
        outcome = self._decide(step, event)
        if isinstance(outcome, tuple):
            return self._stop("cannot_tell", step, was, None, *outcome)
        return self._compare(step, was, after, outcome)

    # --- what the draft is asked -------------------------------------------------------------------------

    def _event(self, event: Event) -> Event | str:
        """The event as it would have come under the draft, or what is missing to tell."""
        if isinstance(event, TransferRequested) and self._now is not None:
            return card_under(event, self._now, self._pinned, self._draft)
        return event

    def _other_time(self, event: Event, at: datetime) -> str | None:
        """The timer that would have rung before this event, or that would not ring yet."""
        if self._now is None or self._was is None:
            return None
        mine = timer_of(event)
        for timer, deadline in sorted(self._now.timers.items()):
            then = self._was.timers.get(timer)
            if timer is mine:
                if deadline > at and then is not None and then <= at:
                    return f"later:{timer.value}"
                if deadline < at and then is not None and deadline < then:
                    return f"sooner:{timer.value}"
            elif deadline < at and (then is None or deadline < then):
                return f"sooner:{timer.value}"
        return None

    def _other_wait(self, step: Step, event: Event) -> str | None:
        """What the distribution would have made of the wait before this event under the draft, if not the same."""
        last, self._last = self._last or step.at, step.at
        if self._now is None:
            return None
        live = self._live_then(step)
        then = (self._pinned, live) if self._pinned is not None and live is not None else None
        return wait_under(event, self._now, then, self._draft, step.at, last)

    def _live_then(self, step: Step) -> Policy | None:
        """The policy that groups were taken from."""
        live = step.facts.live if step.facts is not None else None
        return self._policy_of(live) if live is not None else self._pinned

    def _decide(self, step: Step, event: Event) -> Outcome | tuple[str, ...]:
        """What the draft says; else the names of the facts that are missing."""
        now = self._now
        if now is None:
            return decide(None, event, Facts(), self._draft, step.at)
        then = self._live_then(step)
        room = step.refused != "agent_full"
        world = world_of(step, event, now, self._pinned, then, self._draft, room=room)
        missing = world.unknown & ROOM if _asks_for_room(event) else frozenset[str]()
        while True:
            trials = [
                _Trial(values, decide(now, event, world.given(values), self._draft, step.at))
                for values in _values_of(missing)
            ]
            if not trials:
                return tuple(sorted(missing))
            read = frozenset(name for trial in trials for name in _read(trial.outcome)) & world.unknown
            if read <= missing:
                return tuple(name for name in sorted(missing) if _matters(name, trials)) or trials[0].outcome
            missing |= read

    # --- how it compares -----------------------------------------------------------------------------------

    def _compare(
        self, step: Step, was: Answer, after: Conversation | None, outcome: Outcome
    ) -> Difference | None:
        now = evolve(self._now, outcome.changes) if isinstance(outcome, Moved) else None
        answer = _answer(outcome, now)
        if step.refused is not None:
            if isinstance(outcome, Moved):
                return self._stop("allowed_now", step, was, answer)
            if answer.reason != was.reason:
                return Difference("other_details", step.event, was, answer, ("reason",))
            return None
        if not isinstance(outcome, Moved) or after is None or now is None:
            return self._stop("denied_now", step, was, answer)
        self._was, self._now = after, now
        why = (*_apart(after, now), *self._camera())
        said = _said(step, outcome)
        if (was.row is None) != (answer.row is None):
            # A timer that no row takes is set again.
            return self._stop("denied_now" if answer.row is None else "allowed_now", step, was, answer)
        if was.target != answer.target:
            return self._stop("other_target", step, was, answer)
        if why:
            return self._stop("other_details", step, was, answer, *why, *said)
        if said:
            return Difference("other_details", step.event, was, answer, said)
        return Difference("other_row", step.event, was, answer) if was.row != answer.row else None

    def _camera(self) -> tuple[str, ...]:
        """Whether another camera policy would be in force in a call."""
        c = self._was
        if c is None or c.state not in LIVE_VIDEO or self._pinned is None:
            return ()
        before, after = (policy.camera_for(c.site_id, c.group) for policy in (self._pinned, self._draft))
        return ("camera",) if before != after else ()

    def _stop(self, kind: Kind, step: Step, was: Answer, now: Answer | None, *why: str) -> Difference:
        self.apart = True
        return Difference(kind, step.event, was, now, why)


def _folded(before: Conversation | None, step: Step) -> Conversation | None:
    """The recorded conversation after a step; None where it cannot be folded any more."""
    try:
        return evolve(before, step.changes)
    except TypeError:
        # Without its beginning, or of a version that knew other fields.
        return None


def _answer(outcome: Outcome, after: Conversation | None) -> Answer:
    match outcome:
        case Moved():
            return Answer(outcome.decision.row, _target(after))
        case Denied(reason) | Ignored(reason):
            return Answer(None, None, reason)
        case Illegal():
            return Answer(None, None, "no_row")


def _target(c: Conversation | None) -> str:
    """Where a conversation is: its state, and with whom where that is not plain from it."""
    if c is None:
        return "?"
    return f"{c.state.value} ({c.party.value})" if c.state.value == "chat" else c.state.value


def _asks_for_room(event: Event) -> bool:
    return type(event).__name__ in ("AgentInvited", "AgentAccepted", "AgentAssigned")


def _read(outcome: Outcome) -> Iterator[str]:
    if isinstance(outcome, Moved | Denied):
        yield from outcome.decision.facts
        for miss in outcome.decision.near_misses:
            yield from miss.values


def _told(outcome: Outcome) -> tuple[object, ...]:
    """What of an outcome a replay tells."""
    match outcome:
        case Moved():
            decision = outcome.decision
            changes = {name: value for name, value in outcome.changes.items() if name not in _NOT_COMPARED}
            return ("moved", decision.row, decision.to, decision.actions, decision.say, changes)
        case Denied(reason) | Ignored(reason):
            return ("refused", reason)
        case Illegal():
            return ("refused", "no_row")


def _matters(name: str, trials: Sequence[_Trial]) -> bool:
    """Whether the draft says something else for another value of this fact alone."""
    said: dict[frozenset[tuple[str, FactValue]], tuple[object, ...]] = {}
    for trial in trials:
        others = frozenset(pair for pair in trial.values.items() if pair[0] != name)
        if said.setdefault(others, _told(trial.outcome)) != _told(trial.outcome):
            return True
    return False


def _values_of(names: frozenset[str]) -> list[dict[str, FactValue]]:
    """Every combination of values of some facts; none at all where they cannot be counted, or are too many."""
    choices: list[tuple[FactValue, ...]] = []
    trials = 1
    for name in sorted(names):
        fact = FACT_BY_NAME[name]
        values: tuple[FactValue, ...] = (False, True) if fact.type == "bool" else fact.values
        if not values or name.startswith("queue."):
            return []
        trials *= len(values)
        choices.append(values)
    if trials > MOST_TRIALS:
        return []
    return [dict(zip(sorted(names), values, strict=True)) for values in product(*choices)]


def _said(step: Step, outcome: Moved) -> tuple[str, ...]:
    """What the row did or said otherwise, though the conversation is the same after it."""
    decision = outcome.decision
    pairs = (("actions", step.actions, decision.actions), ("lines", step.say, decision.say))
    return tuple(name for name, then, now in pairs if then != now)


def _apart(was: Conversation, now: Conversation) -> Iterator[str]:
    """The fields in which two conversations differ for more than the time that a wait may last."""
    for name, since in difference(was, now).items():
        if name not in _NOT_COMPARED and _lasting(name, getattr(was, name)) != _lasting(name, since):
            yield name


def _lasting(name: str, value: Any) -> object:
    """A field without what follows from durations or from the order in the line alone."""
    if value is None:
        return None
    match name:
        case "invitation" | "proposal":
            return replace(value, expires_at=None)
        case "queue":
            return replace(value, rank_at=None, sticky_agent=None)
        case "resume_until":
            return True
        case _:
            return value
