"""Telling a connected bot what happens in a conversation, and taking what it answers.

The contract's order: its first messages when the visitor opens the chat, the conversation with its history when the
visitor first writes, then every message, the bot's own too.
"""

from __future__ import annotations

import structlog

from orchestrator.application.connected.offers import website_of
from orchestrator.application.connected.ports import BotAnswer, BotTroubled, ConnectedBotClient
from orchestrator.application.connected.records import BotSession, ConnectedBot, Say
from orchestrator.application.connected.scripts import Scripts
from orchestrator.application.ports import BotUnavailable, Store
from orchestrator.application.records import StoredMessage
from orchestrator.domain import effects as fx
from orchestrator.domain.conversation import Conversation
from orchestrator.domain.decide import greeting_id

log = structlog.get_logger(__name__)

HISTORY_MOST = 200
"""Messages of a history that a bot is told: the latest."""

ToConnected = fx.GreetVisitor | fx.AskBot | fx.TellBot | fx.EchoToBot


class ConnectedDeliveries:
    def __init__(self, store: Store, client: ConnectedBotClient, scripts: Scripts) -> None:
        self._store = store
        self._client = client
        self._scripts = scripts

    async def deliver(self, conversation: Conversation, effect: ToConnected) -> None:
        """Carry out one effect for the conversation's connected bot.

        Raises:
            BotUnavailable: it gave no usable answer to the visitor's message.
            BotBusy: as many calls as may be are under way.
        """
        async with self._store.transaction(read_only=True) as tx:
            bot = await tx.bots.get(conversation.bot_id or "")
        if bot is None:
            raise BotUnavailable("unreachable", "this bot is no longer connected")
        try:
            match effect:
                case fx.GreetVisitor():
                    await self._greet(bot, conversation)
                case fx.AskBot():
                    await self._ask(bot, conversation, effect.message_id)
                case fx.EchoToBot():
                    await self._echo(bot, conversation, effect.message_id)
                case fx.TellBot():
                    # The contract has no word for what else happens.
                    if effect.name == "transfer_failed":
                        await self._scripts.transfer_failed(conversation.id)
        except BotTroubled as error:
            log.info(
                "connected_bot.troubled",
                conversation_id=conversation.id,
                bot=bot.id,
                reason=error.reason,
                detail=error.detail,
                asked=not error.by_breaker,
            )
            if isinstance(effect, fx.AskBot):
                raise BotUnavailable(error.reason, error.detail) from error

    async def _greet(self, bot: ConnectedBot, conversation: Conversation) -> None:
        delivery_id = greeting_id(conversation.id)
        answer = BotAnswer()
        try:
            answer = await self._client.first_messages(bot)
        except BotTroubled as error:
            # Nobody asked for anything yet: a bot that says nothing at first is no trouble.
            log.info("connected_bot.no_first_messages", bot=bot.id, reason=error.reason, detail=error.detail)
        first = [step for step in answer.steps if isinstance(step, Say)]
        self._note_left_out(bot, conversation, answer)
        await self._scripts.take(conversation.id, bot.id, first, delivery_id=delivery_id, bot_name=bot.pseudo)

    async def _ask(self, bot: ConnectedBot, conversation: Conversation, message_id: str) -> None:
        await self._scripts.visitor_wrote(conversation.id)
        async with self._store.transaction(read_only=True) as tx:
            message = await tx.messages.get(message_id)
            session = await tx.bots.session(conversation.id)
            history = await tx.messages.list(conversation.id) if session is None else []
        if message is None:
            return
        website = website_of(conversation.site_id)
        opening = BotAnswer()
        if session is None:
            before = [one for one in history if one.position < message.position and _is_told(one)]
            opening = await self._client.open(bot, website, conversation.id, before[-HISTORY_MOST:])
            session = BotSession(conversation.id, opening.external_id or conversation.id)
            async with self._store.transaction() as tx:
                await tx.bots.put_session(session)
        answer = await self._client.say(bot, website, conversation.id, session.external_id, message)
        self._note_left_out(bot, conversation, answer)
        await self._scripts.take(
            conversation.id,
            bot.id,
            (*opening.steps, *answer.steps),
            delivery_id=message_id,
            bot_name=bot.pseudo,
        )

    async def _echo(self, bot: ConnectedBot, conversation: Conversation, message_id: str) -> None:
        async with self._store.transaction(read_only=True) as tx:
            message = await tx.messages.get(message_id)
            session = await tx.bots.session(conversation.id)
        if message is None or session is None:
            # Before the visitor wrote there is no conversation: the history will tell.
            return
        website = website_of(conversation.site_id)
        answer = await self._client.say(bot, website, conversation.id, session.external_id, message)
        await self._scripts.take(
            conversation.id,
            bot.id,
            answer.steps,
            delivery_id=f"echo-{message_id}",
            bot_name=bot.pseudo,
            to_echo=True,
        )

    def _note_left_out(self, bot: ConnectedBot, conversation: Conversation, answer: BotAnswer) -> None:
        if answer.left_out:
            log.warning(
                "connected_bot.reply_left_out",
                conversation_id=conversation.id,
                bot=bot.id,
                replies=list(answer.left_out),
            )


def _is_told(message: StoredMessage) -> bool:
    """What a bot is told of a history: what was said, not the lines of the system nor notes between agents."""
    return message.author != "system" and message.private_to is None
