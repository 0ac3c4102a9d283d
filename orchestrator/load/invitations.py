"""Invitations, as the desks saw them: each ends exactly once, and as it was answered."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from orchestrator.load.findings import Findings


@dataclass
class _Shown:
    agent: str
    conversation: str
    ended: str | None = None
    accepted: bool = False


class Invitations:
    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._shown: dict[str, _Shown] = {}
        self._ended_unseen: set[str] = set()
        self.outcomes: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._shown)

    def begun(self, at: float, invitation: str, agent: str, conversation: str) -> None:
        """A desk showed an invitation."""
        if invitation in self._shown:
            self._fail(at, invitation, f"was shown twice, to {self._shown[invitation].agent} and {agent}")
            return
        if invitation in self._ended_unseen:
            self._fail(at, invitation, f"was shown to {agent} after its end")
        self._shown[invitation] = _Shown(agent, conversation)

    def accepted(self, at: float, invitation: str) -> None:
        """The service confirmed that the agent has the conversation."""
        shown = self._shown.get(invitation)
        if shown is None:
            return
        shown.accepted = True
        self._compare(at, invitation, shown)

    def over(self, at: float, invitation: str, reason: str) -> None:
        """A desk was told of an end. One that it never showed may have ended before it was looked at."""
        shown = self._shown.get(invitation)
        if shown is None:
            if invitation in self._ended_unseen:
                self._fail(at, invitation, "ended twice")
            self._ended_unseen.add(invitation)
            return
        if shown.ended is not None:
            self._fail(at, invitation, f"ended twice: {shown.ended}, then {reason}")
            return
        shown.ended = reason
        self.outcomes[reason] += 1
        self._compare(at, invitation, shown)

    def finish(self, at: float) -> None:
        """Everything has come to rest: nothing may be open."""
        for invitation, shown in self._shown.items():
            if shown.ended is None:
                where = f"of {shown.conversation} to {shown.agent}"
                self._fail(at, invitation, f"{where} never ended")

    def _compare(self, at: float, invitation: str, shown: _Shown) -> None:
        if shown.accepted and shown.ended not in (None, "accepted"):
            self._fail(at, invitation, f"was confirmed as accepted and ended as {shown.ended}")

    def _fail(self, at: float, invitation: str, what: str) -> None:
        self._findings.add("invitations_end_once", at, f"invitation {invitation} {what}")
