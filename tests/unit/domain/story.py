"""A conversation told event by event against the shipped policy, for tests of the core."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Device, Role, Verdict
from orchestrator.domain.decide import decide
from orchestrator.domain.effects import Effect
from orchestrator.domain.events import Event
from orchestrator.domain.evolve import evolve
from orchestrator.domain.facts import AgentFacts, Facts, GroupFacts
from orchestrator.domain.invariants import broken_law
from orchestrator.domain.outcome import Moved, Notice, Outcome
from rules.load import load_policy
from rules.policy import Policy

POLICIES = Path(__file__).parents[3] / "rules" / "policies"
T0 = datetime(2026, 1, 5, 9, tzinfo=UTC)
MATCHED = Verdict(escalates=True, reason="matched", card_id="video_advisor", phrase="…", field="text")
PLAIN = Verdict(escalates=False, reason="no_phrase", card_id="advisor")


@cache
def shipped() -> Policy:
    return load_policy(POLICIES)


def agent(agent_id: str = "claire", **changes: bool) -> AgentFacts:
    values = {
        "chat_present": True,
        "video_present": True,
        "can_video": True,
        "free_chat": True,
        "free_video": True,
        "may_propose_video": True,
        "connected": True,
    } | changes
    return AgentFacts(id=agent_id, name=agent_id.title(), **values)


def group(**changes: object) -> GroupFacts:
    values: dict[str, object] = {
        "name": "advisors",
        "open": True,
        "places": 5,
        "waiting": 0,
        "has_free_agent": True,
    }
    return GroupFacts(**(values | changes))  # type: ignore[arg-type]


@dataclass
class Story:
    """Feeds events to `decide`, folds what moved, and keeps everything that came of it."""

    site_id: str = "demo"
    language: str = "fr"
    device: Device = Device.DESKTOP
    with_bot: bool = True
    policy: Policy = field(default_factory=shipped)
    now: datetime = T0
    c: Conversation | None = None
    effects: list[Effect] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    agent: AgentFacts = field(default_factory=agent)
    group: GroupFacts = field(default_factory=group)

    def start(self, can_video: bool = True) -> Story:
        self.tell(
            ev.ConversationStarted(
                "c1",
                self.site_id,
                "v1",
                self.language,
                self.device,
                can_video,
                "rasa" if self.with_bot else None,
            )
        )
        return self

    def tell(self, event: Event, after: timedelta = timedelta(seconds=1)) -> Outcome:
        self.now += after
        facts = Facts(agent=self.agent, group=self.group, bot_enabled=self.with_bot)
        outcome = decide(self.c, event, facts, self.policy, self.now)
        self.effects, self.notices = [], []
        if isinstance(outcome, Moved):
            self.c = evolve(self.c, outcome.changes)
            self.effects, self.notices = list(outcome.effects), list(outcome.notices)
            assert broken_law(self.c) is None
        return outcome

    def moved(self, event: Event, after: timedelta = timedelta(seconds=1)) -> Moved:
        outcome = self.tell(event, after)
        assert isinstance(outcome, Moved), outcome
        return outcome

    @property
    def conversation(self) -> Conversation:
        assert self.c is not None
        return self.c

    @property
    def said(self) -> list[str]:
        return [notice.key for notice in self.notices]

    def effect_names(self) -> list[str]:
        return [type(effect).__name__ for effect in self.effects]

    # --- passages that many stories share ---

    def handed_over(self, verdict: Verdict = MATCHED) -> Story:
        self.start()
        self.moved(ev.VisitorWrote("m1"))
        self.moved(ev.TransferRequested("m2", verdict))
        return self

    def invited(self, verdict: Verdict = MATCHED) -> Story:
        self.handed_over(verdict)
        self.moved(ev.AgentInvited("i1", "claire"))
        return self

    def accepted(self, verdict: Verdict = MATCHED) -> Story:
        self.invited(verdict)
        self.moved(ev.AgentAccepted("i1", "claire", "call-1"))
        return self

    def exhausted(self, verdict: Verdict = MATCHED) -> Story:
        """The one who was asked refused, and there is nobody else."""
        self.invited(verdict)
        self.moved(ev.InvitationDeclined("i1", "claire"))
        self.moved(ev.RoundExhausted())
        return self

    def handing_over(self, verdict: Verdict = PLAIN) -> Story:
        """Claire looks for somebody of the group to take over."""
        self.accepted(verdict)
        self.moved(ev.HandoverRequested("claire", "advisors", "n1"))
        return self

    def in_video(self) -> Story:
        self.accepted()
        self.moved(ev.MediaConnected("call-1", Role.VISITOR))
        self.moved(ev.MediaConnected("call-1", Role.AGENT))
        return self
