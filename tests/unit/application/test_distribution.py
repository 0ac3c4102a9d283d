"""Who is asked, in which order, and what happens when nobody comes."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from orchestrator.application.bot_replies import BotTransfer
from orchestrator.application.errors import Refused
from orchestrator.domain.conversation import Party, State
from tests.fakes.application import TRIGGER, Application, policy_with, running


async def waiting(app: Application, key: str) -> tuple[str, str]:
    """A visitor who asks for a person, a moment after the one before."""
    app.clock.advance(1)
    visitor, conversation = await app.chat(key)
    await app.conversations.visitor_act(visitor, conversation, "person")
    await app.settle()
    return visitor, conversation


async def invited(app: Application, conversation: str) -> str | None:
    c = await app.check(conversation)
    return c.invitation.agent_id if c.invitation is not None else None


async def test_an_unanswered_invitation_goes_to_the_next_agent(app: Application) -> None:
    key = await app.site()
    claire, marc = await app.agent("claire"), await app.agent("marc")
    _, conversation = await waiting(app, key)
    assert await invited(app, conversation) == claire
    await app.advance(29)
    assert await invited(app, conversation) == claire
    await app.advance(2)
    assert await invited(app, conversation) == marc
    kinds = [frame["type"] for frame in await app.frames(f"agent:{claire}")]
    assert kinds[:1] == ["welcome"]
    assert "invitation_ended" in kinds


async def test_a_declined_invitation_goes_to_the_next_agent_and_not_back(app: Application) -> None:
    key = await app.site()
    claire, marc = await app.agent("claire"), await app.agent("marc")
    _, conversation = await waiting(app, key)
    c = await app.check(conversation)
    assert c.invitation is not None
    await app.conversations.decline(claire, conversation, c.invitation.id, reason="Mme Dupont again")
    await app.settle()
    assert await invited(app, conversation) == marc
    async with app.store.transaction(read_only=True) as tx:
        events = await tx.events.list(conversation)
    assert not any("Dupont" in repr(record) for record in events)


async def test_an_open_invitation_can_be_accepted_after_a_video_began(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    _, writing = await waiting(app, key)
    assert await invited(app, writing) == claire
    visitor, filming = await app.chat(key)
    await app.conversations.visitor_act(visitor, filming, "video")
    await app.settle()
    for conversation, state in ((filming, State.VIDEO_LOBBY), (writing, State.CHAT)):
        c = await app.check(conversation)
        assert c.invitation is not None
        await app.conversations.accept(claire, conversation, c.invitation.id)
        c = await app.check(conversation)
        assert (c.state, c.agent_id) == (state, claire)


async def test_two_agents_cannot_have_one_conversation(app: Application) -> None:
    key = await app.site()
    claire, marc = await app.agent("claire"), await app.agent("marc")
    _, conversation = await waiting(app, key)
    c = await app.check(conversation)
    assert c.invitation is not None
    with pytest.raises(Refused) as refused:
        await app.conversations.accept(marc, conversation, c.invitation.id)
    assert refused.value.code == "not_yours"
    both = await asyncio.gather(
        app.conversations.accept(claire, conversation, c.invitation.id),
        app.conversations.accept(claire, conversation, c.invitation.id),
    )
    assert both[0]["version"] == both[1]["version"]
    assert (await app.events(conversation)).count("AgentAccepted") == 1


async def test_an_agent_never_holds_more_than_the_capacity(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    total = (await app.conversations.agent_state(claire))["capacity"]["chat_total"]
    started = [await waiting(app, key) for _ in range(total + 2)]
    held = 0
    while True:
        state = await app.conversations.agent_state(claire)
        if not state["invitations"]:
            break
        for invitation in state["invitations"]:
            await app.conversations.accept(claire, invitation["conversation"]["id"], invitation["id"])
            held += 1
        await app.settle()
    assert held == total
    states = [(await app.check(conversation)).state for _, conversation in started]
    assert states.count(State.QUEUED) == 2
    # One gets free: the longest waiting is offered at once.
    await app.conversations.agent_act(claire, started[0][1], "close")
    await app.settle()
    assert await invited(app, started[total][1]) == claire
    assert await invited(app, started[total + 1][1]) is None


async def test_switching_on_brings_the_waiting_and_switching_off_takes_invitations_back(
    app: Application,
) -> None:
    key = await app.site()
    claire = await app.agent("claire", chat=False, video=False)
    _, conversation = await waiting(app, key)
    assert await invited(app, conversation) is None
    await app.switch(claire, chat=True, video=False)
    await app.settle()
    assert await invited(app, conversation) == claire
    await app.switch(claire, chat=False, video=False)
    await app.settle()
    assert await invited(app, conversation) is None
    assert (await app.check(conversation)).state is State.QUEUED


async def test_an_agent_whose_pages_are_gone_is_not_asked(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    await app.presence.agent_left(claire, "socket-claire")
    await app.advance(11)
    _, conversation = await waiting(app, key)
    assert await invited(app, conversation) is None
    await app.presence.agent_came(claire, "again", can_video=True)
    await app.settle()
    assert await invited(app, conversation) == claire


async def test_a_reload_costs_no_invitation(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    await app.presence.agent_left(claire, "socket-claire")
    await app.advance(2)
    _, conversation = await waiting(app, key)
    assert await invited(app, conversation) == claire


async def test_without_places_nobody_is_parked(database: Path) -> None:
    policy = policy_with(
        {"routing.yaml": ("places: { chat: 10, video: 5 }", "places: { chat: 0, video: 0 }")}
    )
    async with running(database, policy=policy) as app:
        key = await app.site()
        visitor, conversation = await app.chat(key)
        result = await app.say(conversation, BotTransfer("r", text=TRIGGER))
        assert result.accepted == ("r",)
        c = await app.check(conversation)
        assert (c.state, c.party) == (State.CHAT, Party.BOT)
        author, words = (await app.lines(conversation))[-1]
        assert author == "bot"
        assert words
        assert [one.event_name for one in app.bot.deliveries if one.kind == "event"] == ["transfer_failed"]
        # Somebody is there but refuses: the round is exhausted, and the visitor is told.
        claire = await app.agent("claire")
        await app.conversations.visitor_act(visitor, conversation, "person")
        await app.settle()
        c = await app.check(conversation)
        assert c.invitation is not None
        await app.conversations.decline(claire, conversation, c.invitation.id)
        await app.settle()
        c = await app.check(conversation)
        assert (c.state, c.party) == (State.CHAT, Party.BOT)
        assert "TransferFailed" in await app.events(conversation)
        assert app.bot.deliveries[-1].event_reason == "declined_by_all"


async def test_under_any_interleaving_nobody_holds_too_much(app: Application) -> None:
    key = await app.site()
    agents = [await app.agent(name) for name in ("claire", "marc")]
    total = (await app.conversations.agent_state(agents[0]))["capacity"]["chat_total"]
    people = [await app.chat(key) for _ in range(total * len(agents) + 4)]

    async def ask(visitor: str, conversation: str) -> None:
        await app.conversations.visitor_act(visitor, conversation, "person")

    async def take_all(agent: str) -> None:
        for _ in range(20):
            for invitation in (await app.conversations.agent_state(agent))["invitations"]:
                with contextlib.suppress(Refused):
                    await app.conversations.accept(agent, invitation["conversation"]["id"], invitation["id"])
            await asyncio.sleep(0)

    await app.effects.start()
    await asyncio.gather(*(ask(*one) for one in people), *(take_all(agent) for agent in agents))
    await app.effects.stop()
    await app.settle()
    await asyncio.gather(*(take_all(agent) for agent in agents))
    holders = [(await app.check(conversation)).agent_id for _, conversation in people]
    assert all(holders.count(agent) == total for agent in agents)
    for agent in agents:
        capacity = (await app.conversations.agent_state(agent))["capacity"]
        assert capacity["chat_used"] == capacity["chat_total"]
