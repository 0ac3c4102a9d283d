"""Conversations played in a simulated estate by the production decision, and recorded as the store would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from orchestrator.application.bot_turns import verdict_of
from orchestrator.application.records import Agent
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Device, Role
from orchestrator.domain.events import Event
from orchestrator.domain.outcome import Denied, Moved
from orchestrator.domain.replay import Recording, Replayed, Step, replay_recording
from orchestrator.simulation.estate import Estate, Happened
from rules.card import CardText
from rules.compile import compile_policy
from rules.policy import Policy
from tests.unit.domain.story import T0
from tests.unit.rules.shipped import FILES

PHRASE = "Vous allez être mis en relation par vidéo"


def policy(*changes: tuple[str, str, str]) -> Policy:
    """The shipped policy with texts replaced: (file, old, new)."""
    files: dict[str, str] = dict(FILES)
    for file, old, new in changes:
        assert old in files[file], f"{file} no longer holds {old!r}"
        files[file] = files[file].replace(old, new, 1)
    return compile_policy(files)


def step_of(one: Happened) -> Step | None:
    """As it would be stored; None for what is not."""
    outcome = one.outcome
    if not isinstance(outcome, Moved | Denied) or one.after is None:
        return None
    moved = isinstance(outcome, Moved)
    read = dict(outcome.decision.facts)
    for miss in outcome.decision.near_misses:
        read |= miss.values
    return Step(
        version=one.after.version,
        at=one.at,
        event=type(one.event).__name__,
        refused=None if isinstance(outcome, Moved) else outcome.reason,
        row=outcome.decision.row if moved else None,
        actions=outcome.decision.actions if moved else (),
        say=outcome.decision.say if moved else (),
        body=one.event,
        changes=outcome.changes if isinstance(outcome, Moved) else {},
        facts=one.facts,
        read=read,
    )


class Recorder:
    """Listens to an estate."""

    def __init__(self, revision: str) -> None:
        self._revision = revision
        self._steps: dict[str, list[Step]] = {}

    def heard(self, one: Happened) -> None:
        step = step_of(one)
        if step is not None:
            self._steps.setdefault(one.conversation_id, []).append(step)

    @property
    def recordings(self) -> list[Recording]:
        return [Recording(name, self._revision, tuple(steps)) for name, steps in self._steps.items()]


class Scene:
    """One conversation of a site, told event by event."""

    def __init__(
        self, then: Policy | None = None, *, at: datetime = T0, bot: bool = True, **visitor: Any
    ) -> None:
        self.policy = then or policy()
        self.estate = Estate(self.policy, at)
        self.recorder = Recorder(self.policy.revision)
        self.estate.listen(self.recorder.heard)
        self.do(
            ev.ConversationStarted(
                "c1",
                "demo",
                "v1",
                visitor.get("language", "fr"),
                visitor.get("device", Device.DESKTOP),
                visitor.get("can_video", True),
                "rasa" if bot else None,
            )
        )

    def agent(self, name: str = "claire", **more: Any) -> Scene:
        values: Mapping[str, Any] = {
            "chat_state": "available",
            "video_state": "available",
            "can_video": True,
            "may_propose_video": True,
            "groups": (("advisors", 1),),
            "languages": ("fr", "en"),
            "sockets": 1,
        } | more
        self.estate.put_agent(Agent(id=name, name=name.title(), **values))
        return self

    def do(self, *happens: Event) -> Scene:
        for event in happens:
            self.estate.submit("c1", event)
        return self

    def card(self, card_id: str | None = None, text: str = PHRASE) -> Scene:
        """The bot shows a card of the policy, or one of its own."""
        c = self.estate.conversations["c1"]
        known = self.policy.card(card_id) if card_id is not None else None
        shown = CardText(c.language, "", text) if known is None else known.text_for(c.language)
        verdict = replace(verdict_of(shown, c, self.policy), card_id=card_id)
        return self.do(ev.TransferRequested("m-card", verdict, known.group if known is not None else None))

    def accepts(self) -> Scene:
        invitation = self.estate.conversations["c1"].invitation
        assert invitation is not None, "nobody is invited"
        return self.do(ev.AgentAccepted(invitation.id, invitation.agent_id, "call-1"))

    def declines(self) -> Scene:
        invitation = self.estate.conversations["c1"].invitation
        assert invitation is not None, "nobody is invited"
        return self.do(ev.InvitationDeclined(invitation.id, invitation.agent_id))

    def both_connect(self) -> Scene:
        return self.do(ev.MediaConnected("call-1", Role.VISITOR), ev.MediaConnected("call-1", Role.AGENT))

    def passes(self, seconds: float) -> Scene:
        self.estate.advance_to(self.estate.now + timedelta(seconds=seconds))
        return self

    @property
    def recording(self) -> Recording:
        (recording,) = self.recorder.recordings
        return recording

    def under(self, *changes: tuple[str, str, str]) -> Replayed:
        """This conversation, through the shipped policy with other changes."""
        return self.through(policy(*changes))

    def through(self, draft: Policy) -> Replayed:
        known = {self.policy.revision: self.policy, draft.revision: draft}
        return replay_recording(self.recording, draft, known.get)
