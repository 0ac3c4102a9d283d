"""Carrying out one effect. Every one of these may run twice: keys, ids and current state make that harmless."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from orchestrator.application.account_changes import AccountChanges
from orchestrator.application.answer_mail import AnswerMail
from orchestrator.application.availability import availability
from orchestrator.application.connected.deliver import ConnectedDeliveries, ToConnected
from orchestrator.application.connected.ports import BotBusy
from orchestrator.application.connected.scripts import Scripts
from orchestrator.application.distribution import Distribution
from orchestrator.application.floor import LiveFloor
from orchestrator.application.handle_event import EventHandler, Moment
from orchestrator.application.notify import agent_stream, message_entries, visitor_stream
from orchestrator.application.ports import (
    BotGateway,
    BotUnavailable,
    Bus,
    Clock,
    Ids,
    MediaGateway,
    Policies,
    Store,
    Transaction,
)
from orchestrator.application.records import BotDelivery, NewFeedEntry, NewMessage, OutboxItem
from orchestrator.application.views import RASA, Views, bot_name
from orchestrator.domain import effects as fx
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Party, State
from orchestrator.domain.decide import greeting_id
from orchestrator.domain.events import Event
from orchestrator.domain.guard_facts import camera_policy
from orchestrator.domain.routing import alternative_of
from rules.languages import text_in
from rules.policy import Policy

log = structlog.get_logger(__name__)

STARTING_PAUSE = timedelta(seconds=1)
BUSY_PAUSE = timedelta(milliseconds=250)


class TryAgainAt(Exception):  # noqa: N818 - it says what to do
    """Not done yet, and nothing is wrong: look again at ``when``."""

    def __init__(self, when: datetime, why: str) -> None:
        super().__init__(why)
        self.when = when


@dataclass(frozen=True, slots=True)
class World:
    """What effects act upon."""

    store: Store
    handler: EventHandler
    distribution: Distribution
    bus: Bus
    clock: Clock
    ids: Ids
    policies: Policies
    views: Views
    bot: BotGateway
    media: MediaGateway
    mail: AnswerMail
    floor: LiveFloor
    connected: ConnectedDeliveries
    scripts: Scripts


class Performer:
    def __init__(self, world: World) -> None:
        self._world = world
        self._accounts = AccountChanges(world.store, world.handler, world.bus)

    async def perform(self, item: OutboxItem) -> None:
        """Do it.

        Raises:
            TryAgainAt: later; anything else that is raised is an error and tried again with growing pauses.
        """
        effect = item.effect
        match effect:
            case fx.GreetVisitor() | fx.AskBot() | fx.TellBot() | fx.EchoToBot():
                await self._to_bot(item, effect)
            case fx.PlayScript():
                later = await self._world.scripts.play(item.conversation_id, effect.script_id)
                if later is not None:
                    raise TryAgainAt(later, "the bot pauses")
            case fx.FindAgent():
                await self._world.distribution.find(item.conversation_id)
            case fx.AccountChanged():
                await self._accounts.carry_out(effect.user_id, effect.by)
                await self._world.distribution.drain(effect.user_id)
            case fx.DrainQueue():
                await self._world.distribution.drain(effect.agent_id)
            case fx.InviteAgent() | fx.EndInvitation():
                await self._tell_agent(item, effect)
            case fx.ShowAlternative():
                await self._show_alternative(item, effect)
            case fx.OpenCall():
                await self._open_call(item, effect)
            case fx.CloseCall():
                await self._world.media.close_room(effect.call_id)
            case fx.SetCamera():
                await self._world.media.set_camera(effect.call_id, effect.on)
            case fx.DisconnectMedia():
                await self._world.media.disconnect(effect.call_id, effect.role.value)
            case fx.SendMail():
                again = await self._world.mail.send(effect.left_message_id)
                if again is not None:
                    raise TryAgainAt(again, "the mail server did not take it")

    # --- the bot ------------------------------------------------------------------------------------------

    async def _to_bot(self, item: OutboxItem, effect: ToConnected) -> None:
        world = self._world
        async with world.store.transaction(read_only=True) as tx:
            loaded = await tx.conversations.load(item.conversation_id)
        if loaded is None or not _bot_may_hear(loaded.conversation):
            # The conversation went on without the bot: what it would answer could not be shown.
            return
        if loaded.conversation.bot_id != RASA:
            await self._to_connected(loaded.conversation, effect)
        elif not isinstance(effect, fx.EchoToBot):
            await self._to_rasa(loaded.conversation, item, effect)

    async def _to_connected(self, conversation: Conversation, effect: ToConnected) -> None:
        world = self._world
        if isinstance(effect, fx.AskBot):
            await self._show_typing(conversation)
        try:
            await world.connected.deliver(conversation, effect)
        except BotBusy as error:
            raise TryAgainAt(world.clock.now() + BUSY_PAUSE, "the bot is busy") from error
        except BotUnavailable as error:
            log.info("bot.unavailable", conversation_id=conversation.id, reason=error.reason)
            if isinstance(effect, fx.AskBot):
                await self._bot_failed(conversation, effect.message_id, error)

    async def _bot_failed(self, conversation: Conversation, delivery_id: str, error: BotUnavailable) -> None:
        async def failed(moment: Moment) -> Event | None:
            # The visitor may have asked again meanwhile, and that is being answered.
            still = moment.conversation.bot_asked == delivery_id
            return ev.BotFailed(error.reason) if still else None

        await self._world.handler.handle(conversation.id, failed)

    async def _to_rasa(
        self, conversation: Conversation, item: OutboxItem, effect: fx.GreetVisitor | fx.AskBot | fx.TellBot
    ) -> None:
        world = self._world
        async with world.store.transaction(read_only=True) as tx:
            delivery = await self._delivery(tx, conversation, item, effect)
        try:
            if world.bot.status() == "starting":
                # Every waiting conversation asks again each second: that must not keep a starting bot from starting.
                raise BotUnavailable("starting", "it was never ready yet")
            await world.bot.deliver(delivery)
        except BotUnavailable as error:
            log.info("bot.unavailable", conversation_id=conversation.id, reason=error.reason)
            # While it starts, what is asked later waits behind this delivery: it must not time out meanwhile.
            starting = error.reason == "starting" and conversation.bot_asked is not None
            if starting or conversation.bot_asked == delivery.id:
                await world.handler.handle(conversation.id, ev.BotFailed(error.reason))
            if error.reason == "starting":
                raise TryAgainAt(world.clock.now() + STARTING_PAUSE, "the bot is starting") from error
            return
        if isinstance(effect, fx.AskBot):
            await self._show_typing(conversation)

    async def _show_typing(self, conversation: Conversation) -> None:
        frame: dict[str, object] = {"type": "typing", "conversation_id": conversation.id, "by": "bot"}
        await self._world.bus.publish_ephemeral(visitor_stream(conversation.visitor_id), frame)

    async def _delivery(
        self,
        tx: Transaction,
        conversation: Conversation,
        item: OutboxItem,
        effect: fx.GreetVisitor | fx.AskBot | fx.TellBot,
    ) -> BotDelivery:
        world = self._world
        pinned = await world.policies.pinned(conversation.policy_revision, tx)
        now = world.clock.now()
        able = await availability(
            tx, conversation, world.views, world.floor, pinned=pinned, live=world.policies.live, now=now
        )
        context = await tx.context.get(conversation.id)
        text = payload = name = reason = None
        match effect:
            case fx.GreetVisitor():
                kind, delivery_id = "session_open", greeting_id(conversation.id)
            case fx.AskBot():
                kind, delivery_id = "message", effect.message_id
                message = await tx.messages.get(effect.message_id)
                if message is not None:
                    text = str(message.content.get("text", ""))
                    payload = message.payload
            case fx.TellBot():
                kind, delivery_id = "event", f"event-{item.key}"
                name, reason = effect.name, effect.reason
        return BotDelivery(
            id=delivery_id,
            conversation_id=conversation.id,
            kind=kind,
            text=text,
            payload=payload,
            event_name=name,
            event_reason=reason,
            language=conversation.language,
            device=conversation.device.value,
            page_url=context.page_url,
            chat_available=able.chat,
            video_available=able.video,
            estimated_wait_seconds=able.wait,
        )

    # --- people -------------------------------------------------------------------------------------------

    async def _tell_agent(self, item: OutboxItem, effect: fx.InviteAgent | fx.EndInvitation) -> None:
        stream = agent_stream(effect.agent_id)
        if isinstance(effect, fx.InviteAgent):
            entry = NewFeedEntry(stream, "invitation", item.conversation_id, effect.invitation_id)
        else:
            entry = NewFeedEntry(
                stream, "invitation_ended", item.conversation_id, effect.invitation_id, effect.reason
            )
        world = self._world
        now = world.clock.now()
        async with world.store.transaction() as tx:
            if not await tx.keys.add(f"effect:{item.key}", now):
                return
            await tx.feed.append([entry], at=now)
        await world.bus.publish([stream])

    async def _show_alternative(self, item: OutboxItem, effect: fx.ShowAlternative) -> None:
        """The words for when nobody can come, by the bot if the bot goes on, else by the system."""
        world = self._world
        now = world.clock.now()
        async with world.store.transaction() as tx:
            loaded = await tx.conversations.load(item.conversation_id)
            if loaded is None or loaded.conversation.state is State.CLOSED:
                return
            c = loaded.conversation
            pinned = await world.policies.pinned(c.policy_revision, tx)
            by_bot = c.party is Party.BOT
            line = NewMessage(
                id=world.ids.new("m"),
                author="bot" if by_bot else "system",
                author_name=await bot_name(tx, c.bot_id) if by_bot else None,
                content={"type": "text", "text": alternative_words(effect, c, pinned, world.policies.live)},
            )
            if not await tx.keys.add(f"effect:{item.key}", now):
                return
            stored = await tx.messages.append(c.id, [line], after=loaded.last_position, at=now)
            await tx.conversations.advance(c.id, last_position=stored[-1].position)
            agents = [c.agent_id] if c.agent_id is not None else []
            entries = message_entries(c.visitor_id, agents, stored[0])
            await tx.feed.append(entries, at=now)
        await world.bus.publish([entry.stream for entry in entries])

    # --- media --------------------------------------------------------------------------------------------

    async def _open_call(self, item: OutboxItem, effect: fx.OpenCall) -> None:
        world = self._world
        async with world.store.transaction(read_only=True) as tx:
            loaded = await tx.conversations.load(item.conversation_id)
            c = loaded.conversation if loaded is not None else None
            if c is None or c.call is None or c.call.id != effect.call_id:
                return
        rule = world.policies.live.camera_for(c.site_id, c.group)
        # One that is open is tightened by it.
        await world.media.open_room(effect.call_id, camera=camera_policy(c, rule))
        # Opened again after a loss, the room must not forget what the visitor chose.
        await world.media.set_camera(effect.call_id, c.call.camera_on)


def _bot_may_hear(conversation: Conversation) -> bool:
    return conversation.state is State.CHAT and conversation.party is Party.BOT


def alternative_words(effect: fx.ShowAlternative, c: Conversation, pinned: Policy, live: Policy) -> str:
    """The card's words, or the group's, in the visitor's language."""
    card = pinned.card(effect.card_id) if effect.card_id is not None else None
    if card is not None:
        return card.alternative_for(c.language)
    known = c.group is not None and c.group in live.routing.groups
    group = live.group(c.group if known and c.group is not None else live.routing.default_group)
    words = alternative_of(group, is_open=effect.reason != "closed").message
    found = text_in(words, c.language, live.cards.default_language)
    return found[1] if found is not None else next(iter(words.values()))
