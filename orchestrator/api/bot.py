"""What a bot posts: the turns it took."""

from __future__ import annotations

from fastapi import APIRouter

from orchestrator.api import schemas
from orchestrator.api.guard import BotSignature
from orchestrator.api.platform import PlatformDep
from orchestrator.application.bot_replies import (
    BotCustom,
    BotImage,
    BotReply,
    BotText,
    BotTransfer,
    BotTurn,
)

router = APIRouter(prefix="/api/bot", tags=["bot"])


@router.post("/rasa/turns", dependencies=[BotSignature])
async def turn(platform: PlatformDep, body: schemas.BotTurn) -> schemas.BotTurnResult:
    """Take one turn of the bot. Sent again, it changes nothing."""
    result = await platform.conversations.bot_turn(
        BotTurn(
            conversation_id=body.conversation_id,
            in_reply_to=body.in_reply_to,
            replies=tuple(_reply(reply) for reply in body.replies),
            error=body.error,
        )
    )
    refused = [schemas.RefusedReply(id=id_, reason=reason) for id_, reason in result.refused]
    return schemas.BotTurnResult(accepted=list(result.accepted), refused=refused)


def _reply(reply: schemas.BotReply) -> BotReply:
    match reply:
        case schemas.BotTextReply():
            offered = tuple((one.title, one.payload) for one in reply.quick_replies)
            return BotText(reply.id, _clean(reply.text), offered)
        case schemas.BotImageReply():
            return BotImage(reply.id, reply.url, _clean(reply.alt))
        case schemas.BotTransferReply():
            card = reply.card
            return BotTransfer(
                reply.id,
                card_id=reply.card_id,
                title=_clean(card.title) if card and card.title else None,
                text=_clean(card.text) if card else None,
                slots={_clean(name): _clean(value) for name, value in reply.slots.items()},
                summary=_clean(reply.summary) if reply.summary else None,
                reason=reply.reason,
            )
        case schemas.BotCustomReply():
            return BotCustom(reply.id)


def _clean(text: str) -> str:
    return text.replace("\x00", "")
