"""What one event adds to the ledger: waits in lines that begin and end, and agents' times with conversations.

The ledger is derived from the change alone, like the effects that follow from it (`follow_up`), so no row of a policy
can forget it. It is written in the transaction of its event. A wait is open from `WaitBegan` to the one `WaitEnded`
that follows; a handling from `HandlingBegan` to `HandlingEnded`. Of each, a conversation has at most one open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Need, Purpose, State
from orchestrator.domain.events import Event

Channel = Literal["chat", "video"]
WaitOutcome = Literal[
    "answered",
    "left",
    "away",
    "timed_out",
    "failed_full",
    "failed_closed",
    "failed_nobody",
    "failed_declined",
    "closed",
    "message",
    "requeued",
]
HandlingEnd = Literal["closed", "handed_over", "requeued", "lost", "released"]

ABANDONED: frozenset[WaitOutcome] = frozenset({"left", "away"})
"""The visitor gave up: left the line, closed the conversation, or went away."""

FAILED: frozenset[WaitOutcome] = frozenset(
    {"timed_out", "failed_full", "failed_closed", "failed_nobody", "failed_declined"}
)
"""The service gave up."""


@dataclass(frozen=True, slots=True)
class WaitBegan:
    """``version`` is that of the conversation once it waits. ``channel`` is the one the visitor asked for."""

    conversation_id: str
    version: int
    group: str
    channel: Channel
    site_id: str
    language: str
    priority: int
    at: datetime


@dataclass(frozen=True, slots=True)
class WaitInvited:
    """An agent was invited to take the conversation that waits."""

    conversation_id: str


@dataclass(frozen=True, slots=True)
class WaitEnded:
    """``agent_id`` is who answered, None for any other outcome."""

    conversation_id: str
    outcome: WaitOutcome
    at: datetime
    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class HandlingBegan:
    """``version`` is that of the conversation once the agent has it."""

    conversation_id: str
    version: int
    agent_id: str
    group: str
    channel: Channel
    site_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class VideoCounted:
    """Seconds of live video that ended, in the handling that is open."""

    conversation_id: str
    seconds: float


@dataclass(frozen=True, slots=True)
class HandlingEnded:
    conversation_id: str
    ended_by: HandlingEnd
    at: datetime


LedgerEntry = WaitBegan | WaitInvited | WaitEnded | HandlingBegan | VideoCounted | HandlingEnded


def ledger_of_change(
    before: Conversation | None, after: Conversation, event: Event, now: datetime
) -> tuple[LedgerEntry, ...]:
    """The entries of one event, in the order in which they hold: what ends comes before what begins."""
    return (*_waits(before, after, event, now), *_handlings(before, after, event, now))


def _waits(
    before: Conversation | None, after: Conversation, event: Event, now: datetime
) -> tuple[LedgerEntry, ...]:
    waited = before is not None and before.queue is not None
    stays = before is not None and _is_same_wait(before, after, event)
    entries: list[LedgerEntry] = []
    if waited and not stays:
        outcome = _outcome(after, event)
        answered_by = after.agent_id if outcome == "answered" else None
        entries.append(WaitEnded(after.id, outcome, now, answered_by))
    if after.queue is not None and not stays:
        entries.append(
            WaitBegan(
                conversation_id=after.id,
                version=after.version,
                group=after.queue.group,
                channel=after.need.value,
                site_id=after.site_id,
                language=after.language,
                priority=after.queue.priority,
                at=now,
            )
        )
    if after.queue is not None and _newly_invited(before, after):
        entries.append(WaitInvited(after.id))
    return tuple(entries)


def _is_same_wait(before: Conversation, after: Conversation, event: Event) -> bool:
    """A wait is one stay in one line: another group or channel, or being sent there anew, begins another."""
    old, new = before.queue, after.queue
    if old is None or new is None or isinstance(event, ev.Requeued):
        return False
    return (old.group, old.entered_at, before.need) == (new.group, new.entered_at, after.need)


def _newly_invited(before: Conversation | None, after: Conversation) -> bool:
    old = before.invitation if before is not None else None
    new = after.invitation
    return new is not None and new.purpose is Purpose.OFFER and (old is None or old.id != new.id)


def _outcome(after: Conversation, event: Event) -> WaitOutcome:
    if after.agent_id is not None:
        return "answered"
    if after.queue is not None:
        return "requeued"
    match event:
        case ev.TransferFailed():
            return _FAILURES[event.reason]
        case ev.QueueTimedOut():
            return "timed_out"
        case ev.VisitorAwayTimedOut():
            return "away"
        case ev.MessageLeft():
            return "message"
        case ev.ConversationClosed(by="visitor"):
            return "left"
        case _:
            return "closed" if after.state is State.CLOSED else "left"


_FAILURES: dict[ev.FailureReason, WaitOutcome] = {
    "closed": "failed_closed",
    "full": "failed_full",
    "nobody": "failed_nobody",
    "declined_by_all": "failed_declined",
    "timed_out": "timed_out",
}


def _handlings(
    before: Conversation | None, after: Conversation, event: Event, now: datetime
) -> tuple[LedgerEntry, ...]:
    holder = before.agent_id if before is not None else None
    entries: list[LedgerEntry] = []
    if before is not None and holder is not None:
        seconds = _video_that_ended(before, after, now)
        if seconds > 0:
            entries.append(VideoCounted(after.id, seconds))
        if after.agent_id != holder:
            entries.append(HandlingEnded(after.id, _ended_by(after, event), now))
    if after.agent_id is not None and after.agent_id != holder:
        with_video = after.need is Need.VIDEO or after.call is not None
        entries.append(
            HandlingBegan(
                conversation_id=after.id,
                version=after.version,
                agent_id=after.agent_id,
                group=after.group or "",
                channel="video" if with_video else "chat",
                site_id=after.site_id,
                at=now,
            )
        )
    return tuple(entries)


def _video_that_ended(before: Conversation, after: Conversation, now: datetime) -> float:
    """Seconds since both were connected, when that call ended, began anew, or went on with another agent."""
    call = before.call
    if call is None or call.started_at is None:
        return 0.0
    goes_on = after.call is not None and (after.call.id, after.call.started_at) == (call.id, call.started_at)
    if goes_on and after.agent_id == before.agent_id:
        return 0.0
    return max(0.0, (now - call.started_at).total_seconds())


def _ended_by(after: Conversation, event: Event) -> HandlingEnd:
    if after.state is State.CLOSED:
        return "closed"
    if after.agent_id is not None:
        return "handed_over"
    if isinstance(event, ev.Requeued):
        return "requeued"
    return "lost" if isinstance(event, ev.AgentAwayTimedOut) else "released"
