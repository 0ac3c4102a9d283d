"""Calls to connected bots: signed, bounded in time and size, never redirected, and stopped when they keep failing."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Literal, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import httpx
import structlog

from orchestrator.adapters.connected import wire
from orchestrator.adapters.connected.addresses import AddressRefused, check_url, find
from orchestrator.adapters.connected.breaker import Breaker
from orchestrator.application.connected.ports import BotAnswer, BotBusy, BotTroubled
from orchestrator.application.connected.records import ConnectedBot, Scenario, Strategy
from orchestrator.application.errors import Invalid
from orchestrator.application.ports import Clock
from orchestrator.application.records import Json, StoredMessage

log = structlog.get_logger(__name__)
T = TypeVar("T")

TIME_LIMIT = 10.0
"""Seconds a call may take, as the contract has it; the first messages have less, because a visitor waits."""
FIRST_MESSAGES_LIMIT = 2.0
SIZE_LIMIT = 256 * 1024
"""Bytes of an answer."""
AT_ONCE = 16
"""Calls to one bot under way: one that hangs must not hold up everything else."""
AT_ONCE_IN_ALL = 24

SIGNATURE_HEADER = "x-iadvize-signature"
"""The contract's name: deployed bots look for this one."""

_NOT_THERE = (404, 405, 501)


def signature(secret: str, signed: bytes) -> str:
    """The value of the signature header, over the raw body, or the raw query of a GET."""
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


class _AskedForPeace(BotTroubled):
    """The bot wants to be left alone for a while."""

    def __init__(self, status: int, after: timedelta) -> None:
        super().__init__("error", f"HTTP {status}")
        self.after = after


class _Answered(Exception):  # noqa: N818
    """The bot answered with a status that is no success."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


class HttpConnectedBots:
    """See `ports.ConnectedBotClient`. One for all connected bots: each has its own breaker and its own bound."""

    def __init__(
        self,
        clock: Clock,
        *,
        private_allowed: bool,
        time_limit: float = TIME_LIMIT,
        first_limit: float = FIRST_MESSAGES_LIMIT,
    ) -> None:
        """``private_allowed``: bots may be in this service's own network, and need no TLS there. ``time_limit`` and
        ``first_limit``: seconds for a call, and for the first messages."""
        self._clock = clock
        self._private_allowed = private_allowed
        self._client = httpx.AsyncClient(
            timeout=time_limit,
            follow_redirects=False,
            trust_env=False,
            transport=httpx.AsyncHTTPTransport(retries=1),
        )
        self._time_limit = time_limit
        self._first_limit = first_limit
        self._breakers: dict[str, Breaker] = {}
        self._under_way: dict[str, int] = {}

    async def start(self) -> None:
        """Nothing runs by itself: a bot is asked when somebody wants it."""

    async def stop(self) -> None:
        await self._client.aclose()

    def check_url(self, url: str) -> str:
        try:
            return check_url(url, private_allowed=self._private_allowed)
        except AddressRefused as error:
            raise Invalid(error.code, str(error)) from error

    def status(self, bot_id: str) -> Literal["ready", "down"]:
        breaker = self._breakers.get(bot_id)
        return "ready" if breaker is None or breaker.state(self._clock.now()) == "closed" else "down"

    # --- the calls of the contract --------------------------------------------------------------------------

    async def scenarios(self, url: str, version: str, secret: str, website: str) -> list[Scenario]:
        query = {"idConnectorVersion": version, "idWebsite": website}
        try:
            body = await self._call("GET", url + "/external-bots", query, secret, who=url)
        except _Answered as error:
            raise BotTroubled("error", f"GET /external-bots: {error}") from error
        return _read(lambda: wire.parse_scenarios(body))

    async def put(self, bot: ConnectedBot, website: str, rules: Iterable[tuple[str, str]]) -> bool:
        try:
            await self._of_bot(
                "PUT", bot, f"/bots/{_part(bot.operator_id)}", website, wire.bot_body(bot, rules)
            )
        except _Answered as error:
            if error.status in _NOT_THERE:
                return False
            raise BotTroubled("error", f"PUT /bots: {error}") from error
        return True

    async def get(self, bot: ConnectedBot, website: str) -> Scenario | None:
        try:
            body = await self._of_bot("GET", bot, f"/bots/{_part(bot.operator_id)}", website)
        except _Answered as error:
            if error.status in _NOT_THERE:
                return None
            raise BotTroubled("error", f"GET /bots: {error}") from error
        return _read(lambda: wire.parse_bot(body))

    async def strategies(self, bot: ConnectedBot, website: str) -> list[Strategy]:
        extra = {"idOperator": bot.operator_id}
        try:
            body = await self._of_bot("GET", bot, "/availability-strategies", website, extra=extra)
        except _Answered as error:
            raise BotTroubled("error", f"GET /availability-strategies: {error}") from error
        return _read(lambda: wire.parse_strategies(body))

    async def first_messages(self, bot: ConnectedBot) -> BotAnswer:
        path = f"/bots/{_part(bot.operator_id)}/conversation-first-messages"
        try:
            body = await self._of_bot("GET", bot, path, None, limit=self._first_limit)
        except _Answered as error:
            if error.status in _NOT_THERE:
                return BotAnswer()
            raise BotTroubled("error", f"GET first messages: {error}") from error
        return _answer(body)

    async def open(
        self, bot: ConnectedBot, website: str, conversation_id: str, history: Sequence[StoredMessage]
    ) -> BotAnswer:
        told = wire.conversation_body(bot, conversation_id, history)
        try:
            body = await self._of_bot("POST", bot, "/conversations", website, told)
        except _Answered as error:
            raise BotTroubled("error", f"POST /conversations: {error}") from error
        return _answer(body)

    async def say(
        self, bot: ConnectedBot, website: str, conversation_id: str, external_id: str, message: StoredMessage
    ) -> BotAnswer:
        path = f"/conversations/{_part(external_id)}/messages"
        told = {"idOperator": bot.operator_id, "message": wire.message_body(message)}
        try:
            body = await self._of_bot("POST", bot, path, website, told)
        except _Answered as error:
            raise BotTroubled("error", f"POST messages: {error}") from error
        return _answer(body, expected=(conversation_id, external_id))

    # --- one call --------------------------------------------------------------------------------------------

    async def _of_bot(
        self,
        method: str,
        bot: ConnectedBot,
        path: str,
        website: str | None,
        told: Json | None = None,
        *,
        extra: dict[str, str] | None = None,
        limit: float | None = None,
    ) -> bytes:
        query = {"idConnectorVersion": bot.version, **(extra or {})}
        if website is not None:
            query["idWebsite"] = website
        return await self._call(method, bot.url + path, query, bot.secret, who=bot.id, told=told, limit=limit)

    async def _call(
        self,
        method: str,
        url: str,
        query: dict[str, str],
        secret: str,
        *,
        who: str,
        told: Json | None = None,
        limit: float | None = None,
    ) -> bytes:
        breaker = self._breakers.setdefault(who, Breaker())
        if self._under_way.get(who, 0) >= AT_ONCE or sum(self._under_way.values()) >= AT_ONCE_IN_ALL:
            raise BotBusy
        if not breaker.may_pass(self._clock.now()):
            raise BotTroubled("unreachable", "it failed too often just before", by_breaker=True)
        self._under_way[who] = self._under_way.get(who, 0) + 1
        try:
            body = await self._send(method, url, query, secret, told, limit or self._time_limit)
        except _Answered:
            # It is there, and says so.
            breaker.succeeded()
            raise
        except BotTroubled as error:
            self._failed(breaker, who, error)
            raise
        except BaseException:
            breaker.let_go()
            raise
        else:
            breaker.succeeded()
            return body
        finally:
            self._under_way[who] -= 1
            if not self._under_way[who]:
                del self._under_way[who]

    def _failed(self, breaker: Breaker, who: str, error: BotTroubled) -> None:
        now = self._clock.now()
        before = breaker.state(now)
        breaker.failed(now, retry_after=error.after if isinstance(error, _AskedForPeace) else None)
        if before == "closed" and breaker.state(now) == "open":
            log.warning("connected_bot.left_alone", bot=who, reason=error.reason, detail=error.detail)

    async def _send(
        self,
        method: str,
        url: str,
        query: dict[str, str],
        secret: str,
        told: Json | None,
        limit: float,
    ) -> bytes:
        raw_query = urlencode(query)
        content = None if told is None else json.dumps(told, ensure_ascii=False).encode()
        headers = {
            SIGNATURE_HEADER: signature(secret, raw_query.encode() if content is None else content),
            "accept": "application/json",
            "accept-encoding": "identity",
        }
        if content is not None:
            headers["content-type"] = "application/json"
        try:
            # One limit for all of it: a slow drip of bytes would keep every smaller one.
            async with asyncio.timeout(limit):
                return await self._exchange(method, f"{url}?{raw_query}", content, headers)
        except TimeoutError as error:
            raise BotTroubled("timeout", f"no whole answer within {limit:g} s") from error
        except httpx.TimeoutException as error:
            raise BotTroubled("timeout", type(error).__name__) from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise BotTroubled("unreachable", type(error).__name__) from error
        except AddressRefused as error:
            raise BotTroubled("unreachable", error.code) from error

    async def _exchange(self, method: str, url: str, content: bytes | None, headers: dict[str, str]) -> bytes:
        place = await find(url, private_allowed=self._private_allowed)
        parts = urlsplit(url)
        # To the very address that was judged; the certificate is still that of the name.
        shown = f"[{place.ip}]" if ":" in place.ip else place.ip
        target = parts._replace(netloc=f"{shown}:{place.port}").geturl()
        request = self._client.build_request(
            method,
            target,
            content=content,
            headers=headers | {"host": parts.netloc},
            extensions={"sni_hostname": place.host} if place.scheme == "https" else None,
        )
        answer = await self._client.send(request, stream=True)
        try:
            status = answer.status_code
            if status == httpx.codes.TOO_MANY_REQUESTS or (
                status == httpx.codes.SERVICE_UNAVAILABLE and "retry-after" in answer.headers
            ):
                raise _AskedForPeace(status, self._retry_after(answer.headers.get("retry-after")))
            if answer.is_redirect:
                raise BotTroubled("error", f"HTTP {status}: redirects are not followed")
            if status in _NOT_THERE:
                raise _Answered(status)
            if not answer.is_success:
                raise BotTroubled("error", f"HTTP {status}")
            return await _bounded(answer)
        finally:
            await answer.aclose()

    def _retry_after(self, value: str | None) -> timedelta:
        """RFC 9110, 10.2.3: seconds, or a date."""
        if value is not None and value.strip().isdigit():
            return timedelta(seconds=min(int(value.strip()[:6]), 3600))
        with suppress(ValueError, TypeError):
            return max(parsedate_to_datetime(value or "") - self._clock.now(), timedelta())
        return timedelta(seconds=5)


async def _bounded(answer: httpx.Response) -> bytes:
    """The whole body, if it is not too much.

    A packed one is refused: a few kilobytes of it can be made to burst any bound before it is looked at.
    """
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise BotTroubled("malformed", "the answer is packed, although that was not accepted")
    body = bytearray()
    async for part in answer.aiter_raw():
        body += part
        if len(body) > SIZE_LIMIT:
            raise BotTroubled("malformed", f"the answer is longer than {SIZE_LIMIT} bytes")
    return bytes(body)


def _part(text: str) -> str:
    return quote(text, safe="")


def _answer(body: bytes, *, expected: Sequence[str] = ()) -> BotAnswer:
    external, steps, left_out = _read(lambda: wire.parse_replies(body, expected=expected))
    return BotAnswer(tuple(steps), external, tuple(left_out))


def _read(parse: Callable[[], T]) -> T:
    try:
        return parse()
    except wire.Malformed as error:
        raise BotTroubled("malformed", str(error)) from error
