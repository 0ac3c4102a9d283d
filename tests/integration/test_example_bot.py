"""The example of a connected bot keeps to the contract, and does in a conversation what its page says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from orchestrator.application.connected.conformance import Verdict
from orchestrator.domain.conversation import State
from tests.fakes.application import Application, running
from tests.fakes.connected_bot import Raw, running_bot, says
from tests.servers.example_bot import SECRET, running_example


@pytest.fixture
def url() -> Iterator[str]:
    with running_example() as url:
        yield url


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Application]:
    async with running(tmp_path / "visavis.db") as application:
        yield application


async def verdicts(app: Application, url: str, secret: str = SECRET) -> dict[str, Verdict]:
    findings = await app.bots.conformance(url, secret=secret, language="fr").run("Bonjour")
    return {finding.what: finding.verdict for finding in findings}


async def test_the_example_keeps_to_the_contract(app: Application, url: str) -> None:
    found = await verdicts(app, url)
    assert set(found.values()) == {"ok"}
    assert len(found) == 9


async def test_with_another_secret_nothing_of_it_works(app: Application, url: str) -> None:
    found = await verdicts(app, url, "another secret")
    assert {what: verdict for what, verdict in found.items() if verdict == "ok"} == {
        "A wrong signature": "ok"
    }


async def test_a_bot_that_does_not_keep_to_it_is_told_what_is_wrong(app: Application) -> None:
    async with running_bot() as bot:
        bot.strategies = []
        bot.first = {"replies": [{"type": "close"}]}
        bot.put = Raw(status=404)
        bot.messages = lambda _: says({"type": "message", "payload": {"contentType": "hologram"}}, "?")
        bot.echo = lambda _: says("?")
        assert await verdicts(app, bot.url) == {
            "GET /external-bots": "ok",
            "PUT /bots/:idOperator": "warning",
            "GET /bots/:idOperator": "warning",
            "GET /availability-strategies": "failed",
            "GET first messages": "warning",
            "POST /conversations": "ok",
            "POST messages, by the visitor": "failed",
            "POST messages, its own": "warning",
            "A wrong signature": "warning",
        }


@pytest.mark.parametrize(
    ("language", "by_video", "state"),
    [
        ("fr", "En vidéo s’il vous plaît", State.VIDEO_LOBBY),
        # The shipped policy escalates in French alone.
        ("en", "By video please", State.CHAT),
    ],
)
async def test_a_conversation_with_it_to_a_person(
    app: Application, url: str, language: str, by_video: str, state: State
) -> None:
    key = await app.site()
    agent = await app.agent("ada", languages=("fr", "en"))
    await app.bots.connect(
        "lamps",
        url=url,
        scenario=f"lamps-{language}",
        name="Lamps",
        language=language,
        site_id="shop",
        secret=SECRET,
    )
    await app.bots.use("lamps", site_id="shop")
    visitor, conversation = await app.chat(key, language=language)
    lines = await app.lines(conversation)
    assert len(lines) == 1

    async def write(text: str) -> None:
        await app.conversations.post_visitor_message(visitor, conversation, client_id=text, text=text)
        await app.settle()

    # The longest way: it looks, and says two seconds later what it found.
    await write("Nova ?")
    assert len(await app.lines(conversation)) == 3
    await app.advance(3)
    assert len(await app.lines(conversation)) == 4
    await write(by_video)
    c = await app.check(conversation)
    assert c.state is State.QUEUED
    assert c.invitation is not None
    await app.conversations.accept(agent, conversation, c.invitation.id)
    await app.settle()
    assert (await app.check(conversation)).state is state
