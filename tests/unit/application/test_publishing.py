"""What a published policy changes for those who are there: who waits, who works, who is in a call."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from orchestrator.adapters.policies import configured_folder, read_set
from orchestrator.application.bot_replies import BotTransfer
from orchestrator.application.errors import Refused
from orchestrator.application.revisions.follower import Follower
from orchestrator.application.revisions.publishing import Publishing
from orchestrator.application.revisions.records import Author, PolicySet
from orchestrator.application.revisions.restrictions import Restrictions
from orchestrator.domain.conversation import State
from tests.fakes.application import POLICIES, TRIGGER, Application
from tests.fakes.clock import CountingIds
from tests.fakes.gates import FakeGates
from tests.unit.application.test_calls import in_call

ADMIN = Author("u_admin", "Ada")
Replaced = dict[str, tuple[str, str]]
CAMERA_FORBIDDEN: Replaced = {"camera.yaml": ("\ndefault: allowed", "\ndefault: forbidden")}


class Office:
    """An admin beside a running application."""

    def __init__(self, app: Application) -> None:
        self.app = app
        self.follower = Follower(app.store, app.bus, app.clock, app.policies, count=lambda _: None)
        self.publishing = Publishing(
            app.store, app.bus, app.clock, CountingIds(), FakeGates(), on_published=self.follower.look
        )
        self.restrictions = Restrictions(app.store, app.handler, app.policies)
        self.shipped = read_set(POLICIES)

    async def open(self) -> Office:
        await self.follower.begin(configured_folder(POLICIES))

        async def restrict() -> None:
            await self.restrictions.apply()

        self.follower.on_change(restrict)
        self.follower.on_change(self.app.floor.reconsider)
        return self

    async def publish(self, replaced: Replaced) -> None:
        files = dict(self.shipped.files)
        for name, (old, new) in replaced.items():
            assert old in files[name], f"{old!r} is not in {name}"
            files[name] = files[name].replace(old, new)  # everywhere
        base = (await self.publishing.live()).number
        changed = PolicySet(files, self.shipped.scenarios)
        draft = await self.publishing.save(changed, base=base, note="", by=ADMIN)
        await self.publishing.publish(draft.id, message="why", by=ADMIN)
        await self.app.settle()


# --- calls -------------------------------------------------------------------------------------------------


async def test_a_stricter_camera_rule_reaches_a_running_call(app: Application) -> None:
    office = await Office(app).open()
    visitor, claire, conversation, call_id = await in_call(app)
    call = (await app.check(conversation)).call
    assert call is not None
    assert (call.camera_on, app.media.rooms[call_id].camera) == (True, "allowed")
    await office.publish(CAMERA_FORBIDDEN)
    restricted = (await app.check(conversation)).call
    assert restricted is not None
    assert (restricted.camera, restricted.camera_on) == ("forbidden", False)
    assert (app.media.rooms[call_id].camera, app.media.rooms[call_id].camera_on) == ("forbidden", False)
    for subject in (f"visitor:{visitor}", f"agent:{claire}"):
        views = [
            frame["conversation"] for frame in await app.frames(subject) if frame["type"] == "conversation"
        ]
        call_view: Any = views[-1]["call"]  # type: ignore[index]
        assert (call_view["camera_policy"], call_view["camera_on"]) == ("forbidden", False)
    with pytest.raises(Refused) as refused:
        await app.conversations.switch_camera(visitor, conversation, on=True)
    assert refused.value.code == "camera_forbidden"
    assert "CameraRestricted" in await app.events(conversation)


async def test_a_looser_camera_rule_is_for_the_next_call(app: Application) -> None:
    office = await Office(app).open()
    await office.publish(CAMERA_FORBIDDEN)
    visitor, _, conversation, call_id = await in_call(app)
    await office.publish({})
    assert app.media.rooms[call_id].camera == "forbidden"
    minted: Any = await app.calls.mint(conversation, role="visitor", subject=visitor)
    assert minted["camera_policy"] == "forbidden"
    with pytest.raises(Refused):
        await app.conversations.switch_camera(visitor, conversation, on=True)
    await app.conversations.visitor_act(visitor, conversation, "hang_up")
    await app.settle()
    c = await app.check(conversation)
    assert c.call is None
    assert "CameraRestricted" not in await app.events(conversation)


async def test_who_joins_after_the_publication_meets_the_stricter_rule(app: Application) -> None:
    """Before any process has told the conversation: the room and the token go by the live rule already."""
    office = await Office(app).open()
    office.follower._changed.clear()  # pyright: ignore[reportPrivateUsage] - nobody tells
    visitor, _, conversation, call_id = await in_call(app)
    await office.publish(CAMERA_FORBIDDEN)
    minted: Any = await app.calls.mint(conversation, role="visitor", subject=visitor)
    assert minted["camera_policy"] == "forbidden"
    assert await office.restrictions.apply() == 1
    assert await office.restrictions.apply() == 0
    await app.settle()
    assert app.media.rooms[call_id].camera == "forbidden"


# --- who waits, who works ------------------------------------------------------------------------------------


async def waiting(app: Application, key: str) -> str:
    visitor, conversation = await app.chat(key)
    await app.say(conversation, BotTransfer("card", text="Je vous passe un conseiller."))
    del visitor
    return conversation


async def test_capacity_is_live_and_the_line_is_drained(app: Application) -> None:
    office = await Office(app).open()
    key = await app.site()
    claire = await app.agent("claire")
    conversations = [await waiting(app, key) for _ in range(5)]
    for conversation in conversations[:3]:
        invitation = (await app.snapshot(conversation)).invitation
        if invitation is not None:
            await app.conversations.accept(claire, conversation, invitation.id)
            await app.settle()
    states = [(await app.check(one)).state for one in conversations]
    assert states.count(State.QUEUED) == 2
    assert [(await app.snapshot(one)).invitation for one in conversations[3:]] == [None, None]
    state: Any = await app.conversations.agent_state(claire)
    assert state["capacity"]["chat_total"] == 3
    await office.publish({"routing.yaml": ("capacity: { chat: 3,", "capacity: { chat: 5,")})
    assert (await app.snapshot(conversations[3])).invitation is not None
    state = await app.conversations.agent_state(claire)
    assert state["capacity"]["chat_total"] == 5


async def test_a_group_that_closes_ends_the_waits_in_it(app: Application) -> None:
    office = await Office(app).open()
    conversation = await waiting(app, await app.site())
    assert (await app.check(conversation)).state is State.QUEUED
    never = 'hours: { time_zone: Europe/Paris, week: { sunday: ["03:00-03:01"] } }'
    await office.publish({"routing.yaml": ("hours: always", never)})
    assert (await app.check(conversation)).state is State.CHAT
    board: Any = await app.board.view()
    assert board["groups"][0]["open"] is False


async def test_a_group_that_is_gone_hands_its_line_to_the_default_group(app: Application) -> None:
    office = await Office(app).open()
    conversation = await waiting(app, await app.site())
    await office.publish({
        "routing.yaml": ("advisors", "experts"),
        "cards.yaml": ("group: advisors", "group: experts"),
    })  # fmt: skip
    assert list(app.policies.live.routing.groups) == ["experts"]
    await app.agent("claire", groups=(("experts", 1),))
    invitation = (await app.check(conversation)).invitation
    assert invitation is not None


async def test_what_is_pinned_stays_as_it_was_when_the_conversation_began(app: Application) -> None:
    office = await Office(app).open()
    key = await app.site()
    await app.agent("claire")
    _, old = await app.chat(key)
    await office.publish({"escalation.yaml": ("bot:\n  enabled: true", "bot:\n  enabled: false")})
    _, new = await app.chat(key)
    for conversation in (old, new):
        await app.say(conversation, BotTransfer("card", text=TRIGGER))
    verdicts = [(await app.check(conversation)).verdict for conversation in (old, new)]
    assert [verdict.escalates for verdict in verdicts if verdict is not None] == [True, False]


async def test_the_desk_is_told_of_another_policy(app: Application) -> None:
    office = await Office(app).open()
    claire = await app.agent("claire")
    stream = app.streams.agent(claire, can_video=True)
    async with stream, asyncio.timeout(10):
        frames = aiter(stream)
        while (await anext(frames))["type"] != "welcome":
            pass
        await office.publish({"routing.yaml": ("capacity: { chat: 3,", "capacity: { chat: 5,")})
        while True:
            frame: Any = await anext(frames)
            if frame["type"] == "agent" and frame["capacity"]["chat_total"] == 5:
                return
