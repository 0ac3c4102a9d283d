"""What agents switch, who counts as there, and what a lost connection does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from orchestrator.application.errors import Invalid
from orchestrator.application.records import Json
from orchestrator.domain.conversation import State
from tests.fakes.application import Application, policy_with, running

OVERLAPPING = """  advisors:
    label: { fr: Conseillers, en: Advisers }"""
TWO_GROUPS = (
    """  experts:
    label: { fr: Experts, en: Experts }
    languages: [fr, en]
    places: { chat: 1, video: 0 }
    capacity: { chat: 7, video: 0 }
    video: false
    alternative: { message: { fr: Plus tard, en: Later } }
"""
    + OVERLAPPING
)


async def waiting(app: Application, key: str) -> tuple[str, str]:
    """A visitor who asks for a person."""
    app.clock.advance(1)
    visitor, conversation = await app.chat(key)
    await app.conversations.visitor_act(visitor, conversation, "person")
    await app.settle()
    return visitor, conversation


async def invited(app: Application, conversation: str) -> str | None:
    c = await app.check(conversation)
    return c.invitation.agent_id if c.invitation is not None else None


async def presence(app: Application, agent: str) -> dict[str, Any]:
    return cast("dict[str, Any]", (await app.conversations.agent_state(agent))["presence"])


async def spells(app: Application, agent: str, channel: str) -> list[tuple[str, str]]:
    now = app.clock.now()
    async with app.store.transaction(read_only=True) as tx:
        found = await tx.spells.between(
            now - timedelta(days=1), now + timedelta(seconds=1), agent_ids=[agent]
        )
    return [(one.state, one.reason) for one in found if one.channel == channel]


async def last(app: Application, agent: str, kind: str) -> Json:
    return [frame for frame in await app.frames(f"agent:{agent}") if frame["type"] == kind][-1]


# --- the switches ------------------------------------------------------------------------------------------


async def test_a_channel_is_paused_with_a_reason_and_the_other_stays(app: Application) -> None:
    claire = await app.agent("claire")
    started = app.clock.now()
    app.clock.advance(60)
    paused = app.clock.now()
    await app.conversations.set_presence(claire, chat="paused", chat_reason="lunch")
    now = await presence(app, claire)
    assert now["chat"] == {"state": "paused", "reason": "lunch", "since": paused, "busy": False}
    assert now["video"] == {"state": "available", "reason": None, "since": started, "busy": False}
    assert await spells(app, claire, "chat") == [("available", ""), ("paused", "lunch")]
    assert (await last(app, claire, "agent"))["presence"] == now, "other tabs hear of it"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"chat": "paused", "chat_reason": "nap"}, "unknown_pause_reason"),
        ({"video": "paused", "video_reason": "missed"}, "unknown_pause_reason"),
        ({"chat": "available", "chat_reason": "lunch"}, "reason_without_pause"),
        ({"video": "offline", "video_reason": "lunch"}, "reason_without_pause"),
    ],
)
async def test_a_reason_comes_from_the_list(app: Application, change: dict[str, Any], code: str) -> None:
    claire = await app.agent("claire")
    with pytest.raises(Invalid) as refused:
        await app.conversations.set_presence(claire, **change)
    assert refused.value.code == code
    assert (await presence(app, claire))["chat"]["state"] == "available"


async def test_the_reasons_are_those_of_the_live_policy(app: Application) -> None:
    claire = await app.agent("claire")
    reasons = cast("list[Json]", (await app.conversations.agent_state(claire))["pause_reasons"])
    assert reasons[1] == {"id": "lunch", "labels": {"fr": "Déjeuner", "en": "Lunch"}}
    await app.conversations.set_presence(claire, chat="paused", chat_reason="lunch")
    changed = policy_with({"routing.yaml": ("id: lunch,", "id: midday,")})
    await app.policies.publish(changed, app.store, app.clock.now())
    await app.conversations.set_presence(claire, chat="paused", chat_reason="lunch")
    with pytest.raises(Invalid, match="midday"):
        await app.conversations.set_presence(claire, video="paused", video_reason="lunch")


async def test_who_pauses_gets_nothing_new_and_what_was_offered_goes_on(app: Application) -> None:
    key = await app.site()
    claire, marc = await app.agent("claire"), await app.agent("marc")
    _, conversation = await waiting(app, key)
    assert await invited(app, conversation) == claire
    await app.conversations.set_presence(claire, chat="paused", video="paused", chat_reason="break")
    await app.settle()
    assert await invited(app, conversation) == marc


# --- capacity ----------------------------------------------------------------------------------------------


async def test_busy_is_counted(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    capacity = cast("dict[str, int]", (await app.conversations.agent_state(claire))["capacity"])
    for held in range(capacity["chat_total"]):
        assert (await presence(app, claire))["chat"]["busy"] is False, held
        _, conversation = await waiting(app, key)
        c = await app.check(conversation)
        assert c.invitation is not None
        await app.conversations.accept(claire, conversation, c.invitation.id)
        await app.settle()
    now = await presence(app, claire)
    assert (now["chat"]["busy"], now["video"]["busy"]) == (True, True)
    assert now["chat"]["state"] == "available", "which is what the agent chose"


async def test_capacity_is_the_most_that_a_group_of_the_agent_allows(database: Path) -> None:
    policy = policy_with({"routing.yaml": (OVERLAPPING, TWO_GROUPS)})
    async with running(database, policy=policy) as app:
        claire = await app.agent("claire")
        for groups, chat, video in (
            ((), 7, 1),
            ((("advisors", 1),), 3, 1),
            ((("experts", 1),), 7, 0),
            ((("gone", 1),), 0, 0),
        ):
            async with app.store.transaction() as tx:
                user = await tx.people.user(claire)
                assert user is not None
                await tx.people.save_user(replace(user, groups=groups))
            state = await app.conversations.agent_state(claire)
            capacity = cast("dict[str, int]", state["capacity"])
            assert (capacity["chat_total"], capacity["video_total"]) == (chat, video)
            assert not cast("dict[str, Any]", state["presence"])["video"]["busy"]


# --- pages that go away ------------------------------------------------------------------------------------


async def test_after_the_grace_an_invitation_goes_to_another(app: Application) -> None:
    key = await app.site()
    claire, marc = await app.agent("claire"), await app.agent("marc")
    _, conversation = await waiting(app, key)
    assert await invited(app, conversation) == claire
    await app.presence.agent_left(claire, "socket-claire")
    await app.advance(9)
    assert await invited(app, conversation) == claire, "it may be a reload"
    await app.advance(2)
    assert await invited(app, conversation) == marc
    assert await spells(app, claire, "desk") == [("connected", ""), ("away", "")]
    assert (await presence(app, claire))["chat"]["state"] == "available", "a return finds it as it was"
    assert (await last(app, claire, "invitation_ended"))["reason"] == "revoked"


async def test_a_reload_is_no_absence(app: Application) -> None:
    key = await app.site()
    claire, _ = await app.agent("claire"), await app.agent("marc")
    _, conversation = await waiting(app, key)
    await app.presence.agent_left(claire, "socket-claire")
    await app.advance(5)
    await app.presence.agent_came(claire, "again", can_video=True)
    await app.advance(20)
    assert await invited(app, conversation) == claire
    assert await spells(app, claire, "desk") == [("connected", "")]


async def test_one_of_several_pages_is_enough(app: Application) -> None:
    claire = await app.agent("claire")
    await app.presence.agent_came(claire, "phone", can_video=True)
    await app.presence.agent_left(claire, "socket-claire")
    await app.advance(60)
    assert await spells(app, claire, "desk") == [("connected", "")]
    assert await app.away.next_due() is None


async def test_who_switched_off_before_leaving_is_offline(app: Application) -> None:
    claire = await app.agent("claire")
    await app.switch(claire, chat=False, video=False)
    await app.presence.agent_left(claire, "socket-claire")
    await app.advance(20)
    await app.presence.agent_came(claire, "again", can_video=True)
    assert await spells(app, claire, "desk") == [("connected", ""), ("offline", ""), ("connected", "")]


async def test_switching_off_while_away_is_offline(app: Application) -> None:
    claire = await app.agent("claire")
    await app.presence.agent_left(claire, "socket-claire")
    await app.advance(20)
    await app.switch(claire, chat=False, video=False)
    assert await spells(app, claire, "desk") == [("connected", ""), ("away", ""), ("offline", "")]


async def test_held_conversations_wait_for_the_return_window(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    _, conversation = await waiting(app, key)
    c = await app.check(conversation)
    assert c.invitation is not None
    await app.conversations.accept(claire, conversation, c.invitation.id)
    await app.settle()
    await app.presence.agent_left(claire, "socket-claire")
    await app.advance(30)
    c = await app.check(conversation)
    assert (c.state, c.agent_id) == (State.CHAT, claire)
    await app.advance(40)
    c = await app.check(conversation)
    assert (c.state, c.agent_id) == (State.QUEUED, None)
    assert c.queue is not None
    assert c.queue.at_head


async def test_a_grace_outlives_the_process(database: Path) -> None:
    async with running(database) as app:
        key = await app.site()
        claire = await app.agent("claire")
        _, conversation = await waiting(app, key)
        clock = app.clock
    # Killed: nobody said goodbye, and the pages do not come back.
    async with running(database, clock=clock, ids_prefix="second-") as app:
        await app.recovery.run()
        assert await invited(app, conversation) == claire
        await app.advance(11)
        assert await invited(app, conversation) is None
        assert await spells(app, claire, "desk") == [("connected", ""), ("away", "")]


async def test_being_seen_is_kept_to_the_minute(app: Application) -> None:
    claire = await app.agent("claire")
    came = app.clock.now()

    async def seen() -> Any:
        async with app.store.transaction(read_only=True) as tx:
            agent = await tx.people.agent(claire)
        assert agent is not None
        return agent.last_seen_at

    app.clock.advance(59)
    await app.presence.agent_seen(claire)
    assert await seen() == came
    app.clock.advance(1)
    await app.presence.agent_seen(claire)
    assert await seen() == app.clock.now()
