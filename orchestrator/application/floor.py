"""This process' picture of who can be asked and who waits, kept current with what is committed.

What this process commits is put in at once, by `EventHandler`; what others commit comes by hints that name rows, which
are read again. Hints may be lost: a look at the versions of everything that waits or is held, every half a minute,
heals the picture. The picture never decides by itself: whoever acts on it checks the truth in a transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

import structlog

from orchestrator.application.background import Background
from orchestrator.application.ports import Bus, Clock, Policies, Store, Transaction
from orchestrator.application.records import Agent, Json
from orchestrator.domain.conversation import Conversation
from orchestrator.domain.distribution import is_settled, waiting_of
from orchestrator.domain.floor import Choice, Floor, GroupRules, Profile, Seat, Waiting
from orchestrator.domain.follow_up import holdings
from rules.hours import group_open
from rules.languages import primary_subtag
from rules.policy import Policy

log = structlog.get_logger(__name__)

FLOOR_TOPIC = "floor"
RESYNC_EVERY = timedelta(seconds=30)
AT_ONCE = 500
"""So many conversations are read in one query."""
MINUTE = timedelta(minutes=1)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class InLine:
    """A conversation that waits, with the policy it is pinned to."""

    conversation: Conversation
    pinned: Policy
    waiting: Waiting


class LiveFloor:
    """A `domain.floor.Floor` with the rows behind it. ``picture`` may be asked anything, at any time, for nothing."""

    def __init__(
        self, store: Store, bus: Bus, clock: Clock, policies: Policies, *, node: str | None = None
    ) -> None:
        """``node`` names this process among others that serve the same store; None: there are no others."""
        self.picture = Floor()
        self._store = store
        self._bus = bus
        self._clock = clock
        self._policies = policies
        self._node = node
        self._revision: str | None = None
        self._agents: dict[str, Agent] = {}
        self._stale_agents: set[str] = set()
        self._stale_conversations: set[str] = set()
        self._active: dict[str, int] = {}
        self._lines: dict[str, InLine] = {}
        self._unsettled: set[str] = set()
        self._resting: set[str] = set()
        self._came: set[str] = set()
        self._closed: set[str] = set()
        self._hours_until: datetime = LONG_AGO
        self._loaded = False
        self._reading = asyncio.Lock()
        self._hints: set[asyncio.Task[None]] = set()
        self._news: set[tuple[str, str]] = set()
        self._listeners: list[Callable[[], None]] = []
        self._next_look: datetime | None = None
        self._background = Background(
            "floor", self._turn, bus, clock, topic=FLOOR_TOPIC, hear=self._take_hints
        )

    # --- in the background ----------------------------------------------------------------------------

    async def start(self) -> None:
        """Read everything, then keep it current until `stop`."""
        await self._background.start(self.load)

    async def stop(self) -> None:
        await self._background.stop()
        for task in self._hints:
            task.cancel()
        await asyncio.gather(*self._hints, return_exceptions=True)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` whenever something was put in that may make a pair."""
        self._listeners.append(listener)

    def _take_hints(self, hints: Sequence[Json]) -> None:
        for hint in hints:
            self._take_hint(hint)

    def _take_hint(self, hint: Json) -> None:
        if hint.get("node") == self._node:
            return
        self._stale_agents.update(_names(hint.get("agents")))
        self._stale_conversations.update(_names(hint.get("conversations")))
        self._changed()

    async def _turn(self) -> datetime | None:
        now = self._clock.now()
        if self._next_look is None:
            self._next_look = now + RESYNC_EVERY
        if now >= self._next_look:
            await self.resync()
            self._next_look = now + RESYNC_EVERY
        await self.refresh()
        return min(self._next_look, self._hours_until)

    def _changed(self) -> None:
        self._background.wake()
        for listener in self._listeners:
            listener()

    # --- what is put in -------------------------------------------------------------------------------

    def committed(self, before: Conversation | None, after: Conversation, pinned: Policy) -> None:
        """A change was committed by this process: put it in, and tell the other processes."""
        held, holds = (holdings(before) if before is not None else {}), holdings(after)
        waited = before is not None and before.id in self._lines
        self._put(after, pinned)
        waits = after.id in self._lines
        moved = sorted({*held, *holds}) if held != holds else []
        if moved:
            # Since when they are idle changed with what they hold, and perhaps their wrap-up.
            self._stale_agents.update(moved)
        if moved or waited or waits:
            self._tell(agents=moved, conversations=[after.id])
            self._changed()

    def note_agents(self, agent_ids: Iterable[str]) -> None:
        """Something about these agents changed: they are read again before anything is asked of the picture."""
        ids = sorted(agent_ids)
        self._stale_agents.update(ids)
        self._tell(agents=ids, conversations=[])
        self._changed()

    def doubt(self, conversation_ids: Iterable[str], agent_ids: Iterable[str]) -> None:
        """The store was found to know better: read these rows again."""
        self._stale_conversations.update(conversation_ids)
        self._stale_agents.update(agent_ids)

    def begin_anew(self) -> None:
        """A commit failed, or nobody knows whether it did. What others have read of it meanwhile may never have been
        stored, and an older version would be ignored: everything is read again, from nothing."""
        self.picture.clear()
        for known in (self._active, self._lines, self._unsettled, self._resting, self._agents):
            known.clear()
        self._loaded = False
        self._changed()

    def policy_changed(self) -> None:
        """Groups, capacities, hours and what is asked of agents come from the policy that is live now."""
        live = self._policies.live
        self._revision = live.revision
        self.picture.configure({name: GroupRules.of(spec) for name, spec in live.routing.groups.items()})
        self._closed &= live.routing.groups.keys()
        self._hours_until = LONG_AGO
        self._look_at_hours(self._clock.now())
        for agent in self._agents.values():
            self.picture.seat(self._seat(agent))
        for line in list(self._lines.values()):
            self._put(line.conversation, line.pinned)
        self._changed()

    async def reconsider(self) -> None:
        """Another policy was published: who rests after a round may be asked for anew, of everybody who is there."""
        self.policy_changed()
        self._came.update(self._agents)
        self._changed()

    def _put(self, c: Conversation, pinned: Policy) -> None:
        live, held = self._policies.live, holdings(c)
        waiting = waiting_of(c, pinned, live)
        self.picture.hold(c.id, c.version, held)
        if waiting is None:
            self.picture.leave(c.id, c.version)
        else:
            self.picture.wait(waiting, c.version)
        if self._active.get(c.id, -1) > c.version:
            return
        if waiting is None:
            self._lines.pop(c.id, None)
        else:
            self._lines[c.id] = InLine(c, pinned, waiting)
        if held or waiting is not None:
            self._active[c.id] = c.version
        else:
            self._active.pop(c.id, None)
        _mark(self._unsettled, c.id, waiting is not None and not is_settled(c, pinned, live))
        _mark(self._resting, c.id, waiting is not None and waiting.resting and not waiting.invited)

    def _seat(self, agent: Agent) -> Seat:
        return seat_of(agent, self._policies.live, self._clock.now())

    def _tell(self, *, agents: Sequence[str], conversations: Sequence[str]) -> None:
        if self._node is None:
            return
        begun = bool(self._news)
        self._news.update(("agents", name) for name in agents)
        self._news.update(("conversations", name) for name in conversations)
        if not begun:
            # What is committed in the same moment goes along.
            task = asyncio.get_running_loop().create_task(self._tell_news())
            self._hints.add(task)
            task.add_done_callback(self._hints.discard)

    async def _tell_news(self) -> None:
        news, self._news = sorted(self._news), set()
        frame: Json = {"node": self._node}
        for kind in ("agents", "conversations"):
            frame[kind] = [name for found, name in news if found == kind]
        await self._bus.publish_ephemeral(FLOOR_TOPIC, frame)

    # --- reading --------------------------------------------------------------------------------------

    async def load(self) -> None:
        """Everything, as it is now."""
        async with self._store.transaction(read_only=True) as tx:
            await self._load(tx)

    async def _load(self, tx: Transaction) -> None:
        self.policy_changed()
        agents = await tx.people.agents()
        self._seat_all([agent.id for agent in agents], agents)
        await self._read_changed(tx)
        self._came.clear()
        self._loaded = True

    async def refresh(self, tx: Transaction | None = None) -> None:
        """Read again what is known to have changed. In ``tx``, if there is one, which it never writes to.

        What ``tx`` sees may be older than the change, or never come to be committed: it will do for the question that
        is asked, and stays marked until it has been read in a transaction that began after the mark was made.
        """
        now = self._clock.now()
        if not self._loaded:
            await (self.load() if tx is None else self._load(tx))
        if self._revision != self._policies.live.revision:
            self.policy_changed()
        self._look_at_hours(now)
        if not (self._stale_agents or self._stale_conversations):
            self.picture.advance(now)
            return
        if tx is not None:
            await self._look_at_stale(tx)
        else:
            async with self._reading, self._store.transaction(read_only=True) as own:
                await self._read_stale(own)
        self.picture.advance(now)

    async def resync(self) -> None:
        """Find out what this process was not told: compare versions, and read every agent.

        Not while others are read, so that what changes meanwhile is read after it and not before.
        """
        async with self._reading, self._store.transaction(read_only=True) as tx:
            await self._read_changed(tx)
            agents = await tx.people.agents()
            self._seat_all(sorted({*self._agents, *(agent.id for agent in agents)}), agents)
        self._changed()

    async def _read_changed(self, tx: Transaction) -> None:
        stored = await tx.conversations.active_versions()
        changed = [name for name, version in stored.items() if self._active.get(name, -1) < version]
        await self._read_conversations(tx, changed + [name for name in self._active if name not in stored])

    async def _read_stale(self, tx: Transaction) -> None:
        # Taken before they are read: what changes meanwhile is marked again.
        agents, self._stale_agents = sorted(self._stale_agents), set()
        conversations, self._stale_conversations = sorted(self._stale_conversations), set()
        try:
            if conversations:
                await self._read_conversations(tx, conversations)
            if agents:
                self._seat_all(agents, await tx.people.agents(agents))
        except BaseException:
            self._stale_agents.update(agents)
            self._stale_conversations.update(conversations)
            raise

    async def _look_at_stale(self, tx: Transaction) -> None:
        """Put in what ``tx`` sees of what is marked, and leave the marks."""
        if self._stale_conversations:
            await self._read_conversations(tx, sorted(self._stale_conversations))
        if self._stale_agents:
            asked = sorted(self._stale_agents)
            found = await tx.people.agents(asked)
            # Of whom was read properly in the meantime, that counts.
            self._seat_all([name for name in asked if name in self._stale_agents], found)

    async def _read_conversations(self, tx: Transaction, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), AT_ONCE):
            for conversation in await tx.conversations.by_ids(ids[start : start + AT_ONCE]):
                pinned = await self._policies.pinned(conversation.policy_revision, tx)
                self._put(conversation, pinned)

    def _seat_all(self, asked: Sequence[str], found: Sequence[Agent]) -> None:
        now = self._clock.now()
        there = {agent.id: agent for agent in found}
        for agent_id in asked:
            agent, before = there.get(agent_id), self._agents.get(agent_id)
            if agent is None:
                self._agents.pop(agent_id, None)
                self.picture.unseat(agent_id)
                continue
            self._agents[agent_id] = agent
            seat = self._seat(agent)
            if before is None or _offers(before, now) != _offers(agent, now):
                self._came.add(agent_id)
            self.picture.seat(seat)

    def _look_at_hours(self, now: datetime) -> None:
        if now < self._hours_until:
            return
        self._hours_until = now.replace(second=0, microsecond=0) + MINUTE
        for name, spec in self._policies.live.routing.groups.items():
            is_open = group_open(spec, now)
            self.picture.set_open(name, is_open)
            _mark(self._closed, name, not is_open)

    # --- what is asked --------------------------------------------------------------------------------

    def choose(self, c: Conversation, pinned: Policy) -> Choice | None:
        """Who would be asked for this conversation now, as it waits or would wait; None when it does not."""
        waiting = waiting_of(c, pinned, self._policies.live)
        return self.picture.choose(waiting, self._clock.now()) if waiting is not None else None

    def could_ask(self, c: Conversation, pinned: Policy) -> bool:
        """Whether somebody could be asked at once for a conversation that waits, or that waits like this."""
        choice = self.choose(c, pinned)
        return choice is not None and choice.agent_id is not None

    def line_of(self, conversation_id: str) -> InLine | None:
        return self._lines.get(conversation_id)

    def unsettled(self) -> list[str]:
        """Conversations that may not go on waiting as they are, unless they are asked for now (`end_of_wait`)."""
        closed = (one for group in self._closed for one in self.picture.line(group))
        return sorted(self._unsettled | {one.id for one in closed if not one.invited})

    def resting(self) -> list[InLine]:
        """Those who wait for the next round."""
        return [self._lines[name] for name in sorted(self._resting)]

    def take_came(self) -> dict[str, frozenset[str]]:
        """Agents whose presence changed since this was last asked, so that they may be asked: with their groups."""
        came, self._came = self._came, set()
        now = self._clock.now()
        seated = {agent_id: self._agents[agent_id] for agent_id in came if agent_id in self._agents}
        return {
            agent_id: frozenset(name for name, _ in self._seat(agent).profile.groups)
            for agent_id, agent in seated.items()
            if any(_offers(agent, now)[:2])
        }

    def next_change(self) -> datetime | None:
        """When time alone changes the picture next."""
        hours = any(spec.hours != "always" for spec in self._policies.live.routing.groups.values())
        due = [self.picture.next_change(), self._hours_until if hours else None]
        return min((at for at in due if at is not None), default=None)


def is_connected(agent: Agent, now: datetime) -> bool:
    """A page is open, or went away a moment ago: a reload must not cost an agent an invitation."""
    return agent.sockets > 0 or (agent.seen_until is not None and now < agent.seen_until)


def seat_of(agent: Agent, live: Policy, now: datetime) -> Seat:
    """An agent for the picture; one without memberships is of every group."""
    groups = agent.groups or tuple((name, 1) for name in live.routing.groups)
    return Seat(
        id=agent.id,
        profile=Profile(
            groups=tuple(sorted(groups)),
            languages=frozenset(primary_subtag(language) for language in agent.languages),
            skills=tuple(sorted(agent.skills)),
            chat_slots=agent.chat_slots,
            video_slots=agent.video_slots,
        ),
        connected=is_connected(agent, now),
        chat=agent.chat_state,
        video=agent.video_state,
        can_video=agent.can_video,
        idle_since=agent.idle_since or LONG_AGO,
        wrap_up_until=agent.wrap_up_until,
        here=agent.sockets > 0,
    )


def _offers(agent: Agent, now: datetime) -> tuple[bool, bool, object]:
    """What the presence of an agent makes possible: chats, videos, and for whom."""
    there = is_connected(agent, now)
    chat, video = there and agent.chat_present, there and agent.video_present
    return (
        chat,
        video,
        (
            agent.can_video,
            agent.groups,
            agent.languages,
            agent.skills,
            agent.chat_slots,
            agent.video_slots,
        ),
    )


def _mark(marked: set[str], name: str, belongs: bool) -> None:
    if belongs:
        marked.add(name)
    else:
        marked.discard(name)


def _names(value: object) -> list[str]:
    return [str(name) for name in cast("list[object]", value)] if isinstance(value, list) else []
