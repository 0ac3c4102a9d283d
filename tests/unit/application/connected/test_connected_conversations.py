"""Conversations with a bot of the external-bot contract, over real HTTP, under virtual time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from orchestrator.application.connected.rules import rule_of
from orchestrator.domain.conversation import Party, State
from tests.fakes.application import TRIGGER, Application
from tests.fakes.connected_bot import CLOSE, Bot, Raw, pause, running_bot, says, transfer

ADVISORS = rule_of("advisors")


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    async with running_bot() as bot:
        yield bot


@pytest.fixture
async def site(app: Application, bot: Bot) -> str:
    """A site with the bot; its key."""
    key = await app.site()
    await app.bots.connect(
        "shop", url=bot.url, scenario="orders", name="Shop bot", pseudo="Botty", language="fr", site_id="shop"
    )
    await app.bots.use("shop", site_id="shop")
    return key


async def write(app: Application, visitor: str, conversation: str, text: str, **more: Any) -> None:
    await app.conversations.post_visitor_message(visitor, conversation, client_id=text, text=text, **more)
    await app.settle()


async def test_a_conversation_is_opened_with_its_history_and_every_message_is_told(
    app: Application, bot: Bot, site: str
) -> None:
    bot.first = says("Bonjour !", pause(5), "Jamais dit")
    visitor, conversation = await app.chat(site)
    assert await app.lines(conversation) == [("bot", "Bonjour !"), ("bot", "Jamais dit")]
    assert bot.of("POST", "/") == []
    await write(app, visitor, conversation, "Où est ma commande ?")
    (opened,) = bot.of("POST", "/conversations")[:1]
    assert opened.json["idConversation"] == conversation
    history = [(one["author"]["role"], one["payload"]["value"]) for one in opened.json["history"]]
    assert history == [("operator", "Bonjour !"), ("operator", "Jamais dit")]
    assert (await app.lines(conversation))[-1] == ("bot", "You said Où est ma commande ?")
    # The bot's own message comes back to it, and nothing follows of that.
    assert bot.heard == [
        ("visitor", "Où est ma commande ?"),
        ("operator", "You said Où est ma commande ?"),
    ]
    await write(app, visitor, conversation, "Merci")
    assert len([one for one in bot.asked if one.path == "/conversations"]) == 1
    assert (await app.check(conversation)).bot_asked is None


async def test_the_bots_own_id_of_a_conversation_is_used_from_then_on(
    app: Application, bot: Bot, site: str
) -> None:
    bot.opening = {"idConversation": "their/42", "idOperator": "va-shop", "replies": []}
    bot.messages = lambda _: {"idConversation": "their/42", "replies": []}
    visitor, conversation = await app.chat(site)
    await write(app, visitor, conversation, "Bonjour")
    assert [one.path for one in bot.asked if one.path.endswith("/messages")] == [
        "/conversations/their%2F42/messages"
    ]
    assert (await app.lines(conversation))[-1] == ("visitor", "Bonjour")


async def test_visitors_see_the_pseudo(app: Application, bot: Bot, site: str) -> None:
    visitor, conversation = await app.chat(site)
    await write(app, visitor, conversation, "?")
    view = await app.conversations.visitor_conversation(visitor, conversation)
    told: Any = view
    assert told["conversation"]["bot"]["name"] == "Botty"
    assert told["messages"][-1]["author"] == {"role": "bot", "name": "Botty"}


async def test_words_after_a_pause_come_when_it_is_over(app: Application, bot: Bot, site: str) -> None:
    visitor, conversation = await app.chat(site)
    bot.messages = lambda _: says("Un instant", pause(20), "Voilà", pause(30), "Autre chose ?")
    await write(app, visitor, conversation, "?")
    # It has answered: nobody waits for it, although most of it is still to come.
    assert (await app.check(conversation)).bot_asked is None
    await app.advance(19)
    assert (await app.lines(conversation))[-1] == ("bot", "Un instant")
    await app.advance(2)
    assert (await app.lines(conversation))[-1] == ("bot", "Voilà")
    await app.advance(31)
    assert (await app.lines(conversation))[-1] == ("bot", "Autre chose ?")
    assert [words for author, words in await app.lines(conversation) if author == "system"] == []


async def test_a_pause_first_is_an_answer_too(app: Application, bot: Bot, site: str) -> None:
    visitor, conversation = await app.chat(site)
    bot.messages = lambda _: says(pause(25), "Voilà")
    await write(app, visitor, conversation, "?")
    await app.advance(26)
    assert await app.lines(conversation) == [("visitor", "?"), ("bot", "Voilà")]


async def test_what_was_to_follow_a_pause_is_dropped_when_the_visitor_writes_first(
    app: Application, bot: Bot, site: str
) -> None:
    visitor, conversation = await app.chat(site)
    bot.messages = lambda _: says("Un", pause(20), "Jamais")
    await write(app, visitor, conversation, "?")
    bot.messages = lambda _: says("Deux")
    await app.advance(10)
    await write(app, visitor, conversation, "Alors ?")
    await app.advance(60)
    assert [words for _, words in await app.lines(conversation)] == ["?", "Un", "Alors ?", "Deux"]


async def test_a_pause_survives_the_process(app: Application, bot: Bot, site: str, database: Any) -> None:
    from tests.fakes.application import running

    visitor, conversation = await app.chat(site)
    bot.messages = lambda _: says("Un instant", pause(20), "Voilà")
    await write(app, visitor, conversation, "?")
    app.clock.advance(25)
    async with running(database, clock=app.clock, ids_prefix="b") as again:
        await again.settle()
        assert (await again.lines(conversation))[-1] == ("bot", "Voilà")


async def test_a_transfer_goes_to_the_group_and_succeeds(app: Application, bot: Bot, site: str) -> None:
    agent = await app.agent("ada")
    bot.messages = lambda _: says("Je vous passe quelqu’un", transfer(ADVISORS), "Personne", CLOSE)
    visitor, conversation = await app.chat(site)
    await write(app, visitor, conversation, "?")
    c = await app.check(conversation)
    assert c.state is State.QUEUED
    assert c.group == "advisors"
    assert c.invitation is not None
    assert c.invitation.agent_id == agent
    await app.conversations.accept(agent, conversation, c.invitation.id)
    await app.settle()
    await app.advance(120)
    # What was to follow a failure is not said.
    assert "Personne" not in [words for _, words in await app.lines(conversation)]
    assert (await app.check(conversation)).party is Party.AGENT


async def test_nobody_comes_within_the_bots_patience_and_it_goes_on(
    app: Application, bot: Bot, site: str
) -> None:
    ada = await app.agent("ada")
    bot.messages = lambda _: says(
        "Je transfère", transfer(ADVISORS, 20), "Personne n’est là", pause(3), CLOSE
    )
    visitor, conversation = await app.chat(site)
    await write(app, visitor, conversation, "?")
    assert (await app.check(conversation)).state is State.QUEUED
    await app.advance(19)
    assert (await app.check(conversation)).state is State.QUEUED
    await app.advance(2)
    c = await app.check(conversation)
    assert (c.state, c.party, c.invitation) == (State.CHAT, Party.BOT, None)
    # Its own words, and not the group's alternative beside them.
    assert [words for _, words in await app.lines(conversation)] == ["?", "Je transfère", "Personne n’est là"]
    await app.advance(4)
    assert (await app.check(conversation)).state is State.CLOSED
    assert ada


async def test_a_transfer_that_fails_at_once_goes_on_at_once(app: Application, bot: Bot, site: str) -> None:
    unknown = "00000000-0000-0000-0000-000000000000"
    bot.messages = lambda _: says("Je transfère", transfer(unknown), "Pas de groupe")
    visitor, conversation = await app.chat(site)
    await write(app, visitor, conversation, "?")
    assert (await app.lines(conversation))[-1] == ("bot", "Pas de groupe")


async def test_without_words_of_its_own_the_alternative_is_shown(
    app: Application, bot: Bot, site: str
) -> None:
    await app.agent("ada")
    bot.messages = lambda _: says("Je transfère", transfer(ADVISORS, 5))
    visitor, conversation = await app.chat(site)
    await write(app, visitor, conversation, "?")
    await app.advance(6)
    author, words = (await app.lines(conversation))[-1]
    assert author == "bot"
    assert words != "Je transfère"


async def test_the_last_message_before_the_transfer_decides_about_video(
    app: Application, bot: Bot, site: str
) -> None:
    agent = await app.agent("ada")
    bot.messages = lambda _: says("Bien sûr", TRIGGER, transfer(ADVISORS))
    visitor, conversation = await app.chat(site)
    await write(app, visitor, conversation, "par vidéo")
    c = await app.check(conversation)
    assert c.verdict is not None
    assert (c.verdict.escalates, c.verdict.reason) == (True, "matched")
    assert c.invitation is not None
    await app.conversations.accept(agent, conversation, c.invitation.id)
    await app.settle()
    assert (await app.check(conversation)).state is State.VIDEO_LOBBY


async def test_the_phrase_in_an_earlier_message_does_not_count(app: Application, bot: Bot, site: str) -> None:
    await app.agent("ada")
    bot.messages = lambda _: says(TRIGGER, "Un instant", transfer(ADVISORS))
    visitor, conversation = await app.chat(site)
    await write(app, visitor, conversation, "par vidéo")
    c = await app.check(conversation)
    assert c.verdict is not None
    assert (c.verdict.escalates, c.verdict.reason) == (False, "no_phrase")


async def test_the_bot_may_close(app: Application, bot: Bot, site: str) -> None:
    bot.messages = lambda _: says("Au revoir", CLOSE)
    visitor, conversation = await app.chat(site)
    await write(app, visitor, conversation, "Merci")
    c = await app.check(conversation)
    assert (c.state, c.closed_by) == (State.CLOSED, "bot")


async def test_quick_replies_return_their_value(app: Application, bot: Bot, site: str) -> None:
    offered = {
        "type": "message",
        "payload": {"contentType": "text", "value": "Oui ou non ?"},
        "quickReplies": [
            {"contentType": "text/quick-reply", "value": "Oui", "idQuickReply": "1"},
            {"contentType": "text/quick-reply", "value": "Non"},
        ],
    }
    bot.messages = lambda _: says(offered)
    visitor, conversation = await app.chat(site)
    await write(app, visitor, conversation, "?")
    await write(app, visitor, conversation, "Oui", quick_reply="Oui")
    assert bot.heard[-2] == ("visitor", "Oui")


async def test_a_bot_that_answers_itself_is_stopped(app: Application, bot: Bot, site: str) -> None:
    bot.messages = lambda _: says("Moi")
    bot.echo = lambda asked: says(f"{asked.json['message']['payload']['value']}!")
    visitor, conversation = await app.chat(site)
    await write(app, visitor, conversation, "?")
    said = [words for author, words in await app.lines(conversation) if author == "bot"]
    assert said[:3] == ["Moi", "Moi!", "Moi!!"]
    assert len(said) == 11
    assert len(bot.heard) == 12


@pytest.mark.parametrize(
    "answer",
    [
        Raw(b"{not json"),
        Raw(b'"text"'),
        Raw(b"[]"),
        Raw(b'{"idConversation": "of-somebody-else", "replies": []}'),
        Raw(b'{"replies": "none"}'),
        Raw(b'{"replies": [{"type": "dance"}]}'),
        Raw(b'{"replies": [' + b"[" * 50_000 + b"]" * 50_000 + b"]}"),
        Raw(b"x" * 10_000_000),
        Raw(b"{}", status=500),
        Raw(b"", status=302, headers={"location": "http://127.0.0.1:1/"}),
        Raw(b"", status=429, headers={"retry-after": "30"}),
        Raw(b'{"replies": []}', cut=True),
    ],
    ids=lambda raw: f"{raw.status}-{raw.body[:20]!r}",
)
async def test_a_useless_answer_is_told_to_the_visitor_who_can_reach_a_person(
    app: Application, bot: Bot, site: str, answer: Raw
) -> None:
    agent = await app.agent("ada")
    bot.messages = lambda _: answer
    visitor, conversation = await app.chat(site)
    await write(app, visitor, conversation, "?")
    assert (await app.lines(conversation))[-1] == ("system", "bot_failed")
    assert (await app.check(conversation)).bot_asked is None
    await app.conversations.visitor_act(visitor, conversation, "person")
    await app.settle()
    c = await app.check(conversation)
    assert c.invitation is not None
    assert c.invitation.agent_id == agent


async def test_one_reply_that_cannot_be_shown_is_left_out(app: Application, bot: Bot, site: str) -> None:
    bad = {"type": "message", "payload": {"contentType": "hologram", "value": "?"}}
    bot.messages = lambda _: says("Un", bad, "Deux")
    visitor, conversation = await app.chat(site)
    await write(app, visitor, conversation, "?")
    assert [words for author, words in await app.lines(conversation) if author == "bot"] == ["Un", "Deux"]


async def test_a_bot_that_keeps_failing_is_left_in_peace_and_people_answer(
    app: Application, bot: Bot, site: str
) -> None:
    bot.messages = lambda _: Raw(b"", status=500)
    visitor, conversation = await app.chat(site)
    for count in range(8):
        await write(app, visitor, conversation, f"{count} ?")
    # Five times in a row, then no more.
    assert len(bot.heard) == 5
    assert app.connected.status("shop") == "down"
    _, other = await app.chat(site, visitor_id=None)
    assert (await app.check(other)).party is Party.NONE
    app.clock.advance(6)
    bot.messages = lambda _: says("Me revoilà")
    await write(app, visitor, conversation, "Et là ?")
    assert (await app.lines(conversation))[-1] == ("bot", "Me revoilà")
    assert app.connected.status("shop") == "ready"


async def test_no_first_messages_route_is_no_trouble(app: Application, bot: Bot, site: str) -> None:
    bot.first = Raw(b"nothing here", status=404)
    visitor, conversation = await app.chat(site)
    assert await app.lines(conversation) == []
    await write(app, visitor, conversation, "?")
    assert (await app.lines(conversation))[-1] == ("bot", "You said ?")


async def test_everything_sent_is_signed_over_the_raw_body_or_query(
    app: Application, bot: Bot, site: str
) -> None:
    import hashlib
    import hmac

    visitor, conversation = await app.chat(site)
    await write(app, visitor, conversation, "Où ça ?")
    secret = (await app.bots.get("shop")).secret.encode()
    assert {one.method for one in bot.asked} == {"GET", "PUT", "POST"}
    for one in bot.asked:
        signed = one.raw_query.encode() if one.method == "GET" else one.body
        expected = "sha256=" + hmac.new(secret, signed, hashlib.sha256).hexdigest()
        assert one.headers["x-iadvize-signature"] == expected
        assert one.query["idConnectorVersion"] == (await app.bots.get("shop")).version
        assert ("idWebsite" in one.query) == (not one.path.endswith("first-messages"))


async def test_the_bot_is_told_who_speaks_for_it_and_where_it_may_transfer_to(
    app: Application, bot: Bot, site: str
) -> None:
    (put,) = bot.of("PUT", "/bots/va-shop")
    assert put.json["pseudo"] == "Botty"
    assert put.json["external"] == {"idBot": "orders"}
    assert ADVISORS in [rule["id"] for rule in put.json["distributionRules"]]
