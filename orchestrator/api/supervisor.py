"""What a supervisor's desk calls beyond an agent's."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from orchestrator.api import schemas, schemas_supervisor
from orchestrator.api.guard import SupervisorUser
from orchestrator.api.platform import PlatformDep
from orchestrator.api.visitor import AfterPosition, ConversationId
from orchestrator.application.supervision import StateFilter

router = APIRouter(prefix="/api/supervisor", tags=["supervisor"])

_ID = r"^[A-Za-z0-9_.:-]+$"
Name = Annotated[str | None, Query(max_length=64, pattern=_ID)]
After = Annotated[str | None, Query(max_length=64, pattern=_ID, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=100)]


@router.get("/conversations", response_model=schemas_supervisor.ConversationPage)
async def conversations(
    user: SupervisorUser,
    platform: PlatformDep,
    state: StateFilter = "open",
    group: Name = None,
    agent: Name = None,
    after: After = None,
    limit: Limit = 50,
) -> Any:
    """Open conversations, the oldest first; with `state=closed` closed ones, the latest first."""
    return await platform.conversations.survey(
        state=state, group=group, agent_id=user.id if agent == "me" else agent, after=after, limit=limit
    )


@router.get("/conversations/{id}", response_model=schemas.AgentConversationWithHistory)
async def conversation(
    user: SupervisorUser, platform: PlatformDep, conversation_id: ConversationId, after: AfterPosition = 0
) -> Any:
    """Any conversation and its history."""
    return await platform.conversations.agent_conversation(
        user.id, conversation_id, supervisor=True, after_position=after
    )


@router.post("/conversations/{id}/assign", response_model=schemas.AgentConversation)
async def assign(
    user: SupervisorUser,
    platform: PlatformDep,
    conversation_id: ConversationId,
    body: schemas_supervisor.Assign,
) -> Any:
    """Give the conversation to an agent (or to `me`), at once and without an invitation."""
    agent_id = user.id if body.agent_id == "me" else body.agent_id
    return await platform.conversations.assign(user.id, conversation_id, to_agent_id=agent_id)


@router.post("/conversations/{id}/requeue", response_model=schemas.AgentConversation)
async def requeue(
    user: SupervisorUser,
    platform: PlatformDep,
    conversation_id: ConversationId,
    body: schemas_supervisor.Requeue,
) -> Any:
    """Send the conversation to the head of a group's line."""
    return await platform.conversations.requeue(
        user.id, conversation_id, group=body.group, priority=body.priority
    )


@router.post("/conversations/{id}/take-over", response_model=schemas.AgentConversation)
async def take_over(user: SupervisorUser, platform: PlatformDep, conversation_id: ConversationId) -> Any:
    """Take the conversation oneself."""
    return await platform.conversations.assign(user.id, conversation_id, to_agent_id=user.id)
