"""The two sockets. They carry hints: whatever is lost with a connection is sent again after the next hello.

A client names the last number it saw, so the server never has to keep anything for a slow or absent one: frames are
read from the store at the pace at which the client takes them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import structlog
from fastapi import APIRouter, WebSocket
from pydantic import Field, TypeAdapter, ValidationError
from starlette.websockets import WebSocketDisconnect, WebSocketState

from orchestrator.api import schemas
from orchestrator.api.errors import where
from orchestrator.api.guard import (
    AGENTS,
    SESSION_COOKIE,
    check_own_origin,
    client_network,
    require_role,
    user_of,
    visitor_of_token,
)
from orchestrator.api.platform import Platform, PlatformDep, platform_of
from orchestrator.api.problems import ApiError, problem
from orchestrator.application.errors import ApplicationError, Forbidden
from orchestrator.application.records import Json
from orchestrator.application.streams import FrameStream

log = structlog.get_logger(__name__)

router = APIRouter()

MAX_FRAME_BYTES = 16 * 1024
MAX_FRAMES_PER_WINDOW = 60
MAX_SOCKETS_PER_PERSON = 20
MISSED_PONGS = 2

# Why a socket was closed. 4000 and up are ours; pages go by the error frame that comes before.
CLOSE_GOING_AWAY = 1001
CLOSE_TOO_BIG = 1009
CLOSE_INTERNAL = 1011
CLOSE_TRY_AGAIN = 1013
CLOSE_BAD_FRAME = 4400
CLOSE_NOT_AUTHENTICATED = 4401
CLOSE_FORBIDDEN = 4403
CLOSE_TIMED_OUT = 4408
CLOSE_TOO_MANY = 4429

T = TypeVar("T")

_CLIENT_FRAMES: TypeAdapter[schemas.TypingFrame | schemas.PongFrame] = TypeAdapter(
    Annotated[schemas.TypingFrame | schemas.PongFrame, Field(discriminator="type")]
)
_VISITOR_HELLO = TypeAdapter(schemas.VisitorHello)
_AGENT_HELLO = TypeAdapter(schemas.AgentHello)
_VISITOR_FRAMES: TypeAdapter[Any] = TypeAdapter(Annotated[schemas.VisitorFrame, Field(discriminator="type")])
_AGENT_FRAMES: TypeAdapter[Any] = TypeAdapter(Annotated[schemas.AgentFrame, Field(discriminator="type")])


class Closed(Exception):  # noqa: N818 - it says what is to happen
    """End this socket. With ``error`` the client is told first, and must not simply come back."""

    def __init__(self, code: int, error: str | None = None, detail: str = "") -> None:
        super().__init__(error or str(code))
        self.code = code
        self.error = error
        self.detail = detail


# --- routes --------------------------------------------------------------------------------------------


async def site_page(socket: WebSocket) -> None:
    """Only pages of sites: refused before the handshake, so that the browser itself reports it."""
    origin = socket.headers.get("origin")
    if origin is None or not await socket.app.state.site_origins(origin):
        raise ApiError(403, "origin_not_allowed", "This page is not one of a site's.")


async def desk_page(socket: WebSocket) -> None:
    """Only pages of this service: browsers send cookies along with anybody's socket."""
    if socket.headers.get("origin") is None:
        raise ApiError(403, "origin_not_allowed", "This is for the pages of this service only.")
    check_own_origin(socket, platform_of(socket))


@router.websocket("/api/visitor/socket")
async def visitor_socket(socket: WebSocket, platform: PlatformDep) -> None:
    """First frame `VisitorHello`, then `VisitorFrame`s."""

    async def open_stream(link: Link) -> Session:
        hello = await link.hello(_VISITOR_HELLO)
        origin = socket.headers.get("origin")
        visitor_id = await visitor_of_token(platform, hello.token, origin)

        async def typing(conversation_id: str) -> None:
            await platform.conversations.visitor_typing(visitor_id, conversation_id)

        async def recheck() -> None:
            await visitor_of_token(platform, hello.token, origin)

        stream = platform.streams.visitor(visitor_id, after=hello.after)
        return Session(f"visitor:{visitor_id}", stream, typing, recheck)

    await serve(socket, platform, "visitor", site_page, _VISITOR_FRAMES, open_stream)


@router.websocket("/api/agent/socket")
async def agent_socket(socket: WebSocket, platform: PlatformDep) -> None:
    """First frame `AgentHello`, then `AgentFrame`s."""
    token = socket.cookies.get(SESSION_COOKIE)

    async def open_stream(link: Link) -> Session:
        user = await user_of(socket, platform, token)
        require_role(user, AGENTS)
        hello = await link.hello(_AGENT_HELLO)

        async def typing(conversation_id: str) -> None:
            await platform.conversations.agent_typing(user.id, conversation_id)

        async def recheck() -> None:
            require_role(await user_of(socket, platform, token), AGENTS)

        stream = platform.streams.agent(user.id, after=hello.after, can_video=hello.can_video)
        return Session(f"agent:{user.id}", stream, typing, recheck)

    await serve(socket, platform, "agent", desk_page, _AGENT_FRAMES, open_stream)


# --- one socket ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Session:
    """Who is connected, what to send them, and what their frames do. ``recheck`` raises when they may stay no more."""

    subject: str
    stream: FrameStream
    typing: Callable[[str], Awaitable[None]]
    recheck: Callable[[], Awaitable[None]]


class Link:
    """Frames in and out, one at a time, within limits of size and time."""

    def __init__(self, socket: WebSocket, platform: Platform, frames: TypeAdapter[Any]) -> None:
        self._socket = socket
        self._timings = platform.options.timings
        self._frames = frames
        self._sending = asyncio.Lock()
        self._received = 0
        self._window_ends = 0.0
        self.pings_unanswered = 0

    async def receive(self, kind: TypeAdapter[T]) -> T:
        """The next frame of the client.

        Raises:
            Closed: it is too large, no frame at all, or one of too many.
        """
        text = await self._receive_text()
        if len(text.encode("utf-8", "surrogatepass")) > MAX_FRAME_BYTES:
            detail = f"A frame may have {MAX_FRAME_BYTES // 1024} KiB at most."
            raise Closed(CLOSE_TOO_BIG, "frame_too_large", detail)
        now = asyncio.get_running_loop().time()
        if now > self._window_ends:
            self._received, self._window_ends = 0, now + 10
        self._received += 1
        if self._received > MAX_FRAMES_PER_WINDOW:
            raise Closed(CLOSE_TOO_MANY, "too_many_frames", "Too many frames. Connect again in a moment.")
        try:
            return kind.validate_json(text)
        except ValidationError:
            raise Closed(CLOSE_BAD_FRAME, "invalid_frame", "This is not a frame that belongs here.") from None

    async def _receive_text(self) -> str:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1006))
        text = message.get("text")
        if not isinstance(text, str):
            raise Closed(CLOSE_BAD_FRAME, "invalid_frame", "Send frames as text.")
        return text

    async def hello(self, kind: TypeAdapter[T]) -> T:
        """The first frame, which must come soon."""
        try:
            async with asyncio.timeout(self._timings.hello):
                return await self.receive(kind)
        except TimeoutError:
            raise Closed(
                CLOSE_TIMED_OUT, "hello_missing", "Send the hello frame right after connecting."
            ) from None

    async def send(self, frame: Json) -> None:
        """Send one frame of the contract; a client that does not take it in time is given up."""
        data = self._frames.dump_json(self._frames.validate_python(frame)).decode()
        try:
            async with asyncio.timeout(self._timings.send), self._sending:
                await self._socket.send_text(data)
        except TimeoutError:
            raise Closed(CLOSE_TRY_AGAIN) from None

    async def close(self, reason: Closed) -> None:
        """Say why and close. Nobody may be listening any more: neither may hang nor fail."""
        with contextlib.suppress(TimeoutError, RuntimeError, OSError, WebSocketDisconnect):
            async with asyncio.timeout(1):
                if reason.error is not None:
                    frame = schemas.ErrorFrame(code=reason.error, detail=reason.detail)
                    await self._socket.send_text(frame.model_dump_json())
                if self._socket.application_state is not WebSocketState.DISCONNECTED:
                    await self._socket.close(reason.code)


async def serve(
    socket: WebSocket,
    platform: Platform,
    side: str,
    check_page: Callable[[WebSocket], Awaitable[None]],
    frames: TypeAdapter[Any],
    open_stream: Callable[[Link], Awaitable[Session]],
) -> None:
    """Admit a socket, run it until one side ends it, and leave nothing behind."""
    try:
        await platform.limiter.count(platform.limiter.rates.socket, client_network(socket))
        await check_page(socket)
    except ApiError as refusal:
        answer = problem(refusal.status, refusal.code, refusal.detail, headers=refusal.headers)
        await socket.send_denial_response(answer)
        return
    await socket.accept()
    link = Link(socket, platform, frames)
    gauge = platform.metrics.sockets.labels(side)
    gauge.inc()
    try:
        session = await open_stream(link)
        with _counted(socket.app.state.sockets, session.subject):
            async with session.stream:
                await _run(link, platform, session)
    except WebSocketDisconnect:
        pass
    except Closed as reason:
        await link.close(reason)
    except (ApiError, ApplicationError) as error:
        code = CLOSE_FORBIDDEN if _is_forbidden(error) else CLOSE_NOT_AUTHENTICATED
        await link.close(Closed(code, error.code, error.detail))
    except asyncio.CancelledError:
        # The service stops. Without an error frame: the page is to come back.
        await link.close(Closed(CLOSE_GOING_AWAY))
        raise
    except Exception as error:
        log.error("socket.failed", side=side, **where(error))
        await link.close(Closed(CLOSE_INTERNAL))
    finally:
        gauge.dec()


@contextlib.contextmanager
def _counted(open_sockets: Counter[str], subject: str) -> Iterator[None]:
    """Nobody has that many tabs: a script that opens sockets without end is stopped."""
    if open_sockets[subject] >= MAX_SOCKETS_PER_PERSON:
        raise Closed(
            CLOSE_TOO_MANY, "too_many_sockets", "Too many connections are open. Close some pages first."
        )
    open_sockets[subject] += 1
    try:
        yield
    finally:
        open_sockets[subject] -= 1
        if not open_sockets[subject]:
            del open_sockets[subject]


def _is_forbidden(error: ApiError | ApplicationError) -> bool:
    return isinstance(error, Forbidden) or (isinstance(error, ApiError) and error.status == 403)


async def _run(link: Link, platform: Platform, session: Session) -> None:
    """Send, listen and ping side by side; the first one that ends, ends all."""
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_pump(link, session))
            group.create_task(_listen(link, platform, session))
            group.create_task(_beat(link, platform, session))
    except BaseExceptionGroup as several:
        # One of them is the cause; the others were cancelled because of it, or failed on the same broken line.
        raise several.exceptions[0] from None


async def _pump(link: Link, session: Session) -> None:
    async for frame in session.stream:
        if frame.get("type") == "agent":
            # Perhaps the account was closed, or has another role: then it is over now, not at the next ping.
            await session.recheck()
        await link.send(frame)
    # A stream has no end of its own: this one was ended because the service stops.
    raise Closed(CLOSE_GOING_AWAY)


async def _listen(link: Link, platform: Platform, session: Session) -> None:
    limiter = platform.limiter
    while True:
        frame = await link.receive(_CLIENT_FRAMES)
        match frame:
            case schemas.PongFrame():
                link.pings_unanswered = 0
                await session.stream.alive()
            case schemas.TypingFrame(conversation_id=conversation_id):
                # A hint: one too many is dropped and nobody misses it.
                if await limiter.allows(limiter.rates.typing, session.subject):
                    await session.typing(conversation_id)


async def _beat(link: Link, platform: Platform, session: Session) -> None:
    while True:
        await asyncio.sleep(platform.options.timings.ping)
        if link.pings_unanswered >= MISSED_PONGS:
            raise Closed(CLOSE_TIMED_OUT)
        link.pings_unanswered += 1
        await link.send({"type": "ping"})
        # A password was changed, an account removed: what let this socket in may be over.
        await session.recheck()
