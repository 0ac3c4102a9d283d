"""Answers to left messages on their way by e-mail: sent from the outbox, tried again, and given back when it is no use.

A letter has one Message-ID, made of the left message's id. Sent twice because nobody knows whether the first was taken
(RFC 5321, 4.2.5 leaves that open), it is the same letter, and mailboxes can tell.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from orchestrator.application.notify import INBOX_TOPIC
from orchestrator.application.ports import Bus, Clock, Mail, Mailer, MailRefused, Store, Transaction
from orchestrator.application.records import LeftMessage

log = structlog.get_logger(__name__)

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
MOST_ATTEMPTS = 30
"""About a day. Then the message is the agent's again, who sees why."""
AT_ONCE = 4
"""So many letters on their way at most: a mail server that dawdles must not hold up other effects."""
ROOM_PAUSE = timedelta(seconds=1)

_SUBJECT = {"en": "Your message to {site}", "fr": "Votre message à {site}"}
_QUOTED = {"en": "On {date:%Y-%m-%d} you wrote:", "fr": "Le {date:%d/%m/%Y}, vous avez écrit :"}


class AnswerMail:
    def __init__(self, store: Store, bus: Bus, clock: Clock, mailer: Mailer | None) -> None:
        self._store = store
        self._bus = bus
        self._clock = clock
        self._mailer = mailer
        self._on_their_way = 0

    async def send(self, message_id: str) -> datetime | None:
        """Try to send the answer; returns when to try again, None when there is nothing left to do."""
        async with self._store.transaction(read_only=True) as tx:
            message = await tx.inbox.get(message_id)
            if message is None or message.state != "sending" or message.answer is None:
                return None
            mail = await _letter(tx, message, self._clock.now())
        if self._mailer is None or message.erased:
            # The settings changed, or the visitor was erased, since the agent answered.
            return await self._failed(message_id, "erased" if message.erased else "mail_not_configured", True)
        if self._on_their_way >= AT_ONCE:
            return self._clock.now() + ROOM_PAUSE
        self._on_their_way += 1
        try:
            await self._mailer.send(mail)
        except MailRefused as error:
            return await self._failed(message_id, error.code, error.for_good)
        finally:
            self._on_their_way -= 1
        await self._sent(message_id)
        return None

    async def _sent(self, message_id: str) -> None:
        async with self._store.transaction() as tx:
            message = await tx.inbox.get(message_id, lock=True)
            if message is None or message.state != "sending":
                return
            done = replace(
                message,
                state="answered",
                answered_by=message.taken_by,
                answered_how="email",
                answered_at=self._clock.now(),
                mail_attempts=message.mail_attempts + 1,
                mail_error=None,
            )
            await tx.inbox.save(done)
        await self._tell_desks()

    async def _failed(self, message_id: str, code: str, for_good: bool) -> datetime | None:
        async with self._store.transaction() as tx:
            message = await tx.inbox.get(message_id, lock=True)
            if message is None or message.state != "sending":
                return None
            attempts = message.mail_attempts + 1
            over = for_good or attempts >= MOST_ATTEMPTS
            failed = replace(message, mail_attempts=attempts, mail_error=code)
            await tx.inbox.save(replace(failed, state="taken") if over else failed)
        log.warning("mail.failed", left_message_id=message_id, reason=code, attempts=attempts, over=over)
        await self._tell_desks()
        return None if over else self._clock.now() + pause_after(attempts)

    async def _tell_desks(self) -> None:
        await self._bus.publish_ephemeral(INBOX_TOPIC, {"type": "refresh"})


def pause_after(attempts: int) -> timedelta:
    """The pause after so many attempts (1 or more): doubling, up to an hour."""
    return min(FIRST_PAUSE * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)


async def _letter(tx: Transaction, message: LeftMessage, now: datetime) -> Mail:
    """The answer, who gives it, and what was asked, in French or English by the visitor's language."""
    site = await tx.sites.get(message.site_id)
    agent = await tx.people.agent(message.taken_by) if message.taken_by is not None else None
    site_name = site.name if site is not None else message.site_id
    words = "fr" if message.language.lower().split("-")[0] == "fr" else "en"
    quoted = "\n".join(f"> {line}".rstrip() for line in message.text.splitlines())
    signature = "\n".join(name for name in (agent.name if agent is not None else "", site_name) if name)
    text = f"{message.answer}\n\n-- \n{signature}\n\n{_QUOTED[words].format(date=message.at)}\n{quoted}\n"
    return Mail(
        id=message.id,
        to_address=message.email,
        to_name=message.name,
        subject=_SUBJECT[words].format(site=site_name),
        text=text,
        language=message.language,
        at=now,
    )
