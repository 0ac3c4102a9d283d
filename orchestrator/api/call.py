"""Joining a call, in WHIP's shape (RFC 9725): an offer in, an answer and an address to leave by out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from orchestrator.api import schemas_media
from orchestrator.api.guard import CallToken, VisitorId
from orchestrator.api.platform import PlatformDep
from orchestrator.api.problems import ApiError

router = APIRouter(prefix="/api/calls/{call_id}/connections", tags=["call"])

check_router = APIRouter(prefix="/api/visitor/network-check", tags=["call"])

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"

CallId = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]
ConnectionId = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]

_OFFER = {"requestBody": {"required": True, "content": {SDP: {"schema": {"type": "string"}}}}}
_CANDIDATES = {"requestBody": {"required": True, "content": {FRAGMENT: {"schema": {"type": "string"}}}}}
_ANSWER = {
    201: {
        "description": "The answer. `Location` is the address of this connection.",
        "headers": {"Location": {"schema": {"type": "string"}}},
        "content": {SDP: {"schema": {"type": "string"}}},
    }
}
_CHECK_ANSWER = {201: {"description": "The answer.", "content": {SDP: {"schema": {"type": "string"}}}}}


@check_router.get("", response_model=schemas_media.NetworkCheck)
async def network_check(visitor: VisitorId, platform: PlatformDep) -> Any:
    """What a page needs to look at its network before a call."""
    return platform.calls.network_check(visitor)


@check_router.post(
    "", status_code=201, response_class=Response, openapi_extra=_OFFER, responses={**_CHECK_ANSWER}
)
async def check_network(request: Request, visitor: VisitorId, platform: PlatformDep) -> Response:
    """Connect to the media server alone: what is sent comes back, for some seconds. Close the connection to end it."""
    await platform.limiter.count(platform.limiter.rates.session, "network-check", visitor)
    return Response(
        await platform.calls.check_network(visitor, await _text(request, SDP)),
        status_code=201,
        media_type=SDP,
    )


@router.post("", status_code=201, response_class=Response, openapi_extra=_OFFER, responses={**_ANSWER})
async def join(request: Request, claims: CallToken, platform: PlatformDep, call_id: CallId) -> Response:
    """Join with an offer. The token is spent by this."""
    offer = await _text(request, SDP)
    connection_id, answer = await platform.calls.join(call_id, claims, offer)
    location = f"/api/calls/{call_id}/connections/{connection_id}"
    return Response(answer, status_code=201, media_type=SDP, headers={"location": location})


@router.patch("/{connection_id}", status_code=204, openapi_extra=_CANDIDATES)
async def add_candidates(
    request: Request, claims: CallToken, platform: PlatformDep, call_id: CallId, connection_id: ConnectionId
) -> Response:
    """Add ICE candidates (RFC 8840)."""
    fragment = await _text(request, FRAGMENT)
    await platform.calls.add_candidates(call_id, connection_id, claims, fragment)
    return Response(status_code=204)


@router.delete("/{connection_id}", status_code=204)
async def leave(
    claims: CallToken, platform: PlatformDep, call_id: CallId, connection_id: ConnectionId
) -> Response:
    """Leave: this connection ends. What that means for the conversation, its rules decide."""
    await platform.calls.leave(call_id, connection_id, claims)
    return Response(status_code=204)


async def _text(request: Request, media_type: str) -> str:
    given = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if given != media_type:
        raise ApiError(415, "unsupported_media_type", f"Send the body as {media_type}.")
    try:
        return (await request.body()).decode()
    except UnicodeDecodeError:
        raise ApiError(422, "invalid_text", "The body is not UTF-8 text.") from None
