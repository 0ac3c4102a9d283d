"""A replay against the truth: the same script, played once more under the draft itself.

What a replay says of a step must be what happens there when the draft really decides. It may say that it cannot tell;
it may not say anything wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Device, Party, Role, State
from orchestrator.domain.replay.recording import KINDS, Recording, Step
from rules.policy import Policy
from tests.unit.domain.replay.recorder import Scene, policy

Change = tuple[str, str, str]
CHART, ESCALATION, ROUTING, CARDS, CAMERA = (
    f"{name}.yaml" for name in ("conversation", "escalation", "routing", "cards", "camera")
)


def invited(scene: Scene) -> bool:
    return scene.estate.conversations["c1"].invitation is not None


def taken(scene: Scene) -> Scene:
    return scene.accepts() if invited(scene) else scene


def in_chat(scene: Scene) -> bool:
    c = scene.estate.conversations["c1"]
    return (c.state, c.party) == (State.CHAT, Party.AGENT)


def card_to_video(then: Policy) -> Scene:
    scene = taken(Scene(then).agent().card("video_advisor"))
    return scene.both_connect().do(
        ev.HungUp(Role.VISITOR), ev.VideoRequested(), ev.ConversationClosed("agent")
    )


def plain_card(then: Policy) -> Scene:
    scene = taken(Scene(then).agent().card("advisor")).do(
        ev.VisitorWrote("m1"), ev.AgentWrote("claire", "m2")
    )
    return scene.do(ev.VideoProposed("claire", "p1"), ev.VideoAccepted("p1", "call-1")).both_connect()


def nobody_there(then: Policy) -> Scene:
    scene = Scene(then, bot=False).agent(chat_state="offline").do(ev.PersonRequested(), ev.VisitorWrote("m1"))
    return scene.passes(700)


def everybody_declines(then: Policy) -> Scene:
    scene = Scene(then, bot=False).agent().agent("marc").do(ev.PersonRequested())
    for _ in range(3):
        if invited(scene):
            scene.declines()
    return scene.passes(31)


def no_answer(then: Policy) -> Scene:
    return taken(Scene(then, bot=False).agent().do(ev.VideoRequested()).passes(31).passes(31))


def english_on_a_phone(then: Policy) -> Scene:
    scene = Scene(then, language="en", device=Device.MOBILE).agent().card("video_advisor")
    return taken(scene).do(ev.VisitorWrote("m1"))


def french_on_a_phone(then: Policy) -> Scene:
    return taken(Scene(then, device=Device.MOBILE).agent().card("video_advisor")).do(ev.VisitorWrote("m1"))


def not_permitted(then: Policy) -> Scene:
    scene = taken(Scene(then).agent(may_propose_video=False).card("advisor"))
    return scene.do(ev.VideoProposed("claire", "p1"), ev.AgentWrote("claire", "m1"))


SCRIPTS: tuple[Callable[[Policy], Scene], ...] = (
    card_to_video,
    plain_card,
    nobody_there,
    everybody_declines,
    no_answer,
    english_on_a_phone,
    french_on_a_phone,
    not_permitted,
)

DRAFTS: dict[str, tuple[Change, ...]] = {
    "the same": (),
    "renamed": ((CHART, "  - id: card-hands-over\n", "  - id: handed-over\n"),),
    "no card to video": (
        (CHART, "      card.escalates && escalation.bot_enabled", "      false && card.escalates"),
    ),
    "hang-ups of agents only": (
        (CHART, "  - id: hung-up\n", '  - id: hung-up\n    when: event.by == "agent"\n'),
    ),
    "proposals for everybody": ((CHART, "escalation.agent_enabled && agent.may_propose_video && ", ""),),
    "invitations of 45 s": ((CHART, "invitation: 30s", "invitation: 45s"),),
    "invitations of 20 s": ((CHART, "invitation: 30s", "invitation: 20s"),),
    "a shorter wait": ((CHART, "max_wait: 10m, next_round", "max_wait: 4m, next_round"),),
    "no places": ((ROUTING, "places: { chat: 10, video: 5 }", "places: { chat: 0, video: 0 }"),),
    "closed": (
        (
            ROUTING,
            "hours: always\n",
            'hours:\n      time_zone: Europe/Paris\n      week: { sunday: ["20:00-21:00"] }\n',
        ),
    ),
    "one chat each": ((ROUTING, "capacity: { chat: 3", "capacity: { chat: 1"),),
    "computers only": ((ESCALATION, "devices: [desktop, mobile]", "devices: [desktop]"),),
    "English escalates": (
        (ESCALATION, "languages: [fr]\n", "languages: [fr, en]\n"),
        (
            ESCALATION,
            "  no_video_agent: chat",
            "    en: [You will be connected by video]\n  no_video_agent: chat",
        ),
    ),
    "other words": ((CARDS, "Vous allez être mis en relation par vidéo avec", "Vous allez parler avec"),),
    "the camera forbidden": ((CAMERA, "    camera: allowed\n", "    camera: forbidden\n"),),
    "a guard on messages": (
        (
            CHART,
            "  - id: visitor-writes-to-agent\n",
            "  - id: shy\n    event: VisitorWrote\n    from: chat\n    party: agent\n"
            "    when: '!agent.video_present'\n    do: [restart_idle]\n\n  - id: visitor-writes-to-agent\n",
        ),
    ),
}


@cache
def compiled(name: str) -> Policy:
    return policy(*DRAFTS[name])


@cache
def recorded(script: Callable[[Policy], Scene], name: str) -> Recording:
    return script(compiled(name)).recording


def told(step: Step) -> tuple[str, str | None, str | None]:
    return step.event, step.row, step.refused


@pytest.mark.parametrize("name", DRAFTS)
@pytest.mark.parametrize("script", SCRIPTS)
def test_what_is_said_is_what_happens(script: Callable[[Policy], Scene], name: str) -> None:
    scene, truth = script(compiled("the same")), recorded(script, name).steps
    replayed = scene.through(compiled(name))
    was = scene.recording.steps
    assert sum(replayed.counts.values()) == len(was)
    compared = len(was) - replayed.counts.get("not_compared", 0)
    stopped = [one for _, one in replayed.differences if KINDS.index(one.kind) < KINDS.index("not_compared")]
    last = stopped[-1] if stopped and compared < len(was) else None
    differing = {id(one) for one in stopped}
    for place in range(compared - (1 if last is not None else 0)):
        then, now = was[place], truth[place]
        if told(then) != told(now):
            # Told as a difference that leaves the two alike.
            assert then.event == now.event
            assert any(one.event == then.event and one.was.row == then.row for one in stopped), told(now)
    if not differing:
        assert [told(step) for step in was] == [told(step) for step in truth]
    if last is not None and last.now is not None:
        now = truth[compared - 1] if len(truth) >= compared else None
        if last.now.target is None:
            refused = now is None or now.refused == last.now.reason or now.event != last.event
            assert refused, told(now) if now is not None else None
        else:
            assert now is not None
            assert (now.event, now.row) == (last.event, last.now.row)


def test_every_draft_but_the_same_shows_somewhere() -> None:
    """The scripts meet what the drafts change; else the comparison above would prove little."""
    for name in DRAFTS:
        found = [script(compiled("the same")).through(compiled(name)).differences for script in SCRIPTS]
        assert any(found) == (name != "the same"), name
