"""Pairing who waits with who is free: the floor proposes, a transaction decides.

One process at a time distributes for all (a lease), so that lines are served in their order; that nobody gets too
much does not depend on it: each pair is checked against the locked truth before it is committed. What brought a pair
about comes as an effect of the outbox (`FindAgent`, `DrainQueue`), so that nothing is lost with a process; an effect
that is carried out by another process becomes a hint to the one that distributes.

A *pass* works everything off: rounds that a presence reopens, all pairs, then those who may not just wait on. It looks
at what is, not at what happened, so that a pass that comes late or twice does no harm.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from orchestrator.application.background import Background
from orchestrator.application.floor import InLine, LiveFloor, seat_of
from orchestrator.application.handle_event import EventHandler, EventMaker, Handled, Moment
from orchestrator.application.ports import Bus, Clock, Ids, Policies
from orchestrator.application.records import Agent
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Purpose
from orchestrator.domain.distribution import asks_in, end_of_wait, search_of, waiting_of
from orchestrator.domain.events import Event
from orchestrator.domain.floor import GroupRules, Match, Want
from orchestrator.domain.floor.reasons import Condition, LeftOut, why_left_out
from rules.hours import group_open
from rules.policy import Policy

log = structlog.get_logger(__name__)

DISTRIBUTION_TOPIC = "distribution"
AT_ONCE = 16
MOST_REFUSALS = 3
"""So often a conversation may be paired in vain in one pass; then it waits for `LATER`."""
LATER = timedelta(seconds=1)
CLAIM_EVERY = timedelta(seconds=3)
"""How often a process that does not distribute looks whether it has to, and one that does renews its lease."""
ASK_AGAIN = timedelta(milliseconds=200)
"""A process that was told that another one distributes believes it for so long."""


class Claim(Protocol):
    """The right to distribute."""

    async def held(self) -> bool: ...
    async def release(self) -> None: ...


class Distribution:
    def __init__(
        self,
        floor: LiveFloor,
        handler: EventHandler,
        bus: Bus,
        clock: Clock,
        policies: Policies,
        ids: Ids,
        claim: Claim,
    ) -> None:
        self._floor = floor
        self._policies = policies
        self._handler = handler
        self._bus = bus
        self._clock = clock
        self._ids = ids
        self._claim = claim
        self._turn = asyncio.Lock()
        self._tickets = 0
        self._served = 0
        self._again_at: datetime | None = None
        self._not_before: datetime | None = None
        self._asked = False
        self._background = Background(
            "distribution",
            self._background_turn,
            bus,
            clock,
            topic=DISTRIBUTION_TOPIC,
            look_every=CLAIM_EVERY,
        )
        floor.on_change(self._background.wake)

    # --- in the background ----------------------------------------------------------------------------

    async def start(self) -> None:
        """Distribute in the background until `stop`."""
        await self._background.start()

    async def stop(self) -> None:
        await self._background.stop()
        await self._claim.release()

    async def _background_turn(self) -> datetime | None:
        await self.run_once()
        return self.next_change()

    # --- what asks for it -----------------------------------------------------------------------------

    async def find(self, conversation_id: str) -> None:
        """This conversation waits for its next agent: a pass that sees it begins soon."""
        await self._soon()

    async def drain(self, agent_id: str) -> None:
        """This agent got free, or switched something: whoever waits may be offered."""
        self._floor.note_agents([agent_id])
        await self._soon()

    async def _soon(self) -> None:
        self._asked = True
        # Whoever asks does not wait for the pass: it would keep other effects, the invitation among them, from their
        # turn. Nothing is lost with this process: the pass looks at what is, and the next one begins with all there is.
        if self._background.running:
            self._background.wake()
        else:
            await self.run_once()

    def next_change(self) -> datetime | None:
        """When there is something to do because time has passed."""
        due = (self._not_before,) if self._not_before else (self._floor.next_change(), self._again_at)
        return min((at for at in due if at is not None), default=None)

    async def run_once(self) -> int:
        """A pass that begins after this call, here or at the process whose turn it is; returns what was decided."""
        self._tickets += 1
        ticket = self._tickets
        async with self._turn:
            if self._served >= ticket:
                return 0
            served = self._tickets
            asked, self._asked = self._asked, False
            decided = 0
            if await self._may():
                decided = await self._pass()
            elif asked:
                # What the pictures show is told by the floor's own hints; this is for what came of an effect.
                await self._bus.publish([DISTRIBUTION_TOPIC])
            self._served = served
            return decided

    async def _may(self) -> bool:
        """Whether this process distributes. Every change brings it here: the store is not asked about each."""
        now = self._clock.now()
        if self._not_before is not None and now < self._not_before:
            return False
        held = await self._claim.held()
        self._not_before = None if held else now + ASK_AGAIN
        return held

    # --- a pass ---------------------------------------------------------------------------------------

    async def _pass(self) -> int:
        refusals: dict[str, int] = {}
        self._again_at = None
        try:
            return await self._work_off(refusals)
        finally:
            # Kept reserved until now, so that this pass went on to others.
            for name, count in refusals.items():
                if count >= MOST_REFUSALS:
                    self._floor.picture.release(name)
                    self._again_at = self._clock.now() + LATER

    async def _work_off(self, refusals: dict[str, int]) -> int:
        decided = 0
        while True:
            await self._floor.refresh()
            reopened = await self._reopen()
            pairs = self._floor.picture.matches(self._clock.now(), AT_ONCE)
            made = await self._invite_all(pairs, refusals)
            for one in made:
                if isinstance(one, BaseException):
                    raise one
                decided += one
            decided += reopened
            if pairs or reopened:
                continue
            ended = sum([await self._end(name) for name in self._floor.unsettled()])
            decided += ended
            if not ended:
                return decided

    async def _reopen(self) -> int:
        """Whose presence changed may be asked by everybody who rests where they could be asked."""
        came = self._floor.take_came()
        if not came:
            return 0
        groups = frozenset[str]().union(*came.values())
        now = self._clock.now()
        names = [line.conversation.id for line in self._floor.resting() if asks_in(line.waiting, groups, now)]
        handled = [await self._handler.handle(name, ev.RoundReopened("presence")) for name in sorted(names)]
        return sum(one.moved for one in handled)

    async def _invite_all(
        self, pairs: Sequence[Match], refusals: dict[str, int]
    ) -> list[bool | BaseException]:
        begun: set[str] = set()
        try:
            return await asyncio.gather(
                *(self._invite(pair, refusals, begun) for pair in pairs), return_exceptions=True
            )
        finally:
            # Whoever is cancelled before it has begun gives nothing back by itself.
            for pair in pairs:
                if pair.conversation_id not in begun:
                    self._floor.picture.release(pair.conversation_id)

    async def _invite(self, pair: Match, refusals: dict[str, int], begun: set[str]) -> bool:
        """Commit a pair if it still holds; otherwise read again what it was made of."""
        begun.add(pair.conversation_id)
        handled: Handled | None = None
        try:
            handled = await self._handler.handle(
                pair.conversation_id, self._offer(pair), agents=(pair.agent_id,)
            )
        finally:
            moved = handled is not None and handled.moved
            if not moved:
                self._floor.doubt([pair.conversation_id], [pair.agent_id])
                count = refusals[pair.conversation_id] = refusals.get(pair.conversation_id, 0) + 1
                if count < MOST_REFUSALS or handled is None:
                    self._floor.picture.release(pair.conversation_id)
        return moved

    def _offer(self, pair: Match) -> EventMaker:
        async def offer(moment: Moment) -> Event | None:
            c, want = moment.conversation, pair.choice.want
            waiting = waiting_of(c, moment.pinned, moment.live)
            if waiting is None or waiting.invited or want is None or pair.agent_id in waiting.declined:
                return None
            found = await moment.read.agent(moment.tx, pair.agent_id, own=c)
            if found is None:
                return None
            agent, load = found
            reason = why_not(agent, (load.chat, load.video), want, moment.live, moment.now)
            if reason is not None:
                log.info("agent.changed_meanwhile", conversation_id=c.id, agent_id=agent.id, reason=reason)
                return None
            return ev.AgentInvited(
                invitation_id=self._ids.new("i"),
                agent_id=agent.id,
                purpose=Purpose.OFFER if c.queue is not None else Purpose.TRANSFER,
                search=search_of(waiting, pair.choice, moment.now),
            )

        return offer

    async def _end(self, conversation_id: str) -> bool:
        """End the wait, or the round, of somebody whom nobody can take now and who may not just wait on."""
        line = self._floor.line_of(conversation_id)
        if line is None or self._what_ends(line, self._policies.live) is None:
            return False

        async def ended(moment: Moment) -> Event | None:
            waiting = waiting_of(moment.conversation, moment.pinned, moment.live)
            if waiting is None or waiting.invited:
                return None
            return self._what_ends(InLine(moment.conversation, moment.pinned, waiting), moment.live)

        handled = await self._handler.handle(conversation_id, ended)
        if not handled.moved:
            self._floor.doubt([conversation_id], [])
        return handled.moved

    def _what_ends(self, line: InLine, live: Policy) -> Event | None:
        now = self._clock.now()
        choice = self._floor.picture.choose(line.waiting, now)
        return end_of_wait(line.conversation, line.waiting, choice, line.pinned, live, now)


def why_not(agent: Agent, load: tuple[int, int], want: Want, live: Policy, now: datetime) -> LeftOut | None:
    """The reason why an agent who holds ``load`` (chats, videos) cannot be asked, by the rule of the floor."""
    seat = seat_of(agent, live, now)
    condition = Condition(
        profile=seat.profile,
        connected=seat.connected,
        chat=seat.chat,
        video=seat.video,
        can_video=seat.can_video,
        wrapping_up=seat.wrap_up_until is not None and now < seat.wrap_up_until,
        chats=load[0],
        videos=load[1],
    )
    spec = live.routing.groups.get(want.group)
    rules = GroupRules.of(spec) if spec is not None and group_open(spec, now) else None
    return why_left_out(condition, want, rules)
