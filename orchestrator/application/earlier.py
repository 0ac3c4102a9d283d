"""What a visitor talked about before: for whoever has the visitor now."""

from __future__ import annotations

from orchestrator.application.agent_desk import AgentDesk
from orchestrator.application.invitation_reasons import group_labels
from orchestrator.application.ports import Transaction
from orchestrator.application.records import Json

MOST = 20
FIRST_LINES = 12
LONGEST_EXCERPT = 160


class EarlierConversations(AgentDesk):
    async def earlier(self, agent_id: str, conversation_id: str, *, supervisor: bool = False) -> Json:
        """→ `EarlierConversations`: the visitor's conversations before this one, the newest first.

        Raises:
            NotFound: this conversation is none of the agent's, and no supervisor asks.
        """
        live = self._policies.live
        async with self._store.transaction(read_only=True) as tx:
            c = await self._visible(tx, conversation_id, agent_id, supervisor=supervisor)
            found = await tx.conversations.of_visitor(c.visitor_id, before=c.started_at, limit=MOST + 1)
            page = found[:MOST]
            ids = sorted({one for past in page for one in (past.agent_id, past.last_agent_id) if one})
            names = {agent.id: agent.name for agent in await tx.people.agents(ids)} if ids else {}
            excerpts = {past.id: await _excerpt(tx, past.id) for past in page}
        return {
            "conversations": [
                {
                    "id": past.id,
                    "started_at": past.started_at,
                    "closed_at": past.closed_at,
                    "agent_name": names.get(past.agent_id or past.last_agent_id or ""),
                    "group": past.group,
                    "group_labels": group_labels(live, past.group),
                    "language": past.language,
                    "video": past.video_started,
                    "excerpt": excerpts[past.id],
                }
                for past in page
            ],
            "more": len(found) > MOST,
        }


async def _excerpt(tx: Transaction, conversation_id: str) -> str | None:
    """How the visitor began; None when the texts were erased, or when the visitor wrote nothing soon."""
    for message in await tx.messages.list(conversation_id, limit=FIRST_LINES):
        text = message.content.get("text")
        if message.author == "visitor" and isinstance(text, str):
            return text if len(text) <= LONGEST_EXCERPT else f"{text[: LONGEST_EXCERPT - 1]}…"
    return None
