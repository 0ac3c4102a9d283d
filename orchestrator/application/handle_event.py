"""The one way in which a conversation changes: an event, a decision, one commit.

    load → gather facts → decide (pure) → snapshot + event + decision + messages + timers + outbox + feeds, at once

Whatever a caller wants of a conversation, it hands an event to `EventHandler.handle` and reads the outcome.

Events of different conversations that come while others are being stored share a transaction: most of what one costs
is its way to the database and back. Each is decided for itself, one after the other; if the transaction fails, each
is tried again alone. Conversations are locked before agents and agents before streams, each by name, so that
transactions that share some of them wait for each other in one order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from orchestrator.application.agent_consequences import note_consequences
from orchestrator.application.errors import StoreUnavailable, VersionConflict
from orchestrator.application.floor import LiveFloor
from orchestrator.application.gather import AgentsRead, gather
from orchestrator.application.lanes import lane_of
from orchestrator.application.ledger import write_ledger
from orchestrator.application.mailbox import Mailboxes
from orchestrator.application.notify import entries_of_change, hints_of_change
from orchestrator.application.ports import Bus, Clock, Ids, Policies, Store, Transaction, WaitEstimates
from orchestrator.application.records import (
    Context,
    EventRecord,
    LoadedConversation,
    NewEffect,
    NewMessage,
    StoredMessage,
)
from orchestrator.application.turns import Turns
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation
from orchestrator.domain.decide import decide
from orchestrator.domain.effects import DrainQueue, Effect
from orchestrator.domain.events import Event
from orchestrator.domain.evolve import evolve
from orchestrator.domain.facts import Facts
from orchestrator.domain.follow_up import holdings
from orchestrator.domain.outcome import Denied, Ignored, Moved, Notice, Outcome
from rules.policy import Policy

log = structlog.get_logger(__name__)

ATTEMPTS = 3
DUPLICATE = Ignored("duplicate")


@dataclass(frozen=True, slots=True)
class Moment:
    """What an event may be made of inside the transaction that will decide it."""

    tx: Transaction
    conversation: Conversation
    pinned: Policy
    live: Policy
    now: datetime
    read: AgentsRead = field(default_factory=AgentsRead)
    """What was read under an agent's lock already, and need not be read again."""


EventMaker = Callable[[Moment], Awaitable[Event | None]]
"""Makes the event from what the transaction sees; None when there is nothing to do after all."""

Also = Callable[[Transaction, Conversation], Awaitable[None]]
"""What else is to be stored with an event that moves a conversation; it is given the conversation as it is then."""


@dataclass(frozen=True, slots=True)
class Handled:
    """What came of an event. ``messages`` are those stored with it, or found under the same ``client_id``."""

    outcome: Outcome
    conversation: Conversation | None
    messages: tuple[StoredMessage, ...] = ()
    duplicate: bool = False

    @property
    def moved(self) -> bool:
        return isinstance(self.outcome, Moved)


@dataclass(slots=True)
class _Committed:
    handled: Handled
    hints: list[str]
    change: tuple[Conversation | None, Conversation, Policy] | None = None
    """Before, after, and the policy that it is pinned to."""


@dataclass(slots=True, eq=False)
class _Request:
    """What somebody waits for the decision of."""

    conversation_id: str
    event: Event | EventMaker
    key: str | None
    messages: Sequence[NewMessage]
    context: Context | None
    also: Also | None
    agents: Sequence[str]
    answer: asyncio.Future[_Committed]

    @property
    def over(self) -> bool:
        return self.answer.done()

    @property
    def sociable(self) -> bool:
        """Whether what it locks is known beforehand: then it may share a transaction."""
        return self.also is None and (bool(self.agents) or not callable(self.event))


_ONLY_SAY = (ev.VisitorWrote, ev.AgentWrote, ev.BotReplied)
"""Events that change nothing about an agent."""


class EventHandler:
    def __init__(
        self,
        store: Store,
        bus: Bus,
        clock: Clock,
        policies: Policies,
        ids: Ids,
        floor: LiveFloor,
        *,
        on_acknowledged: Callable[[Handled], Awaitable[None]] | None = None,
        waits: WaitEstimates | None = None,
    ) -> None:
        """``on_acknowledged`` is called after every decision that was committed, before anything else happens: metrics
        count by it, and crash tests end the process in it. ``floor`` is told of every change.
        ``waits`` tells what a visitor is quoted who enters a line."""
        self._store = store
        self._bus = bus
        self._clock = clock
        self._policies = policies
        self._ids = ids
        self._floor = floor
        self._mailboxes = Mailboxes()
        self._on_acknowledged = on_acknowledged
        self._waits = waits
        self._turns = Turns(self._settle)

    async def handle(
        self,
        conversation_id: str,
        event: Event | EventMaker,
        *,
        key: str | None = None,
        messages: Sequence[NewMessage] = (),
        context: Context | None = None,
        also: Also | None = None,
        agents: Sequence[str] = (),
    ) -> Handled:
        """Decide one event and commit what comes of it, in one transaction.

        What was begun is brought to its end, also when the caller does not wait for it any more.

        Args:
            conversation_id: a conversation that may not exist yet only for `ConversationStarted`.
            event: the event, or what makes it inside the transaction.
            key: makes the event happen once: a key that was seen is answered as a duplicate.
            messages: lines that join the history if the event moves the conversation. Their ``client_id`` is a
                key of its own: the message that is there already is returned instead.
            context: what agents are told beforehand, stored if the event moves the conversation.
            also: stores what belongs to the event, in the same transaction, if it moves the conversation.
            agents: whom the maker of the event asks for (`Moment.read`), if it asks for nothing else: then it may share
                a transaction with other events.
        """
        async with self._mailboxes.turn(conversation_id):
            committed = await self._decided(conversation_id, event, key, messages, context, also, agents)
        decided = isinstance(committed.handled.outcome, Moved | Denied)
        if decided and self._on_acknowledged is not None:
            await self._on_acknowledged(committed.handled)
        if committed.hints:
            await self._bus.publish(committed.hints)
        return committed.handled

    # --- who shares a transaction ---------------------------------------------------------------------

    async def _decided(
        self,
        conversation_id: str,
        event: Event | EventMaker,
        key: str | None,
        messages: Sequence[NewMessage],
        context: Context | None,
        also: Also | None,
        agents: Sequence[str],
    ) -> _Committed:
        answer = asyncio.get_running_loop().create_future()
        request = _Request(conversation_id, event, key, messages, context, also, agents, answer)
        self._turns.add(request)
        return await answer

    async def _settle(self, requests: Sequence[_Request]) -> None:
        """Decide these, together if that is possible, and answer each."""
        if len(requests) == 1:
            await self._settle_alone(requests[0])
            return
        try:
            committed = await self._once(requests)
        except _NotTogetherError:
            log.info("event.not_together", count=len(requests))
            await asyncio.gather(*map(self._settle_alone, requests))
        except BaseException as error:
            for request in requests:
                _fail(request, error)
        else:
            for request, one in zip(requests, committed, strict=True):
                await self._answer(request, one)

    async def _settle_alone(self, request: _Request) -> None:
        try:
            committed = await self._until_decided(request)
        except BaseException as error:
            _fail(request, error)
        else:
            await self._answer(request, committed)

    async def _answer(self, request: _Request, committed: _Committed) -> None:
        if not request.answer.done():
            request.answer.set_result(committed)
        elif committed.hints:
            # Who asked has gone away; others are to hear of it all the same.
            await self._bus.publish(committed.hints)

    # --- one transaction ------------------------------------------------------------------------------

    async def _until_decided(self, request: _Request) -> _Committed:
        for attempt in range(1, ATTEMPTS):
            try:
                return (await self._once((request,)))[0]
            except VersionConflict:
                # Another process was faster: what it committed may change the decision, so decide anew.
                log.info("event.conflict", conversation_id=request.conversation_id, attempt=attempt)
        return (await self._once((request,)))[0]

    async def _once(self, requests: Sequence[_Request]) -> list[_Committed]:
        """Decide and commit, and put what came of it into the picture.

        Raises:
            _NotTogetherError: one of several failed, so that nothing is stored.
        """
        stored = False
        try:
            async with self._store.transaction() as tx:
                committed = await self._all(tx, requests)
                stored = True
        except Exception as error:
            # What fails in the commit itself may be stored, unless somebody else is known to have been faster.
            unknown = stored and not isinstance(error, VersionConflict)
            if unknown:
                self._floor.begin_anew()
            if len(requests) == 1 or unknown or isinstance(error, StoreUnavailable):
                raise
            raise _NotTogetherError from error
        for one in committed:
            if one.change is not None:
                self._floor.committed(*one.change)
        return committed

    async def _all(self, tx: Transaction, requests: Sequence[_Request]) -> list[_Committed]:
        now, live, read = self._clock.now(), self._policies.live, AgentsRead()
        loaded = await tx.conversations.load_all([one.conversation_id for one in requests])
        known = await self._duplicates(tx, requests, loaded)
        if len(requests) > 1:
            there = [(one, loaded.get(one.conversation_id)) for one in requests]
            agents = {name for one, found in there for name in _concerned(one, found)}
            await read.prepare(tx, sorted(agents), [found.conversation for _, found in there if found])
        committed: list[_Committed] = []
        for request in requests:
            duplicate = known.get(request.conversation_id)
            if duplicate is not None:
                committed.append(_Committed(duplicate, []))
                continue
            one = await self._one(tx, request, loaded.get(request.conversation_id), live, now, read)
            if one.change is not None:
                read.changed(one.change[0], one.change[1])
            committed.append(one)
        return committed

    async def _one(
        self,
        tx: Transaction,
        request: _Request,
        loaded: LoadedConversation | None,
        live: Policy,
        now: datetime,
        read: AgentsRead,
    ) -> _Committed:
        event, before = request.event, loaded.conversation if loaded is not None else None
        pinned = await self._policies.pinned(before.policy_revision, tx) if before is not None else live
        if callable(event):
            if before is None:
                return _Committed(Handled(Ignored("no_such_conversation"), None), [])
            made = await event(Moment(tx, before, pinned, live, now, read))
            if made is None:
                return _Committed(Handled(Ignored("nothing_to_do"), before), [])
            event = made
        facts = await gather(
            tx,
            before,
            event,
            pinned=pinned,
            live=live,
            now=now,
            floor=self._floor,
            waits=self._waits,
            read=read,
        )
        outcome = decide(before, event, facts, pinned, now)
        if isinstance(outcome, Moved):
            committed = await self._commit(tx, request, loaded, event, outcome, now, facts, read)
            after = committed.handled.conversation
            if request.also is not None and after is not None:
                await request.also(tx, after)
            if after is not None:
                committed.change = (before, after, pinned)
            return committed
        if isinstance(outcome, Denied) and before is not None:
            await tx.events.deny(
                before.id,
                version=before.version,
                at=now,
                event=event,
                reason=outcome.reason,
                decision=outcome.decision,
                facts=facts,
            )
        return _Committed(Handled(outcome, before), [])

    async def _duplicates(
        self, tx: Transaction, requests: Sequence[_Request], loaded: Mapping[str, LoadedConversation]
    ) -> dict[str, Handled]:
        """Which of the conversations have seen their event before, and what came of it."""
        there = [
            (one, loaded[one.conversation_id].conversation)
            for one in requests
            if one.conversation_id in loaded
        ]
        keys = [one.key for one, _ in there if one.key is not None]
        seen = await tx.keys.known(keys) if keys else frozenset[str]()
        found: dict[str, Handled] = {}
        for request, conversation in there:
            if request.key in seen:
                found[conversation.id] = Handled(DUPLICATE, conversation, duplicate=True)
                continue
            duplicate = await self._duplicate(tx, conversation, request.messages)
            if duplicate is not None:
                found[conversation.id] = duplicate
        return found

    async def _duplicate(
        self, tx: Transaction, conversation: Conversation, messages: Sequence[NewMessage]
    ) -> Handled | None:
        found = [
            stored
            for message in messages
            if message.client_id is not None
            for stored in (
                await tx.messages.by_client_id(conversation.id, message.author, message.client_id),
            )
            if stored is not None
        ]
        return Handled(DUPLICATE, conversation, tuple(found), duplicate=True) if found else None

    async def _commit(
        self,
        tx: Transaction,
        request: _Request,
        loaded: LoadedConversation | None,
        event: Event,
        outcome: Moved,
        now: datetime,
        facts: Facts,
        read: AgentsRead,
    ) -> _Committed:
        messages = request.messages
        before = loaded.conversation if loaded is not None else None
        position = loaded.last_position if loaded is not None else 0
        after = evolve(before, outcome.changes)
        lines = [*messages, *(self._line(notice) for notice in outcome.notices)]
        last = position + len(lines)
        if before is None:
            await tx.conversations.insert(after, last_position=last)
        else:
            await tx.conversations.save(after, expected_version=before.version, last_position=last)
        await tx.events.append(
            EventRecord(after.id, after.version, now, event, outcome.changes, outcome.decision, facts)
        )
        await write_ledger(tx, before, after, event, now, self._waits)
        stored = await tx.messages.append(after.id, lines, after=position, at=now)
        await tx.timers.replace(after.id, before.timers if before is not None else {}, after.timers)
        await tx.outbox.add(new_effects(after, outcome.effects), at=now)
        if request.context is not None:
            await tx.context.put(after.id, request.context)
        if request.key is not None:
            await tx.keys.note(request.key, now)
        for agent_id in _whose_turn_is_over(event, outcome):
            await tx.people.set_idle_since(agent_id, now)
        await note_consequences(tx, before, after, event, self._policies.live, now, read=read)
        entries = entries_of_change(before, after, outcome.changes, stored)
        await tx.feed.append(entries, at=now)
        hints = hints_of_change(before, after, entries, works=bool(outcome.effects))
        return _Committed(Handled(outcome, after, stored[: len(messages)]), hints)

    def _line(self, notice: Notice) -> NewMessage:
        content = {"type": "notice", "key": notice.key, "params": dict(notice.params)}
        return NewMessage(id=self._ids.new("m"), author="system", content=content)


class _NotTogetherError(Exception):
    """Several events cannot be stored in one transaction: each is to be tried alone."""


def _fail(request: _Request, error: BaseException) -> None:
    if not request.answer.done():
        request.answer.set_exception(error)


def _concerned(request: _Request, loaded: LoadedConversation | None) -> set[str]:
    """Agents whose row the decision reads or changes, so that they are locked in one order."""
    event, agents = request.event, set(request.agents)
    if loaded is None or isinstance(event, _ONLY_SAY):
        return agents
    c = loaded.conversation
    named = getattr(event, "agent_id", None)
    if isinstance(named, str):
        agents.add(named)
    return agents | holdings(c).keys()


def new_effects(conversation: Conversation, effects: Sequence[Effect]) -> list[NewEffect]:
    """Effects with the keys that make them happen once: the conversation, its version, their place."""
    return [
        NewEffect(
            key=f"{conversation.id}:{conversation.version}:{index}",
            lane=lane_of(conversation.id, effect),
            conversation_id=conversation.id,
            effect=effect,
        )
        for index, effect in enumerate(effects)
    ]


def _whose_turn_is_over(event: Event, outcome: Moved) -> set[str]:
    """Agents who just took a conversation or got free: the longest idle are asked first."""
    agents = {effect.agent_id for effect in outcome.effects if isinstance(effect, DrainQueue)}
    return agents | {event.agent_id} if isinstance(event, ev.AgentAccepted | ev.AgentAssigned) else agents
