"""Calls to connected bots over real HTTP: their limits, and what comes of bots that keep none."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator.adapters.connected.client import AT_ONCE, HttpConnectedBots
from orchestrator.application.connected.ports import BotAnswer, BotBusy, BotTroubled
from orchestrator.application.connected.records import ConnectedBot, Say
from orchestrator.application.records import StoredMessage
from tests.fakes.clock import VirtualClock
from tests.fakes.connected_bot import Bot, Raw, running_bot, says

SITE = "8c8a4be0-3b6c-5d2e-9d9a-0d7f6f3c1a11"


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    async with running_bot() as bot:
        yield bot


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
async def client(clock: VirtualClock) -> AsyncIterator[HttpConnectedBots]:
    client = HttpConnectedBots(clock, private_allowed=True, time_limit=0.5, first_limit=0.2)
    yield client
    await client.stop()


def known(url: str, bot_id: str = "shop") -> ConnectedBot:
    return ConnectedBot(bot_id, "Shop", "Botty", "fr", url, "orders", "v1", "a secret")


async def say(client: HttpConnectedBots, url: str, bot_id: str = "shop") -> BotAnswer:
    message = StoredMessage("m1", "c1", 1, "visitor", {"type": "text", "text": "?"}, VirtualClock().now())
    return await client.say(known(url, bot_id), SITE, "c1", "c1", message)


async def troubled(client: HttpConnectedBots, url: str) -> BotTroubled:
    with pytest.raises(BotTroubled) as caught:
        await say(client, url)
    return caught.value


@pytest.mark.parametrize(
    "answer", [Raw(hang=True), Raw(b'{"replies": []}', drip=0.1)], ids=["hangs", "drips"]
)
async def test_the_whole_answer_has_one_limit(bot: Bot, client: HttpConnectedBots, answer: Raw) -> None:
    bot.messages = lambda _: answer
    assert (await troubled(client, bot.url)).reason == "timeout"


async def test_first_messages_have_less_time(bot: Bot, client: HttpConnectedBots) -> None:
    bot.first = Raw(b'{"replies": []}', drip=0.02)
    with pytest.raises(BotTroubled, match=r"0\.2 s"):
        await client.first_messages(known(bot.url))


async def test_an_answer_that_is_too_long_is_not_read_to_its_end(bot: Bot, client: HttpConnectedBots) -> None:
    bot.messages = lambda _: Raw(b" " * 10_000_000)
    error = await troubled(client, bot.url)
    assert (error.reason, "longer" in error.detail) == ("malformed", True)


async def test_a_packed_answer_cannot_burst(bot: Bot, client: HttpConnectedBots) -> None:
    import gzip

    packed = Raw(gzip.compress(b" " * 5_000_000), headers={"content-encoding": "gzip"})
    bot.messages = lambda _: packed
    assert (await troubled(client, bot.url)).reason == "malformed"


async def test_redirects_are_not_followed(bot: Bot, client: HttpConnectedBots) -> None:
    async with running_bot() as other:
        where = {"location": f"{other.url}/conversations/c1/messages"}
        bot.messages = lambda _: Raw(b"", status=307, headers=where)
        error = await troubled(client, bot.url)
        assert (error.reason, other.asked) == ("error", [])


async def test_who_asks_for_peace_has_it_for_so_long(
    bot: Bot, client: HttpConnectedBots, clock: VirtualClock
) -> None:
    bot.messages = lambda _: Raw(b"", status=429, headers={"retry-after": "7"})
    await troubled(client, bot.url)
    bot.messages = lambda _: says("Me revoilà")
    error = await troubled(client, bot.url)
    assert error.by_breaker
    assert len(bot.asked) == 1
    clock.advance(timedelta(seconds=8))
    answer = await say(client, bot.url)
    assert answer.steps == (Say({"type": "text", "text": "Me revoilà"}),)


async def test_nobody_listens(client: HttpConnectedBots) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    assert (await troubled(client, f"http://127.0.0.1:{port}")).reason == "unreachable"


async def test_a_certificate_that_nobody_trusts(client: HttpConnectedBots, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    where = ["-keyout", str(key), "-out", str(certificate), "-days", "1", "-subj", "/CN=localhost"]
    await asyncio.to_thread(subprocess.run, [*make, *where], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert (await troubled(client, f"https://127.0.0.1:{port}")).reason == "unreachable"


async def test_a_bot_that_hangs_holds_up_no_other(bot: Bot, client: HttpConnectedBots) -> None:
    bot.messages = lambda _: Raw(hang=True)
    calls = [asyncio.create_task(troubled(client, bot.url)) for _ in range(AT_ONCE)]
    await bot.until_under_way(AT_ONCE)
    with pytest.raises(BotBusy):
        await say(client, bot.url)
    async with running_bot() as other:
        assert (await say(client, other.url, "other")).steps
    assert {error.reason for error in await asyncio.gather(*calls)} == {"timeout"}


async def test_a_private_address_is_not_called_unless_it_may(bot: Bot, clock: VirtualClock) -> None:
    strict = HttpConnectedBots(clock, private_allowed=False)
    try:
        error = await troubled(strict, bot.url)
        assert (error.reason, error.detail, bot.asked) == ("unreachable", "bot_address_private", [])
        error = await troubled(strict, bot.url.replace("127.0.0.1", "localhost"))
        assert (error.detail, bot.asked) == ("bot_address_private", [])
    finally:
        await strict.stop()


async def test_the_host_is_told_by_its_name(bot: Bot, client: HttpConnectedBots) -> None:
    url = bot.url.replace("127.0.0.1", "localhost")
    assert (await say(client, url)).steps
    assert bot.asked[0].headers["host"] == url.removeprefix("http://")


async def test_routes_that_deployed_bots_lack(bot: Bot, client: HttpConnectedBots) -> None:
    bot.put = bot.first = Raw(b"no such route", status=404)
    shop = known(bot.url)
    assert await client.put(shop, SITE, []) is False
    assert await client.get(shop, SITE) is None
    assert (await client.first_messages(shop)).steps == ()
    assert client.status("shop") == "ready"


async def test_configuration(bot: Bot, client: HttpConnectedBots) -> None:
    (scenario,) = await client.scenarios(bot.url, "v1", "a secret", SITE)
    assert (scenario.id, scenario.name) == ("orders", "Orders")
    found = await client.get(known(bot.url), SITE)
    assert found is not None
    assert found.id == "orders"
    (strategy,) = await client.strategies(known(bot.url), SITE)
    assert (strategy.kind, strategy.available) == ("customAvailability", True)
    assert bot.asked[-1].query == {"idConnectorVersion": "v1", "idOperator": "va-shop", "idWebsite": SITE}
