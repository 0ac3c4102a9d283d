"""Whatever the bot does or fails to do, the visitor is never stuck and never hears it when it must be silent."""

from __future__ import annotations

import pytest

from orchestrator.application.bot_replies import BotCustom, BotText, BotTransfer, BotTurn
from orchestrator.application.errors import NotFound
from orchestrator.domain.conversation import Party, State
from tests.fakes.application import TRIGGER, Application


async def write(app: Application, visitor: str, conversation: str, text: str) -> str:
    posted = await app.conversations.post_visitor_message(visitor, conversation, client_id=text, text=text)
    await app.settle()
    return posted["message"]["id"]


async def test_a_turn_sent_twice_changes_nothing(app: Application) -> None:
    visitor, conversation = await app.chat(await app.site())
    asked = await write(app, visitor, conversation, "?")
    turn = (BotText("r1", "un"), BotTransfer("r2", text="Un conseiller arrive."))
    first = await app.say(conversation, *turn, to=asked)
    version = (await app.check(conversation)).version
    again = await app.say(conversation, *turn, to=asked)
    assert first == again
    assert (await app.check(conversation)).version == version


async def test_while_the_bot_starts_the_visitor_is_told_once_and_answered_later(app: Application) -> None:
    app.bot.trouble = "starting"
    visitor, conversation = await app.chat(await app.site())
    await write(app, visitor, conversation, "Bonjour")
    for _ in range(20):
        await app.advance(1)
    c = await app.check(conversation)
    assert c.party is Party.BOT
    # Once for the greeting, once for the message.
    assert (await app.events(conversation)).count("BotFailed") == 2
    assert [line for line in await app.lines(conversation) if line[0] == "system"] == []
    app.bot.trouble = None
    app.clock.advance(1)
    await app.settle()
    # In order, each once.
    assert [one.kind for one in app.bot.deliveries] == ["session_open", "message"]
    await app.say(conversation, BotText("r", "Bonjour !"), to=app.bot.deliveries[-1].id)
    assert (await app.lines(conversation))[-1] == ("bot", "Bonjour !")


@pytest.mark.parametrize("trouble", ["unreachable", "timeout", "malformed", "error"])
async def test_a_bot_that_fails_is_not_asked_again(app: Application, trouble: str) -> None:
    visitor, conversation = await app.chat(await app.site())
    await app.say(conversation, to=app.bot.deliveries[0].id)
    app.bot.trouble = trouble  # type: ignore[assignment]
    attempts = app.bot.attempts
    await write(app, visitor, conversation, "Bonjour")
    await app.advance(60)
    assert app.bot.attempts == attempts + 1
    assert (await app.lines(conversation))[-1] == ("system", "bot_failed")
    assert (await app.check(conversation)).bot_asked is None


async def test_a_bot_that_never_answers_times_out(app: Application) -> None:
    visitor, conversation = await app.chat(await app.site())
    await write(app, visitor, conversation, "Bonjour")
    await app.advance(11)
    assert (await app.lines(conversation))[-1] == ("system", "bot_failed")


async def test_a_turn_that_failed_is_told_to_the_visitor(app: Application) -> None:
    visitor, conversation = await app.chat(await app.site())
    asked = await write(app, visitor, conversation, "Bonjour")
    await app.conversations.bot_turn(BotTurn(conversation, asked, (), error="the bot raised KeyError"))
    assert (await app.lines(conversation))[-1] == ("system", "bot_failed")
    # Said again, or about an older question: nobody waits for it.
    await app.conversations.bot_turn(BotTurn(conversation, asked, (), error="the bot raised KeyError"))
    assert [author for author, _ in await app.lines(conversation)] == ["visitor", "system"]


async def test_a_slow_bot_keeps_nobody_from_a_person(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    app.bot.trouble = "starting"
    visitor, conversation = await app.chat(key)
    await write(app, visitor, conversation, "Bonjour")
    await app.conversations.visitor_act(visitor, conversation, "person")
    await app.settle()
    c = await app.check(conversation)
    assert c.invitation is not None
    assert c.invitation.agent_id == claire
    # What was meant for the bot is dropped: its answer could not be shown any more.
    app.bot.trouble = None
    app.clock.advance(2)
    await app.settle()
    assert app.bot.deliveries == []


async def test_after_the_hand_over_the_bot_is_mute(app: Application) -> None:
    key = await app.site()
    await app.agent("claire")
    _, conversation = await app.chat(key)
    await app.say(conversation, BotTransfer("card", text="Un conseiller arrive."))
    result = await app.say(conversation, BotText("late", "encore moi"), BotTransfer("card2", text=TRIGGER))
    assert result.accepted == ()
    assert dict(result.refused) == {"late": "bot_is_mute", "card2": "bot_is_mute"}
    assert "encore moi" not in [words for _, words in await app.lines(conversation)]
    trace = await app.conversations.decisions(conversation)
    assert [one["reason"] for one in trace if one["outcome"] == "denied"] == ["bot_is_mute"] * 2


async def test_a_card_without_the_phrase_goes_to_chat(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    _, conversation = await app.chat(key)
    await app.say(
        conversation, BotTransfer("card", text="Un conseiller arrive {when}.", slots={"when": "vite"})
    )
    assert (await app.lines(conversation))[-1] == ("bot", "Un conseiller arrive vite.")
    c = await app.check(conversation)
    assert c.invitation is not None
    view = await app.conversations.accept(claire, conversation, c.invitation.id)
    assert (view["state"], view["escalation"]["reason"]) == ("chat", "no_phrase")


async def test_the_verdict_is_judged_on_what_is_shown(app: Application) -> None:
    key = await app.site()
    _, conversation = await app.chat(key)
    card = BotTransfer("card", text="Vous allez être mis en relation par {how}", slots={"how": "VIDEO"})
    await app.say(conversation, card)
    c = await app.check(conversation)
    assert c.verdict is not None
    assert c.verdict.escalates


async def test_an_unknown_card_is_refused_and_the_bot_told(app: Application) -> None:
    _, conversation = await app.chat(await app.site())
    turn = (BotText("r1", "Je vous passe quelqu'un"), BotTransfer("r2", card_id="no_such_card"))
    for _ in range(2):
        result = await app.say(conversation, *turn)
        assert result.accepted == ("r1",)
        assert result.refused == (("r2", "unknown_card"),)
    told = [(one.event_name, one.event_reason) for one in app.bot.deliveries if one.kind == "event"]
    assert told == [("transfer_failed", "unknown_card")]
    assert (await app.check(conversation)).state is State.CHAT


async def test_a_card_of_the_policy_is_shown_in_the_visitors_language(app: Application) -> None:
    _, conversation = await app.chat(await app.site(), language="fr")
    card_id, card = next(iter(app.policy.cards.cards.items()))
    await app.say(conversation, BotTransfer("r", card_id=card_id))
    assert (await app.lines(conversation))[-1] == ("bot", card.texts["fr"].text)
    c = await app.check(conversation)
    assert c.verdict is not None
    assert c.verdict.card_id == card_id


async def test_what_cannot_be_shown_is_refused(app: Application) -> None:
    _, conversation = await app.chat(await app.site())
    result = await app.say(
        conversation, BotCustom("x"), BotTransfer("a", text="un"), BotTransfer("b", text="deux")
    )
    assert result.accepted == ("a",)
    assert dict(result.refused) == {"x": "not_shown", "b": "second_card"}


async def test_a_turn_for_nobody(app: Application) -> None:
    with pytest.raises(NotFound):
        await app.say("c_none", BotText("r", "?"))
