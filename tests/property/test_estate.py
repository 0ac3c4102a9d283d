"""Many visitors and agents at once, in any order, over the whole application: what must hold whenever it comes to rest.

No agent holds more than they may; nobody waits while somebody who may be asked is free; lines are served in their
order; nobody gets lost; every invitation ends once; and what is stored is what happened.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from orchestrator.application.bot_replies import BotTransfer
from orchestrator.application.distribution import why_not
from orchestrator.application.errors import ApplicationError
from orchestrator.application.handle_event import Moment
from orchestrator.application.records import Agent
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Purpose, State
from orchestrator.domain.distribution import waiting_of
from orchestrator.domain.floor import Waiting, Want
from orchestrator.domain.follow_up import holdings
from orchestrator.domain.invariants import broken_law
from rules.policy import Policy
from tests.fakes.application import TRIGGER, Application, migrated, running
from tests.fakes.estate import estate, group

FRONT = {
    "strategy": "longest_idle",
    "sticky": "20s",
    "ageing": "15s",
    "relax": [{"after": "25s", "skill_levels": 2}, {"after": "45s", "language": "any"}],
    "overflow": [{"group": "back", "after": "40s"}],
}
RULES = (
    {"id": "vip", "when": 'site.id == "vip"', "group": "front", "priority": 3, "skills": {"billing": 4}},
)


def policy(front: int, back: int, places: int) -> Policy:
    rooms = {"places": {"chat": places, "video": places}}
    groups = {
        "front": group(**FRONT, **rooms, capacity={"chat": front, "video": 1}),
        "back": group(
            **rooms, capacity={"chat": back, "video": 1, "video_takes": 1}, strategy="least_loaded"
        ),
    }
    return estate(groups, RULES, max_wait="3m")


POLICIES = (policy(2, 1, 4), policy(1, 2, 2), policy(3, 1, 0))
MOST = {"front": 3, "back": 2}
PEOPLE: tuple[tuple[str, dict[str, object]], ...] = (
    ("anna", {"groups": (("front", 1),), "languages": ("fr",)}),
    ("bert", {"groups": (("back", 1), ("front", 2)), "skills": (("billing", 3),)}),
    ("carl", {"groups": (("back", 1),), "languages": ("en", "de"), "skills": (("billing", 9),)}),
)

some = st.integers(0, 999)
ASKED = st.sampled_from(["person", "person", "video", "card"])
ANSWERS = st.sampled_from(["accept", "accept", "decline", "steal"])


def _always(c: Conversation) -> bool:
    return True


FITS: dict[str, Callable[[Conversation], bool]] = {
    "leave": lambda c: c.queue is not None,
    "close": lambda c: c.agent_id is not None,
    "handover": lambda c: c.agent_id is not None,
    "withdraw": lambda c: c.handover is not None,
    "revoke": lambda c: c.invitation is not None,
}
"""Whom an act is meant for: others are taken only where there is nobody of them."""


_FOLDER = TemporaryDirectory(prefix="visavis-estate-")


@cache
def empty_database() -> Path:
    file = Path(_FOLDER.name) / "empty.db"
    migrated(file)
    return file


class Estate(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = TemporaryDirectory(prefix="visavis-estate-")
        self.stack = contextlib.AsyncExitStack()
        self.started: list[tuple[str, str]] = []
        self.agents: list[str] = []
        self.sockets: dict[str, str | None] = {}
        self.known: dict[str, int] = {}
        self.live = POLICIES[0]
        self.calm = False

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(asyncio.wait_for(work, 60))

    def open(self) -> None:
        database = Path(self.folder.name) / "estate.db"
        shutil.copy(empty_database(), database)
        self.run(self._open(database))

    async def _open(self, database: Path) -> None:
        self.app: Application = await self.stack.enter_async_context(running(database, policy=self.live))
        self.keys = [await self.app.site("shop"), await self.app.site("vip")]
        for name, more in PEOPLE:
            agent = await self.app.agent(name, **more)
            self.agents.append(agent)
            self.sockets[agent] = f"socket-{name}"

    def teardown(self) -> None:
        try:
            if self.agents:
                self.run(self._all_is_told())
        finally:
            self.run(self.stack.aclose())
            self.loop.close()
            self.folder.cleanup()

    # --- what people do ---------------------------------------------------------------------------------

    async def ask(self, number: int, what: str) -> None:
        language = ("fr", "en")[number % 2]
        self.app.clock.advance(1)
        visitor, conversation = await self.app.chat(self.keys[(number // 2) % 2], language=language)
        self.started.append((visitor, conversation))
        if what == "card":
            await self.app.say(conversation, BotTransfer("r", text=TRIGGER))
        else:
            await self.app.conversations.visitor_act(visitor, conversation, what)  # type: ignore[arg-type]

    async def ask_again(self, number: int) -> None:
        """Somebody who was here before, and so may know an agent."""
        if not self.started:
            return
        visitor, _ = self.started[number % len(self.started)]
        conversation = (await self.app.conversations.start(visitor, client_id=f"again-{number}"))[
            "conversation"
        ]["id"]
        if conversation not in [one for _, one in self.started]:
            self.started.append((visitor, conversation))
        await self.app.conversations.visitor_act(visitor, conversation, "person")

    async def answer(self, number: int, how: str) -> None:
        invited = [c for c in await self._all() if c.invitation is not None]
        if not invited:
            return
        c = invited[number % len(invited)]
        assert c.invitation is not None
        agent = c.invitation.agent_id if how != "steal" else self.agents[number % len(self.agents)]
        if how == "decline":
            await self.app.conversations.decline(agent, c.id, c.invitation.id)
        else:
            await self.app.conversations.accept(agent, c.id, c.invitation.id)

    async def act(self, number: int, what: str) -> None:
        """Something happens to one of the conversations."""
        open_ = [c for c in await self._all() if c.state is not State.CLOSED]
        fitting = [c for c in open_ if FITS.get(what, _always)(c)] or open_
        if not fitting:
            return
        c = fitting[number % len(fitting)]
        name = c.id
        agent = self.agents[number % len(self.agents)]
        where = ("front", "back", None)[number % 3]
        match what:
            case "leave":
                await self.app.conversations.visitor_act(c.visitor_id, name, "leave_queue")
            case "close":
                await self.app.handler.handle(
                    name, ev.ConversationClosed("agent" if c.agent_id else "visitor")
                )
            case "vanish":
                present = c.visitor_present
                await self.app.handler.handle(
                    name, ev.VisitorDisconnected() if present else ev.VisitorReconnected()
                )
            case "requeue":
                await self.app.handler.handle(name, ev.Requeued("sue", where, number % 5 or None))
            case "assign":
                await self.app.handler.handle(name, ev.AgentAssigned(agent, self.app.ids.new("call"), "sue"))
            case "handover" if c.agent_id is not None:
                await self.app.handler.handle(name, ev.HandoverRequested(c.agent_id, where or "front"))
            case "withdraw":
                await self.app.handler.handle(name, ev.HandoverEnded("withdrawn"))
            case "revoke":

                async def revoked(moment: Moment) -> ev.Event | None:
                    open_ = moment.conversation.invitation
                    return ev.InvitationRevoked(open_.id, "switched_off") if open_ is not None else None

                await self.app.handler.handle(name, revoked)
            case _:
                pass

    async def switch(self, number: int) -> None:
        agent = self.agents[number % len(self.agents)]
        await self.app.switch(agent, chat=bool(number & 4), video=bool(number & 8))

    async def plug(self, number: int) -> None:
        agent = self.agents[number % len(self.agents)]
        socket = self.sockets[agent]
        if socket is None:
            self.sockets[agent] = socket = self.app.ids.new("socket")
            await self.app.presence.agent_came(agent, socket, can_video=bool(number & 4))
        else:
            self.sockets[agent] = None
            await self.app.presence.agent_left(agent, socket)

    async def publish(self, number: int) -> None:
        self.live = POLICIES[number % len(POLICIES)]
        await self.app.policies.publish(self.live, self.app.store, self.app.clock.now())

    # --- in which order -----------------------------------------------------------------------------------

    def step(self, *works: Coroutine[Any, Any, None], calm: bool = False) -> None:
        self.calm = calm
        self.run(self._step(works))

    async def _step(self, works: tuple[Coroutine[Any, Any, None], ...]) -> None:
        async def tolerant(work: Awaitable[None]) -> None:
            with contextlib.suppress(ApplicationError):
                await work

        before = {c.id: c for c in await self._all()}
        live = self.live
        await asyncio.gather(*(tolerant(work) for work in works))
        await self.app.settle()
        await self._holds(before, same_policy=live is self.live)

    @initialize(numbers=st.lists(some, min_size=1, max_size=4), answered=st.integers(0, 4))
    def visitors_are_there(self, numbers: list[int], answered: int) -> None:
        self.open()
        for number in numbers:
            self.step(self.ask(number, "person"), calm=True)
        for _ in range(answered):
            self.step(self.answer(0, "accept"), calm=True)

    @rule(whats=st.lists(st.tuples(some, ASKED), min_size=1, max_size=3))
    def visitors_ask(self, whats: list[tuple[int, str]]) -> None:
        for number, what in whats:
            self.step(self.ask(number, what), calm=True)

    @rule(number=some)
    def a_visitor_returns(self, number: int) -> None:
        self.step(self.ask_again(number), calm=True)

    @rule(answers=st.lists(st.tuples(some, ANSWERS), min_size=1, max_size=3))
    def agents_answer(self, answers: list[tuple[int, str]]) -> None:
        for number, how in answers:
            self.step(self.answer(number, how), calm=True)

    @rule(
        number=some,
        what=st.sampled_from(["close", "close", "leave", "requeue", "assign", "handover", "withdraw"]),
    )
    def something_happens(self, number: int, what: str) -> None:
        self.step(self.act(number, what), calm=what in ("close", "leave"))

    @rule(number=some)
    def somebody_switches(self, number: int) -> None:
        self.step(self.switch(number))

    @rule(number=some)
    def somebody_plugs(self, number: int) -> None:
        self.step(self.plug(number))

    @rule(number=some)
    def a_policy_is_published(self, number: int) -> None:
        self.step(self.publish(number))

    @rule(seconds=st.sampled_from([1, 6, 20, 31, 65, 130]))
    def time_passes(self, seconds: int) -> None:
        self.step(self.app.advance(seconds))

    @rule(number=some, other=some, how=st.sampled_from(["accept", "decline"]))
    def an_answer_comes_with_the_end_of_the_invitation(self, number: int, other: int, how: str) -> None:
        async def late() -> None:
            ends = [c.invitation.expires_at for c in await self._all() if c.invitation is not None]
            if ends:
                self.app.clock.advance(max(timedelta(0), min(ends) - self.app.clock.now()))

        self.run(late())
        self.step(self.answer(number, how), self._fire(), self.answer(other, "steal"))

    async def _fire(self) -> None:
        await self.app.timers.fire_due()

    @rule(acts=st.lists(st.tuples(st.integers(0, 11), some), min_size=2, max_size=4))
    def everything_at_once(self, acts: list[tuple[int, int]]) -> None:
        def work(kind: int, number: int) -> Coroutine[Any, Any, None]:
            makers: tuple[Callable[[], Coroutine[Any, Any, None]], ...] = (
                lambda: self.answer(number, "accept"),
                lambda: self.answer(number, "accept"),
                lambda: self.answer(number, "decline"),
                lambda: self.switch(number),
                lambda: self.plug(number),
                lambda: self.act(number, "close"),
                lambda: self.act(number, "requeue"),
                lambda: self.act(number, "assign"),
                lambda: self.act(number, "handover"),
                lambda: self.act(number, "revoke"),
                lambda: self.act(number, "vanish"),
                self._pass,
            )
            return makers[kind]()

        self.step(*(work(kind, number) for kind, number in acts))

    async def _pass(self) -> None:
        await self.app.distribution.run_once()

    # --- what must hold -----------------------------------------------------------------------------------

    async def _all(self) -> list[Conversation]:
        async with self.app.store.transaction(read_only=True) as tx:
            return await tx.conversations.by_ids([name for _, name in self.started])

    async def _holds(self, before: dict[str, Conversation], *, same_policy: bool) -> None:
        conversations = await self._all()
        async with self.app.store.transaction(read_only=True) as tx:
            agents = {agent.id: agent for agent in await tx.people.agents(self.agents)}
        loads = {agent: Counter[str]() for agent in self.agents}
        for c in conversations:
            assert broken_law(c) is None
            for agent, (chats, videos) in holdings(c).items():
                loads[agent].update(chats=chats, videos=videos)
            if self.known.get(c.id) != c.version:
                await self.app.check(c.id)
                self.known[c.id] = c.version
        taken = self._newly_taken(before, conversations)
        for agent_id, load in loads.items():
            groups = [name for name, _ in agents[agent_id].groups]
            assert load["videos"] <= 1
            assert load["chats"] <= max(MOST[name] for name in groups)
            if agent_id in taken and same_policy:
                assert load["chats"] <= max(self.live.group(name).capacity.chat for name in groups)
            assert self.app.floor.picture.load(agent_id) == (load["chats"], load["videos"])
        waiting = [one for c in conversations if (one := self._waiting(c)) is not None]
        for one in waiting:
            for agent in agents.values():
                held = loads[agent.id]
                assert self._fit(one, agent, (held["chats"], held["videos"]), agents) is None, (one, agent)
        await self._lines_are_true(conversations)
        if self.calm:
            self._in_order(before, conversations, waiting, agents, loads)

    def _newly_taken(self, before: dict[str, Conversation], after: list[Conversation]) -> set[str]:
        """Agents who were given something."""
        taken: set[str] = set()
        for c in after:
            old = holdings(before[c.id]) if c.id in before else {}
            taken |= {agent for agent, (chats, _) in holdings(c).items() if chats > old.get(agent, (0, 0))[0]}
        return taken

    def _waiting(self, c: Conversation) -> Waiting | None:
        """How it waits, if it does and nobody is asked."""
        one = waiting_of(c, self._pinned(c), self.live)
        return None if one is None or one.invited else one

    def _pinned(self, c: Conversation) -> Policy:
        return next(one for one in POLICIES if one.revision == c.policy_revision)

    def _fit(
        self, one: Waiting, agent: Agent, load: tuple[int, int], agents: dict[str, Agent]
    ) -> Want | None:
        """What the agent could be asked for, by the plain rule."""
        now = self.app.clock.now()
        wants = [stage for stage in one.stages if stage.since <= now][-1].wants
        if agent.id in one.declined or not self._sticks_to(one, agent, wants, agents):
            return None
        return next((want for want in wants if why_not(agent, load, want, self.live, now) is None), None)

    def _sticks_to(
        self, one: Waiting, agent: Agent, wants: tuple[Want, ...], agents: dict[str, Agent]
    ) -> bool:
        now = self.app.clock.now()
        known = agents.get(one.sticky) if one.sticky is not None else None
        if known is None or known.id in one.declined or one.sticky_until is None or now >= one.sticky_until:
            return True
        there = any(why_not(known, (0, 0), want, self.live, now) is None for want in wants)
        return not there or agent.id == known.id

    async def _lines_are_true(self, conversations: list[Conversation]) -> None:
        """Nobody is lost: the picture's lines are the stored ones, and who is in none of them does not wait."""
        queued = set[str]()
        for name in self.live.routing.groups:
            async with self.app.store.transaction(read_only=True) as tx:
                stored = [c.id for c in await tx.conversations.queue(name)]
            assert [one.id for one in self.app.floor.picture.line(name)] == stored
            queued.update(stored)
        assert queued == {c.id for c in conversations if c.state is State.QUEUED}

    def _in_order(
        self,
        before: dict[str, Conversation],
        after: list[Conversation],
        waiting: list[Waiting],
        agents: dict[str, Agent],
        loads: dict[str, Counter[str]],
    ) -> None:
        """Whoever was asked went to the first in line who could have had them."""
        for c in after:
            invitation, old = c.invitation, before.get(c.id)
            if invitation is None or invitation.purpose is Purpose.TRANSFER:
                continue
            if old is not None and old.invitation is not None and old.invitation.id == invitation.id:
                continue
            mine = waiting_of(c, self._pinned(c), self.live)
            assert mine is not None
            chats, videos = holdings(c)[invitation.agent_id]
            held = loads[invitation.agent_id]
            without = (held["chats"] - chats, held["videos"] - videos)
            for one in waiting:
                if _rank(one) < _rank(mine):
                    assert self._fit(one, agents[invitation.agent_id], without, agents) is None, (one, mine)

    async def _all_is_told(self) -> None:
        """Every invitation was told once, and that it ended was told once, unless it is open."""
        open_ = {c.invitation.id for c in await self._all() if c.invitation is not None}
        told: Counter[str] = Counter()
        ended: Counter[str] = Counter()
        for agent in self.agents:
            async with self.app.store.transaction(read_only=True) as tx:
                for entry in await tx.feed.after(f"agent:{agent}", 0, limit=10_000):
                    if entry.kind == "invitation":
                        told[entry.ref] += 1
                    elif entry.kind == "invitation_ended":
                        ended[entry.ref] += 1
        assert set(told.values()) <= {1}
        assert ended == Counter(dict.fromkeys(told.keys() - open_, 1))
        for _, name in self.started:
            await self.app.check(name)

    @invariant()
    def nothing_is_left_undone(self) -> None:
        if self.agents:
            assert self.run(self.app.distribution.run_once()) == 0


def _rank(one: Waiting) -> tuple[bool, Any, str]:
    return not one.at_head, one.rank_at, one.id


Estate.TestCase.settings = settings(
    max_examples=max(6, settings().max_examples // 3), stateful_step_count=40, deadline=None
)
TestEstate = Estate.TestCase
