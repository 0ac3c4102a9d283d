"""What an agent can do."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Literal

from orchestrator.application.errors import NotFound, Refused
from orchestrator.application.explain import explain
from orchestrator.application.handle_event import Moment
from orchestrator.application.notify import visitor_stream
from orchestrator.application.ports import Transaction
from orchestrator.application.records import Json, NewMessage
from orchestrator.application.use_cases import UseCases, refusal_of
from orchestrator.application.views import message_view, message_views
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Role
from orchestrator.domain.events import Event
from orchestrator.domain.explain import Language

_CODE = re.compile(r"[a-z_]{1,40}")

AgentAction = Literal["leave_lobby", "hang_up", "close"]

_EVENT_OF_ACTION: dict[AgentAction, Callable[[], Event]] = {
    "leave_lobby": lambda: ev.LobbyLeft(Role.AGENT),
    "hang_up": lambda: ev.HungUp(Role.AGENT),
    "close": lambda: ev.ConversationClosed("agent"),
}


class AgentDesk(UseCases):
    async def agent_conversation(
        self, agent_id: str, conversation_id: str, *, supervisor: bool = False, after_position: int = 0
    ) -> Json:
        """→ `AgentConversationWithHistory`. Own, invited and formerly own conversations; a supervisor sees all."""
        async with self._store.transaction(read_only=True) as tx:
            conversation = await self._visible(tx, conversation_id, agent_id, supervisor=supervisor)
            messages = await tx.messages.list(conversation_id, after=after_position)
            return {
                "conversation": await self._render_agent(tx, conversation, agent_id),
                "messages": message_views(messages, for_visitor=False),
            }

    async def accept(self, agent_id: str, conversation_id: str, invitation_id: str) -> Json:
        """→ `AgentConversation`. Accepted twice by the same agent, the second answer is the same."""
        event = ev.AgentAccepted(invitation_id, agent_id, self._ids.new("call"))
        handled = await self._handler.handle(conversation_id, event, key=f"accept:{invitation_id}:{agent_id}")
        if handled.conversation is None:
            raise NotFound("conversation_not_found", "There is no such conversation.")
        if not handled.moved and not handled.duplicate:
            raise refusal_of(handled.outcome)
        return await self._agent_view(conversation_id, agent_id)

    async def decline(
        self, agent_id: str, conversation_id: str, invitation_id: str, *, reason: str = ""
    ) -> Json:
        """→ `AgentConversation`. Events hold codes and no words, so a reason in words is noted as ``other``."""
        code = reason if _CODE.fullmatch(reason) else "other"
        await self._do(
            conversation_id, ev.InvitationDeclined(invitation_id, agent_id, code if reason else "")
        )
        return await self._agent_view(conversation_id, agent_id)

    async def post_agent_message(
        self, agent_id: str, conversation_id: str, *, client_id: str, text: str
    ) -> Json:
        """→ `PostedMessage`."""
        async with self._store.transaction(read_only=True) as tx:
            agent = await tx.people.agent(agent_id)
        message = NewMessage(
            id=self._ids.new("m"),
            author="agent",
            content={"type": "text", "text": text},
            author_id=agent_id,
            author_name=agent.name if agent is not None else None,
            client_id=client_id,
        )
        wrote = self._by_holder(agent_id, lambda _: at_once(ev.AgentWrote(agent_id, message.id)))
        handled = await self._do(conversation_id, wrote, messages=(message,))
        stored = handled.messages[0]
        if stored.author_id != agent_id:
            raise NotFound("conversation_not_found", "There is no such conversation.")
        return {"message": message_view(stored), "conversation_id": conversation_id}

    async def propose_video(self, agent_id: str, conversation_id: str) -> Json:
        """→ `AgentConversation`."""
        event = ev.VideoProposed(agent_id, self._ids.new("p"))
        return await self._agent_act(agent_id, conversation_id, lambda _: at_once(event))

    async def withdraw_video(self, agent_id: str, conversation_id: str) -> Json:
        """→ `AgentConversation`: the open proposal is withdrawn."""

        async def withdraw(moment: Moment) -> Event:
            proposal = moment.conversation.proposal
            if proposal is None:
                raise Refused("proposal_over", "There is no open proposal.")
            return ev.ProposalWithdrawn(agent_id, proposal.id)

        return await self._agent_act(agent_id, conversation_id, withdraw)

    async def agent_act(self, agent_id: str, conversation_id: str, action: AgentAction) -> Json:
        """→ `AgentConversation`."""
        return await self._agent_act(agent_id, conversation_id, lambda _: at_once(_EVENT_OF_ACTION[action]()))

    async def history(self, conversation_id: str, *, after_position: int = 0) -> list[Json]:
        """→ `Message`s, for staff."""
        async with self._store.transaction(read_only=True) as tx:
            await self._load(tx, conversation_id)
            messages = await tx.messages.list(conversation_id, after=after_position)
        return message_views(messages, for_visitor=False)

    async def decisions(
        self, conversation_id: str, *, language: Language = "en", agent_id: str | None = None
    ) -> list[Json]:
        """→ `DecisionView`s: the why of every step, refusals included. ``agent_id``: only of what is this agent's."""
        async with self._store.transaction(read_only=True) as tx:
            await self._visible(tx, conversation_id, agent_id or "", supervisor=agent_id is None)
            return await explain(tx, conversation_id, self._policies, language)

    async def agent_typing(self, agent_id: str, conversation_id: str) -> None:
        """Tell the visitor; nothing is stored, a foreign conversation is silently left alone."""
        async with self._store.transaction(read_only=True) as tx:
            loaded = await tx.conversations.load(conversation_id)
        if loaded is not None and loaded.conversation.agent_id == agent_id:
            frame: Json = {"type": "typing", "conversation_id": conversation_id, "by": "agent"}
            await self._bus.publish_ephemeral(visitor_stream(loaded.conversation.visitor_id), frame)

    async def _visible(
        self, tx: Transaction, conversation_id: str, agent_id: str, *, supervisor: bool
    ) -> Conversation:
        """The conversation, if the agent has it, had it last or is asked to take it, or if a supervisor asks.

        Who has the visitor now, or is asked to, sees what the visitor talked about before.
        """
        conversation = await self._load(tx, conversation_id)
        if supervisor or _may_see(conversation, agent_id):
            return conversation
        now = await tx.conversations.open_of_visitor(conversation.visitor_id)
        if now is not None and _has(now, agent_id):
            return conversation
        raise NotFound("conversation_not_found", "There is no such conversation.")

    async def _agent_act(
        self, agent_id: str, conversation_id: str, make: Callable[[Moment], Awaitable[Event]]
    ) -> Json:
        await self._do(conversation_id, self._by_holder(agent_id, make))
        return await self._agent_view(conversation_id, agent_id)

    def _by_holder(
        self, agent_id: str, make: Callable[[Moment], Awaitable[Event]]
    ) -> Callable[[Moment], Awaitable[Event]]:
        """An event that only who holds the conversation may cause; for others there is no such conversation."""

        async def made(moment: Moment) -> Event:
            if moment.conversation.agent_id != agent_id:
                if _may_see(moment.conversation, agent_id):
                    raise Refused("not_yours", "Somebody else has this conversation, or it is over.")
                raise NotFound("conversation_not_found", "There is no such conversation.")
            return await make(moment)

        return made


async def at_once(event: Event) -> Event:
    """An event that needs nothing of the transaction."""
    return event


def _has(conversation: Conversation, agent_id: str) -> bool:
    """Holds it, or is asked to."""
    invitation = conversation.invitation
    return conversation.agent_id == agent_id or (invitation is not None and invitation.agent_id == agent_id)


def _may_see(conversation: Conversation, agent_id: str) -> bool:
    return _has(conversation, agent_id) or conversation.last_agent_id == agent_id
