"""An agent hands a conversation on: to a colleague, or to a group; and keeps it until somebody accepts."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.application.errors import Invalid, NotFound, Refused
from tests.fakes.application import Application
from tests.unit.application.test_supervision import held

NOTE = "Connaît le contrat."


async def view_of(app: Application, agent_id: str, conversation_id: str) -> Any:
    return (await app.conversations.agent_conversation(agent_id, conversation_id))["conversation"]


async def test_a_colleague_is_asked_and_the_holder_may_think_again(app: Application) -> None:
    key = await app.site(bot=False)
    claire = await app.agent("claire")
    _, conversation_id = await held(app, key, claire)
    david = await app.agent("david")
    view: Any = await app.conversations.transfer(claire, conversation_id, to_agent_id=david, note=NOTE)
    assert view["transfer"]["to_agent"] == "David"
    assert view["transfer"]["to_group"] is None
    assert view["can"]["withdraw_transfer"]
    assert not view["can"]["transfer"]
    await app.settle()
    after: Any = await app.conversations.withdraw_transfer(claire, conversation_id)
    await app.settle()
    assert after["transfer"] is None
    conversation = await app.check(conversation_id)
    assert (conversation.agent_id, conversation.invitation) == (claire, None)
    ended = [frame for frame in await app.frames(f"agent:{david}") if frame["type"] == "invitation_ended"]
    assert len(ended) == 1
    with pytest.raises(Refused) as caught:
        await app.conversations.withdraw_transfer(claire, conversation_id)
    assert caught.value.code == "transfer_over"


async def test_a_group_is_asked_one_after_the_other(app: Application) -> None:
    key = await app.site(bot=False)
    claire = await app.agent("claire")
    _, conversation_id = await held(app, key, claire)
    await app.switch(claire, chat=False, video=False)
    await app.agent("david")
    await app.agent("emma")
    view: Any = await app.conversations.transfer_to_group(
        claire, conversation_id, group="advisors", note=NOTE
    )
    assert view["transfer"]["to_group"] == "advisors"
    assert ("system", "transfer_started") in await app.lines(conversation_id)
    await app.settle()
    first = (await app.snapshot(conversation_id)).invitation
    assert first is not None
    asked: Any = await app.conversations.agent_state(first.agent_id)
    assert (asked["invitations"][0]["purpose"], asked["invitations"][0]["note"]) == ("transfer", NOTE)
    await app.conversations.decline(first.agent_id, conversation_id, first.id)
    await app.settle()
    second = (await app.snapshot(conversation_id)).invitation
    assert second is not None
    assert second.agent_id not in (claire, first.agent_id)
    assert (await app.check(conversation_id)).agent_id == claire
    await app.conversations.accept(second.agent_id, conversation_id, second.id)
    await app.settle()
    conversation = await app.check(conversation_id)
    assert (conversation.agent_id, conversation.handover) == (second.agent_id, None)
    visitor_lines = (await app.conversations.visitor_conversation(conversation.visitor_id, conversation_id))[
        "messages"
    ]
    assert NOTE not in str(visitor_lines)


async def test_when_nobody_takes_it_the_holder_goes_on(app: Application) -> None:
    key = await app.site(bot=False)
    claire = await app.agent("claire")
    _, conversation_id = await held(app, key, claire)
    await app.conversations.transfer_to_group(claire, conversation_id, group="advisors")
    await app.settle()
    await app.advance(180)
    conversation = await app.check(conversation_id)
    assert (conversation.agent_id, conversation.handover) == (claire, None)
    assert ("system", "transfer_nobody") in await app.lines(conversation_id)


async def test_a_handover_is_withdrawn(app: Application) -> None:
    key = await app.site(bot=False)
    claire = await app.agent("claire")
    _, conversation_id = await held(app, key, claire)
    await app.agent("david")
    await app.conversations.transfer_to_group(claire, conversation_id, group="advisors")
    await app.settle()
    view: Any = await app.conversations.withdraw_transfer(claire, conversation_id)
    await app.settle()
    assert view["transfer"] is None
    conversation = await app.check(conversation_id)
    assert (conversation.agent_id, conversation.handover, conversation.invitation) == (claire, None, None)


async def test_only_who_holds_it_and_only_to_who_exists(app: Application) -> None:
    key = await app.site(bot=False)
    claire = await app.agent("claire")
    _, conversation_id = await held(app, key, claire)
    david = await app.agent("david")
    designer = await app.accounts.create_user(
        email="d@example.org", name="D", role="designer", password="long enough"
    )
    with pytest.raises(Invalid, match="advisors"):
        await app.conversations.transfer_to_group(claire, conversation_id, group="nowhere")
    for attempt in (
        app.conversations.transfer(claire, conversation_id, to_agent_id=designer.id),
        app.conversations.transfer_to_group(david, conversation_id, group="advisors"),
        app.conversations.withdraw_transfer(david, conversation_id),
        app.conversations.transfer_targets(david, conversation_id),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert (await app.lines(conversation_id)).count(("agent", NOTE)) == 0


async def test_the_possible_receivers(app: Application) -> None:
    key = await app.site(bot=False)
    claire = await app.agent("claire")
    _, conversation_id = await held(app, key, claire)
    await app.agent("away", connected=False)
    await app.agent("david")
    await app.agent("emma", chat=False, video=False)
    targets: Any = await app.conversations.transfer_targets(claire, conversation_id)
    people = {one["name"]: (one["chat"], one["free"], one["in_group"]) for one in targets["agents"]}
    assert people == {"David": ("available", True, True), "Emma": ("offline", True, True)}
    (group,) = targets["groups"]
    assert (group["id"], group["open"], group["free_agents"], group["waiting"]) == ("advisors", True, 1, 0)
