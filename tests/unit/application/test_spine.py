"""The whole way in one conversation: bot, card, queue, agent, video, chat again, end."""

from __future__ import annotations

import pytest

from orchestrator.application.bot_replies import BotText, BotTransfer
from orchestrator.application.errors import Refused
from orchestrator.domain.conversation import Party, State
from tests.fakes.application import TRIGGER, Application


async def test_from_bot_to_video_and_back_in_one_conversation(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    visitor, conversation = await app.chat(key)
    assert [delivery.kind for delivery in app.bot.deliveries] == ["session_open"]
    greeting = app.bot.deliveries[0]
    assert (greeting.language, greeting.page_url) == ("fr", "https://shop.example/cart")
    assert (greeting.chat_available, greeting.video_available) == (True, True)

    await app.say(conversation, BotText("r1", "Bonjour !"), to=greeting.id)
    c = await app.check(conversation)
    assert (c.state, c.party, c.bot_asked) == (State.CHAT, Party.BOT, None)

    posted = await app.conversations.post_visitor_message(
        visitor, conversation, client_id="a", text="Je veux voir un conseiller"
    )
    await app.settle()
    await app.check(conversation)
    asked = app.bot.deliveries[-1]
    assert (asked.kind, asked.id) == ("message", posted["message"]["id"])
    assert asked.text == "Je veux voir un conseiller"

    result = await app.say(
        conversation,
        BotText("r2", "Je vous mets en relation."),
        BotTransfer("r3", title="Un conseiller", text=f"{TRIGGER}.", summary="veut voir un conseiller"),
        BotText("r4", "trop tard"),
        to=asked.id,
    )
    assert result.accepted == ("r2", "r3")
    assert result.refused == (("r4", "after_transfer"),)
    c = await app.check(conversation)
    assert c.state is State.QUEUED
    assert c.verdict is not None
    assert c.verdict.escalates
    assert c.invitation is not None
    assert c.invitation.agent_id == claire

    state = await app.conversations.agent_state(claire)
    (invitation,) = state["invitations"]
    assert invitation["with_video"] is True
    assert invitation["conversation"]["summary"] == "veut voir un conseiller"
    assert [line["content"]["type"] for line in invitation["last_messages"]][-1] == "card"

    view = await app.conversations.accept(claire, conversation, invitation["id"])
    await app.settle()
    assert view["state"] == "video_lobby"
    c = await app.check(conversation)
    assert c.call is not None
    assert c.call.id in app.media.rooms

    await app.join(conversation, "visitor", visitor)
    assert (await app.check(conversation)).state is State.VIDEO_LOBBY
    await app.join(conversation, "agent", claire)
    assert (await app.check(conversation)).state is State.IN_VIDEO

    await app.conversations.post_visitor_message(visitor, conversation, client_id="b", text="je vous vois")
    await app.check(conversation)
    view = await app.conversations.visitor_act(visitor, conversation, "hang_up")
    await app.settle()
    assert (view["state"], view["party"]) == ("chat", "agent")
    assert app.media.rooms == {}
    assert view["can"]["request_video"] is False
    with pytest.raises(Refused):
        await app.conversations.visitor_act(visitor, conversation, "video")
    await app.check(conversation)

    await app.conversations.post_agent_message(claire, conversation, client_id="x", text="Au revoir")
    await app.conversations.agent_act(claire, conversation, "close")
    await app.settle()
    c = await app.check(conversation)
    assert (c.state, c.closed_by) == (State.CLOSED, "agent")
    assert c.timers == {}
    assert await app.lines(conversation) == [
        ("bot", "Bonjour !"),
        ("visitor", "Je veux voir un conseiller"),
        ("bot", "Je vous mets en relation."),
        ("bot", f"{TRIGGER}."),
        ("system", "agent_joined"),
        ("system", "video_starts"),
        ("system", "video_started"),
        ("visitor", "je vous vois"),
        ("system", "video_ended"),
        ("agent", "Au revoir"),
        ("system", "closed"),
    ]
    async with app.store.transaction(read_only=True) as tx:
        assert await tx.outbox.pending() == 0
