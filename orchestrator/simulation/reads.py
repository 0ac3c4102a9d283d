"""What `application.gather` reads, out of memory: scenarios and simulations have the facts of the live service.

`gather` is a coroutine because a database is; what is read here is there at once, so that it runs without a loop.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from orchestrator.application.floor import LiveFloor
from orchestrator.application.gather import gather, gather_for_pages
from orchestrator.application.ports import Transaction, WaitEstimates
from orchestrator.application.records import Agent, AgentLoad, LoadedConversation
from orchestrator.domain.conversation import Conversation
from orchestrator.domain.distribution import waiting_of
from orchestrator.domain.events import Event
from orchestrator.domain.facts import Facts
from orchestrator.domain.floor import Floor
from orchestrator.domain.follow_up import holdings
from rules.policy import Policy


class _People:
    def __init__(self, agents: Mapping[str, Agent]) -> None:
        self._agents = agents

    async def agent(self, agent_id: str, *, lock: bool = False) -> Agent | None:
        return self._agents.get(agent_id)


class _Conversations:
    def __init__(self, conversations: Mapping[str, Conversation], held: Mapping[str, set[str]]) -> None:
        self._conversations = conversations
        self._held = held

    async def load(self, conversation_id: str) -> LoadedConversation | None:
        found = self._conversations.get(conversation_id)
        return LoadedConversation(found) if found is not None else None

    async def load_of_agent(self, agent_id: str, *, own: str | None = None) -> AgentLoad:
        return self.load_now(agent_id, own=own)

    def load_now(self, agent_id: str, *, own: str | None = None) -> AgentLoad:
        chat = video = own_chat = own_video = 0
        for name in self._held.get(agent_id, ()):
            chats, videos = holdings(self._conversations[name]).get(agent_id, (0, 0))
            chat, video = chat + chats, video + videos
            if name == own:
                own_chat, own_video = chats, videos
        return AgentLoad(chat, video, own_chat, own_video)


class _Picture:
    def __init__(self, floor: Floor, policy: Policy) -> None:
        self.picture = floor
        self._policy = policy
        self.now: datetime | None = None

    async def refresh(self, tx: object = None) -> None:
        """What is committed is in the picture already."""

    def could_ask(self, c: Conversation, pinned: Policy) -> bool:
        waiting = waiting_of(c, pinned, self._policy)
        if waiting is None or self.now is None:
            return False
        return self.picture.choose(waiting, self.now).agent_id is not None


class _Transaction:
    def __init__(self, people: _People, conversations: _Conversations) -> None:
        self.people = people
        self.conversations = conversations


class Reads:
    """Facts from ``agents`` and ``conversations``; ``held``: the conversations in which each agent holds something."""

    def __init__(
        self,
        policy: Policy,
        floor: Floor,
        agents: Mapping[str, Agent],
        conversations: Mapping[str, Conversation],
        held: Mapping[str, set[str]],
        waits: WaitEstimates,
    ) -> None:
        self._waits = waits
        self._policy = policy
        self._conversations = _Conversations(conversations, held)
        self._tx = cast("Transaction", _Transaction(_People(agents), self._conversations))
        self._picture = _Picture(floor, policy)

    def facts(self, c: Conversation | None, event: Event, now: datetime) -> Facts:
        """The facts for deciding an event."""
        self._picture.now = now
        asked = gather(
            self._tx,
            c,
            event,
            pinned=self._policy,
            live=self._policy,
            now=now,
            floor=cast("LiveFloor", self._picture),
            waits=self._waits,
        )
        try:
            asked.send(None)
        except StopIteration as found:
            return cast("Facts", found.value)
        raise RuntimeError("facts that are in memory were waited for")

    def facts_for_pages(self, c: Conversation, now: datetime) -> Facts:
        """The facts for asking what each side may do now."""
        self._picture.now = now
        asked = gather_for_pages(
            self._tx,
            c,
            pinned=self._policy,
            live=self._policy,
            now=now,
            floor=cast("LiveFloor", self._picture),
            waits=self._waits,
        )
        try:
            asked.send(None)
        except StopIteration as found:
            return cast("Facts", found.value)
        raise RuntimeError("facts that are in memory were waited for")

    def load(self, agent_id: str) -> AgentLoad:
        """What an agent holds now."""
        return self._conversations.load_now(agent_id)
