"""A stricter rule for the visitor's camera holds in running calls at once: each such conversation is told of it.

What enforces it is the media server's room, which the event's effect tightens; whoever connects meanwhile, and whoever
looks, goes by the live rule already.
"""

from __future__ import annotations

import asyncio
from typing import cast

import structlog

from orchestrator.application.handle_event import EventHandler, Moment
from orchestrator.application.ports import Policies, Store
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation
from orchestrator.domain.events import Event
from rules.policy import Policy, stricter_camera

log = structlog.get_logger(__name__)

AT_ONCE = 16


class Restrictions:
    def __init__(self, store: Store, handler: EventHandler, policies: Policies) -> None:
        self._store = store
        self._handler = handler
        self._policies = policies

    async def apply(self) -> int:
        """Restrict every running call whose rule is looser than the live one; returns how many those were.

        Every process may do it: the transaction that decides looks again.
        """
        async with self._store.transaction(read_only=True) as tx:
            running = await tx.conversations.with_open_calls()
            looser = [
                c.id
                for c in running
                if _stricter(c, await self._policies.pinned(c.policy_revision, tx), self._policies.live)
            ]
        turns = asyncio.Semaphore(AT_ONCE)

        async def restrict(conversation_id: str) -> bool:
            async with turns:
                return (await self._handler.handle(conversation_id, _restricted)).moved

        done = sum(await asyncio.gather(*map(restrict, looser)))
        if done:
            log.info("calls.restricted", calls=done)
        return done


async def _restricted(moment: Moment) -> Event | None:
    return _stricter(moment.conversation, moment.pinned, moment.live)


def _stricter(c: Conversation, pinned: Policy, live: Policy) -> ev.CameraRestricted | None:
    """The event that is due; None when the call's rule is as strict as the live one."""
    if c.call is None:
        return None
    rule = live.camera_for(c.site_id, c.group)
    held = c.call.camera or pinned.camera_for(c.site_id, c.group)
    if rule == "allowed" or stricter_camera(rule, held) == held:
        return None
    return ev.CameraRestricted(cast("ev.Restriction", rule))
