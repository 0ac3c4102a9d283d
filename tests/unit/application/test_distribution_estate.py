"""Groups, skills, languages, ranks: who is asked when, over the whole application in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Party, State
from tests.fakes.application import Application, running
from tests.fakes.estate import estate, group

Open = Callable[..., AbstractAsyncContextManager[Application]]


@pytest.fixture
def opened(database: Path) -> Open:
    def at(policy: object) -> AbstractAsyncContextManager[Application]:
        return running(database, policy=policy)

    return at


async def asks(app: Application, key: str, what: str = "person", **more: object) -> str:
    """A visitor who asks, a moment after the one before; returns the conversation."""
    app.clock.advance(1)
    visitor, conversation = await app.chat(key, **more)
    await app.conversations.visitor_act(visitor, conversation, what)  # type: ignore[arg-type]
    await app.settle()
    return conversation


async def invited(app: Application, conversation: str) -> str | None:
    c = await app.check(conversation)
    return c.invitation.agent_id if c.invitation is not None else None


async def accept(app: Application, agent: str, conversation: str) -> None:
    c = await app.snapshot(conversation)
    assert c.invitation is not None
    await app.conversations.accept(agent, conversation, c.invitation.id)
    await app.settle()


async def decline(app: Application, agent: str, conversation: str) -> None:
    c = await app.snapshot(conversation)
    assert c.invitation is not None
    await app.conversations.decline(agent, conversation, c.invitation.id)
    await app.settle()


async def last_event(app: Application, conversation: str, kind: type) -> ev.Event:
    async with app.store.transaction(read_only=True) as tx:
        records = await tx.events.list(conversation)
    return [record.event for record in records if isinstance(record.event, kind)][-1]


async def test_another_group_helps_out_after_a_while(opened: Open) -> None:
    groups = {
        "near": group(overflow=[{"group": "far", "after": "60s"}]),
        "far": group(capacity={"chat": 2, "video": 1}),
    }
    async with opened(estate(groups)) as app:
        key = await app.site()
        near = await app.agent("near", groups=(("near", 1),))
        far = await app.agent("far", groups=(("far", 1),))
        first = await asks(app, key)
        await accept(app, near, first)
        conversations = [await asks(app, key) for _ in range(3)]
        await app.advance(50)
        assert [await invited(app, one) for one in conversations] == [None] * 3
        await app.advance(10)
        # By the capacity of the group that helps, which is two.
        assert [await invited(app, one) for one in conversations] == [far, far, None]
        found = await last_event(app, conversations[0], ev.AgentInvited)
        assert isinstance(found, ev.AgentInvited)
        assert found.search is not None
        assert found.search.relaxed == ("overflow:far",)
        assert found.search.chosen is not None
        assert found.search.chosen.group == "far"
        assert found.search.left_out == {"chat_full": 1}
        assert found.search.examples == {"chat_full": (near,)}
        shown = [
            one["search"] for one in await app.conversations.decisions(conversations[0]) if one["search"]
        ]
        assert [one["chosen"]["group"] for one in shown] == ["far"]
        assert shown[0]["left_out"] == {"chat_full": 1}
        for one in conversations[:2]:
            await accept(app, far, one)
            assert (await app.check(one)).agent_id == far


async def test_skills_and_languages_are_relaxed_step_by_step(opened: Open) -> None:
    relax = [{"after": "20s", "skill_levels": 2}, {"after": "40s", "skills": "none", "language": "any"}]
    rules = ({"id": "hard", "group": "all", "skills": {"billing": 5}},)
    async with opened(estate({"all": group(relax=relax)}, rules)) as app:
        key = await app.site()
        able = await app.agent("able", languages=("fr",), skills=(("billing", 3),))
        other = await app.agent("other", languages=("de",))
        hard = await asks(app, key)
        assert await invited(app, hard) is None
        await app.advance(19)
        assert await invited(app, hard) is None
        await app.advance(1)
        assert await invited(app, hard) == able
        await accept(app, able, hard)
        harder = await asks(app, key)
        await app.advance(39)
        assert await invited(app, harder) is None
        await app.advance(1)
        assert await invited(app, harder) == other


async def test_the_agent_who_knows_the_visitor_is_waited_for(opened: Open) -> None:
    async with opened(estate({"all": group(sticky="30s")})) as app:
        key = await app.site()
        claire, marc = await app.agent("claire"), await app.agent("marc")
        visitor, first = await app.chat(key)
        await app.conversations.visitor_act(visitor, first, "person")
        await app.settle()
        assert await invited(app, first) == claire
        await accept(app, claire, first)
        app.clock.advance(1)
        await app.conversations.agent_act(claire, first, "close")
        await app.settle()
        other = await asks(app, key)
        assert await invited(app, other) == marc, "the longest idle"
        await accept(app, marc, other)
        busy = await asks(app, key)
        await accept(app, claire, busy)
        await app.conversations.agent_act(marc, other, "close")
        again = (await app.conversations.start(visitor, client_id="again"))["conversation"]["id"]
        await app.settle()
        await app.conversations.visitor_act(visitor, again, "person")
        await app.settle()
        assert await invited(app, again) is None, "Marc is free, but Claire knows this visitor"
        await app.advance(29)
        assert await invited(app, again) is None
        await app.advance(1)
        assert await invited(app, again) == marc


@pytest.mark.parametrize("leaves", [True, False])
async def test_nobody_waits_for_somebody_who_is_not_there(opened: Open, leaves: bool) -> None:
    async with opened(estate({"all": group(sticky="30s")})) as app:
        key = await app.site()
        claire, marc = await app.agent("claire"), await app.agent("marc", chat=False, video=False)
        visitor, first = await app.chat(key)
        await app.conversations.visitor_act(visitor, first, "person")
        await app.settle()
        await accept(app, claire, first)
        await app.conversations.agent_act(claire, first, "close")
        await app.settle()
        busy = await asks(app, key)
        await accept(app, claire, busy)
        await app.switch(marc, chat=True, video=True)
        again = (await app.conversations.start(visitor, client_id="again"))["conversation"]["id"]
        await app.settle()
        await app.conversations.visitor_act(visitor, again, "person")
        await app.settle()
        assert await invited(app, again) is None
        if leaves:
            await app.switch(claire, chat=False, video=False)
            await app.settle()
            assert await invited(app, again) == marc
        else:
            await app.conversations.agent_act(claire, busy, "close")
            await app.settle()
            assert await invited(app, again) == claire


@pytest.mark.parametrize(("ageing", "first"), [(None, "vip"), ("10s", "patient")])
async def test_priority_goes_first_and_waiting_is_worth_some(
    opened: Open, ageing: str | None, first: str
) -> None:
    rules = ({"id": "vip", "when": 'site.id == "vip"', "group": "all", "priority": 2},)
    groups = {"all": group(**({"ageing": ageing} if ageing else {}))}
    async with opened(estate(groups, rules)) as app:
        shop, vip = await app.site("shop"), await app.site("vip")
        claire = await app.agent("claire")
        held = await asks(app, shop)
        await accept(app, claire, held)
        waiting = {"patient": await asks(app, shop)}
        await app.advance(30)
        waiting["vip"] = await asks(app, vip)
        waiting["late"] = await asks(app, shop)
        await app.conversations.agent_act(claire, held, "close")
        await app.settle()
        assert [name for name, one in waiting.items() if await invited(app, one)] == [first]


async def test_the_strategy_of_the_group_decides_who_is_asked(opened: Open) -> None:
    groups = {"all": group(strategy="priority", capacity={"chat": 2, "video": 1})}
    async with opened(estate(groups)) as app:
        key = await app.site()
        second = await app.agent("second", groups=(("all", 2),))
        first = await app.agent("first", groups=(("all", 1),))
        asked = [await invited(app, await asks(app, key)) for _ in range(3)]
        assert asked == [first, first, second]


async def test_a_round_ends_and_the_next_begins_by_time_or_by_presence(opened: Open) -> None:
    async with opened(estate({"all": group()})) as app:
        key = await app.site()
        claire = await app.agent("claire")
        marc = await app.agent("marc", chat=False, video=False)
        one = await asks(app, key)
        await decline(app, claire, one)
        c = await app.check(one)
        assert c.queue is not None
        assert (c.queue.resting, c.queue.declined) == (True, {claire})
        exhausted = await last_event(app, one, ev.RoundExhausted)
        assert isinstance(exhausted, ev.RoundExhausted)
        assert exhausted.search is not None
        assert exhausted.search.left_out == {"declined": 1, "offline": 1}
        await app.advance(29)
        assert await invited(app, one) is None
        await app.advance(1)
        assert await invited(app, one) == claire
        await decline(app, claire, one)
        # Presence opens the next round at once, for everybody.
        await app.switch(marc, chat=True, video=True)
        await app.settle()
        assert "RoundReopened" in await app.events(one)
        assert await invited(app, one) == claire
        await decline(app, claire, one)
        assert await invited(app, one) == marc


async def test_a_handover_finds_somebody_of_the_group_beside_the_state(opened: Open) -> None:
    async with opened(estate({"first": group(), "second": group()})) as app:
        key = await app.site()
        claire = await app.agent("claire", groups=(("first", 1), ("second", 1)))
        one = await asks(app, key)
        await accept(app, claire, one)
        marc, nora = [await app.agent(name, groups=(("second", 1),)) for name in ("marc", "nora")]
        await app.conversations.transfer_to_group(claire, one, group="second", note="about a lamp")
        await app.settle()
        assert await invited(app, one) == marc
        c = await app.check(one)
        assert (c.state, c.party, c.agent_id) == (State.CHAT, Party.AGENT, claire)
        await decline(app, marc, one)
        assert await invited(app, one) == nora
        await accept(app, nora, one)
        c = await app.check(one)
        assert (c.agent_id, c.handover) == (nora, None)


async def test_a_handover_that_nobody_takes_ends(opened: Open) -> None:
    async with opened(estate({"first": group(), "second": group()})) as app:
        key = await app.site()
        claire = await app.agent("claire", groups=(("first", 1),))
        marc = await app.agent("marc", groups=(("second", 1),))
        one = await asks(app, key)
        await accept(app, claire, one)
        await app.conversations.transfer_to_group(claire, one, group="second", note="")
        await app.settle()
        await decline(app, marc, one)
        c = await app.check(one)
        assert (c.agent_id, c.handover, c.invitation) == (claire, None, None)
        assert (await app.lines(one))[-1] == ("system", "transfer_nobody")
        # Somebody who is only busy is waited for, until the handover's time is over.
        other = await asks(app, key)
        assert await invited(app, other) is None
        busy = await app.agent("busy", groups=(("first", 1),))
        await accept(app, busy, other)
        await app.conversations.transfer_to_group(claire, one, group="first", note="")
        await app.settle()
        assert (await app.check(one)).handover is not None
        await app.advance(119)
        assert (await app.check(one)).handover is not None
        await app.advance(1)
        assert (await app.check(one)).handover is None


async def test_a_group_that_closes_lets_nobody_wait(opened: Open) -> None:
    # The clock of the tests starts on a Monday at 09:00 UTC.
    hours = {"time_zone": "UTC", "week": {"monday": ["08:00-09:02"]}}
    async with opened(estate({"all": group(hours=hours)})) as app:
        key = await app.site()
        one = await asks(app, key)
        assert (await app.check(one)).state is State.QUEUED
        await app.advance(118)
        assert (await app.check(one)).state is State.QUEUED
        await app.advance(2)
        assert (await app.check(one)).state is State.CHAT
        failed = await last_event(app, one, ev.TransferFailed)
        assert isinstance(failed, ev.TransferFailed)
        assert failed.reason == "closed"


async def test_a_published_policy_counts_at_once(opened: Open) -> None:
    async with opened(estate({"all": group()})) as app:
        key = await app.site()
        claire = await app.agent("claire")
        first, second = await asks(app, key), await asks(app, key)
        assert [await invited(app, one) for one in (first, second)] == [claire, None]
        wider = estate({"all": group(capacity={"chat": 2, "video": 1})})
        await app.policies.publish(wider, app.store, app.clock.now())
        await app.settle()
        assert [await invited(app, one) for one in (first, second)] == [claire, claire]


async def test_what_another_process_did_is_found_out(opened: Open, database: Path) -> None:
    policy = estate({"all": group()})
    async with (
        opened(policy) as app,
        running(database, policy=policy, clock=app.clock, ids_prefix="b") as twin,
    ):
        key = await app.site()
        claire = await app.agent("claire")
        one = await asks(app, key)
        assert await invited(app, one) == claire
        # The other one knows nothing of it: it is told by the truth, and nobody is asked twice.
        two = await asks(twin, key)
        assert await invited(twin, two) is None
        await twin.floor.resync()
        assert twin.floor.picture.load(claire) == (1, 0)
        await app.conversations.visitor_act((await app.check(one)).visitor_id, one, "close")
        await app.settle()
        await app.floor.resync()
        assert await app.distribution.run_once() == 1
        assert await invited(app, two) == claire
        await twin.floor.resync()
        assert [entry.id for entry in twin.floor.picture.line("all")] == [two]
