"""What a supervisor does beyond an agent: sees every conversation, and steers the work of others.

Who did it is in the event, which is the audit; the desks of those concerned hear of it as of every change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from orchestrator.application.errors import NotFound
from orchestrator.application.ports import Transaction
from orchestrator.application.records import Json
from orchestrator.application.transfers import require_group, taker
from orchestrator.application.use_cases import UseCases
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation

StateFilter = Literal["open", "chat", "queued", "video_lobby", "in_video", "closed"]
LONGEST_PAGE = 100


class Supervision(UseCases):
    async def assign(self, user_id: str, conversation_id: str, *, to_agent_id: str) -> Json:
        """→ `AgentConversation`: the agent has it at once, without an invitation.

        Raises:
            Refused: ``agent_full``, ``agent_away`` or ``already_holds``.
        """
        async with self._store.transaction(read_only=True) as tx:
            if await taker(tx, to_agent_id) is None:
                raise NotFound("agent_not_found", "There is no such agent.")
        event = ev.AgentAssigned(to_agent_id, self._ids.new("call"), by=user_id, by_role="supervisor")
        await self._do(conversation_id, event)
        return await self._agent_view(conversation_id, user_id)

    async def requeue(
        self, user_id: str, conversation_id: str, *, group: str | None = None, priority: int | None = None
    ) -> Json:
        """→ `AgentConversation`: it waits at the head of the line; an agent who has it loses it.

        Raises:
            Invalid: there is no such group (``unknown_group``).
        """
        if group is not None:
            require_group(self._policies.live, group)
        await self._do(conversation_id, ev.Requeued(user_id, group, priority))
        return await self._agent_view(conversation_id, user_id)

    async def survey(
        self,
        *,
        state: StateFilter = "open",
        group: str | None = None,
        agent_id: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Json:
        """→ `ConversationPage`: open conversations, the oldest first, or closed ones, the newest first."""
        limit = min(limit, LONGEST_PAGE)
        async with self._store.transaction(read_only=True) as tx:
            found = await tx.conversations.page(
                closed=state == "closed",
                state=None if state in ("open", "closed") else state,
                group=group,
                agent_id=agent_id,
                after=after,
                limit=limit + 1,
            )
            page = found[:limit]
            names = await _names(tx, page)
            sites = {site.id: site.name for site in await tx.sites.list()} if page else {}
        return {
            "conversations": [_summary(one, names, sites) for one in page],
            "next": page[-1].id if len(found) > limit else None,
        }


async def _names(tx: Transaction, page: Sequence[Conversation]) -> Mapping[str, str]:
    """The names of those who hold or are asked to take these conversations."""
    ids = {one.agent_id for one in page} | {one.invitation.agent_id for one in page if one.invitation}
    known = sorted(agent_id for agent_id in ids if agent_id is not None)
    return {agent.id: agent.name for agent in await tx.people.agents(known)} if known else {}


def _summary(c: Conversation, names: Mapping[str, str], sites: Mapping[str, str]) -> Json:
    """→ `ConversationSummary`."""
    return {
        "id": c.id,
        "site_id": c.site_id,
        "site_name": sites.get(c.site_id, c.site_id),
        "state": c.state.value,
        "party": c.party.value,
        "need": c.need.value,
        "group": c.group,
        "language": c.language,
        "agent_id": c.agent_id,
        "agent_name": names.get(c.agent_id) if c.agent_id is not None else None,
        "agent_present": c.agent_present,
        "visitor_present": c.visitor_present,
        "waiting_since": c.queue.entered_at if c.queue is not None else None,
        "priority": c.queue.priority if c.queue is not None else None,
        "invited": names.get(c.invitation.agent_id) if c.invitation is not None else None,
        "previous_id": c.previous_id,
        "started_at": c.started_at,
        "closed_at": c.closed_at,
    }
