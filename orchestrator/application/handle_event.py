"""The one way in which a conversation changes: an event, a decision, one commit.

    load → gather facts → decide (pure) → snapshot + event + decision + messages + timers + outbox + feeds, at once

Whatever a caller wants of a conversation, it hands an event to `EventHandler.handle` and reads the outcome.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from orchestrator.application.agent_consequences import note_consequences
from orchestrator.application.errors import VersionConflict
from orchestrator.application.floor import LiveFloor
from orchestrator.application.gather import AgentsRead, gather
from orchestrator.application.lanes import lane_of
from orchestrator.application.ledger import write_ledger
from orchestrator.application.mailbox import Mailboxes
from orchestrator.application.notify import TIMER_TOPIC, WORK_TOPIC, entries_of_change, queue_topic
from orchestrator.application.ports import Bus, Clock, Ids, Policies, Store, Transaction, WaitEstimates
from orchestrator.application.records import (
    Context,
    EventRecord,
    LoadedConversation,
    NewEffect,
    NewMessage,
    StoredMessage,
)
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation
from orchestrator.domain.decide import decide
from orchestrator.domain.effects import DrainQueue, Effect
from orchestrator.domain.events import Event
from orchestrator.domain.evolve import evolve
from orchestrator.domain.facts import Facts
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

    async def handle(
        self,
        conversation_id: str,
        event: Event | EventMaker,
        *,
        key: str | None = None,
        messages: Sequence[NewMessage] = (),
        context: Context | None = None,
        also: Also | None = None,
    ) -> Handled:
        """Decide one event and commit what comes of it, in one transaction.

        Args:
            conversation_id: a conversation that may not exist yet only for `ConversationStarted`.
            event: the event, or what makes it inside the transaction.
            key: makes the event happen once: a key that was seen is answered as a duplicate.
            messages: lines that join the history if the event moves the conversation. Their ``client_id`` is a
                key of its own: the message that is there already is returned instead.
            context: what agents are told beforehand, stored if the event moves the conversation.
            also: stores what belongs to the event, in the same transaction, if it moves the conversation.
        """
        async with self._mailboxes.turn(conversation_id):
            committed = await self._until_decided(conversation_id, event, key, messages, context, also)
            if committed.change is not None:
                self._floor.committed(*committed.change)
        decided = isinstance(committed.handled.outcome, Moved | Denied)
        if decided and self._on_acknowledged is not None:
            await self._on_acknowledged(committed.handled)
        if committed.hints:
            await self._bus.publish(committed.hints)
        return committed.handled

    async def _until_decided(
        self,
        conversation_id: str,
        event: Event | EventMaker,
        key: str | None,
        messages: Sequence[NewMessage],
        context: Context | None,
        also: Also | None,
    ) -> _Committed:
        for attempt in range(1, ATTEMPTS):
            try:
                return await self._once(conversation_id, event, key, messages, context, also)
            except VersionConflict:
                # Another process was faster: what it committed may change the decision, so decide anew.
                log.info("event.conflict", conversation_id=conversation_id, attempt=attempt)
        return await self._once(conversation_id, event, key, messages, context, also)

    async def _once(
        self,
        conversation_id: str,
        event: Event | EventMaker,
        key: str | None,
        messages: Sequence[NewMessage],
        context: Context | None,
        also: Also | None,
    ) -> _Committed:
        async with self._store.transaction() as tx:
            now = self._clock.now()
            loaded = await tx.conversations.load(conversation_id)
            before = loaded.conversation if loaded is not None else None
            if before is not None:
                found = await self._duplicate(tx, before, key, messages)
                if found is not None:
                    return _Committed(found, [])
            live = self._policies.live
            pinned = await self._policies.pinned(before.policy_revision, tx) if before is not None else live
            read: AgentsRead | None = None
            if callable(event):
                if before is None:
                    return _Committed(Handled(Ignored("no_such_conversation"), None), [])
                moment = Moment(tx, before, pinned, live, now)
                made = await event(moment)
                read = moment.read
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
                committed = await self._commit(tx, loaded, event, outcome, messages, context, key, now, facts)
                if also is not None and committed.handled.conversation is not None:
                    await also(tx, committed.handled.conversation)
                if committed.handled.conversation is not None:
                    committed.change = (before, committed.handled.conversation, pinned)
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

    async def _duplicate(
        self, tx: Transaction, conversation: Conversation, key: str | None, messages: Sequence[NewMessage]
    ) -> Handled | None:
        if key is not None and await tx.keys.known(key):
            return Handled(DUPLICATE, conversation, duplicate=True)
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
        loaded: LoadedConversation | None,
        event: Event,
        outcome: Moved,
        messages: Sequence[NewMessage],
        context: Context | None,
        key: str | None,
        now: datetime,
        facts: Facts,
    ) -> _Committed:
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
        if context is not None:
            await tx.context.put(after.id, context)
        if key is not None:
            await tx.keys.add(key, now)
        for agent_id in _whose_turn_is_over(event, outcome):
            await tx.people.set_idle_since(agent_id, now)
        await note_consequences(tx, before, after, event, self._policies.live, now)
        entries = entries_of_change(before, after, outcome.changes, stored)
        await tx.feed.append(entries, at=now)
        hints = list(dict.fromkeys(entry.stream for entry in entries))
        if outcome.effects:
            hints.append(WORK_TOPIC)
        if _rings_sooner(before, after):
            hints.append(TIMER_TOPIC)
        for group in _moved_lines(before, after):
            hints.append(queue_topic(group))
        return _Committed(Handled(outcome, after, stored[: len(messages)]), hints)

    def _line(self, notice: Notice) -> NewMessage:
        content = {"type": "notice", "key": notice.key, "params": dict(notice.params)}
        return NewMessage(id=self._ids.new("m"), author="system", content=content)


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


def _rings_sooner(before: Conversation | None, after: Conversation) -> bool:
    """Whether a timer was set for earlier than before: one that is put off or gone finds that out when it rings."""
    old = before.timers if before is not None else {}
    return any(name not in old or deadline < old[name] for name, deadline in after.timers.items())


def _moved_lines(before: Conversation | None, after: Conversation) -> set[str]:
    """The groups whose waiting line this change moved."""
    old = before.queue if before is not None else None
    new = after.queue
    if old is not None and new is not None and old.group == new.group and old.at_head == new.at_head:
        return set()
    return {entry.group for entry in (old, new) if entry is not None}
