"""Who hears of a change: the entries that a decision adds to the streams of the visitor and of agents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from orchestrator.application.records import NewFeedEntry, StoredMessage
from orchestrator.domain.conversation import Conversation
from orchestrator.domain.follow_up import holdings

# Fields that change with every message and that no page shows.
_UNSEEN = frozenset({"version", "timers", "bot_asked"})

QUEUE_TOPIC = "queue:"
WORK_TOPIC = "work"
TIMER_TOPIC = "timers"
BOT_TOPIC = "bot-status"
INBOX_TOPIC = "inbox"
PRESENCE_TOPIC = "presence"


def visitor_stream(visitor_id: str) -> str:
    return f"visitor:{visitor_id}"


def agent_stream(agent_id: str) -> str:
    return f"agent:{agent_id}"


def queue_topic(group: str) -> str:
    """Hints (not a stored stream) that the waiting line of a group moved."""
    return QUEUE_TOPIC + group


def entries_of_change(
    before: Conversation | None,
    after: Conversation,
    changes: Mapping[str, object],
    messages: Sequence[StoredMessage],
) -> list[NewFeedEntry]:
    """Messages first, then the conversation as it is now, then whose capacity changed."""
    visitor = visitor_stream(after.visitor_id)
    agents = _agents(before, after)
    entries = [entry for message in messages for entry in message_entries(after.visitor_id, agents, message)]
    if changes.keys() - _UNSEEN:
        entries += [
            NewFeedEntry(stream, "conversation", after.id) for stream in (visitor, *map(agent_stream, agents))
        ]
    return entries + [
        NewFeedEntry(agent_stream(agent_id), "agent") for agent_id in _loads_changed(before, after)
    ]


def hints_of_change(
    before: Conversation | None, after: Conversation, entries: Sequence[NewFeedEntry], *, works: bool
) -> list[str]:
    """Who is woken: the streams that have new ``entries``, and this process' services. ``works``: there are effects."""
    hints = list(dict.fromkeys(entry.stream for entry in entries))
    if works:
        hints.append(WORK_TOPIC)
    if _rings_sooner(before, after):
        hints.append(TIMER_TOPIC)
    return hints + [queue_topic(group) for group in sorted(_moved_lines(before, after))]


def message_entries(visitor_id: str, agents: Iterable[str], message: StoredMessage) -> list[NewFeedEntry]:
    streams = [agent_stream(agent_id) for agent_id in agents]
    if message.private_to is None:
        streams.insert(0, visitor_stream(visitor_id))
    return [NewFeedEntry(stream, "message", message.conversation_id, message.id) for stream in streams]


def _agents(before: Conversation | None, after: Conversation) -> list[str]:
    """Whoever holds the conversation, and whoever held it until now: their desk must learn that it is gone."""
    ids = (after.agent_id, before.agent_id if before is not None else None)
    return list(dict.fromkeys(agent_id for agent_id in ids if agent_id is not None))


def _loads_changed(before: Conversation | None, after: Conversation) -> list[str]:
    held = holdings(before) if before is not None else {}
    holds = holdings(after)
    return [
        agent_id
        for agent_id in dict.fromkeys((*held, *holds))
        if held.get(agent_id, (0, 0)) != holds.get(agent_id, (0, 0))
    ]


def _rings_sooner(before: Conversation | None, after: Conversation) -> bool:
    """Whether a timer was set for earlier than before: one that is put off or gone finds that out when it rings."""
    old = before.timers if before is not None else {}
    return any(name not in old or deadline < old[name] for name, deadline in after.timers.items())


def _moved_lines(before: Conversation | None, after: Conversation) -> set[str]:
    """The groups whose waiting line this change moved."""
    old = before.queue if before is not None else None
    new = after.queue
    if old is not None and new is not None and old.group == new.group and old.at_head == new.at_head:
        return set()
    return {entry.group for entry in (old, new) if entry is not None}
