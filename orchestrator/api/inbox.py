"""Left messages: the visitor's page leaves them, the desk's inbox answers them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query

from orchestrator.api import schemas, schemas_inbox
from orchestrator.api.guard import AgentUser, VisitorId
from orchestrator.api.platform import PlatformDep
from orchestrator.api.visitor import ConversationId, clean

router = APIRouter(prefix="/api/agent/inbox", tags=["agent"])
leaving = APIRouter(prefix="/api/visitor", tags=["visitor"])

_ID = r"^[A-Za-z0-9_.:-]+$"
LeftMessageId = Annotated[str, Path(alias="id", max_length=64, pattern=_ID)]
After = Annotated[str | None, Query(max_length=64, pattern=_ID, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=100)]


@leaving.post("/conversations/{id}/left-message", response_model=schemas.VisitorConversation)
async def leave_message(
    visitor: VisitorId,
    platform: PlatformDep,
    conversation_id: ConversationId,
    body: schemas_inbox.LeaveMessage,
) -> Any:
    """Leave a message and an address to be answered at, when `can.leave_message` says so."""
    await platform.limiter.count(platform.limiter.rates.left_message, "visitor", visitor)
    return await platform.conversations.leave_message(
        visitor,
        conversation_id,
        client_id=body.client_id,
        email=body.email,
        name=clean(body.name),
        text=clean(body.text),
    )


@router.get("", response_model=schemas_inbox.InboxPage)
async def inbox(user: AgentUser, platform: PlatformDep, after: After = None, limit: Limit = 50) -> Any:
    """What is still to be answered in one's groups, the oldest first; everything for a supervisor."""
    return await platform.conversations.inbox(user.id, after=after, limit=limit)


@router.post("/{id}/take", response_model=schemas_inbox.LeftMessageView)
async def take(user: AgentUser, platform: PlatformDep, message_id: LeftMessageId) -> Any:
    """Take a message, so that nobody else answers it."""
    return await platform.conversations.take(user.id, message_id)


@router.post("/{id}/release", response_model=schemas_inbox.LeftMessageView)
async def release(user: AgentUser, platform: PlatformDep, message_id: LeftMessageId) -> Any:
    """Give a message back. A supervisor gives back anybody's."""
    return await platform.conversations.release(user.id, message_id)


@router.post("/{id}/answer", response_model=schemas_inbox.InboxAnswered)
async def answer(
    user: AgentUser,
    platform: PlatformDep,
    message_id: LeftMessageId,
    body: Annotated[schemas_inbox.InboxAnswer, Body()],
) -> Any:
    """Answer by e-mail, or in a conversation with the visitor."""
    if isinstance(body, schemas_inbox.AnswerByMail):
        message = await platform.conversations.answer_by_mail(user.id, message_id, text=clean(body.text))
        return {"message": message}
    return await platform.conversations.answer_in_conversation(user.id, message_id)


@router.post("/{id}/dismiss", response_model=schemas_inbox.LeftMessageView)
async def dismiss(user: AgentUser, platform: PlatformDep, message_id: LeftMessageId) -> Any:
    """The message needs no answer."""
    return await platform.conversations.dismiss(user.id, message_id)
