"""What a visitor's page calls."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from orchestrator.api import schemas, schemas_reports
from orchestrator.api.guard import VisitorId, client_network
from orchestrator.api.origins import page_origin
from orchestrator.api.platform import Platform, PlatformDep
from orchestrator.application.errors import Unauthenticated
from orchestrator.domain.conversation import Need

router = APIRouter(prefix="/api/visitor", tags=["visitor"])

ConversationId = Annotated[str, Path(alias="id", max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]
AfterPosition = Annotated[int, Query(ge=0, description="Only lines after this position.")]


@router.post("/session", response_model=schemas.VisitorSession)
async def open_session(request: Request, platform: PlatformDep, body: schemas.StartSession) -> Any:
    """Open the widget on a page: who the visitor is, what the site offers, and the conversation that goes on."""
    await platform.limiter.count(platform.limiter.rates.session, client_network(request))
    return await platform.conversations.open_session(
        site_key=body.site_key,
        origin=page_origin(request),
        language=body.language,
        device=body.device,
        can_video=body.can_video,
        page_url=body.page_url,
        visitor_id=_earlier_visitor(platform, body.token),
    )


def _earlier_visitor(platform: Platform, token: str | None) -> str | None:
    """Who the page's kept token says it is; a token that is no good is as good as none."""
    if token is None:
        return None
    try:
        return platform.tokens.read_visitor(token, platform.clock.now()).subject
    except Unauthenticated:
        return None


@router.get("/availability", response_model=schemas_reports.Outlook)
async def availability(
    visitor: VisitorId,
    platform: PlatformDep,
    need: Annotated[
        schemas_reports.ChannelName | None, Query(description="Only this channel; without it, both.")
    ] = None,
) -> Any:
    """What asking for a person would come to now: somebody is there, there is a place to wait, or there is not."""
    needs = list(Need) if need is None else [Need(need)]
    return await platform.reporting.outlooks.of_visitor(visitor, needs)


@router.post("/conversations", response_model=schemas.VisitorConversationWithHistory)
async def start(visitor: VisitorId, platform: PlatformDep, body: schemas.StartConversation) -> Any:
    """Start a conversation; the open one is returned when there is one."""
    return await platform.conversations.start(
        visitor, client_id=body.client_id, want=body.want, language=body.language
    )


@router.get("/conversations/{id}", response_model=schemas.VisitorConversationWithHistory)
async def conversation(
    visitor: VisitorId, platform: PlatformDep, conversation_id: ConversationId, after: AfterPosition = 0
) -> Any:
    """The conversation as it is now, and its history."""
    return await platform.conversations.visitor_conversation(visitor, conversation_id, after_position=after)


@router.post("/conversations/{id}/messages", response_model=schemas.PostedMessage)
async def post_message(
    visitor: VisitorId, platform: PlatformDep, conversation_id: ConversationId, body: schemas.PostMessage
) -> Any:
    """Write. In a closed conversation this starts a new one, and `conversation_id` of the answer differs."""
    await platform.limiter.count(platform.limiter.rates.message, "visitor", visitor)
    return await platform.conversations.post_visitor_message(
        visitor,
        conversation_id,
        client_id=body.client_id,
        text=clean(body.text),
        quick_reply=body.quick_reply,
    )


def clean(text: str) -> str:
    """Text as any database keeps it: without NUL characters."""
    return text.replace("\x00", "")


@router.post("/conversations/{id}/person", response_model=schemas.VisitorConversation)
async def ask_for_person(visitor: VisitorId, platform: PlatformDep, conversation_id: ConversationId) -> Any:
    """Ask for a person."""
    return await platform.conversations.visitor_act(visitor, conversation_id, "person")


@router.post("/conversations/{id}/video", response_model=schemas.VisitorConversation)
async def ask_for_video(visitor: VisitorId, platform: PlatformDep, conversation_id: ConversationId) -> Any:
    """Ask for a video conversation."""
    return await platform.conversations.visitor_act(visitor, conversation_id, "video")


@router.post("/conversations/{id}/video/accept", response_model=schemas.VisitorConversation)
async def accept_video(
    visitor: VisitorId, platform: PlatformDep, conversation_id: ConversationId, body: schemas.ProposalAnswer
) -> Any:
    """Accept the agent's proposal: the lobby opens."""
    return await platform.conversations.answer_proposal(
        visitor, conversation_id, body.proposal_id, accept=True
    )


@router.post("/conversations/{id}/video/decline", response_model=schemas.VisitorConversation)
async def decline_video(
    visitor: VisitorId, platform: PlatformDep, conversation_id: ConversationId, body: schemas.ProposalAnswer
) -> Any:
    """Decline the agent's proposal: the chat goes on."""
    return await platform.conversations.answer_proposal(
        visitor, conversation_id, body.proposal_id, accept=False
    )


@router.post("/conversations/{id}/video/leave-lobby", response_model=schemas.VisitorConversation)
async def leave_lobby(visitor: VisitorId, platform: PlatformDep, conversation_id: ConversationId) -> Any:
    """Stay in chat instead of joining the call."""
    return await platform.conversations.visitor_act(visitor, conversation_id, "leave_lobby")


@router.post("/conversations/{id}/video/hang-up", response_model=schemas.VisitorConversation)
async def hang_up(visitor: VisitorId, platform: PlatformDep, conversation_id: ConversationId) -> Any:
    """End the video; the chat goes on."""
    return await platform.conversations.visitor_act(visitor, conversation_id, "hang_up")


@router.post("/conversations/{id}/video/resume", response_model=schemas.VisitorConversation)
async def resume_video(visitor: VisitorId, platform: PlatformDep, conversation_id: ConversationId) -> Any:
    """Resume a call that dropped."""
    return await platform.conversations.visitor_act(visitor, conversation_id, "resume")


@router.post("/conversations/{id}/queue/leave", response_model=schemas.VisitorConversation)
async def leave_queue(visitor: VisitorId, platform: PlatformDep, conversation_id: ConversationId) -> Any:
    """Give up the place in the queue; the conversation goes on."""
    return await platform.conversations.visitor_act(visitor, conversation_id, "leave_queue")


@router.post("/conversations/{id}/close", response_model=schemas.VisitorConversation)
async def close(visitor: VisitorId, platform: PlatformDep, conversation_id: ConversationId) -> Any:
    """Close the conversation."""
    return await platform.conversations.visitor_act(visitor, conversation_id, "close")


@router.put("/conversations/{id}/capability", response_model=schemas.VisitorConversation)
async def set_capability(
    visitor: VisitorId, platform: PlatformDep, conversation_id: ConversationId, body: schemas.CapabilityUpdate
) -> Any:
    """Tell whether this browser can do video at all."""
    return await platform.conversations.set_capability(visitor, conversation_id, can_video=body.can_video)


@router.put("/conversations/{id}/language", response_model=schemas.VisitorConversation)
async def set_language(
    visitor: VisitorId, platform: PlatformDep, conversation_id: ConversationId, body: schemas.LanguageUpdate
) -> Any:
    """The visitor chose a language."""
    return await platform.conversations.set_language(visitor, conversation_id, language=body.language)


@router.post("/conversations/{id}/call/token", response_model=schemas.CallToken)
async def call_token(visitor: VisitorId, platform: PlatformDep, conversation_id: ConversationId) -> Any:
    """A token for one connection to the call."""
    return await platform.calls.mint(conversation_id, role="visitor", subject=visitor)


@router.put("/conversations/{id}/call/camera", response_model=schemas.VisitorConversation)
async def switch_camera(
    visitor: VisitorId, platform: PlatformDep, conversation_id: ConversationId, body: schemas.CameraSwitch
) -> Any:
    """Open or shut the media server's gate for the visitor's camera, as far as the policy allows."""
    return await platform.conversations.switch_camera(visitor, conversation_id, on=body.on)
