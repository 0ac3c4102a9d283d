"""What the visitor talked about before: shown to who has the visitor, and to nobody else."""

from __future__ import annotations

import pytest

from orchestrator.api import schemas
from orchestrator.application.earlier import LONGEST_EXCERPT, MOST
from orchestrator.application.errors import NotFound
from tests.fakes.application import Application


async def earlier(app: Application, agent: str, conversation: str) -> schemas.EarlierConversations:
    return schemas.EarlierConversations.model_validate(await app.conversations.earlier(agent, conversation))


async def talk(app: Application, visitor: str, name: str, words: str | None) -> str:
    """A conversation of the visitor that waits for an agent."""
    app.clock.advance(60)
    started = await app.conversations.start(visitor, client_id=name)
    conversation = started["conversation"]["id"]
    await app.settle()
    if words is None:
        await app.conversations.visitor_act(visitor, conversation, "person")
    else:
        # Without a bot, who writes asks for a person.
        await app.conversations.post_visitor_message(visitor, conversation, client_id=name, text=words)
    await app.settle()
    return conversation


async def take(app: Application, agent: str, conversation: str) -> None:
    c = await app.snapshot(conversation)
    assert c.invitation is not None
    await app.conversations.accept(agent, conversation, c.invitation.id)
    await app.settle()


async def test_the_newest_first_with_whom_and_how_it_began(app: Application) -> None:
    key = await app.site(bot=False)
    visitor = await app.visitor(key)
    marc = await app.agent("marc")
    first = await talk(app, visitor, "a", "Ma lampe ne s’allume plus.")
    await take(app, marc, first)
    await app.conversations.agent_act(marc, first, "close")
    second = await talk(app, visitor, "b", "x" * 500)
    await app.conversations.visitor_act(visitor, second, "close")
    await app.switch(marc, chat=False, video=False)
    await app.settle()
    claire = await app.agent("claire")
    third = await talk(app, visitor, "c", None)

    # Before it is accepted: the context at a glance.
    found = await earlier(app, claire, third)
    assert [one.id for one in found.conversations] == [second, first]
    newest, oldest = found.conversations
    assert (oldest.agent_name, oldest.excerpt) == ("Marc", "Ma lampe ne s’allume plus.")
    assert oldest.group_labels == {"fr": "Conseillers", "en": "Advisers"}
    assert newest.excerpt is not None
    assert len(newest.excerpt) == LONGEST_EXCERPT
    assert not found.more
    await take(app, claire, third)
    read = await app.conversations.agent_conversation(claire, first)
    assert "s’allume" in str(read["messages"])


async def test_only_while_one_has_the_visitor(app: Application) -> None:
    key = await app.site(bot=False)
    visitor = await app.visitor(key)
    marc = await app.agent("marc")
    first = await talk(app, visitor, "a", "Bonjour")
    await take(app, marc, first)
    await app.conversations.agent_act(marc, first, "close")
    await app.switch(marc, chat=False, video=False)
    claire = await app.agent("claire")
    with pytest.raises(NotFound):
        await app.conversations.agent_conversation(claire, first)
    second = await talk(app, visitor, "b", None)
    await take(app, claire, second)
    await app.conversations.agent_conversation(claire, first)
    with pytest.raises(NotFound):
        await earlier(app, marc, second)
    await app.conversations.agent_act(claire, second, "close")
    with pytest.raises(NotFound):
        await app.conversations.agent_conversation(claire, first)


async def test_not_of_another_visitor_and_not_without_end(app: Application) -> None:
    key = await app.site(bot=False)
    visitor, other = await app.visitor(key), await app.visitor(key)
    strange = await talk(app, other, "o", "Autre")
    await app.conversations.visitor_act(other, strange, "close")
    for number in range(MOST + 1):
        conversation = await talk(app, visitor, f"n{number}", None)
        await app.conversations.visitor_act(visitor, conversation, "close")
    claire = await app.agent("claire")
    last = await talk(app, visitor, "last", None)
    found = await earlier(app, claire, last)
    assert len(found.conversations) == MOST
    assert found.more
    assert strange not in {one.id for one in found.conversations}
    assert {one.excerpt for one in found.conversations} == {None}
