"""Calls: a token for each connection, the offer and its answer, and what the media server reports."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Literal

import structlog

from orchestrator.application.errors import ApplicationError, Invalid, NotFound, Refused, Unauthenticated
from orchestrator.application.handle_event import EventHandler
from orchestrator.application.ports import (
    Clock,
    Ids,
    MediaEvent,
    MediaGateway,
    MediaRefused,
    Policies,
    Store,
    Tokens,
)
from orchestrator.application.records import CallClaims, Json
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Role
from orchestrator.domain.events import Event
from orchestrator.domain.guard_facts import camera_policy
from rules.vocabulary import CameraPolicy

log = structlog.get_logger(__name__)

JOIN_WITHIN = timedelta(seconds=60)

CHECK_SECONDS = 5
"""How long a page looks at its network; the media server ends what takes much longer."""

IceServers = Callable[[str], Sequence[Json]]
"""The STUN and TURN servers for one subject, with credentials that last as long as a call may."""


def _no_ice_servers(_: str) -> Sequence[Json]:
    return ()


class Calls:
    def __init__(
        self,
        store: Store,
        handler: EventHandler,
        clock: Clock,
        ids: Ids,
        policies: Policies,
        tokens: Tokens,
        media: MediaGateway,
        *,
        ice_servers: IceServers = _no_ice_servers,
        relay_only: bool = False,
    ) -> None:
        """``relay_only``: pages connect by TURN servers alone, so that nobody learns their address."""
        self._store = store
        self._handler = handler
        self._clock = clock
        self._ids = ids
        self._policies = policies
        self._tokens = tokens
        self._media = media
        self._ice_servers = ice_servers
        self._relay_only = relay_only
        self._reports: asyncio.Queue[MediaEvent] = asyncio.Queue()
        self._listener: asyncio.Task[None] | None = None
        media.subscribe(self._reports.put_nowait)

    async def mint(self, conversation_id: str, *, role: Literal["visitor", "agent"], subject: str) -> Json:
        """→ `CallToken`, for one connection within 60 s. ``subject`` is the visitor's or the agent's id.

        Raises:
            NotFound: the conversation is not the subject's.
            Refused: there is no call to join now (``no_call``).
        """
        async with self._store.transaction(read_only=True) as tx:
            loaded = await tx.conversations.load(conversation_id)
            owner = _owner(loaded.conversation, role) if loaded is not None else None
            if loaded is None or owner != subject:
                raise NotFound("conversation_not_found", "There is no such conversation.")
            conversation = loaded.conversation
            if conversation.call is None:
                raise Refused("no_call", "There is no call to join now.")
        now = self._clock.now()
        claims = CallClaims(
            id=self._ids.new("t"),
            call_id=conversation.call.id,
            conversation_id=conversation_id,
            role=role,
            subject=subject,
            join_by=now + JOIN_WITHIN,
        )
        return {
            "token": self._tokens.issue_call(claims, now),
            "url": f"/api/calls/{claims.call_id}/connections",
            "role": role,
            "camera_policy": self._camera(conversation),
            **self._ice(subject),
            "expires_at": claims.join_by,
        }

    def network_check(self, visitor_id: str) -> Json:
        """→ `NetworkCheck`: how the page is to look at its network before a call."""
        return {
            **self._ice(visitor_id),
            "seconds": CHECK_SECONDS,
        }

    def _ice(self, subject: str) -> Json:
        return {
            "ice_servers": [dict(server) for server in self._ice_servers(subject)],
            "ice_transport_policy": "relay" if self._relay_only else "all",
        }

    async def check_network(self, visitor_id: str, offer_sdp: str) -> str:
        """Answer an offer; what the page sends comes back to it for some seconds. A visitor has one check at a time.

        Raises:
            Invalid: the offer cannot be accepted (``invalid_offer``).
            Refused: there are too many checks (``media_busy``).
        """
        try:
            return await self._media.check_network(visitor_id, offer_sdp)
        except MediaRefused as error:
            raise _of(error) from error

    async def read_token(self, token: str) -> CallClaims:
        """Raises:
        Unauthenticated: the token is not one of ours, or too old.
        """
        return self._tokens.read_call(token, self._clock.now())

    async def join(self, call_id: str, claims: CallClaims, offer_sdp: str) -> tuple[str, str]:
        """Answer an offer. Returns the connection's id and the answer's SDP.

        Raises:
            NotFound: the token is for another call, or the call is over.
            Unauthenticated: the token was used already (``token_used``).
            Invalid: the offer cannot be accepted (``invalid_offer``).
        """
        if claims.join_by < self._clock.now():
            raise Unauthenticated("token_expired", "This token is too old: get another one.")
        conversation, camera = await self._conversation_of(call_id, claims)
        async with self._store.transaction() as tx:
            if not await tx.keys.add(f"call-token:{claims.id}", self._clock.now()):
                raise Unauthenticated("token_used", "This token was used already: get another one.")
        # The token names the connection, so that only its bearer can add to it or end it.
        connection_id = f"k_{claims.id}"
        try:
            answer = await self._media.join(
                call_id, role=claims.role, connection_id=connection_id, offer_sdp=offer_sdp, camera=camera
            )
        except MediaRefused as error:
            raise _of(error) from error
        log.info("call.joined", conversation_id=conversation.id, call_id=call_id, role=claims.role)
        return connection_id, answer

    async def add_candidates(
        self, call_id: str, connection_id: str, claims: CallClaims, fragment: str
    ) -> None:
        """Raises:
        NotFound: the connection is gone or another token's.
        """
        _require_own(call_id, connection_id, claims)
        try:
            await self._media.add_candidates(call_id, connection_id, fragment)
        except MediaRefused as error:
            raise _of(error) from error

    async def leave(self, call_id: str, connection_id: str, claims: CallClaims) -> None:
        """The connection ends; leaving twice is harmless."""
        _require_own(call_id, connection_id, claims)
        try:
            await self._media.leave(call_id, connection_id)
        except MediaRefused as error:
            log.info("call.leave_unknown", call_id=call_id, code=error.code)

    # --- what the media server reports ----------------------------------------------------------------------

    async def start(self) -> None:
        """Turn what the media server reports into events, one after the other."""
        self._listener = asyncio.create_task(self._listen(), name="media-reports")

    async def stop(self) -> None:
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
            self._listener = None

    async def settle(self) -> None:
        """Handle everything that was reported so far (for tests and for shutting down)."""
        while not self._reports.empty():
            await self._handle(self._reports.get_nowait())

    async def _listen(self) -> None:
        while True:
            report = await self._reports.get()
            try:
                await self._handle(report)
            except Exception:
                # The next report must be heard all the same; timers end what this one would have.
                log.exception("call.report_failed", call_id=report.call_id, kind=report.kind)

    async def _handle(self, report: MediaEvent) -> None:
        event = _event_of(report)
        if event is None:
            return
        async with self._store.transaction(read_only=True) as tx:
            conversation = await tx.conversations.with_call(report.call_id)
        if conversation is None or (report.kind == "camera_shut" and not _camera_is_on(conversation)):
            return
        await self._handler.handle(conversation.id, event)

    async def _conversation_of(self, call_id: str, claims: CallClaims) -> tuple[Conversation, str]:
        if claims.call_id != call_id:
            raise NotFound("call_not_found", "There is no such call.")
        async with self._store.transaction(read_only=True) as tx:
            loaded = await tx.conversations.load(claims.conversation_id)
            conversation = loaded.conversation if loaded is not None else None
            if conversation is None or conversation.call is None or conversation.call.id != call_id:
                raise NotFound("call_over", "This call is over.")
            if _owner(conversation, claims.role) != claims.subject:
                raise NotFound("call_over", "This call is somebody else's now.")
        return conversation, self._camera(conversation)

    def _camera(self, c: Conversation) -> CameraPolicy:
        return camera_policy(c, self._policies.live.camera_for(c.site_id, c.group))


def _owner(conversation: Conversation, role: str) -> str | None:
    return conversation.visitor_id if role == "visitor" else conversation.agent_id


def _camera_is_on(conversation: Conversation) -> bool:
    return conversation.call is not None and conversation.call.camera_on


def _require_own(call_id: str, connection_id: str, claims: CallClaims) -> None:
    if claims.call_id != call_id or connection_id != f"k_{claims.id}":
        raise NotFound("connection_not_found", "There is no such connection.")


def _event_of(report: MediaEvent) -> Event | None:
    match report.kind:
        case "connected" if report.role is not None:
            return ev.MediaConnected(report.call_id, Role(report.role))
        case "dropped" | "left" if report.role is not None:
            # A page that leaves without hanging up may come back: hanging up is an act of its own.
            return ev.MediaDropped(report.call_id, Role(report.role))
        case "lost":
            return ev.MediaLost(report.call_id)
        case "camera_shut":
            # Both pages learn of it as they do when the visitor turns the camera off.
            return ev.CameraSwitched(on=False)
        case _:
            return None


def _of(error: MediaRefused) -> ApplicationError:
    match error.code:
        case "invalid_offer":
            return Invalid("invalid_offer", str(error))
        case "unknown_call" | "unknown_connection":
            return NotFound(error.code, "This call or connection is over.")
        case _:
            return Refused(error.code, str(error))
