"""Calls: tokens, connections, what the media server reports, and video that drops or is hung up."""

from __future__ import annotations

import pytest

from orchestrator.application.bot_replies import BotTransfer
from orchestrator.application.errors import Invalid, NotFound, Refused, Unauthenticated
from orchestrator.application.ports import MediaEvent
from orchestrator.domain.conversation import Role, State
from tests.fakes.application import OFFER, TRIGGER, Application


async def lobby(app: Application) -> tuple[str, str, str]:
    """A visitor, an agent and their conversation in the lobby."""
    key = await app.site()
    claire = await app.agent("claire")
    visitor, conversation = await app.chat(key)
    await app.say(conversation, BotTransfer("card", text=TRIGGER))
    c = await app.check(conversation)
    assert c.invitation is not None
    await app.conversations.accept(claire, conversation, c.invitation.id)
    await app.settle()
    return visitor, claire, conversation


async def in_call(app: Application) -> tuple[str, str, str, str]:
    visitor, claire, conversation = await lobby(app)
    await app.join(conversation, "visitor", visitor)
    await app.join(conversation, "agent", claire)
    c = await app.check(conversation)
    assert c.state is State.IN_VIDEO
    assert c.call is not None
    return visitor, claire, conversation, c.call.id


async def test_a_token_is_for_one_connection_of_one_person(app: Application) -> None:
    visitor, claire, conversation = await lobby(app)
    with pytest.raises(NotFound):
        await app.calls.mint(conversation, role="agent", subject=visitor)
    minted = await app.calls.mint(conversation, role="visitor", subject=visitor)
    claims = await app.calls.read_token(minted["token"])
    with pytest.raises(NotFound):
        await app.calls.join("call_other", claims, OFFER)
    connection, answer = await app.calls.join(claims.call_id, claims, OFFER)
    assert answer == f"answer to {OFFER}"
    with pytest.raises(Unauthenticated):
        await app.calls.join(claims.call_id, claims, OFFER)
    other = await app.calls.read_token(
        (await app.calls.mint(conversation, role="agent", subject=claire))["token"]
    )
    with pytest.raises(NotFound):
        await app.calls.leave(claims.call_id, connection, other)
    await app.calls.add_candidates(claims.call_id, connection, claims, "a=candidate")
    await app.calls.leave(claims.call_id, connection, claims)
    await app.calls.leave(claims.call_id, connection, claims)
    with pytest.raises(Invalid):
        await app.calls.join(claims.call_id, other, "nonsense")


async def test_a_visitor_can_look_at_the_network_without_a_call(app: Application) -> None:
    visitor, _ = await app.chat(await app.site())
    assert app.calls.network_check(visitor) == {
        "ice_servers": [],
        "ice_transport_policy": "all",
        "seconds": 5,
    }
    assert await app.calls.check_network(visitor, OFFER) == f"answer to {OFFER}"
    assert app.media.checks == [visitor]
    with pytest.raises(Invalid):
        await app.calls.check_network(visitor, "nonsense")


async def test_a_token_is_for_a_minute(app: Application) -> None:
    visitor, _, conversation = await lobby(app)
    claims = await app.calls.read_token(
        (await app.calls.mint(conversation, role="visitor", subject=visitor))["token"]
    )
    app.clock.advance(61)
    with pytest.raises(Unauthenticated):
        await app.calls.join(claims.call_id, claims, OFFER)
    with pytest.raises(Unauthenticated):
        await app.calls.read_token("nonsense")


async def test_no_call_no_token(app: Application) -> None:
    visitor, conversation = await app.chat(await app.site())
    with pytest.raises(Refused):
        await app.calls.mint(conversation, role="visitor", subject=visitor)


async def test_the_camera_is_opened_and_shut_at_the_server(app: Application) -> None:
    visitor, _, conversation, call = await in_call(app)
    view = await app.conversations.switch_camera(visitor, conversation, on=False)
    await app.settle()
    assert view["call"]["camera_on"] is False
    assert app.media.rooms[call].camera_on is False


async def test_a_camera_that_a_rule_shuts_is_off_for_everybody(app: Application) -> None:
    *_, conversation, call = await in_call(app)
    await app.media.restrict(call, camera="off_by_default")
    await app.settle()
    c = await app.check(conversation)
    assert app.media.rooms[call].camera_on is False
    assert c.call is not None
    assert c.call.camera_on is False
    # The camera is off already: no news.
    await app.media.restrict(call, camera="forbidden")
    await app.settle()
    assert await app.check(conversation) == c


async def test_a_drop_leaves_a_grace_and_then_an_offer_to_resume(app: Application) -> None:
    visitor, claire, conversation, call = await in_call(app)
    app.media.report(MediaEvent("dropped", call, "visitor"))
    await app.settle()
    assert (await app.check(conversation)).state is State.IN_VIDEO
    await app.advance(25)
    c = await app.check(conversation)
    assert c.state is State.CHAT
    assert not c.video_ended
    view = await app.conversations.visitor_act(visitor, conversation, "resume")
    await app.settle()
    assert view["state"] == "video_lobby"
    c = await app.check(conversation)
    assert c.call is not None
    assert c.call.id != call
    await app.join(conversation, "visitor", visitor)
    await app.join(conversation, "agent", claire)
    assert (await app.check(conversation)).state is State.IN_VIDEO


async def test_a_connection_that_comes_back_within_the_grace_goes_on(app: Application) -> None:
    visitor, _, conversation, call = await in_call(app)
    app.media.report(MediaEvent("dropped", call, "visitor"))
    await app.settle()
    await app.advance(5)
    await app.join(conversation, "visitor", visitor)
    await app.advance(60)
    c = await app.check(conversation)
    assert c.state is State.IN_VIDEO
    assert c.call is not None
    assert c.call.connected == frozenset(Role)


async def test_a_lost_room_is_opened_again(app: Application) -> None:
    visitor, claire, conversation, call = await in_call(app)
    app.media.rooms.clear()
    app.media.report(MediaEvent("lost", call))
    await app.settle()
    assert call in app.media.rooms
    await app.join(conversation, "visitor", visitor)
    await app.join(conversation, "agent", claire)
    assert (await app.check(conversation)).state is State.IN_VIDEO


async def test_reports_of_a_call_that_is_over_change_nothing(app: Application) -> None:
    visitor, _, conversation, call = await in_call(app)
    await app.conversations.visitor_act(visitor, conversation, "hang_up")
    await app.settle()
    before = await app.check(conversation)
    for kind in ("connected", "dropped", "left", "lost"):
        app.media.report(MediaEvent(kind, call, "visitor"))  # type: ignore[arg-type]
    await app.settle()
    assert await app.check(conversation) == before


async def test_an_agents_proposal(app: Application) -> None:
    visitor, claire, conversation, _ = await in_call(app)
    await app.conversations.agent_act(claire, conversation, "hang_up")
    await app.settle()
    view = await app.conversations.agent_conversation(claire, conversation)
    if not app.policy.escalation_for("shop").agent_enabled:
        assert view["conversation"]["video_unavailable"] == "disabled"
        with pytest.raises(Refused) as refused:
            await app.conversations.propose_video(claire, conversation)
        assert refused.value.decision is not None
        return
    view = await app.conversations.propose_video(claire, conversation)
    proposal = view["proposal"]["id"]
    with pytest.raises(Refused):
        await app.conversations.propose_video(claire, conversation)
    await app.conversations.withdraw_video(claire, conversation)
    with pytest.raises(Refused):
        await app.conversations.answer_proposal(visitor, conversation, proposal, accept=True)
    view = await app.conversations.propose_video(claire, conversation)
    view = await app.conversations.answer_proposal(visitor, conversation, view["proposal"]["id"], accept=True)
    assert view["state"] == "video_lobby"
    await app.check(conversation)


async def test_a_transfer_to_a_colleague(app: Application) -> None:
    _, claire, conversation, call = await in_call(app)
    marc = await app.agent("marc")
    await app.conversations.transfer(claire, conversation, to_agent_id=marc, note="client pressé")
    await app.settle()
    assert (await app.check(conversation)).agent_id == claire
    (invitation,) = (await app.conversations.agent_state(marc))["invitations"]
    assert (invitation["purpose"], invitation["note"]) == ("transfer", "client pressé")
    view = await app.conversations.accept(marc, conversation, invitation["id"])
    await app.settle()
    assert (view["state"], view["mine"]) == ("video_lobby", True)
    c = await app.check(conversation)
    assert c.call is not None
    assert c.call.id != call
    assert app.media.closed == [call]
    seen = await app.conversations.visitor_conversation(c.visitor_id, conversation)
    assert "client pressé" not in str(seen)
