"""Decisions per second through `decide` with the shipped policy, next to the bare `transitions` machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table
from transitions import Machine

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Device, Verdict
from orchestrator.domain.decide import decide
from orchestrator.domain.evolve import evolve
from orchestrator.domain.facts import AgentFacts, Facts, GroupFacts
from orchestrator.domain.outcome import Moved
from rules.load import load_policy

SECONDS = 2.0
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
FACTS = Facts(
    agent=AgentFacts("claire", "Claire", True, True, True, True, True, True, True),
    group=GroupFacts("advisors", places=10, has_free_agent=True),
)


@dataclass(frozen=True)
class Case:
    """A snapshot and an event that moves it."""

    name: str
    conversation: Conversation
    event: ev.Event


def rate(work: Callable[[], object], seconds: float = SECONDS) -> float:
    """How often ``work`` runs in a second, measured over ``seconds``."""
    count, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        for _ in range(50):
            work()
        count += 50
    return count / elapsed


def cases() -> list[Case]:
    policy = load_policy(Path(__file__).parents[1] / "rules" / "policies")
    found: list[Case] = []
    conversation: Conversation | None = None
    steps: list[tuple[str, ev.Event]] = [
        ("start", ev.ConversationStarted("c1", "demo", "v1", "fr", Device.DESKTOP, True, "rasa")),
        ("visitor writes to the bot", ev.VisitorWrote("m1")),
        ("card hands over", ev.TransferRequested("m2", Verdict(True, "matched", "video_advisor"))),
        ("agent is invited", ev.AgentInvited("i1", "claire")),
        ("agent accepts, to video", ev.AgentAccepted("i1", "claire", "call-1")),
        ("agent writes in the lobby", ev.AgentWrote("claire", "m3")),
    ]
    for name, event in steps:
        if conversation is not None:
            found.append(Case(name, conversation, event))
        outcome = decide(conversation, event, FACTS, policy, NOW)
        assert isinstance(outcome, Moved), (name, outcome)
        conversation = evolve(conversation, outcome.changes)
    return found


class Model:
    state: str

    def yes(self) -> bool:
        return True


def bare_machine() -> Callable[[], object]:
    """One guarded trigger of a flat `transitions` machine, as the peer: no facts, no trace, no effects."""
    model = Model()
    machine = Machine(model, states=["chat", "queued"], initial="chat", auto_transitions=False)
    machine.add_transition("go", "chat", "chat", conditions="yes")
    return lambda: machine.dispatch("go")


def run(console: Console) -> None:
    policy = load_policy(Path(__file__).parents[1] / "rules" / "policies")
    bare = rate(bare_machine())
    table = Table(
        "event", "decisions/s", "µs each", "× one bare trigger", title="decide, with trace, one core"
    )
    for case in cases():
        got = rate(lambda case=case: decide(case.conversation, case.event, FACTS, policy, NOW), SECONDS / 2)
        table.add_row(case.name, f"{got:,.0f}", f"{1e6 / got:.0f}", f"{bare / got:.1f}")
    table.add_row("bare `transitions` trigger", f"{bare:,.0f}", f"{1e6 / bare:.0f}", "1.0", style="dim")
    console.print(table)
