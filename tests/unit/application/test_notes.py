"""Internal notes: colleagues read them, the visitor never does, and nothing is decided by them."""

from __future__ import annotations

import pytest

from orchestrator.api import schemas
from orchestrator.application.errors import NotFound
from tests.fakes.application import Application

WORDS = "Client fidèle : rester patient."


async def in_chat(app: Application) -> tuple[str, str, str]:
    key = await app.site()
    claire = await app.agent("claire")
    visitor, conversation = await app.chat(key)
    await app.conversations.visitor_act(visitor, conversation, "person")
    await app.settle()
    c = await app.snapshot(conversation)
    assert c.invitation is not None
    await app.conversations.accept(claire, conversation, c.invitation.id)
    await app.settle()
    return claire, visitor, conversation


async def note(app: Application, agent: str, conversation: str, **more: object) -> schemas.PostedMessage:
    values = {"client_id": "n1", "text": WORDS} | more
    return schemas.PostedMessage.model_validate(
        await app.conversations.add_note(agent, conversation, **values)  # type: ignore[arg-type]
    )


async def read(app: Application, visitor: str, conversation: str) -> str:
    history = await app.conversations.visitor_conversation(visitor, conversation)
    return str(history["messages"]) + str(await app.frames(f"visitor:{visitor}"))


async def test_the_agents_read_it_and_the_visitor_does_not(app: Application) -> None:
    claire, visitor, conversation = await in_chat(app)
    before = await app.check(conversation)
    posted = await note(app, claire, conversation)
    assert posted.message.private
    assert posted.message.author.name == "Claire"
    history = await app.conversations.agent_conversation(claire, conversation)
    assert history["messages"][-1]["content"] == {"type": "text", "text": WORDS}
    frames = await app.frames(f"agent:{claire}")
    assert any(frame["type"] == "message" and frame["message"]["private"] for frame in frames)  # type: ignore[index]
    assert await app.check(conversation) == before, "nothing is decided by a note"
    assert WORDS not in await read(app, visitor, conversation)
    # What is written after it comes after it.
    await app.conversations.post_agent_message(claire, conversation, client_id="m1", text="Bonjour")
    await app.check(conversation)
    assert (await app.lines(conversation))[-2:] == [("agent", WORDS), ("agent", "Bonjour")]


async def test_sent_again_it_is_the_same(app: Application) -> None:
    claire, _, conversation = await in_chat(app)
    assert await note(app, claire, conversation) == await note(app, claire, conversation)
    assert [words for _, words in await app.lines(conversation)].count(WORDS) == 1


async def test_it_can_be_written_after_the_end_and_goes_with_the_texts(app: Application) -> None:
    claire, visitor, conversation = await in_chat(app)
    await app.conversations.agent_act(claire, conversation, "close")
    await note(app, claire, conversation)
    assert (await app.lines(conversation))[-1] == ("agent", WORDS)
    assert WORDS not in await read(app, visitor, conversation)
    async with app.store.transaction() as tx:
        await tx.messages.erase(conversation)
    assert WORDS not in str(await app.lines(conversation))


async def test_who_takes_over_reads_it_and_strangers_cannot_write_one(app: Application) -> None:
    claire, _, conversation = await in_chat(app)
    marc = await app.agent("marc")
    with pytest.raises(NotFound):
        await note(app, marc, conversation)
    await note(app, marc, conversation, supervisor=True, client_id="n2", text="Vu.")
    frames = await app.frames(f"agent:{claire}")
    assert "Vu." in str(frames)
    await app.conversations.transfer(claire, conversation, to_agent_id=marc)
    await app.settle()
    (invitation,) = (await app.conversations.agent_state(marc))["invitations"]
    assert "Vu." in str(invitation["last_messages"])
    await app.conversations.accept(marc, conversation, invitation["id"])
    await note(app, marc, conversation, client_id="n3", text="À moi.")
    assert (await app.lines(conversation))[-1] == ("agent", "À moi.")
