"""The Rasa bot over HTTP: signed deliveries out, and a watch over whether it is there."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from datetime import timedelta

import httpx
import structlog

from orchestrator.adapters.signatures import signed_headers
from orchestrator.application.ports import BotStatus, BotUnavailable, Clock
from orchestrator.application.records import BotDelivery

log = structlog.get_logger(__name__)

DELIVERY_TIMEOUT = 5.0
PROBE_TIMEOUT = 3.0
PROBE_EVERY = 1.0
"""While it is not ready; growing up to `PROBE_SLOWEST`, which is also how often a ready bot is looked at."""
PROBE_SLOWEST = 10.0
PATIENCE = timedelta(minutes=2)
"""How long one that was never ready counts as starting: loading a model takes most of a minute."""

HTTP_ACCEPTED = 202
HTTP_OK = 200
HTTP_UNAVAILABLE = 503


class RasaBot:
    """See `ports.BotGateway`. ``starting`` until it was ready once, `PATIENCE` at most; then ``ready`` or ``down``."""

    def __init__(
        self,
        url: str,
        secret: str,
        clock: Clock,
        *,
        client: httpx.AsyncClient | None = None,
        on_status: Callable[[BotStatus], None] = lambda _: None,
    ) -> None:
        base = url.rstrip("/") + "/webhooks/visavis"
        self._webhook = f"{base}/webhook"
        self._health = f"{base}/health"
        self._secret = secret
        self._clock = clock
        # Not by the environment's proxies: the bot is a neighbour.
        self._client = client or httpx.AsyncClient(timeout=DELIVERY_TIMEOUT, trust_env=False)
        self._on_status = on_status
        self._status: BotStatus = "starting"
        self._was_ready = False
        self._patient_until = clock.now() + PATIENCE
        self._preparing = False
        self._watch: asyncio.Task[None] | None = None
        self._look = asyncio.Event()

    def status(self) -> BotStatus:
        return self._status

    def keeper_says(self, status: BotStatus) -> None:
        """What whoever runs the bot knows: it may be installed and trained for a long time, or not come at all."""
        self._preparing = status == "starting"
        self._patient_until = self._clock.now() + (timedelta() if status == "down" else PATIENCE)
        if status != "ready":  # only an answer of its own shows that it is ready
            self._became("down")

    async def start(self) -> None:
        """Look at the bot's health from time to time."""
        self._watch = asyncio.create_task(self._keep_looking(), name="bot-health")

    async def stop(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            self._watch = None
        await self._client.aclose()

    async def deliver(self, delivery: BotDelivery) -> None:
        """Hand over a delivery.

        Raises:
            BotUnavailable: ``starting`` before it was ever ready; then ``unreachable``, ``timeout``, ``malformed``
                (it does not take what we send) or ``error`` (it answers with a failure).
        """
        body = json.dumps(_body(delivery), ensure_ascii=False).encode()
        headers = signed_headers(self._secret, int(self._clock.now().timestamp()), body)
        try:
            answer = await self._client.post(
                self._webhook, content=body, headers=headers, timeout=DELIVERY_TIMEOUT, follow_redirects=False
            )
        except httpx.TimeoutException as error:
            raise self._trouble("timeout", type(error).__name__) from error
        except httpx.HTTPError as error:
            raise self._trouble("unreachable", type(error).__name__) from error
        status = answer.status_code
        if status == HTTP_ACCEPTED:
            self._became("ready")
            return
        if status == HTTP_UNAVAILABLE:
            # Its channel says so while the model is being loaded.
            raise self._trouble("unreachable", f"HTTP {status}")
        if httpx.codes.is_server_error(status):
            raise BotUnavailable("error", f"HTTP {status}")
        raise BotUnavailable("malformed", f"HTTP {status}")

    async def probe(self) -> BotStatus:
        """Ask for its health once."""
        try:
            answer = await self._client.get(self._health, timeout=PROBE_TIMEOUT, follow_redirects=False)
            ready = answer.status_code == HTTP_OK
        except httpx.HTTPError:
            ready = False
        self._became("ready" if ready else "down")
        return self._status

    def _trouble(self, reason: str, detail: str) -> BotUnavailable:
        self._became("down")
        if self._status == "starting":
            return BotUnavailable("starting", detail)
        return BotUnavailable("timeout" if reason == "timeout" else "unreachable", detail)

    def _became(self, status: BotStatus) -> None:
        if status == "ready":
            self._was_ready = True
        elif not self._was_ready and (self._preparing or self._clock.now() < self._patient_until):
            status = "starting"
        if status == self._status:
            return
        log.info("bot.status", before=self._status, now=status)
        self._status = status
        self._look.set()
        self._on_status(status)

    async def _keep_looking(self) -> None:
        pause = PROBE_EVERY
        while True:
            status = await self.probe()
            pause = PROBE_SLOWEST if status == "ready" else min(pause * 1.5, PROBE_SLOWEST)
            if status == "starting":
                pause = PROBE_EVERY
            self._look.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._look.wait()
                    pause = PROBE_EVERY


def _body(delivery: BotDelivery) -> dict[str, object]:
    event = None
    if delivery.event_name is not None:
        event = {"name": delivery.event_name, "reason": delivery.event_reason}
    return {
        "id": delivery.id,
        "conversation_id": delivery.conversation_id,
        "kind": delivery.kind,
        "text": delivery.text,
        "payload": delivery.payload,
        "event": event,
        "language": delivery.language,
        "device": delivery.device,
        "page_url": delivery.page_url,
        "availability": {"chat": delivery.chat_available, "video": delivery.video_available},
        "estimated_wait_seconds": delivery.estimated_wait_seconds,
    }
