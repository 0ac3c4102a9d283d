"""Writing the ledger with every event, and following what all processes wrote into it."""

from __future__ import annotations

from datetime import datetime

from orchestrator.application.ledger_records import Quote
from orchestrator.application.ports import Transaction, WaitEstimates
from orchestrator.domain.conversation import Conversation
from orchestrator.domain.events import Event
from orchestrator.domain.ledger import WaitBegan, ledger_of_change
from orchestrator.domain.wait_time.terms import Line, WaitBand


async def write_ledger(
    tx: Transaction,
    before: Conversation | None,
    after: Conversation,
    event: Event,
    now: datetime,
    waits: WaitEstimates | None = None,
) -> None:
    """Write what the event added, in its transaction and after the snapshot was saved.

    ``waits`` tells what the visitor is quoted; without it, or while the wait is unknown, nothing is.
    """
    entries = ledger_of_change(before, after, event, now)
    if not entries:
        return
    quote = None
    began = next((entry for entry in entries if isinstance(entry, WaitBegan)), None)
    if began is not None and waits is not None:
        position = await tx.conversations.queue_position(after)
        told = waits.entered(after.id, Line(began.group, began.channel), position, now)
        if isinstance(told, WaitBand):
            quote = Quote(told.p50, told.p90)
    await tx.ledger.append(entries, quote=quote)
