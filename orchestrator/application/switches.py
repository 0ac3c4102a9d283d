"""The switches of an agent as they are stored: the row, the spells, and what a return to work resets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from orchestrator.application.ports import Transaction
from orchestrator.application.records import Agent, ChannelState


@dataclass(frozen=True, slots=True)
class Switch:
    """One channel's switch. ``reason`` is one of the policy's pause reasons, or `rules.schema.routing.MISSED`."""

    state: ChannelState
    reason: str = ""


def switches_of(agent: Agent) -> tuple[Switch, Switch]:
    """Chat and video."""
    return Switch(agent.chat_state, agent.chat_reason), Switch(agent.video_state, agent.video_reason)


async def turn_switches(tx: Transaction, agent: Agent, chat: Switch, video: Switch, now: datetime) -> None:
    """Store both switches. The agent's row is locked by the caller.

    Whoever becomes available starts anew: as the one who was idle for the shortest time, and with no missed invitation.
    """
    chat_before, video_before = switches_of(agent)
    await tx.people.set_presence(
        agent.id, chat=chat.state, video=video.state, chat_reason=chat.reason, video_reason=video.reason
    )
    await tx.spells.turn(agent.id, "chat", chat.state, now, reason=chat.reason)
    await tx.spells.turn(agent.id, "video", video.state, now, reason=video.reason)
    if _comes(chat_before, chat) or _comes(video_before, video):
        await tx.people.set_idle_since(agent.id, now)
        await tx.people.set_missed(agent.id, 0)


async def turn_away(tx: Transaction, agent: Agent, now: datetime) -> None:
    """No page is there any more: ``away`` if a switch still says otherwise, else ``offline``."""
    off = all(switch.state == "offline" for switch in switches_of(agent))
    await tx.spells.turn(agent.id, "desk", "offline" if off else "away", now)


def _comes(before: Switch, after: Switch) -> bool:
    return after.state == "available" and before.state != "available"
