"""The bot adapter against a bot that misbehaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import respx

from bot.visavis_protocol import parse_delivery
from orchestrator.adapters.rasa import RasaBot
from orchestrator.adapters.signatures import verify_signature
from orchestrator.application.ports import BotStatus, BotUnavailable
from orchestrator.application.records import BotDelivery
from tests.fakes.clock import VirtualClock

URL = "http://bot.test:5005"
WEBHOOK = f"{URL}/webhooks/visavis/webhook"
HEALTH = f"{URL}/webhooks/visavis/health"
SECRET = "a secret of a test, long enough for everybody"
DELIVERY = BotDelivery(
    "m_1",
    "c_1",
    "message",
    text="Où est ma commande ?",
    language="fr",
    device="mobile",
    page_url="https://shop.example/cart",
    chat_available=True,
    estimated_wait_seconds=30,
)


@pytest.fixture
def statuses() -> list[BotStatus]:
    return []


@pytest.fixture
async def rasa(statuses: list[BotStatus]) -> AsyncIterator[RasaBot]:
    bot = RasaBot(URL + "/", SECRET, VirtualClock(), on_status=statuses.append)
    yield bot
    await bot.stop()


@respx.mock
async def test_a_delivery_is_signed_and_understood_by_the_channel(rasa: RasaBot) -> None:
    route = respx.post(WEBHOOK).respond(202, json={"status": "accepted"})
    await rasa.deliver(DELIVERY)
    request = route.calls.last.request
    now = VirtualClock().now().timestamp()
    headers = request.headers
    assert verify_signature(
        SECRET, headers["x-visavis-timestamp"], request.content, headers["x-visavis-signature"], now
    )
    heard = parse_delivery(request.content)
    assert (heard.id, heard.conversation_id, heard.kind, heard.text) == (
        "m_1",
        "c_1",
        "message",
        DELIVERY.text,
    )
    assert heard.context == {
        "language": "fr",
        "device": "mobile",
        "page_url": "https://shop.example/cart",
        "availability": {"chat": True, "video": False},
        "estimated_wait_seconds": 30,
    }


@respx.mock
async def test_every_kind_is_understood_by_the_channel(rasa: RasaBot) -> None:
    route = respx.post(WEBHOOK).respond(202)
    await rasa.deliver(BotDelivery("greet-c_1", "c_1", "session_open"))
    assert parse_delivery(route.calls.last.request.content).kind == "session_open"
    await rasa.deliver(BotDelivery("m", "c_1", "message", text="Suivi", payload="/order_status"))
    assert parse_delivery(route.calls.last.request.content).payload == "/order_status"
    event = BotDelivery("e", "c_1", "event", event_name="transfer_failed", event_reason="nobody")
    await rasa.deliver(event)
    heard = parse_delivery(route.calls.last.request.content)
    assert (heard.event_name, heard.event_reason) == ("transfer_failed", "nobody")


MISBEHAVIOURS = [
    (httpx.ConnectTimeout("slow"), "timeout"),
    (httpx.ReadTimeout("slow"), "timeout"),
    (httpx.ConnectError("refused"), "unreachable"),
    (httpx.RemoteProtocolError("garbage"), "unreachable"),
    (httpx.Response(500), "error"),
    (httpx.Response(503), "unreachable"),
    (httpx.Response(400), "malformed"),
    (httpx.Response(401), "malformed"),
    (httpx.Response(200, text="<html>"), "malformed"),
    (httpx.Response(302, headers={"location": "http://elsewhere.test/"}), "malformed"),
]


@respx.mock
@pytest.mark.parametrize(("answer", "reason"), MISBEHAVIOURS)
async def test_each_failure_has_its_reason(
    rasa: RasaBot, answer: httpx.Response | Exception, reason: str
) -> None:
    respx.get(HEALTH).respond(200)
    assert await rasa.probe() == "ready"
    if isinstance(answer, Exception):
        respx.post(WEBHOOK).mock(side_effect=answer)
    else:
        respx.post(WEBHOOK).mock(return_value=answer)
    with pytest.raises(BotUnavailable) as caught:
        await rasa.deliver(DELIVERY)
    assert caught.value.reason == reason
    # What a visitor wrote must not end up in a log by way of an exception.
    assert "commande" not in str(caught.value)


@respx.mock
@pytest.mark.parametrize("answer", [httpx.ConnectError("refused"), httpx.ReadTimeout("slow")])
async def test_before_it_was_ready_it_is_starting(rasa: RasaBot, answer: Exception) -> None:
    respx.post(WEBHOOK).mock(side_effect=answer)
    with pytest.raises(BotUnavailable) as caught:
        await rasa.deliver(DELIVERY)
    assert caught.value.reason == "starting"
    assert rasa.status() == "starting"


@respx.mock
async def test_starting_then_ready_then_down_then_ready(rasa: RasaBot, statuses: list[BotStatus]) -> None:
    health = respx.get(HEALTH)
    health.side_effect = [
        httpx.ConnectError("not yet"),
        httpx.Response(503, json={"status": "starting"}),
        httpx.Response(200, json={"status": "ready"}),
        httpx.ConnectError("gone"),
        httpx.Response(503),
        httpx.Response(200),
    ]
    seen = [await rasa.probe() for _ in range(6)]
    assert seen == ["starting", "starting", "ready", "down", "down", "ready"]
    assert statuses == ["ready", "down", "ready"]


@respx.mock
async def test_one_that_never_comes_is_down(statuses: list[BotStatus]) -> None:
    respx.get(HEALTH).mock(side_effect=httpx.ConnectError("refused"))
    respx.post(WEBHOOK).mock(side_effect=httpx.ConnectError("refused"))
    clock = VirtualClock()
    bot = RasaBot(URL, SECRET, clock, on_status=statuses.append)
    assert await bot.probe() == "starting"
    clock.advance(119)
    assert await bot.probe() == "starting"
    clock.advance(1)
    assert await bot.probe() == "down"
    with pytest.raises(BotUnavailable) as caught:
        await bot.deliver(DELIVERY)
    assert caught.value.reason == "unreachable"
    respx.get(HEALTH).respond(200)
    assert await bot.probe() == "ready"
    assert statuses == ["down", "ready"]
    await bot.stop()


@respx.mock
async def test_one_that_is_being_trained_is_waited_for(statuses: list[BotStatus]) -> None:
    respx.get(HEALTH).mock(side_effect=httpx.ConnectError("refused"))
    clock = VirtualClock()
    bot = RasaBot(URL, SECRET, clock, on_status=statuses.append)
    bot.keeper_says("starting")
    clock.advance(3600)
    assert await bot.probe() == "starting"
    bot.keeper_says("down")
    assert bot.status() == "down"
    assert await bot.probe() == "down"
    bot.keeper_says("starting")
    assert await bot.probe() == "starting"
    await bot.stop()


@respx.mock
async def test_it_is_watched_in_the_background(rasa: RasaBot, statuses: list[BotStatus]) -> None:
    respx.get(HEALTH).respond(200)
    became_ready = asyncio.Event()
    rasa._on_status = lambda status: (statuses.append(status), became_ready.set())
    await rasa.start()
    async with asyncio.timeout(5):
        await became_ready.wait()
    assert statuses == ["ready"]
