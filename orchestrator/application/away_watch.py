"""What happens when an agent's pages stay away: the grace of a reload ends, and open invitations go to others.

The conversations they hold are not touched here: these have a return window of their own (timer ``agent_away``).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from orchestrator.application.background import Background
from orchestrator.application.handle_event import EventHandler, Moment
from orchestrator.application.notify import PRESENCE_TOPIC, WORK_TOPIC, agent_stream
from orchestrator.application.ports import Bus, Clock, Ids, Store, Transaction
from orchestrator.application.records import Agent, NewEffect
from orchestrator.application.switches import turn_away
from orchestrator.domain import events as ev
from orchestrator.domain.effects import DrainQueue
from orchestrator.domain.events import Event

log = structlog.get_logger(__name__)

LOOK_EVERY = timedelta(seconds=30)
"""A hint of another process may be lost: the store is looked at anyway."""


class AwayWatch:
    """Settles graces at their end. Several processes may: the agent's row is locked, and settled once."""

    def __init__(self, store: Store, handler: EventHandler, bus: Bus, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._handler = handler
        self._bus = bus
        self._clock = clock
        self._ids = ids
        self._background = Background(
            "away", self._turn, bus, clock, topic=PRESENCE_TOPIC, look_every=LOOK_EVERY
        )

    async def start(self) -> None:
        """Settle graces in the background until `stop`."""
        await self._background.start()

    async def stop(self) -> None:
        await self._background.stop()

    async def next_due(self) -> datetime | None:
        """When the next grace ends."""
        async with self._store.transaction(read_only=True) as tx:
            in_grace = await tx.people.in_grace()
        return in_grace[0][1] if in_grace else None

    async def settle_due(self) -> int:
        """Settle every grace that is over; returns how many those were."""
        async with self._store.transaction(read_only=True) as tx:
            in_grace = await tx.people.in_grace()
        over = [agent_id for agent_id, until in in_grace if until <= self._clock.now()]
        for agent_id in over:
            await self._settle(agent_id)
        return len(over)

    async def _settle(self, agent_id: str) -> None:
        # Before it is noted as settled: ended here, the next start does it again.
        await self._revoke(agent_id)
        now = self._clock.now()
        async with self._store.transaction() as tx:
            agent = await tx.people.agent(agent_id, lock=True)
            if agent is None or not _is_gone(agent, now):
                return
            await tx.people.set_seen_until([agent_id], None)
            await turn_away(tx, agent, now)
            drain = NewEffect(
                self._ids.new("drain"), f"{agent_stream(agent_id)}/drain", "", DrainQueue(agent_id)
            )
            await tx.outbox.add([drain], at=now)
        await self._bus.publish([WORK_TOPIC])
        log.info("agent.away", agent_id=agent_id)

    async def _revoke(self, agent_id: str) -> None:
        async with self._store.transaction(read_only=True) as tx:
            invited = await tx.conversations.invited_of_agent(agent_id)
        for conversation in invited:
            invitation = conversation.invitation
            if invitation is None:
                continue
            revoked = ev.InvitationRevoked(invitation.id, "away")

            async def unless_back(moment: Moment, event: Event = revoked) -> Event | None:
                return event if await self._still_gone(moment.tx, agent_id, moment.now) else None

            await self._handler.handle(conversation.id, unless_back)

    async def _still_gone(self, tx: Transaction, agent_id: str, now: datetime) -> bool:
        agent = await tx.people.agent(agent_id, lock=True)
        return agent is not None and _is_gone(agent, now)

    async def _turn(self) -> datetime | None:
        await self.settle_due()
        return await self.next_due()


def _is_gone(agent: Agent, now: datetime) -> bool:
    """No page is there, and it went away too long ago for a reload."""
    return agent.sockets == 0 and agent.seen_until is not None and agent.seen_until <= now
