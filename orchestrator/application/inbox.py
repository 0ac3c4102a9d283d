"""Messages that visitors leave when nobody can answer, and the inbox in which agents find them.

A left message is one agent's at a time: who takes it answers in a conversation or by e-mail, dismisses it, or gives it
back. What changes in the inbox is told to the desks as a hint; they count again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from orchestrator.application.errors import NotFound, Refused
from orchestrator.application.handle_event import Moment
from orchestrator.application.invitation_reasons import group_labels
from orchestrator.application.lanes import lane_of
from orchestrator.application.notify import INBOX_TOPIC, WORK_TOPIC
from orchestrator.application.ports import Transaction
from orchestrator.application.records import Json, LeftMessage, NewEffect, NewMessage
from orchestrator.application.use_cases import UseCases, refusal_of
from orchestrator.application.visitor_chat import id_after
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Device, State
from orchestrator.domain.effects import SendMail
from orchestrator.domain.events import Event
from orchestrator.domain.outcome import Ignored
from orchestrator.domain.routing import group_for
from rules.policy import Policy

MOST_UNFINISHED = 5
"""So many of one visitor's messages may wait for an answer: whoever wants to say more can write after that."""
LONGEST_PAGE = 100
SUPERVISORS = frozenset({"supervisor", "admin"})


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks into the inbox. ``groups``: those whose messages an agent sees; None: all of them."""

    agent_id: str
    supervisor: bool = False
    groups: tuple[str, ...] | None = None


class Inbox(UseCases):
    # --- the visitor ------------------------------------------------------------------------------------------

    async def leave_message(
        self, visitor_id: str, conversation_id: str, *, client_id: str, email: str, name: str, text: str
    ) -> Json:
        """→ `VisitorConversation`. Sent again under the same ``client_id``, nothing happens again.

        Raises:
            Refused: no message is taken now, or too many of this visitor's wait (``too_many_left_messages``).
        """
        message_id = _id_of(conversation_id, client_id)
        group = ""

        async def left(moment: Moment) -> Event | None:
            nonlocal group
            conversation = moment.conversation
            if conversation.visitor_id != visitor_id:
                raise NotFound("conversation_not_found", "There is no such conversation.")
            if await moment.tx.inbox.get(message_id) is not None:
                return None
            if await moment.tx.inbox.count_unfinished(visitor_id) >= MOST_UNFINISHED:
                raise Refused("too_many_left_messages", "Your earlier messages are still to be answered.")
            event = ev.MessageLeft(message_id)
            group = group_for(conversation, event, moment.pinned, moment.live, moment.now).name
            return event

        async def store(tx: Transaction, conversation: Conversation) -> None:
            await tx.inbox.add(
                LeftMessage(
                    id=message_id,
                    conversation_id=conversation_id,
                    visitor_id=visitor_id,
                    site_id=conversation.site_id,
                    group=group,
                    language=conversation.language,
                    at=self._clock.now(),
                    name=name,
                    email=email,
                    text=text,
                )
            )

        handled = await self._handler.handle(conversation_id, left, also=store)
        if handled.conversation is None:
            raise NotFound("conversation_not_found", "There is no such conversation.")
        if handled.moved:
            await self._tell_desks()
        elif handled.outcome != Ignored("nothing_to_do"):
            raise refusal_of(handled.outcome)
        return await self._visitor_view(conversation_id)

    # --- the agents -------------------------------------------------------------------------------------------

    async def inbox(self, agent_id: str, *, after: str | None = None, limit: int = 50) -> Json:
        """→ `InboxPage`: what is still to be answered, the oldest first. An agent sees the open ones of the own groups
        and what the agent has taken; a supervisor sees everything."""
        limit = min(limit, LONGEST_PAGE)
        async with self._store.transaction(read_only=True) as tx:
            reader = await reader_of(tx, agent_id)
            found = await tx.inbox.unfinished(
                groups=reader.groups,
                held_by=None if reader.supervisor else agent_id,
                after=after,
                limit=limit + 1,
            )
            page = found[:limit]
            return {
                "messages": await _views_of(tx, page, reader, self._policies.live),
                "next": page[-1].id if len(found) > limit else None,
                "open": await tx.inbox.count_open(reader.groups),
                "mail": self._mail,
            }

    async def take(self, agent_id: str, message_id: str) -> Json:
        """→ `LeftMessageView`. The first who takes it has it; taking one's own again changes nothing."""

        def taken(message: LeftMessage, reader: Reader, now: datetime) -> LeftMessage:
            if message.state == "taken" and message.taken_by == agent_id:
                return message
            _require(message, "open")
            return _taken_by(message, agent_id, now)

        return await self._change(agent_id, message_id, taken)

    async def release(self, agent_id: str, message_id: str) -> Json:
        """→ `LeftMessageView`. One's own is given back; a supervisor gives back anybody's."""

        def released(message: LeftMessage, reader: Reader, _: datetime) -> LeftMessage:
            _require(message, "taken")
            if not reader.supervisor:
                _require_own(message, reader)
            return replace(message, state="open", taken_by=None, taken_at=None)

        return await self._change(agent_id, message_id, released)

    async def dismiss(self, agent_id: str, message_id: str) -> Json:
        """→ `LeftMessageView`. It needs no answer."""

        def dismissed(message: LeftMessage, reader: Reader, now: datetime) -> LeftMessage:
            message = _own(message, reader, now)
            return replace(message, state="dismissed", answered_by=agent_id, answered_at=now)

        return await self._change(agent_id, message_id, dismissed)

    async def answer_by_mail(self, agent_id: str, message_id: str, *, text: str) -> Json:
        """→ `LeftMessageView`: the answer is on its way; what becomes of it shows in the inbox.

        Raises:
            Refused: no mail server is set (``mail_not_configured``), or the address was erased (``erased``).
        """
        if not self._mail:
            raise Refused(
                "mail_not_configured", "No mail server is set up. Answer in a conversation instead."
            )

        def sending(message: LeftMessage, reader: Reader, now: datetime) -> LeftMessage:
            again = (message.state, message.taken_by, message.answer) == ("sending", agent_id, text)
            if again:
                return message
            message = _own(message, reader, now)
            if message.erased:
                raise Refused("erased", "The visitor's address was erased.")
            return replace(message, state="sending", answer=text, mail_attempts=0, mail_error=None)

        return await self._change(agent_id, message_id, sending)

    async def answer_in_conversation(self, agent_id: str, message_id: str) -> Json:
        """→ `InboxAnswered`. The visitor's open conversation becomes this agent's, or a new one is started that follows
        the last; what was left is its first line.

        Raises:
            Refused: somebody else is talking with the visitor (``visitor_in_conversation``), or a law: ``agent_full``.
        """
        await self.take(agent_id, message_id)
        async with self._store.transaction(read_only=True) as tx:
            message = await _reachable(tx, await reader_of(tx, agent_id), message_id)
            latest = await tx.conversations.latest_of_visitor(message.visitor_id)
        if latest is None:
            raise NotFound("visitor_not_found", "The visitor is gone.")
        conversation_id = latest.id
        if latest.state is State.CLOSED:
            conversation_id = await self._follow(message, latest)
        await self._take_conversation(agent_id, message, conversation_id)
        await self._tell_desks()
        async with self._store.transaction(read_only=True) as tx:
            conversation = await self._load(tx, conversation_id)
            return {
                "message": await self._view_of(tx, message_id, await reader_of(tx, agent_id)),
                "conversation": await self._render_agent(tx, conversation, agent_id),
            }

    async def _follow(self, message: LeftMessage, latest: Conversation) -> str:
        """A conversation after the last one. No bot greets in it: a person is about to."""
        async with self._store.transaction(read_only=True) as tx:
            visitor = await tx.people.visitor(message.visitor_id)
        if visitor is None:
            raise NotFound("visitor_not_found", "The visitor is gone.")
        conversation_id = id_after(visitor.id, latest.id)
        started = ev.ConversationStarted(
            conversation_id=conversation_id,
            site_id=visitor.site_id,
            visitor_id=visitor.id,
            language=message.language,
            device=Device(visitor.device),
            can_video=visitor.can_video,
            previous_id=latest.id,
        )
        await self._do(conversation_id, started)
        return conversation_id

    async def _take_conversation(self, agent_id: str, message: LeftMessage, conversation_id: str) -> None:
        async def assigned(moment: Moment) -> Event | None:
            holder = moment.conversation.agent_id
            if holder == agent_id:
                return None
            if holder is not None:
                raise Refused("visitor_in_conversation", "Somebody else is talking with this visitor.")
            return ev.AgentAssigned(agent_id, self._ids.new("call"), by=agent_id, by_role="agent")

        async def answered(tx: Transaction, _: Conversation) -> None:
            current = await tx.inbox.get(message.id, lock=True)
            if current is None or (current.state, current.taken_by) != ("taken", agent_id):
                raise Refused("left_message_taken", "Somebody else has this message now.")
            now = self._clock.now()
            done = replace(current, state="answered", answered_by=agent_id, answered_at=now)
            await tx.inbox.save(replace(done, answered_how="conversation"))

        line = NewMessage(
            id=self._ids.new("m"),
            author="visitor",
            content={"type": "text", "text": message.text},
            author_id=message.visitor_id,
            # No page can choose such an id: it has a character that theirs may not have.
            client_id=f"left/{message.id}",
        )
        handled = await self._handler.handle(
            conversation_id, assigned, messages=() if message.erased else (line,), also=answered
        )
        if handled.moved:
            return
        if handled.conversation is None or handled.conversation.agent_id != agent_id:
            raise refusal_of(handled.outcome)
        async with self._store.transaction() as tx:
            await answered(tx, handled.conversation)

    # --- what they share ----------------------------------------------------------------------------------------

    async def _change(
        self,
        agent_id: str,
        message_id: str,
        change: Callable[[LeftMessage, Reader, datetime], LeftMessage],
    ) -> Json:
        now = self._clock.now()
        async with self._store.transaction() as tx:
            reader = await reader_of(tx, agent_id)
            before = await _reachable(tx, reader, message_id, lock=True)
            after = change(before, reader, now)
            if after != before:
                await tx.inbox.save(after)
            if after.state == "sending" and before.state != "sending":
                effect = SendMail(message_id)
                lane = lane_of(after.conversation_id, effect)
                key = f"{lane}:{self._ids.new('mail')}"
                await tx.outbox.add([NewEffect(key, lane, after.conversation_id, effect)], at=now)
            view = (await _views_of(tx, [after], reader, self._policies.live))[0]
        if after != before:
            await self._tell_desks()
        if after.state == "sending":
            await self._bus.publish([WORK_TOPIC])
        return view

    async def _view_of(self, tx: Transaction, message_id: str, reader: Reader) -> Json:
        message = await _reachable(tx, reader, message_id)
        return (await _views_of(tx, [message], reader, self._policies.live))[0]

    async def _tell_desks(self) -> None:
        await self._bus.publish_ephemeral(INBOX_TOPIC, {"type": "refresh"})


async def reader_of(tx: Transaction, agent_id: str) -> Reader:
    """What this account sees: a supervisor everything, an agent without groups too."""
    user = await tx.people.user(agent_id)
    if user is None:
        raise NotFound("agent_not_found", "There is no such agent.")
    if user.role in SUPERVISORS:
        return Reader(agent_id, supervisor=True)
    return Reader(agent_id, groups=tuple(group for group, _ in user.groups) or None)


async def count_open(tx: Transaction, agent_id: str) -> int:
    """How many messages wait for somebody to take them, of those the agent sees."""
    return await tx.inbox.count_open((await reader_of(tx, agent_id)).groups)


async def _reachable(tx: Transaction, reader: Reader, message_id: str, *, lock: bool = False) -> LeftMessage:
    message = await tx.inbox.get(message_id, lock=lock)
    strange = message is not None and reader.groups is not None and message.group not in reader.groups
    # What an agent took stays within reach when the groups change.
    if message is None or (strange and message.taken_by != reader.agent_id):
        raise NotFound("left_message_not_found", "There is no such message.")
    return message


async def _views_of(
    tx: Transaction, messages: Sequence[LeftMessage], reader: Reader, live: Policy
) -> list[Json]:
    ids = {one for message in messages for one in (message.taken_by, message.answered_by) if one}
    names = {agent.id: agent.name for agent in await tx.people.agents(sorted(ids))} if ids else {}
    sites = {site.id: site.name for site in await tx.sites.list()} if messages else {}
    return [
        _view(message, reader, names, sites) | {"group_labels": group_labels(live, message.group)}
        for message in messages
    ]


def _own(message: LeftMessage, reader: Reader, now: datetime) -> LeftMessage:
    """The message as the reader's, who takes it if nobody has."""
    if message.state == "open":
        return _taken_by(message, reader.agent_id, now)
    _require(message, "taken")
    _require_own(message, reader)
    return message


def _taken_by(message: LeftMessage, agent_id: str, now: datetime) -> LeftMessage:
    return replace(message, state="taken", taken_by=agent_id, taken_at=now)


def _require(message: LeftMessage, state: str) -> None:
    if message.state == state:
        return
    if message.state in ("answered", "dismissed"):
        raise Refused("left_message_over", "This message was answered or dismissed already.")
    if message.state == "open":
        raise Refused("left_message_open", "Nobody has taken this message.")
    if message.state == "sending":
        raise Refused("left_message_sending", "The answer to this message is on its way.")
    raise Refused("left_message_taken", "Somebody has taken this message.")


def _require_own(message: LeftMessage, reader: Reader) -> None:
    if message.taken_by != reader.agent_id:
        raise Refused("left_message_taken", "Somebody else has taken this message.")


def _id_of(conversation_id: str, client_id: str) -> str:
    # The same words sent twice are one message.
    digest = hashlib.blake2b(f"{conversation_id}\0{client_id}".encode(), digest_size=12).hexdigest()
    return f"lm_{digest}"


def _view(message: LeftMessage, reader: Reader, names: dict[str, str], sites: dict[str, str]) -> Json:
    """→ `LeftMessageView`."""
    return {
        "id": message.id,
        "conversation_id": message.conversation_id,
        "visitor_id": message.visitor_id,
        "visitor_present": message.visitor_present,
        "site_id": message.site_id,
        "site_name": sites.get(message.site_id, message.site_id),
        "group": message.group,
        "language": message.language,
        "at": message.at,
        "name": message.name,
        "email": message.email,
        "text": message.text,
        "erased": message.erased,
        "state": message.state,
        "taken_by": names.get(message.taken_by) if message.taken_by else None,
        "taken_at": message.taken_at,
        "mine": message.taken_by == reader.agent_id,
        "answered_by": names.get(message.answered_by) if message.answered_by else None,
        "answered_how": message.answered_how,
        "answered_at": message.answered_at,
        "answer": message.answer,
        "mail_attempts": message.mail_attempts,
        "mail_error": message.mail_error,
    }
