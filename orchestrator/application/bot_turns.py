"""What a bot says: words, quick replies, and the transfer card that hands the visitor over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from orchestrator.application.bot_replies import (
    BotCustom,
    BotImage,
    BotReply,
    BotText,
    BotTransfer,
    BotTurn,
    BotTurnResult,
)
from orchestrator.application.errors import NotFound
from orchestrator.application.handle_event import Handled, Moment
from orchestrator.application.lanes import lane_of
from orchestrator.application.notify import WORK_TOPIC
from orchestrator.application.records import Context, Json, NewEffect, NewMessage
from orchestrator.application.use_cases import UseCases, refusal_of
from orchestrator.application.views import BOT_NAME
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Verdict
from orchestrator.domain.effects import TellBot
from orchestrator.domain.events import Event
from rules.card import CardText, render_card
from rules.phrases import judge_card
from rules.policy import Policy


class BotTurns(UseCases):
    async def bot_turn(self, turn: BotTurn) -> BotTurnResult:
        """Take one turn. Sent again, it changes nothing and answers the same.

        The words before the first transfer card are shown, then the card; what comes after the card is refused,
        for the bot is silent after the hand-over.

        Raises:
            NotFound: there is no such conversation.
        """
        async with self._store.transaction(read_only=True) as tx:
            conversation = await self._load(tx, turn.conversation_id)
            policy = await self._pinned(tx, conversation)
            context = await tx.context.get(conversation.id)
        if turn.error is not None:
            await self._failed(turn)
            return BotTurnResult(refused=tuple((reply.id, "turn_failed") for reply in turn.replies))
        words, card, refused = _split(turn.replies)
        accepted: list[str] = []
        if words or card is None:
            await self._speak(turn, words, accepted, refused)
        if card is not None:
            await self._hand_over(conversation, policy, context, card, accepted, refused)
        return BotTurnResult(tuple(accepted), tuple(refused))

    async def _failed(self, turn: BotTurn) -> None:
        async def failed(moment: Moment) -> Event | None:
            # About a question that was answered or overtaken since: nobody waits for it any more.
            overtaken = turn.in_reply_to is not None and moment.conversation.bot_asked != turn.in_reply_to
            return None if overtaken else ev.BotFailed("error")

        await self._handler.handle(turn.conversation_id, failed)

    async def _speak(
        self,
        turn: BotTurn,
        words: Sequence[BotText | BotImage],
        accepted: list[str],
        refused: list[tuple[str, str]],
    ) -> None:
        messages = [self._line(reply) for reply in words]
        ids = [reply.id for reply in words]
        # One delivery is answered by one turn; what the bot says by itself is known by its replies.
        key = turn.in_reply_to or (ids[0] if ids else None)
        if key is None:
            return
        event = ev.BotReplied(tuple(message.id for message in messages), turn.in_reply_to)
        handled = await self._handler.handle(
            turn.conversation_id, event, key=f"turn:{turn.conversation_id}:{key}", messages=messages
        )
        _note(handled, ids, accepted, refused)

    def _line(self, reply: BotText | BotImage) -> NewMessage:
        content: Json
        offers: tuple[tuple[str, str], ...] = ()
        match reply:
            case BotText():
                content = {"type": "text", "text": reply.text}
                offers = reply.quick_replies
            case BotImage():
                content = {"type": "image", "url": reply.url, "alt": reply.alt}
        return NewMessage(
            id=self._ids.new("m"),
            author="bot",
            author_name=BOT_NAME,
            content=content,
            client_id=reply.id,
            quick_replies=offers,
        )

    async def _hand_over(
        self,
        conversation: Conversation,
        policy: Policy,
        context: Context,
        card: BotTransfer,
        accepted: list[str],
        refused: list[tuple[str, str]],
    ) -> None:
        shown = shown_card(card, conversation.language, policy)
        if shown is None:
            refused.insert(0, (card.id, "unknown_card"))
            await self._tell_unknown_card(conversation, card)
            return
        text, group = shown
        verdict = judged_card(card, text, conversation, policy)
        content: Json = {
            "type": "card",
            "title": text.title or None,
            "text": text.text,
            "image_url": text.image,
        }
        message = NewMessage(
            id=self._ids.new("m"), author="bot", author_name=BOT_NAME, content=content, client_id=card.id
        )
        handled = await self._handler.handle(
            conversation.id,
            ev.TransferRequested(message.id, verdict, group),
            messages=(message,),
            context=Context(
                context.page_url, card.summary or context.summary, {**context.slots, **card.slots}
            ),
        )
        _note(handled, [card.id], accepted, refused)

    async def _tell_unknown_card(self, conversation: Conversation, card: BotTransfer) -> None:
        """The visitor was promised a person: the bot has to find other words."""
        effect = TellBot("transfer_failed", "unknown_card")
        new = NewEffect(
            key=f"unknown-card:{conversation.id}:{card.id}",
            lane=lane_of(conversation.id, effect),
            conversation_id=conversation.id,
            effect=effect,
        )
        now = self._clock.now()
        async with self._store.transaction() as tx:
            if await tx.keys.add(new.key, now):
                await tx.outbox.add([new], at=now)
        await self._bus.publish([WORK_TOPIC])


def _split(
    replies: Sequence[BotReply],
) -> tuple[list[BotText | BotImage], BotTransfer | None, list[tuple[str, str]]]:
    """The words before the first card, that card, and what is refused whatever the state."""
    words: list[BotText | BotImage] = []
    card: BotTransfer | None = None
    refused: list[tuple[str, str]] = []
    for reply in replies:
        match reply:
            case BotCustom():
                refused.append((reply.id, "not_shown"))
            case BotTransfer() if card is None:
                card = reply
            case BotTransfer():
                refused.append((reply.id, "second_card"))
            case BotText() | BotImage() if card is None:
                words.append(reply)
            case _:
                refused.append((reply.id, "after_transfer"))
    return words, card, refused


def shown_card(card: BotTransfer, language: str, policy: Policy) -> tuple[CardText, str | None] | None:
    """The card as the visitor will read it, and its group; None when the policy has no such card."""
    if card.card_id is None:
        inline = CardText(language, card.title or "", card.text or "")
        return render_card(inline, card.slots), None
    known = policy.card(card.card_id)
    return None if known is None else (render_card(known.text_for(language), card.slots), known.group)


def judged_card(card: BotTransfer, text: CardText, conversation: Conversation, policy: Policy) -> Verdict:
    """Whether the card escalates, judged on the words that are shown (V10, V11)."""
    return replace(verdict_of(text, conversation, policy), card_id=card.card_id)


def verdict_of(text: CardText, conversation: Conversation, policy: Policy) -> Verdict:
    """What the words of a card, or those before a transfer, come to for this visitor."""
    judged = judge_card(
        fields=text.fields,
        language=conversation.language,
        device=conversation.device.value,
        escalation=policy.escalation_for(conversation.site_id),
    )
    return Verdict(
        escalates=judged.escalates,
        reason=judged.reason,
        phrase=judged.phrase,
        field=judged.field,
    )


def _note(handled: Handled, ids: Sequence[str], accepted: list[str], refused: list[tuple[str, str]]) -> None:
    if handled.conversation is None:
        raise NotFound("conversation_not_found", "There is no such conversation.")
    if handled.moved or handled.duplicate:
        accepted.extend(ids)
    else:
        refused.extend((reply_id, refusal_of(handled.outcome).code) for reply_id in ids)
