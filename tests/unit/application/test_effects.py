"""The outbox: in order, again and again until it works, and harmless when done twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from orchestrator.application.backoff import LONGEST, delay_after
from orchestrator.application.bot_replies import BotTransfer
from orchestrator.application.lanes import lane_of
from orchestrator.application.records import NewEffect
from orchestrator.domain import effects as fx
from orchestrator.domain.conversation import Purpose, State
from orchestrator.domain.effects import Effect
from tests.fakes.application import TRIGGER, Application, running


async def enqueue(app: Application, conversation: str, key: str, effect: Effect) -> None:
    new = NewEffect(key, lane_of(conversation, effect), conversation, effect)
    async with app.store.transaction() as tx:
        await tx.outbox.add([new], at=app.clock.now())


async def pending(app: Application) -> int:
    async with app.store.transaction(read_only=True) as tx:
        return await tx.outbox.pending()


async def test_a_failing_effect_is_tried_with_growing_pauses(app: Application) -> None:
    _, conversation = await app.chat(await app.site())
    app.media.failures = 3
    await enqueue(app, conversation, "close", fx.CloseCall("call_x", "over"))
    for _ in range(3):
        await app.settle()
        assert app.media.closed == []
        app.clock.advance(delay_after(3))
    await app.settle()
    assert app.media.closed == ["call_x"]
    assert await pending(app) == 0


def test_pauses_double_up_to_a_minute() -> None:
    pauses = [delay_after(attempts) for attempts in range(200)]
    assert pauses[0] == timedelta(milliseconds=500)
    assert pauses[1] == 2 * pauses[0]
    assert max(pauses) == LONGEST


async def test_effects_of_a_lane_keep_their_order_when_one_fails(app: Application) -> None:
    _, conversation = await app.chat(await app.site())
    app.media.failures = 1
    await enqueue(app, conversation, "a", fx.CloseCall("first", ""))
    await enqueue(app, conversation, "b", fx.CloseCall("second", ""))
    await app.settle()
    assert app.media.closed == []
    app.clock.advance(5)
    await app.settle()
    assert app.media.closed == ["first", "second"]


async def test_everything_done_twice_is_done_once(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    visitor, conversation = await app.chat(key)
    await app.say(conversation, BotTransfer("card", text=TRIGGER))
    c = await app.check(conversation)
    assert c.invitation is not None
    history = await app.lines(conversation)
    stream = f"agent:{claire}"
    async with app.store.transaction(read_only=True) as tx:
        head = await tx.feed.head(stream)
        records = await tx.events.list(conversation)
    invitation = fx.InviteAgent(claire, c.invitation.id, Purpose.OFFER)
    # As after a crash between doing an effect and forgetting it: the same keys again.
    await enqueue(app, conversation, f"{conversation}:{records[-1].version}:0", invitation)
    await enqueue(app, conversation, f"{conversation}:{records[-2].version}:0", fx.FindAgent("advisors"))
    await app.settle()
    assert await app.check(conversation) == c
    assert await app.lines(conversation) == history
    async with app.store.transaction(read_only=True) as tx:
        assert await tx.feed.head(stream) == head
    assert visitor


async def test_the_alternative_is_shown_once(app: Application) -> None:
    _, conversation = await app.chat(await app.site())
    for _ in range(2):
        await enqueue(app, conversation, "same", fx.ShowAlternative("nobody"))
        await app.settle()
    assert len(await app.lines(conversation)) == 1
    await app.check(conversation)


async def test_the_runner_works_in_the_background(app: Application) -> None:
    await app.effects.start()
    await app.timers.start()
    visitor, conversation = await app.visitor(await app.site()), None
    started = await app.conversations.start(visitor, client_id="s")
    conversation = started["conversation"]["id"]
    async with asyncio.timeout(10):
        while not app.bot.deliveries:  # noqa: ASYNC110 - real threads work here
            await asyncio.sleep(0.01)
        app.clock.advance(timedelta(minutes=16))
        while (await app.snapshot(conversation)).state is not State.CLOSED:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await app.timers.stop()
    await app.effects.stop()
    assert await pending(app) == 0


async def test_a_restart_in_the_middle_loses_and_doubles_nothing(database: Path) -> None:
    async with running(database, ids_prefix="1-") as app:
        key = await app.site()
        claire = await app.agent("claire")
        await app.presence.agent_came(claire, "claire-page", can_video=True)
        visitor, conversation = await app.chat(key)
        await app.presence.visitor_came(visitor, "visitor-page")
        await app.conversations.post_visitor_message(visitor, conversation, client_id="a", text="Bonjour")
        await app.conversations.visitor_act(visitor, conversation, "person")
        now = app.clock
    # The process ends here, with its effects not carried out and its sockets open.
    async with running(database, ids_prefix="2-", clock=now) as app:
        assert await pending(app) > 0
        app.clock.advance(1)
        await app.recovery.run()
        await app.settle()
        c = await app.check(conversation)
        assert not c.visitor_present
        # The desk's page is reloading: the agent is still asked.
        assert c.invitation is not None
        assert c.invitation.agent_id == claire
        await app.conversations.accept(claire, conversation, c.invitation.id)
        async with app.streams.visitor(visitor), app.streams.agent(claire):
            c = await app.check(conversation)
            assert c.visitor_present
        again = await app.conversations.post_visitor_message(
            visitor, conversation, client_id="a", text="Bonjour"
        )
        assert again["message"]["position"] == 1
        await app.check(conversation)


async def test_after_a_restart_calls_are_opened_again_and_overdue_timers_fire(database: Path) -> None:
    async with running(database, ids_prefix="1-") as app:
        key = await app.site()
        claire = await app.agent("claire")
        visitor, conversation = await app.chat(key)
        _, idle = await app.chat(key)
        await app.say(conversation, BotTransfer("card", text=TRIGGER))
        c = await app.check(conversation)
        assert c.invitation is not None
        await app.conversations.accept(claire, conversation, c.invitation.id)
        await app.settle()
        await app.join(conversation, "visitor", visitor)
        await app.join(conversation, "agent", claire)
        call = (await app.check(conversation)).call
        clock = app.clock
    async with running(database, ids_prefix="2-", clock=clock) as app:
        await app.recovery.run()
        await app.settle()
        assert call is not None
        assert list(app.media.rooms) == [call.id]
        c = await app.check(conversation)
        assert (c.state, c.call and c.call.connected) == (State.IN_VIDEO, frozenset())
    clock.advance(timedelta(hours=1))
    async with running(database, ids_prefix="3-", clock=clock) as app:
        await app.recovery.run()
        await app.settle()
        assert (await app.check(idle)).state is State.CLOSED
        assert (await app.check(conversation)).state is not State.IN_VIDEO
