"""What the agent's desk calls."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from orchestrator.api import schemas, schemas_supervisor
from orchestrator.api.guard import EXPLAINERS, SUPERVISORS, AgentUser, AnyUser
from orchestrator.api.platform import PlatformDep
from orchestrator.api.visitor import AfterPosition, ConversationId, clean
from orchestrator.domain.explain import Language

router = APIRouter(prefix="/api/agent", tags=["agent"])
explanations = APIRouter(prefix="/api/conversations", tags=["agent"])

InvitationId = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]


@router.get("/state", response_model=schemas.AgentState)
async def state(user: AgentUser, platform: PlatformDep) -> Any:
    """Everything the desk shows on opening."""
    return await platform.conversations.agent_state(user.id)


@router.put("/presence", response_model=schemas.AgentState)
async def set_presence(user: AgentUser, platform: PlatformDep, body: schemas.SetPresence) -> Any:
    """Switch chat and video: available, paused (with a reason of the policy's list) or offline."""
    chat, video = body.chat, body.video
    return await platform.conversations.set_presence(
        user.id,
        chat=chat.state if chat is not None else None,
        video=video.state if video is not None else None,
        chat_reason=(chat.reason or "") if chat is not None else "",
        video_reason=(video.reason or "") if video is not None else "",
    )


@router.post("/wrap-up/end", response_model=schemas.AgentState)
async def end_wrap_up(user: AgentUser, platform: PlatformDep) -> Any:
    """Be ready for the next conversation before the wrap-up is over."""
    return await platform.conversations.end_wrap_up(user.id)


@router.get("/conversations/{id}", response_model=schemas.AgentConversationWithHistory)
async def conversation(
    user: AgentUser, platform: PlatformDep, conversation_id: ConversationId, after: AfterPosition = 0
) -> Any:
    """A conversation and its history: one's own, or any for a supervisor."""
    return await platform.conversations.agent_conversation(
        user.id, conversation_id, supervisor=user.role in SUPERVISORS, after_position=after
    )


@router.post("/conversations/{id}/messages", response_model=schemas.PostedMessage)
async def post_message(
    user: AgentUser, platform: PlatformDep, conversation_id: ConversationId, body: schemas.PostMessage
) -> Any:
    """Write to the visitor."""
    return await platform.conversations.post_agent_message(
        user.id, conversation_id, client_id=body.client_id, text=clean(body.text)
    )


@router.get("/conversations/{id}/earlier", response_model=schemas.EarlierConversations)
async def earlier(user: AgentUser, platform: PlatformDep, conversation_id: ConversationId) -> Any:
    """What the visitor talked about before this conversation; each of these can be read while one has the visitor."""
    return await platform.conversations.earlier(user.id, conversation_id, supervisor=user.role in SUPERVISORS)


@router.post("/conversations/{id}/notes", response_model=schemas.PostedMessage)
async def add_note(
    user: AgentUser, platform: PlatformDep, conversation_id: ConversationId, body: schemas.AddNote
) -> Any:
    """Write something down that colleagues see and the visitor does not; also after the end."""
    return await platform.conversations.add_note(
        user.id,
        conversation_id,
        client_id=body.client_id,
        text=clean(body.text),
        supervisor=user.role in SUPERVISORS,
    )


@router.post(
    "/conversations/{id}/invitation/{invitation_id}/accept", response_model=schemas.AgentConversation
)
async def accept(
    user: AgentUser, platform: PlatformDep, conversation_id: ConversationId, invitation_id: InvitationId
) -> Any:
    """Take the conversation."""
    return await platform.conversations.accept(user.id, conversation_id, invitation_id)


@router.post(
    "/conversations/{id}/invitation/{invitation_id}/decline", response_model=schemas.AgentConversation
)
async def decline(
    user: AgentUser,
    platform: PlatformDep,
    conversation_id: ConversationId,
    invitation_id: InvitationId,
    body: schemas.DeclineInvitation,
) -> Any:
    """Leave it to somebody else."""
    return await platform.conversations.decline(
        user.id, conversation_id, invitation_id, reason=clean(body.reason)
    )


@router.post("/conversations/{id}/video/propose", response_model=schemas.AgentConversation)
async def propose_video(user: AgentUser, platform: PlatformDep, conversation_id: ConversationId) -> Any:
    """Offer the visitor to go to video."""
    return await platform.conversations.propose_video(user.id, conversation_id)


@router.post("/conversations/{id}/video/withdraw", response_model=schemas.AgentConversation)
async def withdraw_video(user: AgentUser, platform: PlatformDep, conversation_id: ConversationId) -> Any:
    """Take the offer back."""
    return await platform.conversations.withdraw_video(user.id, conversation_id)


@router.post("/conversations/{id}/video/leave-lobby", response_model=schemas.AgentConversation)
async def leave_lobby(user: AgentUser, platform: PlatformDep, conversation_id: ConversationId) -> Any:
    """Go back to chat before the call has begun."""
    return await platform.conversations.agent_act(user.id, conversation_id, "leave_lobby")


@router.post("/conversations/{id}/video/hang-up", response_model=schemas.AgentConversation)
async def hang_up(user: AgentUser, platform: PlatformDep, conversation_id: ConversationId) -> Any:
    """End the video; the chat goes on."""
    return await platform.conversations.agent_act(user.id, conversation_id, "hang_up")


@router.post("/conversations/{id}/transfer", response_model=schemas.AgentConversation)
async def transfer(
    user: AgentUser,
    platform: PlatformDep,
    conversation_id: ConversationId,
    body: schemas_supervisor.Transfer,
) -> Any:
    """Invite a colleague to take over, or whoever of a group is free; one stays until it is accepted."""
    note = clean(body.note)
    if body.group is not None:
        return await platform.conversations.transfer_to_group(
            user.id, conversation_id, group=body.group, note=note
        )
    return await platform.conversations.transfer(
        user.id, conversation_id, to_agent_id=body.agent_id or "", note=note
    )


@router.post("/conversations/{id}/transfer/withdraw", response_model=schemas.AgentConversation)
async def withdraw_transfer(user: AgentUser, platform: PlatformDep, conversation_id: ConversationId) -> Any:
    """Keep the conversation after all: nobody is asked any more."""
    return await platform.conversations.withdraw_transfer(user.id, conversation_id)


@router.get("/conversations/{id}/transfer-targets", response_model=schemas_supervisor.TransferTargets)
async def transfer_targets(user: AgentUser, platform: PlatformDep, conversation_id: ConversationId) -> Any:
    """Who could receive the conversation: connected colleagues, and groups with who is free in them."""
    return await platform.conversations.transfer_targets(user.id, conversation_id)


@router.post("/conversations/{id}/close", response_model=schemas.AgentConversation)
async def close(user: AgentUser, platform: PlatformDep, conversation_id: ConversationId) -> Any:
    """Close the conversation."""
    return await platform.conversations.agent_act(user.id, conversation_id, "close")


@router.post("/conversations/{id}/call/token", response_model=schemas.CallToken)
async def call_token(user: AgentUser, platform: PlatformDep, conversation_id: ConversationId) -> Any:
    """A token for one connection to the call."""
    return await platform.calls.mint(conversation_id, role="agent", subject=user.id)


@explanations.get("/{id}/decisions", response_model=list[schemas.DecisionView])
async def decisions(
    user: AnyUser,
    platform: PlatformDep,
    conversation_id: ConversationId,
    language: Annotated[Language, Query(description="The language of what is told.")] = "en",
) -> Any:
    """The why of every step: the row that decided, the facts it read, and the rows that nearly did; in sentences.

    Agents are told of what they have, had, or are invited to.
    """
    agent = user.id if user.role not in EXPLAINERS else None
    return await platform.conversations.decisions(conversation_id, language=language, agent_id=agent)
