"""Messages arrive once, in order, and in the right conversation."""

from __future__ import annotations

import asyncio

import pytest

from orchestrator.application.bot_replies import BotText
from orchestrator.application.errors import Invalid, NotFound
from orchestrator.domain.conversation import State
from tests.fakes.application import Application


async def test_the_same_client_id_is_the_same_message(app: Application) -> None:
    visitor, conversation = await app.chat(await app.site())
    post = app.conversations.post_visitor_message
    both = await asyncio.gather(
        *(post(visitor, conversation, client_id="a", text="Bonjour") for _ in range(5))
    )
    assert len({one["message"]["id"] for one in both}) == 1
    await app.settle()
    assert [one.text for one in app.bot.deliveries if one.kind == "message"] == ["Bonjour"]
    c = await app.check(conversation)
    assert (await app.events(conversation)).count("VisitorWrote") == 1
    assert c.version == 2


async def test_a_foreign_conversation_does_not_exist(app: Application) -> None:
    key = await app.site()
    _, conversation = await app.chat(key)
    stranger = await app.visitor(key)
    with pytest.raises(NotFound):
        await app.conversations.post_visitor_message(stranger, conversation, client_id="a", text="x")
    with pytest.raises(NotFound):
        await app.conversations.visitor_act(stranger, conversation, "close")
    with pytest.raises(NotFound):
        await app.conversations.visitor_conversation(stranger, conversation)
    with pytest.raises(NotFound):
        await app.conversations.visitor_act(stranger, "c_none", "close")
    assert (await app.check(conversation)).version == 1


async def test_writing_after_the_end_starts_a_new_conversation_once(app: Application) -> None:
    visitor, old = await app.chat(await app.site())
    await app.conversations.visitor_act(visitor, old, "close")
    app.clock.advance(1)
    post = app.conversations.post_visitor_message
    first = await post(visitor, old, client_id="a", text="Encore une question")
    again = await post(visitor, old, client_id="a", text="Encore une question")
    assert first == again
    assert first["conversation_id"] != old
    c = await app.check(first["conversation_id"])
    assert (c.previous_id, c.state) == (old, State.CHAT)
    assert (await app.check(old)).state is State.CLOSED


async def test_two_pages_that_start_at_once_start_one_conversation(app: Application) -> None:
    visitor = await app.visitor(await app.site())
    started = await asyncio.gather(
        *(app.conversations.start(visitor, client_id=name) for name in ("a", "b", "c"))
    )
    assert len({one["conversation"]["id"] for one in started}) == 1


async def test_only_an_offered_quick_reply_reaches_the_bot(app: Application) -> None:
    visitor, conversation = await app.chat(await app.site())
    await app.say(conversation, BotText("r", "?", quick_replies=(("Suivi", "/order_status"),)))
    post = app.conversations.post_visitor_message
    with pytest.raises(Invalid):
        await post(visitor, conversation, client_id="a", text="x", quick_reply="/delete_everything")
    await post(visitor, conversation, client_id="b", text="Suivi", quick_reply="/order_status")
    await app.settle()
    assert [(one.text, one.payload) for one in app.bot.deliveries if one.kind == "message"] == [
        ("Suivi", "/order_status")
    ]
    await app.check(conversation)


async def test_erased_texts_leave_their_places_and_the_fold(app: Application) -> None:
    visitor, conversation = await app.chat(await app.site())
    await app.conversations.post_visitor_message(visitor, conversation, client_id="a", text="secret")
    await app.conversations.visitor_act(visitor, conversation, "close")
    async with app.store.transaction() as tx:
        assert await tx.messages.erase(conversation) == 1
    await app.check(conversation)
    view = await app.conversations.visitor_conversation(visitor, conversation)
    assert [line["content"]["type"] for line in view["messages"]] == ["erased", "notice"]


async def test_language_and_capability_are_the_visitors_to_change(app: Application) -> None:
    visitor, conversation = await app.chat(await app.site())
    view = await app.conversations.set_language(visitor, conversation, language="en-GB")
    assert view["language"] == "en-GB"
    view = await app.conversations.set_capability(visitor, conversation, can_video=False)
    assert view["can"]["request_video"] is False
    await app.check(conversation)
