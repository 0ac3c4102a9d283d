"""Every view has exactly the shape that the interface promises."""

from __future__ import annotations

from pydantic import TypeAdapter

from orchestrator.api import schemas
from orchestrator.application.accounts import user_view
from orchestrator.application.bot_replies import BotImage, BotText, BotTransfer
from orchestrator.application.sites import site_view
from tests.fakes.application import ORIGIN, TRIGGER, Application

FRAMES = {
    "visitor": TypeAdapter(schemas.VisitorFrame),
    "agent": TypeAdapter(schemas.AgentFrame),
}


async def look_at_everything(app: Application, visitor: str, agent: str, conversation: str, key: str) -> None:
    """All views there are of this moment."""
    c, v = app.conversations, visitor
    found = await c.visitor_conversation(v, conversation)
    schemas.VisitorConversationWithHistory.model_validate(found)
    schemas.AgentConversationWithHistory.model_validate(
        await c.agent_conversation(agent, conversation, supervisor=True)
    )
    schemas.AgentState.model_validate(await c.agent_state(agent))
    session = await c.open_session(
        site_key=key, origin=ORIGIN, language="fr", device="desktop", can_video=True, visitor_id=v
    )
    schemas.VisitorSession.model_validate(
        {name: getattr(session, name) for name in schemas.VisitorSession.model_fields}
    )
    for decision in await c.decisions(conversation):
        schemas.DecisionView.model_validate(decision)
    for frame in await app.frames(f"visitor:{v}"):
        FRAMES["visitor"].validate_python(frame)
    for frame in await app.frames(f"agent:{agent}"):
        FRAMES["agent"].validate_python(frame)


async def test_every_view_of_every_stage(app: Application) -> None:
    key = await app.site()
    agent = await app.agent("claire")
    visitor, conversation = await app.chat(key)
    await app.presence.visitor_came(visitor, "page")
    await look_at_everything(app, visitor, agent, conversation, key)

    words = BotText("r1", "Bonjour", quick_replies=(("Oui", "/yes"),))
    await app.say(conversation, words, BotImage("r2", "https://shop.example/a.png", "a"), to=None)
    await look_at_everything(app, visitor, agent, conversation, key)

    await app.say(conversation, BotTransfer("r3", text=TRIGGER, slots={"order": "12"}, summary="s"))
    await look_at_everything(app, visitor, agent, conversation, key)
    (invitation,) = (await app.conversations.agent_state(agent))["invitations"]

    accepted = await app.conversations.accept(agent, conversation, invitation["id"])
    schemas.AgentConversation.model_validate(accepted)
    assert accepted["slots"] == {"order": "12"}
    assert accepted["escalation"]["escalates"] is True
    await app.settle()
    await look_at_everything(app, visitor, agent, conversation, key)
    schemas.CallToken.model_validate(await app.calls.mint(conversation, role="visitor", subject=visitor))
    await app.join(conversation, "visitor", visitor)
    await app.join(conversation, "agent", agent)
    await look_at_everything(app, visitor, agent, conversation, key)

    await app.conversations.agent_act(agent, conversation, "hang_up")
    await look_at_everything(app, visitor, agent, conversation, key)
    closed = await app.conversations.visitor_act(visitor, conversation, "close")
    schemas.VisitorConversation.model_validate(closed)
    await look_at_everything(app, visitor, agent, conversation, key)


async def test_accounts_and_sites(app: Application) -> None:
    await app.site()
    await app.agent("claire")
    for user in await app.accounts.list_users():
        schemas.User.model_validate(user_view(user))
    for site in await app.sites.list():
        schemas.Site.model_validate(site_view(site))


async def test_a_waiting_visitor_sees_place_and_wait(app: Application) -> None:
    key = await app.site(bot=False)
    first, _ = await app.chat(key)
    one = await app.conversations.start(first, client_id="a")
    second = await app.visitor(key)
    two = await app.conversations.start(second, client_id="b")
    for visitor, conversation in ((first, one), (second, two)):
        app.clock.advance(1)
        await app.conversations.visitor_act(visitor, conversation["conversation"]["id"], "person")
        await app.settle()
    view = await app.conversations.visitor_conversation(second, two["conversation"]["id"])
    queue = schemas.VisitorConversationWithHistory.model_validate(view).conversation.queue
    assert queue is not None
    assert (queue.position, queue.wait, queue.wait_unknown) == (2, None, True)
