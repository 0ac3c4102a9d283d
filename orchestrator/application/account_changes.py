"""What a change of an account asks for, once it is stored: by whoever made it, with the service running or not.

Through the outbox, so that a change of the command line reaches the running service, and no process takes it with it.
"""

from __future__ import annotations

from dataclasses import replace

import structlog

from orchestrator.application.handle_event import EventHandler, EventMaker, Moment
from orchestrator.application.notify import INBOX_TOPIC, agent_stream
from orchestrator.application.ports import Bus, Store, Transaction
from orchestrator.domain import events as ev
from orchestrator.domain.events import Event

log = structlog.get_logger(__name__)

PAGE = 100


class AccountChanges:
    def __init__(self, store: Store, handler: EventHandler, bus: Bus) -> None:
        self._store = store
        self._handler = handler
        self._bus = bus

    async def carry_out(self, user_id: str, by: str) -> None:
        """What the user holds goes back if the account is closed; their desk hears of the change in any case."""
        async with self._store.transaction(read_only=True) as tx:
            user = await tx.people.user(user_id)
        if user is not None and user.deactivated_at is not None:
            await self._let_go(user_id, by)
        await self._bus.publish([agent_stream(user_id)])

    async def _let_go(self, user_id: str, by: str) -> None:
        async with self._store.transaction(read_only=True) as tx:
            invited = await tx.conversations.invited_of_agent(user_id)
            held = await tx.conversations.open_of_agent(user_id)
        for conversation in invited:
            await self._handler.handle(conversation.id, self._revoked(user_id))
        for conversation in held:
            await self._handler.handle(conversation.id, self._requeued(user_id, by))
        given_back = await self._give_back(user_id)
        log.info(
            "account.let_go",
            user_id=user_id,
            invitations=len(invited),
            conversations=len(held),
            left_messages=given_back,
        )

    def _revoked(self, user_id: str) -> EventMaker:
        async def revoked(moment: Moment) -> Event | None:
            invitation = moment.conversation.invitation
            open_still = invitation is not None and invitation.agent_id == user_id
            if invitation is None or not open_still or not await _closed(moment.tx, user_id):
                return None
            return ev.InvitationRevoked(invitation.id, "deactivated")

        return revoked

    def _requeued(self, user_id: str, by: str) -> EventMaker:
        async def requeued(moment: Moment) -> Event | None:
            theirs = moment.conversation.agent_id == user_id
            return ev.Requeued(by) if theirs and await _closed(moment.tx, user_id) else None

        return requeued

    async def _give_back(self, user_id: str) -> int:
        """Left messages that the user took are open again."""
        given, after = 0, None
        while True:
            async with self._store.transaction(read_only=True) as tx:
                page = await tx.inbox.unfinished(groups=None, held_by=user_id, after=after, limit=PAGE)
            for message in page:
                if message.taken_by == user_id and message.state == "taken":
                    given += await self._open_again(message.id, user_id)
            if len(page) < PAGE:
                break
            after = page[-1].id
        if given:
            await self._bus.publish_ephemeral(INBOX_TOPIC, {"type": "refresh"})
        return given

    async def _open_again(self, message_id: str, user_id: str) -> bool:
        async with self._store.transaction() as tx:
            message = await tx.inbox.get(message_id, lock=True)
            if message is None or (message.state, message.taken_by) != ("taken", user_id):
                return False
            await tx.inbox.save(replace(message, state="open", taken_by=None, taken_at=None))
            return True


async def _closed(tx: Transaction, user_id: str) -> bool:
    """Whether it is closed still: the account may be open again by the time this is done."""
    user = await tx.people.user(user_id)
    return user is not None and user.deactivated_at is not None
