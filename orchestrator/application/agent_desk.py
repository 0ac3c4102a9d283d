"""What an agent can do."""

from __future__ import annotations

from typing import Literal

from orchestrator.application.records import Json

AgentAction = Literal["leave_lobby", "hang_up", "close"]


class AgentDesk:
    async def agent_state(self, agent_id: str) -> Json:
        """→ `AgentState`."""
        raise NotImplementedError

    async def set_presence(self, agent_id: str, *, chat: bool, video: bool) -> Json:
        """→ `AgentState`. Invitations the agent can no longer take are revoked; new offers may come at once."""
        raise NotImplementedError

    async def agent_conversation(
        self, agent_id: str, conversation_id: str, *, supervisor: bool = False, after_position: int = 0
    ) -> Json:
        """→ `AgentConversationWithHistory`. Own, invited and formerly own conversations; a supervisor sees all."""
        raise NotImplementedError

    async def accept(self, agent_id: str, conversation_id: str, invitation_id: str) -> Json:
        """→ `AgentConversation`."""
        raise NotImplementedError

    async def decline(
        self, agent_id: str, conversation_id: str, invitation_id: str, *, reason: str = ""
    ) -> Json:
        """→ `AgentConversation`, as it was offered."""
        raise NotImplementedError

    async def post_agent_message(
        self, agent_id: str, conversation_id: str, *, client_id: str, text: str
    ) -> Json:
        """→ `PostedMessage`."""
        raise NotImplementedError

    async def propose_video(self, agent_id: str, conversation_id: str) -> Json:
        """→ `AgentConversation`."""
        raise NotImplementedError

    async def withdraw_video(self, agent_id: str, conversation_id: str) -> Json:
        """→ `AgentConversation`: the open proposal is withdrawn."""
        raise NotImplementedError

    async def agent_act(self, agent_id: str, conversation_id: str, action: AgentAction) -> Json:
        """→ `AgentConversation`."""
        raise NotImplementedError

    async def transfer(
        self, agent_id: str, conversation_id: str, *, to_agent_id: str, note: str = ""
    ) -> Json:
        """→ `AgentConversation`: a colleague is invited; this agent stays until it is accepted."""
        raise NotImplementedError

    async def history(self, conversation_id: str, *, after_position: int = 0) -> list[Json]:
        """→ `Message`s, for staff."""
        raise NotImplementedError

    async def decisions(self, conversation_id: str) -> list[Json]:
        """→ `DecisionView`s: the why of every step, refusals included."""
        raise NotImplementedError

    async def agent_typing(self, agent_id: str, conversation_id: str) -> None:
        """Tell the visitor; nothing is stored, a foreign conversation is silently left alone."""
        raise NotImplementedError
