"""The story of a conversation, from what is stored: by the desk's route and by the command."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from typer.testing import CliRunner

from orchestrator.application.bot_replies import BotText, BotTransfer
from orchestrator.cli import app as cli
from orchestrator.domain.explain import Language
from tests.fakes.application import TRIGGER, Application, policy_with, running


async def told(app: Application, conversation: str, language: Language = "en") -> list[Mapping[str, Any]]:
    found = await app.conversations.decisions(conversation, language=language)
    return [cast("Mapping[str, Any]", one["told"]) for one in found]


async def escalated(app: Application, conversation: str) -> str:
    """The bot shows a card that escalates, and the agent who is invited accepts; returns the agent."""
    claire = await app.agent("claire")
    await app.agent("marc", video=False)
    await app.say(conversation, BotTransfer("r1", text=TRIGGER))
    invitation = (await app.snapshot(conversation)).invitation
    assert invitation is not None
    await app.conversations.accept(claire, conversation, invitation.id)
    return claire


async def test_the_story_in_two_languages(app: Application) -> None:
    _, conversation = await app.chat(await app.site())
    await escalated(app, conversation)
    english, french = await told(app, conversation), await told(app, conversation, "fr")
    assert [one["happened"] for one in english] == [
        "The visitor opened a conversation.",
        "The bot showed a transfer card. It escalates to video: it contains the phrase.",
        "Claire was invited to take the conversation.",
        "Claire took the conversation.",
    ]
    invited = english[2]["search"]
    assert invited[0] == "Looked for Advisers, language fr, for chat and video."
    assert invited[-1] == "Not asked: 1 not available on this channel (Marc)."
    assert english[1]["nearly"][0] == "Row “card-group-closed” did not apply: the group is open."
    assert english[3]["because"].startswith("Because ")
    assert "the agent is available on video" in english[3]["because"]
    assert len(french) == len(english)
    assert french[2]["search"][0].startswith("Recherche\u00a0: Conseillers, langue fr")
    assert french[3]["happened"] == "Claire a pris la conversation."


async def test_why_not(app: Application) -> None:
    _, conversation = await app.chat(await app.site())
    await escalated(app, conversation)
    await app.say(conversation, BotText("late", "Encore moi"))
    last = (await told(app, conversation))[-1]
    assert last["happened"] == "The bot finished its turn."
    assert last["decided"] == "Refused: the bot does not speak once it has handed over."


async def test_texts_that_are_erased_change_nothing(app: Application) -> None:
    _, conversation = await app.chat(await app.site())
    await escalated(app, conversation)
    before = await told(app, conversation)
    async with app.store.transaction() as tx:
        assert await tx.messages.erase(conversation) > 0
    assert await told(app, conversation) == before


async def test_a_new_policy_changes_no_old_story(database: Path) -> None:
    async with running(database) as app:
        _, conversation = await app.chat(await app.site())
        await escalated(app, conversation)
        story = await told(app, conversation)
    assert story[1]["because"] is None, "the row that decided has no condition"
    # A row of this name has a condition now, and reads what was read then for another row.
    other = policy_with(
        {
            "conversation.yaml": (
                "  - id: card-hands-over\n",
                '  - id: card-hands-over\n    when: "group.open"\n',
            )
        }
    )
    async with running(database, policy=other) as app:
        assert await told(app, conversation) == story


def test_the_command_tells_the_same(database: Path, tmp_path: Path) -> None:
    async def recorded() -> tuple[str, list[str]]:
        async with running(database) as app:
            _, conversation = await app.chat(await app.site())
            await escalated(app, conversation)
            return conversation, [one["happened"] for one in await told(app, conversation)]

    conversation, sentences = asyncio.run(recorded())
    run = CliRunner().invoke
    given = ["--data-dir", str(tmp_path)]
    shown = run(cli, ["explain", conversation, *given])
    assert shown.exit_code == 0, shown.output
    for sentence in sentences:
        assert sentence in shown.output
    french = run(cli, ["explain", conversation, "--language", "fr", *given])
    assert "Le visiteur a ouvert une conversation." in french.output
    plain = json.loads(run(cli, ["explain", conversation, "--json", *given]).output)
    assert [one["told"]["happened"] for one in plain] == sentences
    unknown = run(cli, ["explain", "c_nobody", *given])
    assert unknown.exit_code == 1
    assert "There is no such conversation. (c_nobody)" in unknown.output
