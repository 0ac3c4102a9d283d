"""Writing the ledger with every event, and following what all processes wrote into it."""

from __future__ import annotations

from datetime import datetime

from orchestrator.application.ports import Transaction, WaitEstimates
from orchestrator.domain.conversation import Conversation
from orchestrator.domain.events import Event
from orchestrator.domain.ledger import WaitBegan, ledger_of_change
from orchestrator.domain.wait_time.terms import Line


async def write_ledger(
    tx: Transaction,
    before: Conversation | None,
    after: Conversation,
    event: Event,
    now: datetime,
    waits: WaitEstimates | None = None,
) -> None:
    """Write what the event added, in its transaction and after the snapshot was saved.

    ``waits`` forecasts a wait that begins. What it was made of is kept, so that any process at any time learns as much
    from the wait as the one that made it.
    """
    entries = ledger_of_change(before, after, event, now)
    if not entries:
        return
    forecast = None
    began = next((entry for entry in entries if isinstance(entry, WaitBegan)), None)
    if began is not None and waits is not None:
        position = await tx.conversations.queue_position(after)
        forecast = waits.forecast(Line(began.group, began.channel), position, now)
    await tx.ledger.append(entries, forecast=forecast)
