"""Conversations as a store recorded them, replayed: on both databases, page by page, without any text."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text, update

from orchestrator.adapters import sql_recordings
from orchestrator.adapters.database import open_database
from orchestrator.adapters.sql_recordings import SqlRecordings
from orchestrator.adapters.tables import EventRow, RefusalRow
from orchestrator.application.bot_replies import BotText, BotTransfer
from orchestrator.application.replay import replay
from orchestrator.domain.replay import Recording, ReplayReport
from orchestrator.domain.replay.telling import lines, plain, summary
from rules.policy import Policy
from tests.fakes.application import TRIGGER, Application, policy_with, running, shipped_policy

events = EventRow.__table__  # type: ignore[attr-defined]
refusals = RefusalRow.__table__  # type: ignore[attr-defined]


async def three_conversations(app: Application) -> list[str]:
    """To video by a card, closed by the visitor, and one in which the bot was refused; an hour between them."""
    key = await app.site()
    claire = await app.agent("claire")
    _, first = await app.chat(key)
    await app.say(first, BotTransfer("r1", text=TRIGGER))
    invitation = (await app.snapshot(first)).invitation
    assert invitation is not None
    await app.conversations.accept(claire, first, invitation.id)
    await app.say(first, BotText("late", "Encore moi"))
    app.clock.advance(3600)
    visitor, second = await app.chat(key)
    await app.conversations.visitor_act(visitor, second, "close")
    app.clock.advance(3600)
    visitor, third = await app.chat(key)
    await app.conversations.post_visitor_message(visitor, third, client_id="m", text="Bonjour")
    await app.settle()
    return [first, second, third]


async def read(recordings: SqlRecordings, **more: object) -> list[Recording]:
    return [one async for one in recordings.read(**more)]  # type: ignore[arg-type]


async def replayed(recordings: SqlRecordings, draft: Policy) -> ReplayReport:
    return await replay(draft, recordings.read(), recordings.policy_files)


RENAMED = {"conversation.yaml": ("  - id: card-escalates-to-video\n", "  - id: straight-to-video\n")}
NO_PHRASE = {"escalation.yaml": ("      - Vous allez être mis en relation par vidéo\n", "")}


async def test_recorded_and_replayed(database_url: str) -> None:
    async with running(database_url) as app:
        first, second, third = await three_conversations(app)
        now = app.clock.now()
        recordings = SqlRecordings(database_url, page=2)
        try:
            found = await read(recordings)
            assert [one.conversation_id for one in found] == [third, second, first], "the newest first"
            assert [one.conversation_id for one in await read(recordings, limit=1)] == [third]
            assert [one.conversation_id for one in await read(recordings, limit=3)] == [third, second, first]
            assert len(await read(recordings, since=now - timedelta(minutes=90))) == 2
            steps = found[-1].steps
            assert [step.version for step in steps] == sorted(step.version for step in steps)
            assert steps[-1].refused == "bot_is_mute"
            assert found[-1].revision == shipped_policy().revision

            same = await replayed(recordings, shipped_policy())
            assert same.passes, plain(same)
            assert same.conversations == 3

            renamed = await replayed(recordings, policy_with(RENAMED))
            (change,) = renamed.changes
            assert (change.difference.kind, change.examples[0][0]) == ("other_row", first)
            assert not renamed.passes
        finally:
            await recordings.close()


async def test_every_conversation_is_read_once(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where pages end between those that began at the same moment."""
    async with running(database_url) as app:
        key = await app.site()
        names = [(await app.chat(key))[1] for _ in range(7)]
    for most_ids, page in ((2, 1), (3, 2), (7, 7), (100, 3)):
        monkeypatch.setattr(sql_recordings, "MOST_IDS", most_ids)
        recordings = SqlRecordings(database_url, page=page)
        try:
            assert sorted(one.conversation_id for one in await read(recordings)) == sorted(names)
            assert len(await read(recordings, limit=5)) == 5
        finally:
            await recordings.close()


async def test_texts_that_were_erased_are_not_missed(database_url: str) -> None:
    async with running(database_url) as app:
        names = await three_conversations(app)
        recordings = SqlRecordings(database_url)
        drafts = [shipped_policy(), policy_with(RENAMED), policy_with(NO_PHRASE)]
        try:
            before = [plain(await replayed(recordings, draft)) for draft in drafts]
            assert before[0]["passes"]
            assert not before[1]["passes"]
            async with app.store.transaction() as tx:
                assert sum([await tx.messages.erase(name) for name in names]) > 0
            database = open_database(database_url)
            async with database.transaction(write=True) as session:
                # Not even their places and contexts.
                for table in ("message_body", "context"):
                    await session.write(text(f"DELETE FROM {table}"))  # noqa: S608 - two fixed names
            await database.close()
            assert [plain(await replayed(recordings, draft)) for draft in drafts] == before
        finally:
            await recordings.close()


@pytest.mark.parametrize(
    "broken",
    [{"name": "Teleported"}, {"body": '{"what": 1}'}, {"changes": '{"wings": 2}'}, {"facts": '{"agent": 3}'}],
)
async def test_what_this_version_cannot_read_cannot_be_told(
    database_url: str, broken: dict[str, str]
) -> None:
    async with running(database_url) as app:
        first, _, _ = await three_conversations(app)
        database = open_database(database_url)
        async with database.transaction(write=True) as session:
            await session.write(
                update(events)
                .where(events.c.conversation_id == first, events.c.name == "AgentInvited")
                .values(broken)
            )
        await database.close()
        recordings = SqlRecordings(database_url)
        try:
            report = await replayed(recordings, shipped_policy())
        finally:
            await recordings.close()
        assert (report.same, report.changed, report.unclear) == (2, 0, 1)
        assert not report.passes
        (change,) = report.changes
        assert change.difference.kind == "cannot_tell"
        assert "which this version cannot read" in change.difference.why[0]
        told = "\n".join([*lines(report), summary(report)])
        assert "cannot be told: 1" in told
        assert "not compared" in told
        assert f"the same: {report.steps['same']}" in told
        assert summary(report) == "3 conversations: 2 the same, 0 changed, 1 of which it cannot be told"


async def test_what_was_recorded_before_facts_were_kept(database_url: str) -> None:
    """An older version kept neither facts nor the events that were refused."""
    async with running(database_url) as app:
        first, _, _ = await three_conversations(app)
        database = open_database(database_url)
        async with database.transaction(write=True) as session:
            await session.write(update(events).values(facts=None))
            await session.write(update(refusals).values(facts=None, body=None))
        await database.close()
        recordings = SqlRecordings(database_url)
        try:
            report = await replayed(recordings, shipped_policy())
        finally:
            await recordings.close()
        assert (report.same, report.changed, report.unclear) == (2, 0, 1)
        (change,) = report.changes
        assert (change.difference.event, change.examples[0][0]) == ("BotReplied", first)
        assert change.difference.why == ("the event BotReplied",)


async def test_nothing_was_recorded(database_url: str) -> None:
    recordings = SqlRecordings(database_url)
    try:
        report = await replayed(recordings, shipped_policy())
    finally:
        await recordings.close()
    assert report.passes
    assert summary(report) == "0 conversations: 0 the same, 0 changed"
