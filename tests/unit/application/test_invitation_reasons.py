"""An invitation says why it came to this agent, in the words that matter to the agent first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from orchestrator.api import schemas
from rules.policy import Policy
from tests.fakes.application import Application, running
from tests.fakes.estate import estate, group

WHY = TypeAdapter(schemas.InvitationWhy)


async def asks(app: Application, key: str, **more: object) -> str:
    app.clock.advance(1)
    visitor, conversation = await app.chat(key, **more)
    await app.conversations.visitor_act(visitor, conversation, "person")
    await app.settle()
    return conversation


async def invitation_of(app: Application, agent: str) -> schemas.InvitationView:
    state = schemas.AgentState.model_validate(await app.conversations.agent_state(agent))
    (found,) = state.invitations
    return found


def codes(view: schemas.InvitationView) -> list[str]:
    return [reason.code for reason in view.why.reasons]


def opened(database: Path, policy: Policy) -> Any:
    return running(database, policy=policy)


async def test_what_was_asked_for_and_by_which_strategy(database: Path) -> None:
    rules = ({"id": "loans", "when": "true", "group": "sales", "priority": 2, "skills": {"loans": 3}},)
    policy = estate({"sales": group(label={"fr": "Ventes", "en": "Sales"})}, rules)
    async with opened(database, policy) as app:
        key = await app.site()
        claire = await app.agent("claire", skills=(("loans", 5),), languages=("fr",))
        await app.agent("marc", skills=(("loans", 1),))
        await asks(app, key)
        view = await invitation_of(app, claire)
        assert codes(view) == ["priority", "skills", "language", "group", "longest_idle"]
        by_code = {reason.code: reason for reason in view.why.reasons}
        assert by_code["priority"].count == 2
        assert by_code["skills"].skills == [schemas.SkillLevel(name="loans", level=3)]
        assert by_code["language"].language == "fr"
        assert by_code["group"].group_labels == {"fr": "Ventes", "en": "Sales"}
        assert view.why.left_out == {"skill": 1}
        assert view.conversation.group_labels == {"fr": "Ventes", "en": "Sales"}


async def test_what_nobody_insists_on_any_more(database: Path) -> None:
    rules = ({"id": "loans", "when": "true", "group": "sales", "skills": {"loans": 3}},)
    relax = [{"after": "20s", "skill_levels": 1}, {"after": "60s", "language": "any"}]
    async with opened(database, estate({"sales": group(relax=relax)}, rules)) as app:
        key = await app.site()
        marc = await app.agent("marc", skills=(("loans", 2),), languages=("en",))
        await asks(app, key)
        await app.advance(59)
        assert not (await app.conversations.agent_state(marc))["invitations"]
        await app.advance(1)
        view = await invitation_of(app, marc)
        assert codes(view)[:2] == ["relaxed_skill_levels", "relaxed_language"]
        levels, language = view.why.reasons[:2]
        assert levels.skills == [schemas.SkillLevel(name="loans", level=3)]
        assert language.language == "fr"


async def test_a_group_that_helps_out_and_a_colleague_who_declined(database: Path) -> None:
    groups = {"near": group(overflow=[{"group": "far", "after": "60s"}]), "far": group()}
    async with opened(database, estate(groups)) as app:
        key = await app.site()
        near = await app.agent("near", groups=(("near", 1),))
        far = await app.agent("far", groups=(("far", 1),))
        conversation = await asks(app, key)
        invitation = await invitation_of(app, near)
        await app.conversations.decline(near, conversation, invitation.id)
        await app.settle()
        await app.advance(61)
        view = await invitation_of(app, far)
        assert codes(view)[0] == "overflow"
        assert view.why.reasons[0].group == "far"
        assert "declined" in codes(view) or "asked_again" in codes(view)


async def test_who_knows_the_visitor(database: Path) -> None:
    async with opened(database, estate({"all": group(sticky="30s")})) as app:
        key = await app.site()
        claire = await app.agent("claire")
        visitor, conversation = await app.chat(key)
        await app.conversations.visitor_act(visitor, conversation, "person")
        await app.settle()
        await app.conversations.accept(claire, conversation, (await invitation_of(app, claire)).id)
        await app.conversations.visitor_act(visitor, conversation, "close")
        await app.settle()
        again = await app.conversations.start(visitor, client_id="again")
        await app.conversations.visitor_act(visitor, again["conversation"]["id"], "person")
        await app.settle()
        view = await invitation_of(app, claire)
        assert codes(view)[0] == "knows_visitor"
        assert "longest_idle" not in codes(view)


async def test_a_colleague_asks(database: Path) -> None:
    async with opened(database, estate({"all": group(capacity={"chat": 2, "video": 1})})) as app:
        key = await app.site()
        claire = await app.agent("claire")
        conversation = await asks(app, key)
        await app.conversations.accept(claire, conversation, (await invitation_of(app, claire)).id)
        marc = await app.agent("marc")
        await app.conversations.transfer(claire, conversation, to_agent_id=marc)
        await app.settle()
        assert codes(await invitation_of(app, marc)) == ["colleague"]
        await app.conversations.withdraw_transfer(claire, conversation)
        await app.conversations.transfer_to_group(claire, conversation, group="all")
        await app.settle()
        view = await invitation_of(app, marc)
        assert codes(view)[0] == "handover"
        found = await app.conversations.agent_conversation(claire, conversation)
        shown = schemas.AgentConversationWithHistory.model_validate(found).conversation
        assert shown.transfer is not None
        assert shown.transfer.to_group_labels == {"fr": "Groupe", "en": "Group"}
