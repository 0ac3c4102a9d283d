"""What the shell knows about the world outside the conversation, gathered before a decision.

The shell reads these inside the same transaction that commits the outcome, with the agent's row locked, so
that what a guard saw is still true when the decision is stored.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """One agent, as of now. ``free_*`` do not count what this conversation itself already holds of the agent."""

    id: str
    name: str = ""
    chat_present: bool = False
    video_present: bool = False
    can_video: bool = False
    free_chat: bool = False
    free_video: bool = False
    may_propose_video: bool = False
    connected: bool = False


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """The group that the routing rules chose for the needed channel."""

    name: str
    open: bool = True
    places: int = 0
    waiting: int = 0
    has_free_agent: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """``agent`` is the agent that the event names (or the conversation's, when it names none)."""

    agent: AgentFacts | None = None
    group: GroupFacts | None = None
    bot_enabled: bool = True
