"""What an event of a conversation does to agents: missed invitations are counted, and a wrap-up begins.

Written in the transaction of the event, so that a crash loses nothing and an event counts once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.application.gather import AgentsRead
from orchestrator.application.ports import Transaction
from orchestrator.application.records import Agent
from orchestrator.application.switches import Switch, switches_of, turn_switches
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Purpose
from orchestrator.domain.events import Event
from rules.policy import Policy
from rules.schema.routing import MISSED, GroupSpec


@dataclass(frozen=True, slots=True)
class Consequences:
    """``missed``: whose offer expired unanswered, and after how many in a row they are paused (None: never).
    ``answered``: who answered an invitation. ``wrap_up``: whose conversation ended, and how long nothing new comes.
    """

    missed: tuple[str, int | None] | None = None
    answered: str | None = None
    wrap_up: tuple[str, timedelta] | None = None


def consequences_of(
    before: Conversation | None, after: Conversation, event: Event, live: Policy
) -> Consequences:
    """Pure. An agent who lost the conversation by a lost connection has nothing to write up."""
    if before is None:
        return Consequences()
    match event:
        case ev.InvitationExpired() if (
            before.invitation is not None and before.invitation.purpose is Purpose.OFFER
        ):
            group = before.queue.group if before.queue is not None else None
            limit = _spec(live, group).pause_after_missed
            return Consequences(missed=(before.invitation.agent_id, limit))
        case ev.InvitationDeclined() | ev.AgentAccepted():
            return Consequences(answered=event.agent_id, wrap_up=_wrap_up(before, after, live))
        case ev.AgentAwayTimedOut():
            return Consequences()
        case _:
            return Consequences(wrap_up=_wrap_up(before, after, live))


async def note_consequences(
    tx: Transaction,
    before: Conversation | None,
    after: Conversation,
    event: Event,
    live: Policy,
    now: datetime,
    *,
    read: AgentsRead,
) -> None:
    """Store what follows for agents. Their desks hear of it by the entry that their changed load makes anyway.

    ``read``: the agents that this transaction has locked.
    """
    found = consequences_of(before, after, event, live)
    known = read.locked(found.answered) if found.answered is not None else None
    if found.answered is not None and (known is None or known.missed):
        await tx.people.set_missed(found.answered, 0)
    if found.missed is not None:
        await _miss(tx, *found.missed, now)
    if found.wrap_up is not None:
        agent_id, length = found.wrap_up
        agent = await tx.people.agent(agent_id, lock=True)
        if agent is not None:
            until = max(now + length, agent.wrap_up_until or now)
            await tx.people.set_wrap_up(agent_id, until)
            await tx.spells.wrap_up(agent_id, now, until)


async def _miss(tx: Transaction, agent_id: str, limit: int | None, now: datetime) -> None:
    agent = await tx.people.agent(agent_id, lock=True)
    if agent is None:
        return
    missed = agent.missed + 1
    if limit is None or missed < limit:
        await tx.people.set_missed(agent_id, missed)
        return
    await turn_switches(tx, agent, *_paused(agent), now)
    await tx.people.set_missed(agent_id, 0)


def _paused(agent: Agent) -> tuple[Switch, Switch]:
    """What was available is paused. The rest stays: coming back then switches on what was on before, and no more."""
    chat, video = switches_of(agent)
    pause = Switch("paused", MISSED)
    return (
        pause if chat.state == "available" else chat,
        pause if video.state == "available" else video,
    )


def _wrap_up(before: Conversation, after: Conversation, live: Policy) -> tuple[str, timedelta] | None:
    if before.agent_id is None or after.agent_id == before.agent_id:
        return None
    length = _spec(live, before.group).wrap_up
    return (before.agent_id, length) if length else None


def _spec(live: Policy, group: str | None) -> GroupSpec:
    """The rules of a group; those of the default group for one that the live policy knows no more."""
    groups = live.routing.groups
    return groups[group if group is not None and group in groups else live.routing.default_group]
