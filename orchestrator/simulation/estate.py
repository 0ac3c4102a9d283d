"""An estate under virtual time: conversations, agents and the floor, moved by `decide` and nothing else.

What the live service does with a database, sockets and tasks is done here in memory, in one thread and in a fixed
order: an event is decided with the facts of that moment, its outcome is folded, timers ring when they are due, and the
distribution makes its passes. Nothing here decides anything itself, so that what holds here holds in the service.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

from orchestrator.application.agent_consequences import consequences_of
from orchestrator.application.distribution import AT_ONCE, LATER, MOST_REFUSALS, why_not
from orchestrator.application.floor import seat_of
from orchestrator.application.records import Agent
from orchestrator.domain import effects as fx
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Purpose, State, TimerName
from orchestrator.domain.decide import decide
from orchestrator.domain.distribution import asks_in, end_of_wait, is_settled, search_of, waiting_of
from orchestrator.domain.events import Event
from orchestrator.domain.evolve import evolve
from orchestrator.domain.facts import Facts
from orchestrator.domain.floor import Floor, GroupRules, Match, Waiting
from orchestrator.domain.follow_up import holdings
from orchestrator.domain.outcome import Moved, Outcome
from orchestrator.domain.timers import EVENT_OF_TIMER
from orchestrator.simulation.reads import Reads
from orchestrator.simulation.waits import Waits
from rules.hours import group_open
from rules.policy import Policy

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Happened:
    """One event that was decided: ``after`` is ``before`` unless it moved."""

    at: datetime
    conversation_id: str
    event: Event
    facts: Facts
    before: Conversation | None
    outcome: Outcome
    after: Conversation | None


Listener = Callable[[Happened], None]


class Estate:
    """Everything happens at ``now``, which `advance_to` moves.

    ``keep_closed`` False forgets conversations once they are closed: a day of many needs no more memory than its peak.
    """

    def __init__(self, policy: Policy, now: datetime, *, keep_closed: bool = True) -> None:
        self.policy = policy
        self.now = now
        self.conversations: dict[str, Conversation] = {}
        self.agents: dict[str, Agent] = {}
        self.floor = Floor()
        self.waits = Waits(policy, self.floor)
        self._held: dict[str, set[str]] = {}
        self._reads = Reads(
            policy, self.floor, self.agents, self.conversations, self._held, self.waits.estimates
        )
        self._listeners: list[Listener] = []
        self._keep_closed = keep_closed
        self._order = count()
        self._ids = count(1)
        self._due: list[tuple[datetime, int, Callable[[], None]]] = []
        self._waiting: dict[str, Waiting] = {}
        self._unsettled: set[str] = set()
        self._came: set[str] = set()
        self._closed: set[str] = set()
        self._has_hours = any(spec.hours != "always" for spec in policy.routing.groups.values())
        self._changed = False
        self._passing = False
        self.floor.configure({name: GroupRules.of(spec) for name, spec in policy.routing.groups.items()})
        self._look_at_hours()

    def listen(self, listener: Listener) -> None:
        """Be told of every event after it was decided."""
        self._listeners.append(listener)

    # --- time -----------------------------------------------------------------------------------------

    def at(self, when: datetime, act: Callable[[], None]) -> None:
        """Let ``act`` happen at ``when``; of one moment, in the order in which this was asked for."""
        heapq.heappush(self._due, (max(when, self.now), next(self._order), act))

    def advance_to(self, until: datetime) -> None:
        """Let everything happen that is due up to and at ``until``."""
        while True:
            floor_at = self.floor.next_change()
            due_at = self._due[0][0] if self._due else None
            moments = [at for at in (floor_at, due_at) if at is not None and at <= until]
            if not moments:
                break
            self.now = max(self.now, min(moments))
            self.floor.advance(self.now)
            if due_at is not None and due_at <= self.now:
                heapq.heappop(self._due)[2]()
            else:
                self._changed = True
            self._distribute()
        self.now = max(self.now, until)

    def _look_at_hours(self) -> None:
        for name, spec in self.policy.routing.groups.items():
            is_open = group_open(spec, self.now)
            self.floor.set_open(name, is_open)
            (self._closed.discard if is_open else self._closed.add)(name)
        self._changed = True
        if self._has_hours:
            self.at(self.now.replace(second=0, microsecond=0) + MINUTE, self._look_at_hours)

    # --- people -----------------------------------------------------------------------------------------

    def put_agent(self, agent: Agent) -> None:
        """An agent as they are now, new or changed. Coming back to work counts as getting idle."""
        before = self.agents.get(agent.id)
        offered = (agent.chat_state, agent.video_state, agent.sockets > 0)
        if before is None or offered != (before.chat_state, before.video_state, before.sockets > 0):
            self._came.add(agent.id)
            agent = replace(agent, idle_since=agent.idle_since if before is None else self.now)
        self._seat(agent)
        self._distribute()

    def _seat(self, agent: Agent) -> None:
        self.agents[agent.id] = agent
        self.floor.seat(seat_of(agent, self.policy, self.now))
        self._changed = True

    def load_of(self, agent_id: str) -> tuple[int, int]:
        """(chats, videos) that an agent holds, open invitations counted."""
        load = self._reads.load(agent_id)
        return load.chat, load.video

    def facts_for_pages(self, conversation_id: str) -> Facts:
        return self._reads.facts_for_pages(self.conversations[conversation_id], self.now)

    # --- events -----------------------------------------------------------------------------------------

    def new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._ids)}"

    def submit(self, conversation_id: str, event: Event) -> Happened:
        """Decide an event now, fold what it comes to, and let the distribution do what follows."""
        happened = self._decide(conversation_id, event)
        self._distribute()
        return happened

    def _decide(self, conversation_id: str, event: Event) -> Happened:
        before = self.conversations.get(conversation_id)
        facts = self._reads.facts(before, event, self.now)
        outcome = decide(before, event, facts, self.policy, self.now)
        after = before
        if isinstance(outcome, Moved):
            after = evolve(before, outcome.changes)
            self._commit(before, after, event, outcome)
        happened = Happened(self.now, conversation_id, event, facts, before, outcome, after)
        for listener in self._listeners:
            listener(happened)
        return happened

    def _commit(self, before: Conversation | None, after: Conversation, event: Event, outcome: Moved) -> None:
        held, holds = (holdings(before) if before is not None else {}), holdings(after)
        self.conversations[after.id] = after
        for agent_id in holds:
            self._held.setdefault(agent_id, set()).add(after.id)
        for agent_id in held.keys() - holds.keys():
            self._held[agent_id].discard(after.id)
        self._ring(before, after)
        turned = {effect.agent_id for effect in outcome.effects if isinstance(effect, fx.DrainQueue)}
        if isinstance(event, ev.AgentAccepted | ev.AgentAssigned):
            turned.add(event.agent_id)
        for agent_id in sorted(turned):
            # Who took something or got free: the longest idle are asked first.
            agent = self.agents.get(agent_id)
            if agent is not None:
                self._seat(replace(agent, idle_since=self.now))
        self._consequences(before, after, event)
        self.waits.follow(before, after, event, self.now)
        self._put(after)
        if any(isinstance(effect, fx.FindAgent | fx.DrainQueue) for effect in outcome.effects):
            self._changed = True
        if after.state is State.CLOSED and not self._keep_closed:
            del self.conversations[after.id]

    def _put(self, c: Conversation) -> None:
        waiting = waiting_of(c, self.policy, self.policy)
        self.floor.hold(c.id, c.version, holdings(c))
        if waiting is None:
            self.floor.leave(c.id, c.version)
            self._waiting.pop(c.id, None)
        else:
            self.floor.wait(waiting, c.version)
            self._waiting[c.id] = waiting
        if waiting is not None and not is_settled(c, self.policy, self.policy):
            self._unsettled.add(c.id)
        else:
            self._unsettled.discard(c.id)

    def _consequences(self, before: Conversation | None, after: Conversation, event: Event) -> None:
        found = consequences_of(before, after, event, self.policy)
        if found.answered is not None and found.answered in self.agents:
            self.agents[found.answered] = replace(self.agents[found.answered], missed=0)
        if found.missed is not None:
            self._miss(*found.missed)
        if found.wrap_up is not None:
            agent = self.agents.get(found.wrap_up[0])
            until = self.now + found.wrap_up[1]
            if agent is not None:
                self._seat(replace(agent, wrap_up_until=max(until, agent.wrap_up_until or until)))

    def _miss(self, agent_id: str, limit: int | None) -> None:
        agent = self.agents.get(agent_id)
        if agent is None:
            return
        if limit is None or agent.missed + 1 < limit:
            self._seat(replace(agent, missed=agent.missed + 1))
            return
        chat, video = (
            "paused" if state == "available" else state for state in (agent.chat_state, agent.video_state)
        )
        self._seat(replace(agent, missed=0, chat_state=chat, video_state=video))

    def _ring(self, before: Conversation | None, after: Conversation) -> None:
        known = before.timers if before is not None else {}
        for name, deadline in after.timers.items():
            if known.get(name) != deadline:
                self.at(deadline, self._alarm(after.id, name, deadline))

    def _alarm(self, conversation_id: str, name: TimerName, deadline: datetime) -> Callable[[], None]:
        def ring() -> None:
            c = self.conversations.get(conversation_id)
            if c is not None and c.timers.get(name) == deadline:
                self._decide(conversation_id, EVENT_OF_TIMER[name]())

        return ring

    # --- the distribution: a pass, as `application.distribution` makes it ---------------------------------

    def _distribute(self) -> None:
        if not self._changed or self._passing:
            return
        self._passing = True
        refusals: dict[str, int] = {}
        try:
            while True:
                self._changed = False
                reopened = self._reopen()
                pairs = self.floor.matches(self.now, AT_ONCE)
                for pair in pairs:
                    self._invite(pair, refusals)
                if pairs or reopened:
                    continue
                ended = sum([self._end(name) for name in self._to_be_ended()])
                if not ended:
                    break
        finally:
            self._passing = False
        vain = [name for name, times in refusals.items() if times >= MOST_REFUSALS]
        for name in vain:
            self.floor.release(name)
        if vain:
            self.at(self.now + LATER, self._look_again)

    def _look_again(self) -> None:
        self._changed = True

    def _reopen(self) -> bool:
        came, self._came = self._came, set()
        there = [
            agent
            for name in came
            if (agent := self.agents.get(name)) is not None
            and agent.sockets > 0
            and (agent.chat_present or agent.video_present)
        ]
        if not there:
            return False
        groups = frozenset(
            name for agent in there for name, _ in seat_of(agent, self.policy, self.now).profile.groups
        )
        resting = [
            name
            for name, waiting in self._waiting.items()
            if waiting.resting and not waiting.invited and asks_in(waiting, groups, self.now)
        ]
        for name in sorted(resting):
            self._decide(name, ev.RoundReopened("presence"))
        return bool(resting)

    def _invite(self, pair: Match, refusals: dict[str, int]) -> None:
        c, waiting = self.conversations[pair.conversation_id], self._waiting[pair.conversation_id]
        want = pair.choice.want
        agent = self.agents[pair.agent_id]
        if want is not None and why_not(agent, self.load_of(agent.id), want, self.policy, self.now) is None:
            offer = ev.AgentInvited(
                invitation_id=self.new_id("invitation-"),
                agent_id=agent.id,
                purpose=Purpose.OFFER if c.queue is not None else Purpose.TRANSFER,
                search=search_of(waiting, pair.choice, self.now),
            )
            if isinstance(self._decide(c.id, offer).outcome, Moved):
                return
        refusals[c.id] = refusals.get(c.id, 0) + 1
        if refusals[c.id] < MOST_REFUSALS:
            self.floor.release(c.id)

    def _to_be_ended(self) -> list[str]:
        closed = (one for group in self._closed for one in self.floor.line(group))
        return sorted(self._unsettled | {one.id for one in closed if not one.invited})

    def _end(self, conversation_id: str) -> bool:
        c, waiting = self.conversations.get(conversation_id), self._waiting.get(conversation_id)
        if c is None or waiting is None or waiting.invited:
            return False
        choice = self.floor.choose(waiting, self.now)
        event = end_of_wait(c, waiting, choice, self.policy, self.policy, self.now)
        return event is not None and isinstance(self._decide(conversation_id, event).outcome, Moved)
