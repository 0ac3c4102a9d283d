"""What the use cases share: the store, the handler, and how outcomes become answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from orchestrator.application.connected.offers import Offers
from orchestrator.application.errors import NotFound, Refused
from orchestrator.application.floor import LiveFloor
from orchestrator.application.handle_event import Also, EventHandler, EventMaker, Handled
from orchestrator.application.ports import BotGateway, Bus, Clock, Ids, Policies, Store, Tokens, Transaction
from orchestrator.application.records import Context, Json, NewMessage
from orchestrator.application.views import Views
from orchestrator.domain.conversation import Conversation
from orchestrator.domain.events import Event
from orchestrator.domain.outcome import Denied, Ignored, Illegal, Moved, Outcome
from rules.policy import Policy

# Ignored, and yet what was asked for is the case: an answer, not a refusal.
_HARMLESS = frozenset({"duplicate", "already_started"})


@dataclass(frozen=True, slots=True)
class Parts:
    """What every use case is built on; `orchestrator.main` makes one."""

    store: Store
    handler: EventHandler
    bus: Bus
    clock: Clock
    ids: Ids
    policies: Policies
    tokens: Tokens
    views: Views
    floor: LiveFloor = field(kw_only=True)
    bot: BotGateway | None = None
    offers: Offers | None = None
    """When connected bots are to be offered."""
    mail: bool = False
    """Whether answers can go out by e-mail."""


class UseCases:
    def __init__(self, parts: Parts) -> None:
        self._store = parts.store
        self._handler = parts.handler
        self._bus = parts.bus
        self._clock = parts.clock
        self._ids = parts.ids
        self._policies = parts.policies
        self._tokens = parts.tokens
        self._views = parts.views
        self._floor = parts.floor
        self._bot = parts.bot
        self._offers = parts.offers
        self._mail = parts.mail

    async def _do(
        self,
        conversation_id: str,
        event: Event | EventMaker,
        *,
        key: str | None = None,
        messages: Sequence[NewMessage] = (),
        context: Context | None = None,
        also: Also | None = None,
    ) -> Handled:
        """Handle an event that somebody asked for; what was refused is raised.

        Raises:
            Refused: with the stable code of the law or rule that said no.
        """
        handled = await self._handler.handle(
            conversation_id, event, key=key, messages=messages, context=context, also=also
        )
        harmless = isinstance(handled.outcome, Ignored) and handled.outcome.reason in _HARMLESS
        if handled.conversation is None and not handled.moved:
            raise NotFound("conversation_not_found", "There is no such conversation.")
        if not handled.moved and not harmless:
            raise refusal_of(handled.outcome)
        return handled

    async def _pinned(self, tx: Transaction, conversation: Conversation) -> Policy:
        return await self._policies.pinned(conversation.policy_revision, tx)

    async def _load(self, tx: Transaction, conversation_id: str) -> Conversation:
        loaded = await tx.conversations.load(conversation_id)
        if loaded is None:
            raise NotFound("conversation_not_found", "There is no such conversation.")
        return loaded.conversation

    async def _visitor_view(self, conversation_id: str) -> Json:
        async with self._store.transaction(read_only=True) as tx:
            return await self._render_visitor(tx, await self._load(tx, conversation_id))

    async def _render_visitor(self, tx: Transaction, conversation: Conversation) -> Json:
        return await self._views.visitor_conversation(
            tx,
            conversation,
            pinned=await self._pinned(tx, conversation),
            live=self._policies.live,
            now=self._clock.now(),
        )

    async def _agent_view(self, conversation_id: str, agent_id: str) -> Json:
        async with self._store.transaction(read_only=True) as tx:
            return await self._render_agent(tx, await self._load(tx, conversation_id), agent_id)

    async def _render_agent(self, tx: Transaction, conversation: Conversation, agent_id: str) -> Json:
        return await self._views.agent_conversation(
            tx,
            conversation,
            agent_id,
            pinned=await self._pinned(tx, conversation),
            live=self._policies.live,
            now=self._clock.now(),
        )


def refusal_of(outcome: Outcome) -> Refused:
    """What to tell somebody whose event did not take effect."""
    match outcome:
        case Denied(reason, decision):
            return Refused(reason, "A rule refuses this now.", decision)
        case Illegal(state, _):
            return Refused("not_now", f"This cannot be done while the conversation is {state.value}.")
        case Ignored(reason):
            return Refused(reason, "It is too late for that.")
        case Moved():
            raise TypeError("this event took effect")
