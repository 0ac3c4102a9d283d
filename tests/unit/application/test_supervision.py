"""A supervisor sees every conversation and steers it; who did it is in the event."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.application.errors import Invalid, NotFound, Refused
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Party, State
from tests.fakes.application import Application


async def boss(app: Application) -> str:
    user = await app.accounts.create_user(
        email="boss@example.org", name="Boss", role="supervisor", password="long enough"
    )
    return user.id


async def waiting(app: Application, key: str) -> tuple[str, str]:
    visitor_id, conversation_id = await app.chat(key)
    await app.conversations.visitor_act(visitor_id, conversation_id, "person")
    await app.settle()
    return visitor_id, conversation_id


async def held(app: Application, key: str, agent_id: str) -> tuple[str, str]:
    visitor_id, conversation_id = await waiting(app, key)
    invitation = (await app.snapshot(conversation_id)).invitation
    assert invitation is not None
    assert invitation.agent_id == agent_id
    await app.conversations.accept(agent_id, conversation_id, invitation.id)
    await app.settle()
    return visitor_id, conversation_id


async def last_event(app: Application, conversation_id: str, kind: type[Any]) -> Any:
    async with app.store.transaction(read_only=True) as tx:
        records = await tx.events.list(conversation_id)
    return [record.event for record in records if isinstance(record.event, kind)][-1]


async def refused(attempt: Any) -> str:
    with pytest.raises(Refused) as caught:
        await attempt
    return caught.value.code


async def test_who_waits_is_given_to_an_agent(app: Application) -> None:
    key, supervisor = await app.site(bot=False), await boss(app)
    busy = await app.agent("busy")
    _, conversation_id = await waiting(app, key)
    agent = await app.agent("claire", chat=False, video=False)
    view: Any = await app.conversations.assign(supervisor, conversation_id, to_agent_id=agent)
    await app.settle()
    assert (view["state"], view["agent"]["name"], view["mine"]) == ("chat", "Claire", False)
    conversation = await app.check(conversation_id)
    assert (conversation.state, conversation.agent_id, conversation.queue) == (State.CHAT, agent, None)
    assert conversation.invitation is None
    event = await last_event(app, conversation_id, ev.AgentAssigned)
    assert (event.by, event.by_role) == (supervisor, "supervisor")
    frames = await app.frames(f"agent:{agent}")
    assert any(
        frame["type"] == "conversation" and frame["conversation"]["mine"]  # type: ignore[index]
        for frame in frames
    )
    ended = [frame for frame in await app.frames(f"agent:{busy}") if frame["type"] == "invitation_ended"]
    assert len(ended) == 1


async def test_somebody_elses_conversation_is_taken_over(app: Application) -> None:
    key, supervisor = await app.site(bot=False), await boss(app)
    agent = await app.agent("claire")
    _, conversation_id = await held(app, key, agent)
    view: Any = await app.conversations.assign(supervisor, conversation_id, to_agent_id=supervisor)
    assert (view["mine"], view["agent"]["name"]) == (True, "Boss")
    assert ("system", "agent_changed") in await app.lines(conversation_id)
    frames = [frame for frame in await app.frames(f"agent:{agent}") if frame["type"] == "conversation"]
    assert not frames[-1]["conversation"]["mine"]  # type: ignore[index]
    again = app.conversations.assign(supervisor, conversation_id, to_agent_id=supervisor)
    assert await refused(again) == "already_holds"


async def test_nobody_gets_more_than_they_can_hold(app: Application) -> None:
    key, supervisor = await app.site(bot=False), await boss(app)
    agent = await app.agent("claire", chat=False, video=False)
    codes: list[str] = []
    for _ in range(12):
        _, conversation_id = await app.chat(key)
        try:
            await app.conversations.assign(supervisor, conversation_id, to_agent_id=agent)
        except Refused as error:
            codes.append(error.code)
    assert set(codes) == {"agent_full"}


async def test_only_to_who_is_there_and_takes_conversations(app: Application) -> None:
    key, supervisor = await app.site(bot=False), await boss(app)
    away = await app.agent("away", connected=False)
    designer = await app.accounts.create_user(
        email="d@example.org", name="D", role="designer", password="long enough"
    )
    _, conversation_id = await app.chat(key)
    attempt = app.conversations.assign(supervisor, conversation_id, to_agent_id=away)
    assert await refused(attempt) == "agent_away"
    for nobody in (designer.id, "u_unknown"):
        with pytest.raises(NotFound):
            await app.conversations.assign(supervisor, conversation_id, to_agent_id=nobody)
    with pytest.raises(NotFound):
        await app.conversations.assign(supervisor, "c_unknown", to_agent_id=supervisor)


async def test_a_conversation_goes_back_to_the_line(app: Application) -> None:
    key, supervisor = await app.site(bot=False), await boss(app)
    agent = await app.agent("claire")
    _, conversation_id = await held(app, key, agent)
    await app.switch(agent, chat=False, video=False)
    view: Any = await app.conversations.requeue(supervisor, conversation_id, priority=7)
    conversation = await app.check(conversation_id)
    assert (view["state"], conversation.party, conversation.agent_id) == ("queued", Party.NONE, None)
    assert conversation.queue is not None
    assert (conversation.queue.at_head, conversation.queue.priority) == (True, 7)
    assert ("system", "requeued") in await app.lines(conversation_id)
    event = await last_event(app, conversation_id, ev.Requeued)
    assert (event.by, event.priority) == (supervisor, 7)


async def test_only_to_a_group_that_there_is(app: Application) -> None:
    key, supervisor = await app.site(bot=False), await boss(app)
    agent = await app.agent("claire")
    _, conversation_id = await held(app, key, agent)
    with pytest.raises(Invalid, match="advisors"):
        await app.conversations.requeue(supervisor, conversation_id, group="nowhere")
    assert (await app.check(conversation_id)).agent_id == agent


async def test_a_chat_with_nobody_cannot_be_requeued(app: Application) -> None:
    key, supervisor = await app.site(bot=False), await boss(app)
    _, conversation_id = await app.chat(key)
    assert await refused(app.conversations.requeue(supervisor, conversation_id)) == "not_now"


async def test_the_survey_finds_by_state_group_and_agent(app: Application) -> None:
    key = await app.site(bot=False)
    agent = await app.agent("claire")
    visitor_id, mine = await held(app, key, agent)
    _, idle = await app.chat(key)
    closing, closed = await app.chat(key)
    await app.conversations.visitor_act(closing, closed, "close")

    async def ids(**query: Any) -> list[str]:
        page: Any = await app.conversations.survey(**query)
        return [one["id"] for one in page["conversations"]]

    assert sorted(await ids()) == sorted([mine, idle])
    assert await ids(state="closed") == [closed]
    assert await ids(state="queued") == []
    assert await ids(agent_id=agent) == [mine]
    assert await ids(group="advisors") == [mine]
    assert await ids(group="experts") == []
    page: Any = await app.conversations.survey(agent_id=agent)
    (summary,) = page["conversations"]
    assert (summary["agent_name"], summary["state"], summary["visitor_present"]) == ("Claire", "chat", True)
    assert visitor_id not in str(page)


async def test_the_survey_goes_on_where_a_page_ended(app: Application) -> None:
    key = await app.site(bot=False)
    expected = [(await app.chat(key))[1] for _ in range(5)]
    seen: list[str] = []
    after = None
    while True:
        page: Any = await app.conversations.survey(after=after, limit=2)
        seen += [one["id"] for one in page["conversations"]]
        after = page["next"]
        if after is None:
            break
    assert sorted(seen) == sorted(expected)
    assert len(seen) == 5
