"""An agent hands a conversation on: to a colleague, or to whoever of a group takes it. The agent stays until then."""

from __future__ import annotations

from orchestrator.application.agent_desk import AgentDesk, at_once
from orchestrator.application.errors import Invalid, NotFound, Refused
from orchestrator.application.gather import free, is_connected, serves
from orchestrator.application.handle_event import Moment
from orchestrator.application.ports import Transaction
from orchestrator.application.records import Agent, AgentLoad, Json, NewMessage
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Purpose, wants_video
from orchestrator.domain.events import Event
from rules.hours import group_open
from rules.policy import Group, Policy

TAKERS = frozenset({"agent", "supervisor", "admin"})
"""The roles that take conversations."""


class Transfers(AgentDesk):
    async def transfer(
        self, agent_id: str, conversation_id: str, *, to_agent_id: str, note: str = ""
    ) -> Json:
        """→ `AgentConversation`: a colleague is invited, who accepts or declines."""
        async with self._store.transaction(read_only=True) as tx:
            if await taker(tx, to_agent_id) is None:
                raise NotFound("agent_not_found", "There is no such agent.")
        note_line = await self._note(agent_id, note)
        event = ev.AgentInvited(
            invitation_id=self._ids.new("i"),
            agent_id=to_agent_id,
            purpose=Purpose.TRANSFER,
            note_message_id=note_line[0].id if note_line else None,
        )
        made = self._by_holder(agent_id, lambda _: at_once(event))
        await self._do(conversation_id, made, messages=note_line)
        return await self._agent_view(conversation_id, agent_id)

    async def transfer_to_group(
        self, agent_id: str, conversation_id: str, *, group: str, note: str = ""
    ) -> Json:
        """→ `AgentConversation`: those of the group who are free are asked, one after the other.

        Raises:
            Invalid: there is no such group (``unknown_group``).
        """
        require_group(self._policies.live, group)
        note_line = await self._note(agent_id, note)
        event = ev.HandoverRequested(agent_id, group, note_line[0].id if note_line else None)
        made = self._by_holder(agent_id, lambda _: at_once(event))
        await self._do(conversation_id, made, messages=note_line)
        return await self._agent_view(conversation_id, agent_id)

    async def withdraw_transfer(self, agent_id: str, conversation_id: str) -> Json:
        """→ `AgentConversation`: the agent keeps the conversation, nobody is asked any more."""

        async def withdrawn(moment: Moment) -> Event:
            conversation = moment.conversation
            if conversation.handover is not None:
                return ev.HandoverEnded("withdrawn")
            invitation = conversation.invitation
            if invitation is None or invitation.purpose is not Purpose.TRANSFER:
                raise Refused("transfer_over", "There is no open transfer.")
            return ev.InvitationRevoked(invitation.id, "withdrawn")

        return await self._agent_act(agent_id, conversation_id, withdrawn)

    async def transfer_targets(self, agent_id: str, conversation_id: str) -> Json:
        """→ `TransferTargets`: colleagues who are connected, and the groups, as they are now."""
        now, live = self._clock.now(), self._policies.live
        async with self._store.transaction(read_only=True) as tx:
            conversation = await self._load(tx, conversation_id)
            if conversation.agent_id != agent_id:
                raise NotFound("conversation_not_found", "There is no such conversation.")
            roles = {user.id: user.role for user in await tx.people.users()}
            connected = [
                agent
                for agent in await tx.people.agents()
                if agent.id != agent_id and roles.get(agent.id) in TAKERS and is_connected(agent, now)
            ]
            loads = await tx.conversations.loads_of_agents([agent.id for agent in connected])
            waiting = {name: await tx.conversations.queue_length(name) for name in live.routing.groups}
        here = live.group(conversation.group if conversation.group in waiting else live.routing.default_group)
        video = conversation.call is not None and wants_video(conversation)
        return {
            "agents": [
                {
                    "id": agent.id,
                    "name": agent.name,
                    "picture_url": agent.picture_url,
                    "chat": agent.chat_state,
                    "video": agent.video_state,
                    "free": _has_room(agent, loads.get(agent.id, AgentLoad()), here, video=video),
                    "can_video": agent.can_video,
                    "in_group": serves(agent, here.name),
                }
                for agent in connected
            ],
            "groups": [
                {
                    "id": name,
                    "labels": dict(spec.label),
                    "open": group_open(spec, now),
                    "free_agents": sum(
                        _is_free(agent, loads.get(agent.id, AgentLoad()), live.group(name), video=video)
                        for agent in connected
                    ),
                    "waiting": waiting[name],
                }
                for name, spec in live.routing.groups.items()
            ],
        }

    async def _note(self, agent_id: str, note: str) -> tuple[NewMessage, ...]:
        """The words for the receiver, a line that the visitor never sees."""
        if not note:
            return ()
        async with self._store.transaction(read_only=True) as tx:
            agent = await tx.people.agent(agent_id)
        line = NewMessage(
            id=self._ids.new("m"),
            author="agent",
            content={"type": "text", "text": note},
            author_id=agent_id,
            author_name=agent.name if agent is not None else None,
            private_to="agent",
        )
        return (line,)


async def taker(tx: Transaction, user_id: str) -> Agent | None:
    """The agent with this id, if it is the open account of somebody who takes conversations."""
    user = await tx.people.user(user_id)
    if user is None or user.role not in TAKERS or user.deactivated_at is not None:
        return None
    return await tx.people.agent(user_id)


def require_group(live: Policy, group: str) -> None:
    """Raises:
    Invalid: the live policy has no such group; says which it has.
    """
    if group not in live.routing.groups:
        names = ", ".join(sorted(live.routing.groups))
        raise Invalid("unknown_group", f"There is no such group. There are: {names}.")


def _has_room(agent: Agent, load: AgentLoad, group: Group, *, video: bool) -> bool:
    free_chat, free_video = free(agent, load, group)
    return free_chat and (not video or (free_video and agent.can_video))


def _is_free(agent: Agent, load: AgentLoad, group: Group, *, video: bool) -> bool:
    """Whether the distribution could ask this agent."""
    present = agent.video_present if video else agent.chat_present
    return present and serves(agent, group.name) and _has_room(agent, load, group, video=video)
