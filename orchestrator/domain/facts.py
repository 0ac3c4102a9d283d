"""What the shell knows about the world outside the conversation, gathered before a decision.

The shell reads these inside the same transaction that commits the outcome, with the agent's row locked, so
that what a guard saw is still true when the decision is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from rules.vocabulary import CameraPolicy


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
    in_group: bool = True


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """The group that the routing rules chose for the needed channel.

    ``priority`` and ``skills`` are what the rules give who enters its line, ``ageing`` its worth of a priority.
    ``sticky_agent`` knows the visitor and is asked first. ``wait_p50`` and ``wait_p90`` are seconds, None when unknown.
    Where not ``counted``, no row could ask for ``waiting`` and ``has_free_agent``, and they are not known.
    """

    name: str
    open: bool = True
    places: int = 0
    waiting: int = 0
    has_free_agent: bool = False
    takes_messages: bool = False
    wait_p50: float | None = None
    wait_p90: float | None = None
    priority: int = 0
    skills: tuple[tuple[str, int], ...] = ()
    ageing: timedelta | None = None
    sticky_agent: str | None = None
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """``agent`` is the agent that the event names (or the conversation's, when it names none).

    ``live`` is the revision that groups, hours and capacity were taken from; None when none of them was asked for.
    ``camera`` is the live rule for the visitor's camera; None when it is that of the policy that decides.
    """

    agent: AgentFacts | None = None
    group: GroupFacts | None = None
    bot_enabled: bool = True
    live: str | None = None
    camera: CameraPolicy | None = None
