"""The Rasa channel of Vis-à-vis: signed webhooks in, one signed callback per bot turn out.

A delivery is acknowledged at once and handled in the background; the deliveries of one conversation are handled one
after the other, in the order they arrived, callback included. The contract itself is in ``visavis_protocol.py``.

No words of a visitor are ever logged: only conversation ids, delivery ids and names of errors.
"""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import visavis_protocol as protocol
from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from rasa.shared.exceptions import RasaException
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse
from visavis_protocol import Delivery

logger = logging.getLogger(__name__)

OnNewMessage = Callable[[UserMessage], Awaitable[Any]]

# On Rasa's Python 3.10 this is not yet the built-in TimeoutError.
TIMEOUT = asyncio.TimeoutError

CALLBACK_TIMEOUT_SECONDS = 10
TURN_TIMEOUT_SECONDS = 30
SHUTDOWN_GRACE_SECONDS = 5
# Deliveries accepted and not yet answered. Beyond it the orchestrator is told to come back later.
MAX_PENDING = 1000
MIN_SECRET_LENGTH = 16


class Callback:
    """Posts turns to the orchestrator, signed, again and again while it cannot take them."""

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._secret = secret
        self._session: aiohttp.ClientSession | None = None

    async def deliver(self, conversation_id: str, body: bytes) -> bool:
        """Post one turn and say whether it was taken.

        A refusal (4xx) is final: the same turn would be refused again. Everything else is retried after
        ``RETRY_DELAYS``; the reply ids in ``body`` stay the same, so a turn that arrives twice does no harm.
        """
        outcome = "not sent"
        for attempt, delay in enumerate((0.0, *protocol.RETRY_DELAYS), start=1):
            await asyncio.sleep(delay)
            outcome, final = await self._post(body)
            if outcome == "taken":
                return True
            logger.warning("callback of %s: attempt %d: %s", conversation_id, attempt, outcome)
            if final:
                break
        logger.error("callback of %s given up: %s", conversation_id, outcome)
        return False

    async def _post(self, body: bytes) -> tuple[str, bool]:
        """Return what came of one attempt and whether that is final."""
        if self._session is None:
            # Made here and not in __init__: a session belongs to the loop that uses it.
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=CALLBACK_TIMEOUT_SECONDS)
            )
        headers = protocol.signed_headers(self._secret, int(time.time()), body)
        try:
            async with self._session.post(
                self._url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                if 200 <= answer.status < 300:
                    return "taken", True
                return f"HTTP {answer.status}", 400 <= answer.status < 500
        except (TIMEOUT, aiohttp.ClientError, OSError) as error:
            return type(error).__name__, False

    async def close(self) -> None:
        """Close the connections; a later ``deliver`` opens new ones."""
        if self._session is not None:
            await self._session.close()
            self._session = None


class VisavisOutput(OutputChannel):
    """Collects what the bot says in one turn.

    Outside a turn (a reminder, ``trigger_intent``) there is nothing to wait for, so each reply goes out on its own.
    """

    def __init__(self, callback: Callback, delivery_id: str | None = None) -> None:
        self._callback = callback
        self._delivery_id = delivery_id
        self._open = delivery_id is not None
        self._replies: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        """Return the name that ``channel:`` in a response refers to."""
        return VisavisInput.name()

    def close_turn(self) -> list[dict[str, Any]]:
        """Return the replies of the turn; what the bot says later goes out on its own."""
        self._open = False
        return self._replies

    async def _add(self, conversation_id: str, reply: dict[str, Any]) -> None:
        if self._open:
            self._replies.append({"id": f"{self._delivery_id}:{len(self._replies)}", **reply})
            return
        pushed = {"id": f"push-{uuid.uuid4().hex}:0", **reply}
        await self._callback.deliver(
            conversation_id, protocol.turn_body(conversation_id, None, [pushed], None)
        )

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        """Say something."""
        await self._add(recipient_id, protocol.text_reply(text))

    async def send_text_with_buttons(
        self, recipient_id: str, text: str, buttons: list[dict[str, Any]], **kwargs: Any
    ) -> None:
        """Say something and offer quick replies."""
        await self._add(recipient_id, protocol.text_reply(text, list(buttons)))

    async def send_image_url(self, recipient_id: str, image: str, **kwargs: Any) -> None:
        """Show an image; ``custom: {image: {url, alt}}`` is the form that carries a description."""
        await self._add(recipient_id, protocol.image_reply(image))

    async def send_attachment(self, recipient_id: str, attachment: Any, **kwargs: Any) -> None:
        """Pass an attachment on as data."""
        await self._add(recipient_id, protocol.custom_reply({"attachment": attachment}))

    async def send_elements(
        self, recipient_id: str, elements: Iterable[dict[str, Any]], **kwargs: Any
    ) -> None:
        """Pass a carousel on as data."""
        await self._add(recipient_id, protocol.custom_reply({"elements": list(elements)}))

    async def send_custom_json(self, recipient_id: str, json_message: Any, **kwargs: Any) -> None:
        """Hand over to a person, or pass data on."""
        await self._add(recipient_id, protocol.custom_reply(json_message))


class InOrder:
    """One lock per conversation, first come first served; a conversation nobody waits for takes no memory.

    Rasa's own lock store would keep the order too, but looks only once a second whether it is free.
    """

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._users: dict[str, int] = {}

    @asynccontextmanager
    async def hold(self, conversation_id: str) -> AsyncIterator[None]:
        """Wait for one's turn in a conversation and keep it while the block runs."""
        lock = self._locks.setdefault(conversation_id, asyncio.Lock())
        self._users[conversation_id] = self._users.get(conversation_id, 0) + 1
        try:
            async with lock:
                yield
        finally:
            self._users[conversation_id] -= 1
            if not self._users[conversation_id]:
                del self._users[conversation_id], self._locks[conversation_id]


class VisavisInput(InputChannel):
    """The channel, as named in ``credentials.yml``."""

    @classmethod
    def name(cls) -> str:
        """Return the name in the webhook's address: ``/webhooks/visavis/webhook``."""
        return "visavis"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> VisavisInput:
        """Build the channel from its block in ``credentials.yml``.

        Raises:
            RasaException: the secret or the callback address is missing or unusable.
        """
        settings = credentials or {}
        secret, url = str(settings.get("secret") or ""), str(settings.get("callback_url") or "")
        if len(secret) < MIN_SECRET_LENGTH:
            raise RasaException(
                f"visavis: 'secret' needs {MIN_SECRET_LENGTH} characters or more. Set VISAVIS_BOT_SECRET to the "
                "secret of this bot in the orchestrator."
            )
        if not url.startswith(("http://", "https://")):
            raise RasaException(
                "visavis: 'callback_url' must be an http(s) address. Set VISAVIS_CALLBACK_URL."
            )
        return cls(secret, url, float(settings.get("turn_timeout_seconds") or TURN_TIMEOUT_SECONDS))

    def __init__(
        self, secret: str, callback_url: str, turn_timeout_seconds: float = TURN_TIMEOUT_SECONDS
    ) -> None:
        self._secret = secret
        self._turn_timeout_seconds = turn_timeout_seconds
        self._callback = Callback(callback_url, secret)
        self._seen = protocol.RecentIds()
        self._in_order = InOrder()
        self._pending: set[asyncio.Task[None]] = set()

    def get_output_channel(self) -> OutputChannel:
        """Return a channel for what the bot says by itself, for example after ``trigger_intent``."""
        return VisavisOutput(self._callback)

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """Return the routes of the channel: ``/webhook`` and ``/health``."""
        routes = Blueprint("visavis")

        # A streamed body, so that an oversized one is refused before it has been read.
        @routes.post("/webhook", stream=True)
        async def webhook(request: Request) -> HTTPResponse:
            return await self._receive(request, on_new_message)

        @routes.get("/health")
        async def health(request: Request) -> HTTPResponse:
            ready = _ready_agent(request.app) is not None
            return response.json({"status": "ready" if ready else "starting"}, status=200 if ready else 503)

        @routes.listener("before_server_stop")
        async def finish(app: Sanic, loop: Any) -> None:
            if self._pending:
                await asyncio.wait(self._pending, timeout=SHUTDOWN_GRACE_SECONDS)
            await self._callback.close()

        return routes

    async def _receive(self, request: Request, on_new_message: OnNewMessage) -> HTTPResponse:
        body = await _read(request)
        if body is None:
            return _refusal(413, f"the body is larger than {protocol.MAX_BODY_BYTES} bytes")
        timestamp = request.headers.get(protocol.TIMESTAMP_HEADER)
        signature = request.headers.get(protocol.SIGNATURE_HEADER)
        if not protocol.verify(self._secret, timestamp, signature, body, now=time.time()):
            return _refusal(401, "the signature is missing, wrong or too old")
        try:
            delivery = protocol.parse_delivery(body)
        except protocol.ContractError as error:
            return _refusal(400, str(error))
        agent = _ready_agent(request.app)
        if agent is None or len(self._pending) >= MAX_PENDING:
            return _refusal(503, "the bot is starting" if agent is None else "the bot is overloaded")
        # Last, so that a delivery that was refused for any reason may be sent again.
        if not self._seen.add(delivery.id, time.monotonic()):
            return response.json({"status": "duplicate"}, status=202)
        task = asyncio.create_task(self._handle(delivery, agent, on_new_message))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)
        return response.json({"status": "accepted"}, status=202)

    async def _handle(self, delivery: Delivery, agent: Agent, on_new_message: OnNewMessage) -> None:
        async with self._in_order.hold(delivery.conversation_id):
            output = VisavisOutput(self._callback, delivery.id)
            error = await self._run_turn(delivery, agent, on_new_message, output)
            replies = output.close_turn()
            body = protocol.turn_body(delivery.conversation_id, delivery.id, [] if error else replies, error)
            await self._callback.deliver(delivery.conversation_id, body)

    async def _run_turn(
        self, delivery: Delivery, agent: Agent, on_new_message: OnNewMessage, output: VisavisOutput
    ) -> str | None:
        """Let Rasa answer; return what went wrong, if anything, without a word of the visitor."""
        domain = agent.domain
        text = protocol.rasa_text(
            delivery, intents=domain.intents if domain else (), entities=domain.entities if domain else ()
        )
        if text is None:
            return None
        message = UserMessage(
            text=text,
            output_channel=output,
            sender_id=delivery.conversation_id,
            input_channel=self.name(),
            message_id=delivery.id,
            metadata=dict(delivery.context),
        )
        try:
            await asyncio.wait_for(on_new_message(message), self._turn_timeout_seconds)
        except TIMEOUT:
            logger.error("turn %s of %s timed out", delivery.id, delivery.conversation_id)
            return "the turn timed out"
        except Exception as error:  # Whatever the bot's own code raises, the orchestrator must learn of it.
            # The lines of code only: the text of an exception may quote the visitor.
            where = "".join(traceback.format_tb(error.__traceback__))
            kind = type(error).__name__
            logger.error("turn %s of %s raised %s\n%s", delivery.id, delivery.conversation_id, kind, where)
            return f"the bot raised {kind}"
        return None


def _ready_agent(app: Sanic) -> Agent | None:
    agent = getattr(app.ctx, "agent", None)
    return agent if agent is not None and agent.is_ready() else None


def _refusal(status: int, reason: str) -> HTTPResponse:
    return response.json({"status": "refused", "reason": reason}, status=status)


async def _read(request: Request) -> bytes | None:
    """Return the body, or None as soon as it is too large."""
    if int(request.headers.get("content-length") or 0) > protocol.MAX_BODY_BYTES:
        return None
    body = bytearray()
    async for chunk in request.stream:
        body += chunk
        if len(body) > protocol.MAX_BODY_BYTES:
            return None
    return bytes(body)
