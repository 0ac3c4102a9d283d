"""Missed invitations and wrap-ups: counted with the event that causes them, once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from orchestrator.application.agent_report import AgentQuery, AgentReport
from orchestrator.application.records import Agent
from orchestrator.application.report_periods import Period
from orchestrator.domain.conversation import State
from tests.fakes.application import Application, policy_with, running
from tests.unit.application.test_presence import invited, last, presence, spells, waiting

WITH_WRAP_UP = {"routing.yaml": ("hours: always", "hours: always\n    wrap_up: 45s")}


async def row(app: Application, agent: str) -> Agent:
    async with app.store.transaction(read_only=True) as tx:
        found = await tx.people.agent(agent)
    assert found is not None
    return found


async def take(app: Application, agent: str, conversation: str) -> None:
    c = await app.check(conversation)
    assert c.invitation is not None
    await app.conversations.accept(agent, conversation, c.invitation.id)
    await app.settle()


async def miss(app: Application, key: str, agent: str) -> str:
    """One invitation that nobody answers; the visitor gives up afterwards."""
    visitor, conversation = await waiting(app, key)
    assert await invited(app, conversation) == agent
    await app.advance(31)
    await app.conversations.visitor_act(visitor, conversation, "close")
    await app.settle()
    return conversation


# --- missed ------------------------------------------------------------------------------------------------


async def test_too_many_missed_in_a_row_pause_an_agent(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire", video=False)
    for missed in (1, 2):
        await miss(app, key, claire)
        assert (await row(app, claire)).missed == missed
        assert (await presence(app, claire))["chat"]["state"] == "available"
    await miss(app, key, claire)
    now = await presence(app, claire)
    assert (now["chat"]["state"], now["chat"]["reason"]) == ("paused", "missed")
    assert now["video"]["state"] == "offline", "what was off stays off"
    assert await spells(app, claire, "chat") == [("available", ""), ("paused", "missed")]
    told = cast("dict[str, Any]", (await last(app, claire, "agent"))["presence"])
    assert told["chat"]["reason"] == "missed"
    _, conversation = await waiting(app, key)
    assert await invited(app, conversation) is None
    # Back, and with a clean sheet.
    await app.conversations.set_presence(claire, chat="available")
    await app.settle()
    assert await invited(app, conversation) == claire
    assert (await row(app, claire)).missed == 0


@pytest.mark.parametrize("answer", ["accept", "decline"])
async def test_an_answer_starts_the_count_anew(app: Application, answer: str) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    await miss(app, key, claire)
    await miss(app, key, claire)
    _, conversation = await waiting(app, key)
    if answer == "accept":
        await take(app, claire, conversation)
    else:
        c = await app.check(conversation)
        assert c.invitation is not None
        await app.conversations.decline(claire, conversation, c.invitation.id)
    assert (await row(app, claire)).missed == 0


async def test_an_invitation_that_was_taken_back_is_not_missed(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    await waiting(app, key)
    await app.switch(claire, chat=False, video=False)
    await app.advance(60)
    assert (await row(app, claire)).missed == 0


async def test_a_colleagues_request_is_not_missed(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    _, conversation = await waiting(app, key)
    await take(app, claire, conversation)
    marc = await app.agent("marc")
    await app.conversations.transfer(claire, conversation, to_agent_id=marc)
    await app.advance(31)
    assert await invited(app, conversation) is None
    assert (await row(app, marc)).missed == 0


async def test_nobody_is_paused_where_the_group_says_never(database: Path) -> None:
    policy = policy_with({"routing.yaml": ("pause_after_missed: 3", "pause_after_missed: never")})
    async with running(database, policy=policy) as app:
        key = await app.site()
        claire = await app.agent("claire")
        for _ in range(4):
            await miss(app, key, claire)
        assert (await presence(app, claire))["chat"]["state"] == "available"


# --- wrap-up -----------------------------------------------------------------------------------------------


async def test_after_a_conversation_nothing_new_comes_for_a_while(database: Path) -> None:
    async with running(database, policy=policy_with(WITH_WRAP_UP)) as app:
        key = await app.site()
        claire = await app.agent("claire")
        _, first = await waiting(app, key)
        await take(app, claire, first)
        assert (await app.conversations.agent_state(claire))["wrap_up_until"] is None
        await app.conversations.agent_act(claire, first, "close")
        until = app.clock.now() + timedelta(seconds=45)
        assert (await app.conversations.agent_state(claire))["wrap_up_until"] == until
        assert (await last(app, claire, "agent"))["wrap_up_until"] == until
        _, second = await waiting(app, key)
        assert await invited(app, second) is None
        state = await app.conversations.end_wrap_up(claire)
        assert state["wrap_up_until"] is None
        await app.settle()
        assert await invited(app, second) == claire


async def test_the_time_in_wrap_up_is_in_the_report(database: Path) -> None:
    async with running(database, policy=policy_with(WITH_WRAP_UP)) as app:
        key = await app.site()
        claire = await app.agent("claire")
        for ends_early in (False, True):
            _, conversation = await waiting(app, key)
            await take(app, claire, conversation)
            await app.conversations.agent_act(claire, conversation, "close")
            await app.advance(20)
            if ends_early:
                await app.conversations.end_wrap_up(claire)
            await app.advance(60)
        day = app.clock.now().date()
        made = await AgentReport(app.store, app.clock, app.policies).make(
            AgentQuery(Period(day, day + timedelta(days=1)), agent_id=claire)
        )
        (row_of_day,) = made["rows"]  # type: ignore[misc]
        assert row_of_day["wrap_up_seconds"] == 45 + 20


async def test_a_wrap_up_ends_by_itself(database: Path) -> None:
    async with running(database, policy=policy_with(WITH_WRAP_UP)) as app:
        key = await app.site()
        claire = await app.agent("claire")
        _, first = await waiting(app, key)
        await take(app, claire, first)
        await app.conversations.agent_act(claire, first, "close")
        _, second = await waiting(app, key)
        await app.advance(46)
        assert await invited(app, second) == claire
        assert (await app.conversations.agent_state(claire))["wrap_up_until"] is None


async def test_the_end_of_a_video_is_not_the_end_of_the_conversation(database: Path) -> None:
    async with running(database, policy=policy_with(WITH_WRAP_UP)) as app:
        key = await app.site()
        claire = await app.agent("claire")
        visitor, conversation = await app.chat(key)
        await app.conversations.visitor_act(visitor, conversation, "video")
        await app.settle()
        await take(app, claire, conversation)
        await app.join(conversation, "visitor", visitor)
        await app.join(conversation, "agent", claire)
        await app.conversations.agent_act(claire, conversation, "hang_up")
        c = await app.check(conversation)
        assert (c.state, c.agent_id) == (State.CHAT, claire)
        assert (await row(app, claire)).wrap_up_until is None


async def test_who_handed_over_wraps_up_and_who_took_over_does_not(database: Path) -> None:
    async with running(database, policy=policy_with(WITH_WRAP_UP)) as app:
        key = await app.site()
        claire = await app.agent("claire")
        _, conversation = await waiting(app, key)
        await take(app, claire, conversation)
        marc = await app.agent("marc")
        await app.conversations.transfer(claire, conversation, to_agent_id=marc)
        await take(app, marc, conversation)
        assert (await row(app, claire)).wrap_up_until == app.clock.now() + timedelta(seconds=45)
        assert (await row(app, marc)).wrap_up_until is None


async def test_a_lost_connection_needs_no_wrap_up(database: Path) -> None:
    async with running(database, policy=policy_with(WITH_WRAP_UP)) as app:
        key = await app.site()
        claire = await app.agent("claire")
        _, conversation = await waiting(app, key)
        await take(app, claire, conversation)
        await app.presence.agent_left(claire, "socket-claire")
        await app.advance(90)
        assert (await app.check(conversation)).agent_id is None
        assert (await row(app, claire)).wrap_up_until is None


async def test_a_conversation_that_ends_during_a_wrap_up_makes_it_no_shorter(database: Path) -> None:
    async with running(database, policy=policy_with(WITH_WRAP_UP)) as app:
        key = await app.site()
        claire = await app.agent("claire")
        held = [(await waiting(app, key))[1] for _ in range(2)]
        for conversation in held:
            await take(app, claire, conversation)
        await app.conversations.agent_act(claire, held[0], "close")
        first = (await row(app, claire)).wrap_up_until
        shorter = policy_with({"routing.yaml": ("hours: always", "hours: always\n    wrap_up: 5s")})
        await app.policies.publish(shorter, app.store, app.clock.now())
        await app.conversations.agent_act(claire, held[1], "close")
        assert (await row(app, claire)).wrap_up_until == first
