"""Who holds what: one agent a conversation, and no agent more than they may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from orchestrator.load.findings import Findings

SETTLES_WITHIN = 3.0
"""Two desks hear of a change one after the other: so many seconds both may believe to hold a conversation."""


@dataclass
class Desk:
    """What one agent's desk was told. ``held``: conversation → whether video is part of it."""

    connected: bool = False
    chat_total: int | None = None
    held: dict[str, bool] = field(default_factory=dict[str, bool])
    versions: dict[str, int] = field(default_factory=dict[str, int])


class Holding:
    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self.desks: dict[str, Desk] = {}
        self._holders: dict[tuple[str, int], str] = {}
        self._shared_since: dict[tuple[str, tuple[str, ...]], float] = {}

    def desk(self, agent: str) -> Desk:
        return self.desks.setdefault(agent, Desk())

    def view(self, at: float, conversation: str, version: int, agent: str | None) -> None:
        """Anybody was shown this version of the conversation, with this agent."""
        if agent is None:
            return
        known = self._holders.setdefault((conversation, version), agent)
        if known != agent:
            what = f"{conversation}: its version {version} was shown with {known} and with {agent}"
            self._findings.add("one_agent", at, what, conversation, version)

    def on_desk(
        self, at: float, agent: str, conversation: str, version: int, *, mine: bool, video: bool
    ) -> None:
        """An agent's desk was shown a conversation; older views than the last one are passed over."""
        desk = self.desk(agent)
        if version < desk.versions.get(conversation, 0):
            return
        desk.versions[conversation] = version
        if not mine:
            desk.held.pop(conversation, None)
            return
        desk.held[conversation] = video
        if desk.chat_total is not None and len(desk.held) > desk.chat_total:
            what = f"{agent} holds {len(desk.held)} conversations and may hold {desk.chat_total}"
            self._findings.add("capacity", at, what, agent, tuple(sorted(desk.held)))

    def capacity(self, at: float, agent: str, shown: Mapping[str, int]) -> None:
        """What the service says of an agent's capacity: `Capacity` of the interface."""
        self.desk(agent).chat_total = shown["chat_total"]
        for channel in ("chat", "video"):
            used, total = shown[f"{channel}_used"], shown[f"{channel}_total"]
            if used > total:
                self._findings.add("capacity", at, f"{agent} is said to use {used} of {total} on {channel}")

    def board(self, at: float, agents: Mapping[str, tuple[int, Sequence[str]]]) -> None:
        """One reading of the supervisor's board: agent → (chats, conversations)."""
        seen: dict[str, str] = {}
        for agent, (chats, conversations) in agents.items():
            total = self.desk(agent).chat_total if agent in self.desks else None
            if total is not None and chats > total:
                self._findings.add("capacity", at, f"the board shows {agent} with {chats} chats of {total}")
            for conversation in conversations:
                other = seen.setdefault(conversation, agent)
                if other != agent:
                    what = f"{conversation}: the board shows it with {other} and with {agent}"
                    self._findings.add("one_agent", at, what)

    def look(self, at: float) -> None:
        """Call from time to time: finds conversations that stay on two desks."""
        holders: dict[str, list[str]] = {}
        for agent, desk in self.desks.items():
            if desk.connected:
                for conversation in desk.held:
                    holders.setdefault(conversation, []).append(agent)
        shared = {(name, tuple(sorted(agents))) for name, agents in holders.items() if len(agents) > 1}
        for gone in self._shared_since.keys() - shared:
            del self._shared_since[gone]
        for conversation, agents in shared:
            since = self._shared_since.setdefault((conversation, agents), at)
            if at - since > SETTLES_WITHIN:
                what = f"{conversation}: on the desks of {' and '.join(agents)} for {at - since:.1f} s"
                self._findings.add("one_agent", at, what, conversation, agents)
