"""Internal notes: lines of a conversation that colleagues read and the visitor never sees.

A note is no event: nothing is decided by it, so it can be written whoever has the conversation, and after its end.
"""

from __future__ import annotations

from orchestrator.application.agent_desk import AgentDesk
from orchestrator.application.notify import message_entries
from orchestrator.application.records import Json, NewMessage
from orchestrator.application.views import message_view


class Notes(AgentDesk):
    async def add_note(
        self, agent_id: str, conversation_id: str, *, client_id: str, text: str, supervisor: bool = False
    ) -> Json:
        """→ `PostedMessage`. Sent again under the same ``client_id``, it is the same note.

        Raises:
            NotFound: the conversation is none of the agent's, and no supervisor asks.
        """
        now = self._clock.now()
        async with self._store.transaction() as tx:
            c = await self._visible(tx, conversation_id, agent_id, supervisor=supervisor)
            stored = await tx.messages.by_client_id(conversation_id, "agent", client_id)
            streams: list[str] = []
            if stored is None:
                author = await tx.people.agent(agent_id)
                note = NewMessage(
                    id=self._ids.new("m"),
                    author="agent",
                    content={"type": "text", "text": text},
                    author_id=agent_id,
                    author_name=author.name if author is not None else None,
                    client_id=client_id,
                    private_to="agent",
                )
                loaded = await tx.conversations.load(conversation_id)
                position = loaded.last_position if loaded is not None else 0
                (stored,) = await tx.messages.append(conversation_id, [note], after=position, at=now)
                await tx.conversations.advance(conversation_id, last_position=stored.position)
                # Who has it reads along, and so do all pages of who wrote it.
                readers = dict.fromkeys(one for one in (c.agent_id, agent_id) if one is not None)
                entries = message_entries(c.visitor_id, readers, stored)
                await tx.feed.append(entries, at=now)
                streams = [entry.stream for entry in entries]
        await self._bus.publish(streams)
        return {"message": message_view(stored), "conversation_id": conversation_id}
