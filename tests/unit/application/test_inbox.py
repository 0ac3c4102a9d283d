"""Left messages: who may leave one, who finds it, who answers it, and what becomes of the letter."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator.application.answer_mail import MOST_ATTEMPTS, pause_after
from orchestrator.application.errors import NotFound, Refused
from orchestrator.application.inbox import MOST_UNFINISHED
from orchestrator.application.ports import MailRefused
from orchestrator.application.records import Json
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import State
from tests.fakes.application import Application, policy_with, running

WORDS = "Où est ma commande ?\nMerci"


class Desk:
    """A visitor who has left a message, and those who may answer."""

    def __init__(self, app: Application) -> None:
        self.app = app
        self.key = ""

    async def open(self) -> Desk:
        self.key = await self.app.site(bot=False)
        return self

    async def left(self, client_id: str = "left-1", **more: Any) -> tuple[str, str, str]:
        """Visitor, conversation and message."""
        visitor_id, conversation_id = await self.app.chat(self.key, **more)
        self.app.clock.advance(timedelta(seconds=1))
        await self.leave(visitor_id, conversation_id, client_id)
        page = await self.app.conversations.inbox(await self.boss())
        return visitor_id, conversation_id, page["messages"][-1]["id"]  # type: ignore[index, return-value]

    async def leave(
        self, visitor_id: str, conversation_id: str, client_id: str = "left-1", text: str = WORDS
    ) -> Json:
        return await self.app.conversations.leave_message(
            visitor_id,
            conversation_id,
            client_id=client_id,
            email="zoe@visitor.example",
            name="Zoé",
            text=text,
        )

    async def staff(self, name: str, role: Any = "agent", *groups: str) -> str:
        user = await self.app.accounts.create_user(
            email=f"{name}@example.org", name=name.title(), role=role, password="long enough"
        )
        if groups:
            async with self.app.store.transaction() as tx:
                await tx.people.save_user(replace(user, groups=tuple((group, 1) for group in groups)))
        return user.id

    async def boss(self) -> str:
        async with self.app.store.transaction(read_only=True) as tx:
            found = await tx.people.user_by_email("boss@example.org")
        return found.id if found is not None else await self.staff("boss", "supervisor")

    async def message(self, message_id: str) -> Any:
        async with self.app.store.transaction(read_only=True) as tx:
            return await tx.inbox.get(message_id)

    async def ids(self, agent_id: str, **more: Any) -> list[str]:
        page: Any = await self.app.conversations.inbox(agent_id, **more)
        return [message["id"] for message in page["messages"]]


@pytest.fixture
async def desk(app: Application) -> Desk:
    return await Desk(app).open()


async def refused(attempt: Any) -> str:
    with pytest.raises(Refused) as caught:
        await attempt
    return caught.value.code


# --- leaving ------------------------------------------------------------------------------------------------


async def test_a_message_is_left_and_found(app: Application, desk: Desk) -> None:
    visitor_id, conversation_id = await app.chat(desk.key)
    view: Any = (await app.conversations.visitor_conversation(visitor_id, conversation_id))["conversation"]
    assert view["can"]["leave_message"]
    await desk.leave(visitor_id, conversation_id)
    agent = await desk.staff("claire")
    page: Any = await app.conversations.inbox(agent)
    (found,) = page["messages"]
    assert (found["email"], found["name"], found["text"]) == ("zoe@visitor.example", "Zoé", WORDS)
    assert (found["state"], found["group"], found["site_name"]) == ("open", "advisors", "Shop")
    assert (page["open"], page["next"], page["mail"]) == (1, None, True)
    assert ("system", "message_left") in await app.lines(conversation_id)
    assert WORDS not in dict(await app.lines(conversation_id)).values()
    await app.check(conversation_id)


async def test_who_waits_leaves_the_line(app: Application, desk: Desk) -> None:
    await app.agent("claire", chat=False, video=False)
    visitor_id, conversation_id = await app.chat(desk.key)
    await app.conversations.visitor_act(visitor_id, conversation_id, "person")
    await app.settle()
    if (await app.snapshot(conversation_id)).state is State.QUEUED:
        await desk.leave(visitor_id, conversation_id)
    conversation = await app.check(conversation_id)
    assert (conversation.state, conversation.queue) == (State.CHAT, None)


async def test_sent_twice_it_is_one(app: Application, desk: Desk) -> None:
    visitor_id, conversation_id = await app.chat(desk.key)
    await asyncio.gather(*(desk.leave(visitor_id, conversation_id) for _ in range(3)))
    assert len(await desk.ids(await desk.boss())) == 1
    assert (await app.events(conversation_id)).count("MessageLeft") == 1


async def test_only_so_many_wait(app: Application, desk: Desk) -> None:
    visitor_id, conversation_id = await app.chat(desk.key)
    for number in range(MOST_UNFINISHED):
        await desk.leave(visitor_id, conversation_id, f"left-{number}")
    more = desk.leave(visitor_id, conversation_id, "one-more")
    assert await refused(more) == "too_many_left_messages"
    boss = await desk.boss()
    await app.conversations.dismiss(boss, (await desk.ids(boss))[0])
    await desk.leave(visitor_id, conversation_id, "one-more")


async def test_what_the_group_does_not_take_is_refused(database: Path) -> None:
    strict = policy_with({"routing.yaml": ("leave_message: true", "leave_message: false")})
    files = dict(strict.files)
    while "leave_message: true" in files["routing.yaml"]:
        files["routing.yaml"] = files["routing.yaml"].replace("leave_message: true", "leave_message: false")
    from rules.compile import compile_policy

    async with running(database, policy=compile_policy(files)) as app:
        desk = await Desk(app).open()
        visitor_id, conversation_id = await app.chat(desk.key)
        view: Any = await app.conversations.visitor_conversation(visitor_id, conversation_id)
        assert not view["conversation"]["can"]["leave_message"]
        await refused(desk.leave(visitor_id, conversation_id))
        assert await desk.ids(await desk.boss()) == []


async def test_not_in_the_conversation_of_somebody_else(app: Application, desk: Desk) -> None:
    _, conversation_id = await app.chat(desk.key)
    stranger, _ = await app.chat(desk.key)
    with pytest.raises(NotFound):
        await desk.leave(stranger, conversation_id)
    with pytest.raises(NotFound):
        await desk.leave(stranger, "c_unknown")


async def test_not_with_an_agent_nor_after_the_end(app: Application, desk: Desk) -> None:
    agent = await app.agent("claire")
    visitor_id, conversation_id = await app.chat(desk.key)
    await app.conversations.visitor_act(visitor_id, conversation_id, "person")
    await app.settle()
    invitation = (await app.snapshot(conversation_id)).invitation
    assert invitation is not None
    await app.conversations.accept(agent, conversation_id, invitation.id)
    await refused(desk.leave(visitor_id, conversation_id))
    await app.conversations.visitor_act(visitor_id, conversation_id, "close")
    await refused(desk.leave(visitor_id, conversation_id))
    assert await desk.ids(await desk.boss()) == []


# --- the inbox ------------------------------------------------------------------------------------------------


async def test_agents_see_their_groups_and_supervisors_all(app: Application, desk: Desk) -> None:
    _, _, message_id = await desk.left()
    expert = await desk.staff("expert", "agent", "experts")
    advisor = await desk.staff("advisor", "agent", "experts", "advisors")
    assert await desk.ids(expert) == []
    assert await desk.ids(advisor) == [message_id]
    assert await desk.ids(await desk.boss()) == [message_id]
    for attempt in (app.conversations.take, app.conversations.dismiss, app.conversations.release):
        with pytest.raises(NotFound):
            await attempt(expert, message_id)
    state: Any = await app.conversations.agent_state(advisor)
    assert (state["inbox_open"], state["mail"]) == (1, True)
    assert (await app.conversations.agent_state(expert))["inbox_open"] == 0


async def test_pages_go_on_where_they_ended(app: Application, desk: Desk) -> None:
    expected: list[str] = []
    for number in range(5):
        expected.append((await desk.left(f"left-{number}"))[2])
    boss = await desk.boss()
    seen: list[str] = []
    after = None
    while True:
        page: Any = await app.conversations.inbox(boss, after=after, limit=2)
        seen += [message["id"] for message in page["messages"]]
        assert page["open"] == 5
        after = page["next"]
        if after is None:
            break
    assert seen == expected


async def test_one_agent_a_message(app: Application, desk: Desk) -> None:
    _, _, message_id = await desk.left()
    agents = [await desk.staff(f"agent{number}") for number in range(4)]
    attempts = await asyncio.gather(
        *(app.conversations.take(agent, message_id) for agent in agents), return_exceptions=True
    )
    winners = [agent for agent, got in zip(agents, attempts, strict=True) if isinstance(got, dict)]
    assert len(winners) == 1
    assert {got.code for got in attempts if isinstance(got, Refused)} == {"left_message_taken"}
    again: Any = await app.conversations.take(winners[0], message_id)
    assert again["mine"]
    loser = next(agent for agent in agents if agent not in winners)
    assert await desk.ids(loser) == []
    for attempt in (
        app.conversations.release(loser, message_id),
        app.conversations.dismiss(loser, message_id),
        app.conversations.answer_in_conversation(loser, message_id),
        app.conversations.answer_by_mail(loser, message_id, text="mine"),
    ):
        assert await refused(attempt) == "left_message_taken"


async def test_given_back_it_is_everybodys(app: Application, desk: Desk) -> None:
    _, _, message_id = await desk.left()
    claire, boss = await desk.staff("claire"), await desk.boss()
    assert await refused(app.conversations.release(claire, message_id)) == "left_message_open"
    await app.conversations.take(claire, message_id)
    assert await desk.ids(boss) == [message_id]
    await app.conversations.release(boss, message_id)
    taken: Any = await app.conversations.take(await desk.staff("david"), message_id)
    assert taken["taken_by"] == "David"


async def test_dismissed_it_is_gone(app: Application, desk: Desk) -> None:
    _, _, message_id = await desk.left()
    claire = await desk.staff("claire")
    view: Any = await app.conversations.dismiss(claire, message_id)
    assert (view["state"], view["answered_by"]) == ("dismissed", "Claire")
    assert await desk.ids(claire) == []
    for attempt in (app.conversations.take, app.conversations.answer_in_conversation):
        assert await refused(attempt(claire, message_id)) == "left_message_over"


async def test_desks_hear_of_it(app: Application, desk: Desk) -> None:
    agent = await desk.staff("claire")
    async with app.streams.agent(agent) as stream:
        frames = aiter(stream)
        assert (await anext(frames))["type"] == "welcome"
        visitor_id, conversation_id = await app.chat(desk.key)
        waiting = asyncio.ensure_future(anext(frames))
        await asyncio.sleep(0)
        await desk.leave(visitor_id, conversation_id)
        assert await asyncio.wait_for(waiting, 5) == {"type": "inbox", "open": 1}
        waiting = asyncio.ensure_future(anext(frames))
        await asyncio.sleep(0)
        await app.conversations.take(agent, (await desk.ids(agent))[0])
        # Hints that follow each other closely are one.
        app.clock.advance(timedelta(seconds=1))
        assert await asyncio.wait_for(waiting, 5) == {"type": "inbox", "open": 0}


# --- answering in a conversation -----------------------------------------------------------------------------


async def test_the_open_conversation_becomes_the_agents(app: Application, desk: Desk) -> None:
    visitor_id, conversation_id, message_id = await desk.left()
    agent = await app.agent("claire")
    answered: Any = await app.conversations.answer_in_conversation(agent, message_id)
    assert answered["conversation"]["id"] == conversation_id
    assert answered["conversation"]["mine"]
    assert (answered["message"]["state"], answered["message"]["answered_how"]) == ("answered", "conversation")
    conversation = await app.check(conversation_id)
    assert conversation.agent_id == agent
    lines = await app.lines(conversation_id)
    assert ("visitor", WORDS) in lines
    last = await app.frames(f"visitor:{visitor_id}")
    assert any(frame["type"] == "conversation" for frame in last)


async def test_a_closed_one_is_followed(app: Application, desk: Desk) -> None:
    visitor_id, first, message_id = await desk.left()
    await app.conversations.visitor_act(visitor_id, first, "close")
    agent = await app.agent("claire", chat=False)
    answered: Any = await app.conversations.answer_in_conversation(agent, message_id)
    following = answered["conversation"]["id"]
    assert following != first
    conversation = await app.check(following)
    assert (conversation.previous_id, conversation.agent_id) == (first, agent)
    assert (await app.lines(following))[0] == ("visitor", WORDS)
    session = await app.conversations.start(visitor_id, client_id="back")
    assert session["conversation"]["id"] == following  # type: ignore[index]


async def test_somebody_else_is_talking_with_the_visitor(app: Application, desk: Desk) -> None:
    visitor_id, conversation_id, message_id = await desk.left()
    other, agent = await app.agent("other"), await app.agent("claire", chat=False, video=False)
    event = ev.AgentAssigned(other, "call_1", by=other, by_role="agent")
    assert (await app.handler.handle(conversation_id, event)).moved
    attempt = app.conversations.answer_in_conversation(agent, message_id)
    assert await refused(attempt) == "visitor_in_conversation"
    assert (await desk.message(message_id)).taken_by == agent
    await app.conversations.release(agent, message_id)
    answered: Any = await app.conversations.answer_in_conversation(other, message_id)
    assert (answered["message"]["state"], answered["conversation"]["id"]) == ("answered", conversation_id)
    assert visitor_id == (await app.snapshot(conversation_id)).visitor_id


async def test_an_agent_without_room_keeps_the_message(app: Application, desk: Desk) -> None:
    agent = await app.agent("claire", chat=False, video=False)
    messages = [(await desk.left(f"left-{number}"))[2] for number in range(12)]
    refusals: list[str] = []
    for message_id in messages:
        try:
            await app.conversations.answer_in_conversation(agent, message_id)
        except Refused as error:
            refusals.append(error.code)
    assert set(refusals) == {"agent_full"}
    states = [(await desk.message(message_id)).state for message_id in messages]
    assert states.count("taken") == len(refusals) > 0


async def test_answered_twice_at_once_is_answered_once(app: Application, desk: Desk) -> None:
    _, conversation_id, message_id = await desk.left()
    agent = await app.agent("claire")
    attempts = await asyncio.gather(
        *(app.conversations.answer_in_conversation(agent, message_id) for _ in range(3)),
        return_exceptions=True,
    )
    assert any(isinstance(attempt, dict) for attempt in attempts)
    assert (await app.lines(conversation_id)).count(("visitor", WORDS)) == 1
    assert (await app.events(conversation_id)).count("AgentAssigned") == 1


# --- answering by e-mail -----------------------------------------------------------------------------------


async def test_a_letter_is_sent_from_the_outbox(app: Application, desk: Desk) -> None:
    _, _, message_id = await desk.left(language="fr-CA")
    agent = await desk.staff("claire")
    view: Any = await app.conversations.answer_by_mail(agent, message_id, text="Elle arrive demain.")
    assert view["state"] == "sending"
    assert app.mailer.sent == []
    await app.settle()
    (mail,) = app.mailer.sent
    assert (mail.id, mail.to_address, mail.to_name) == (message_id, "zoe@visitor.example", "Zoé")
    assert mail.subject == "Votre message à Shop"
    assert mail.text.startswith("Elle arrive demain.\n\n-- \nClaire\nShop\n")
    assert "vous avez écrit :\n> Où est ma commande ?\n> Merci\n" in mail.text
    done = await desk.message(message_id)
    assert (done.state, done.answered_how, done.answered_by) == ("answered", "email", agent)
    assert await refused(app.conversations.answer_by_mail(agent, message_id, text="x")) == "left_message_over"


async def test_in_english_for_other_languages(app: Application, desk: Desk) -> None:
    _, _, message_id = await desk.left(language="de")
    await app.conversations.answer_by_mail(await desk.staff("claire"), message_id, text="Tomorrow.")
    await app.settle()
    assert app.mailer.sent[0].subject == "Your message to Shop"
    assert "you wrote:" in app.mailer.sent[0].text


async def test_a_refusal_for_now_is_tried_again(app: Application, desk: Desk) -> None:
    _, _, message_id = await desk.left()
    agent = await desk.staff("claire")
    app.mailer.refusals = [MailRefused("unreachable"), MailRefused("timeout"), None]
    await app.conversations.answer_by_mail(agent, message_id, text="Demain.")
    await app.settle()
    waiting = await desk.message(message_id)
    assert (waiting.state, waiting.mail_attempts, waiting.mail_error) == ("sending", 1, "unreachable")
    again = app.conversations.answer_by_mail(agent, message_id, text="Other words")
    assert await refused(again) == "left_message_sending"
    await app.advance(60)
    assert (await desk.message(message_id)).mail_error == "timeout"
    await app.advance(120)
    done = await desk.message(message_id)
    assert (done.state, done.mail_attempts, done.mail_error) == ("answered", 3, None)
    assert len(app.mailer.sent) == 1


async def test_a_refusal_for_good_gives_the_message_back(app: Application, desk: Desk) -> None:
    _, _, message_id = await desk.left()
    agent = await desk.staff("claire")
    app.mailer.refusals = [MailRefused("recipient_refused", for_good=True)]
    await app.conversations.answer_by_mail(agent, message_id, text="Demain.")
    await app.settle()
    failed = await desk.message(message_id)
    assert (failed.state, failed.taken_by, failed.mail_error) == ("taken", agent, "recipient_refused")
    await app.conversations.answer_by_mail(agent, message_id, text="Demain.")
    await app.settle()
    assert (await desk.message(message_id)).state == "answered"


async def test_after_many_attempts_it_is_given_up(app: Application, desk: Desk) -> None:
    _, _, message_id = await desk.left()
    app.mailer.refusals = [MailRefused("unreachable")] * (MOST_ATTEMPTS + 5)
    await app.conversations.answer_by_mail(await desk.staff("claire"), message_id, text="Demain.")
    for attempt in range(1, MOST_ATTEMPTS + 1):
        await app.settle()
        assert (await desk.message(message_id)).mail_attempts == attempt
        app.clock.advance(pause_after(attempt))
    assert (await desk.message(message_id)).state == "taken"
    assert len(app.mailer.refusals) == 5


async def test_without_a_mail_server_it_says_so(app: Application, desk: Desk) -> None:
    _, _, message_id = await desk.left()
    agent = await desk.staff("claire")
    app.conversations._mail = False  # pyright: ignore[reportPrivateUsage]
    attempt = app.conversations.answer_by_mail(agent, message_id, text="Demain.")
    assert await refused(attempt) == "mail_not_configured"
    assert not (await app.conversations.inbox(agent))["mail"]
    assert (await desk.message(message_id)).state == "open"


async def test_erased_before_the_letter_left(app: Application, desk: Desk) -> None:
    _, conversation_id, message_id = await desk.left()
    agent = await desk.staff("claire")
    app.mailer.refusals = [MailRefused("unreachable")]
    await app.conversations.answer_by_mail(agent, message_id, text="Demain.")
    await app.settle()
    async with app.store.transaction() as tx:
        await tx.messages.erase(conversation_id)
    await app.advance(120)
    assert app.mailer.sent == []
    page: Any = await app.conversations.inbox(agent)
    assert [(one["erased"], one["text"], one["email"]) for one in page["messages"]] == [(True, "", "")]
    if page["messages"][0]["state"] == "taken":
        again = app.conversations.answer_by_mail(agent, message_id, text="Demain.")
        assert await refused(again) == "erased"
        await app.conversations.dismiss(agent, message_id)


def test_pauses_grow_up_to_an_hour() -> None:
    pauses = [pause_after(attempt).total_seconds() for attempt in (1, 2, 3, 6, 7, 1000)]
    assert pauses == [60, 120, 240, 1920, 3600, 3600]


CLOSED = 'hours: { time_zone: Europe/Paris, week: { sunday: ["03:00-03:01"] } }'


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("hours: always", CLOSED, "ne sont pas là"),
        ("places: { chat: 10, video: 5 }", "places: { chat: 0, video: 0 }", "tous occupés"),
    ],
)
async def test_what_is_shown_says_why_nobody_comes(database: Path, old: str, new: str, word: str) -> None:
    async with running(database, policy=policy_with({"routing.yaml": (old, new)})) as app:
        desk = await Desk(app).open()
        visitor_id, conversation_id = await app.chat(desk.key)
        with contextlib.suppress(Refused):
            await app.conversations.visitor_act(visitor_id, conversation_id, "person")
        await app.settle()
        assert any(word in words for _, words in await app.lines(conversation_id))
        view: Any = await app.conversations.visitor_conversation(visitor_id, conversation_id)
        assert view["conversation"]["can"]["leave_message"]
        await desk.leave(visitor_id, conversation_id)
        assert len(await desk.ids(await desk.boss())) == 1


async def test_a_desk_that_comes_back_hears_what_it_missed(app: Application, desk: Desk) -> None:
    agent = await app.agent("claire", chat=False, video=False)
    state: Any = await app.conversations.agent_state(agent)
    assert (state["inbox_open"], state["seq"] > 0) == (0, True)
    await desk.left()
    async with app.streams.agent(agent, after=state["seq"]) as stream:
        frames = aiter(stream)
        assert (await anext(frames))["type"] == "welcome"
        assert await asyncio.wait_for(anext(frames), 5) == {"type": "inbox", "open": 1}
