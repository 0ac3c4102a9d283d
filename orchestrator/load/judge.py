"""The judge: keeps every rule's account, and says at the end what was found."""

from __future__ import annotations

from orchestrator.load.findings import Findings, Violation
from orchestrator.load.histories import Histories
from orchestrator.load.holding import Holding
from orchestrator.load.invitations import Invitations
from orchestrator.load.lines import Lines

GRACE = 2.0
"""Seconds in which a free agent and a fitting visitor are to be brought together."""


class Judge:
    """``at`` is everywhere in seconds since the start, and never goes back."""

    def __init__(self, *, grace: float = GRACE) -> None:
        self.findings = Findings()
        self.holding = Holding(self.findings)
        self.invitations = Invitations(self.findings)
        self.lines = Lines(self.findings, grace=grace)
        self.histories = Histories(self.findings)

    def finish(self, at: float) -> None:
        """Nothing moves any more: what is open now stays open."""
        self.invitations.finish(at)
        self.lines.finish(at)

    @property
    def violations(self) -> list[Violation]:
        return sorted(self.findings.violations, key=lambda one: one.at)
