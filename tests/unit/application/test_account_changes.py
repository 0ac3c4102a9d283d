"""Accounts that are closed and opened again, and agents who take another number of conversations than their group."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from orchestrator.api import schemas
from orchestrator.application.accounts import UserChanges, user_view
from orchestrator.application.errors import Conflict, Forbidden, Invalid, NotFound, Refused, Unauthenticated
from orchestrator.domain.conversation import State
from tests.fakes.application import Application, running
from tests.fakes.estate import estate, group

PASSWORD = "long enough"


async def asks(app: Application, key: str, what: str = "person") -> tuple[str, str]:
    app.clock.advance(1)
    visitor, conversation = await app.chat(key)
    await app.conversations.visitor_act(visitor, conversation, what)  # type: ignore[arg-type]
    await app.settle()
    return visitor, conversation


async def invited(app: Application, conversation: str) -> str | None:
    c = await app.check(conversation)
    return c.invitation.agent_id if c.invitation is not None else None


async def accept(app: Application, agent: str, conversation: str) -> None:
    c = await app.snapshot(conversation)
    assert c.invitation is not None
    await app.conversations.accept(agent, conversation, c.invitation.id)
    await app.settle()


async def test_a_closed_account_signs_in_no_more_and_its_sessions_are_over(app: Application) -> None:
    claire = await app.agent("claire")
    user = await app.accounts.authenticate("claire@example.org", PASSWORD)
    token = await app.accounts.issue_session(user)
    closed = await app.accounts.deactivate(claire)
    assert closed.deactivated_at == app.clock.now()
    schemas.User.model_validate(user_view(closed))
    with pytest.raises(Unauthenticated) as over:
        await app.accounts.user_of_session(token)
    assert over.value.code == "session_over"
    with pytest.raises(Forbidden) as refused:
        await app.accounts.authenticate("claire@example.org", PASSWORD)
    assert refused.value.code == "account_deactivated"
    # Whoever does not know the password learns nothing.
    with pytest.raises(Unauthenticated):
        await app.accounts.authenticate("claire@example.org", "another password")
    assert await app.accounts.deactivate(claire) == closed, "closing it again changes nothing"


async def test_an_account_that_is_opened_again_has_its_password_and_no_old_session(app: Application) -> None:
    claire = await app.agent("claire")
    token = await app.accounts.issue_session(await app.accounts.get(claire))
    await app.accounts.deactivate(claire)
    opened = await app.accounts.reactivate(claire)
    assert opened.deactivated_at is None
    with pytest.raises(Unauthenticated):
        await app.accounts.user_of_session(token)
    user = await app.accounts.authenticate("claire@example.org", PASSWORD)
    assert (await app.accounts.user_of_session(await app.accounts.issue_session(user))).id == claire
    assert await app.accounts.reactivate(claire) == opened


async def test_who_may_not(app: Application) -> None:
    claire = await app.agent("claire")
    with pytest.raises(Conflict) as own:
        await app.accounts.deactivate(claire, by=claire)
    assert own.value.code == "own_account"
    for change in (app.accounts.deactivate, app.accounts.reactivate):
        with pytest.raises(NotFound):
            await change("nobody")


async def test_what_a_closed_account_holds_goes_to_the_head_of_the_line(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    visitor, held = await asks(app, key)
    await accept(app, claire, held)
    await app.conversations.post_agent_message(claire, held, client_id="m1", text="Bonjour")
    _, offered = await asks(app, key)
    assert await invited(app, offered) == claire
    before = await app.lines(held)

    await app.accounts.deactivate(claire, by="admin-1")
    await app.settle()
    c = await app.check(held)
    assert (c.state, c.agent_id) == (State.QUEUED, None)
    assert c.queue is not None
    assert c.queue.at_head
    assert (await app.lines(held))[: len(before)] == before, "the history stays"
    assert "Requeued" in await app.events(held)
    assert await invited(app, offered) is None
    state = await app.conversations.visitor_conversation(visitor, held)
    assert state["conversation"]["queue"]["position"] == 1

    marc = await app.agent("marc")
    assert await invited(app, held) == marc


async def test_a_call_of_a_closed_account_ends_without_a_hang_up(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    visitor, conversation = await asks(app, key, "video")
    await accept(app, claire, conversation)
    await app.join(conversation, "visitor", visitor)
    await app.join(conversation, "agent", claire)
    assert (await app.snapshot(conversation)).state is State.IN_VIDEO
    await app.accounts.deactivate(claire)
    await app.settle()
    c = await app.check(conversation)
    assert c.state is State.QUEUED
    assert (c.call, c.video_ended) == (None, False)


async def test_left_messages_of_a_closed_account_are_for_others_again(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire", chat=False, video=False)
    marc = await app.agent("marc", chat=False, video=False)
    visitor, conversation = await asks(app, key)
    await app.conversations.leave_message(
        visitor, conversation, client_id="l1", email="zoe@visitor.example", name="Zoé", text="Rappelez-moi"
    )
    (left,) = (await app.conversations.inbox(claire))["messages"]
    await app.conversations.take(claire, left["id"])
    assert not (await app.conversations.inbox(marc))["messages"]
    await app.accounts.deactivate(claire)
    await app.settle()
    (again,) = (await app.conversations.inbox(marc))["messages"]
    assert (again["id"], again["state"], again["taken_by"]) == (left["id"], "open", None)


async def test_an_account_that_is_open_again_in_time_keeps_what_it_holds(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    _, conversation = await asks(app, key)
    await accept(app, claire, conversation)
    await app.accounts.deactivate(claire)
    await app.accounts.reactivate(claire)
    await app.settle()
    assert (await app.check(conversation)).agent_id == claire


async def test_nothing_is_given_to_a_closed_account(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    marc = await app.agent("marc", chat=False, video=False)
    _, conversation = await asks(app, key)
    await accept(app, claire, conversation)
    await app.accounts.deactivate(marc)
    await app.settle()
    with pytest.raises(NotFound):
        await app.conversations.transfer(claire, conversation, to_agent_id=marc)
    with pytest.raises(NotFound):
        await app.conversations.assign("boss", conversation, to_agent_id=marc)


# --- another number at a time ---------------------------------------------------------------------------------------


async def test_an_agent_takes_fewer_or_more_than_the_group_says(database: Path) -> None:
    async with running(database, policy=estate({"all": group(capacity={"chat": 2, "video": 1})})) as app:
        key = await app.site()
        few = await app.agent("few", slots=(1, None))
        many = await app.agent("many", slots=(3, None))
        taken = [await asks(app, key) for _ in range(5)]
        found = [await invited(app, conversation) for _, conversation in taken]
        assert sorted(str(one) for one in found) == sorted([few, many, many, many, "None"])
        for (_, conversation), agent in zip(taken, found, strict=True):
            if agent is not None:
                await accept(app, agent, conversation)
        capacity = (await app.conversations.agent_state(many))["capacity"]
        assert (capacity["chat_used"], capacity["chat_total"]) == (3, 3)
        assert (await app.conversations.agent_state(few))["presence"]["chat"]["busy"] is True

        # Another number takes effect at once, in both directions.
        await app.accounts.update_user(few, UserChanges(slots=(2, None)))
        await app.settle()
        assert await invited(app, taken[-1][1]) == few
        await accept(app, few, taken[-1][1])
        await app.accounts.update_user(few, UserChanges(slots=(1, None)))
        await app.settle()
        held = (await app.conversations.agent_state(few))["capacity"]
        assert (held["chat_used"], held["chat_total"]) == (2, 1), "what is held is kept"


async def test_who_takes_no_video_is_asked_for_none(database: Path) -> None:
    async with running(database, policy=estate({"all": group()})) as app:
        key = await app.site()
        await app.agent("claire", slots=(None, 0))
        _, conversation = await asks(app, key, "video")
        assert await invited(app, conversation) is None
        marc = await app.agent("marc")
        assert await invited(app, conversation) == marc


async def test_by_assignment_too_an_agent_takes_no_more(database: Path) -> None:
    async with running(database, policy=estate({"all": group(capacity={"chat": 5, "video": 1})})) as app:
        key = await app.site()
        claire = await app.agent("claire", slots=(1, None))
        boss = await app.agent("boss", chat=False, video=False)
        _, first = await asks(app, key)
        await accept(app, claire, first)
        _, second = await asks(app, key)
        with pytest.raises(Refused) as full:
            await app.conversations.assign(boss, second, to_agent_id=claire)
        assert full.value.code == "agent_full"


async def test_numbers_out_of_range(app: Application) -> None:
    claire = await app.agent("claire")
    for slots in ((101, None), (None, 11), (-1, None)):
        with pytest.raises(Invalid) as wrong:
            await app.accounts.update_user(claire, UserChanges(slots=slots))
        assert wrong.value.code == "out_of_range"
    set_to = await app.accounts.update_user(claire, UserChanges(slots=(4, 0)))
    assert (set_to.chat_slots, set_to.video_slots) == (4, 0)
    as_group = await app.accounts.update_user(claire, UserChanges(slots=(None, None)))
    assert as_group == dataclasses.replace(set_to, chat_slots=None, video_slots=None)
