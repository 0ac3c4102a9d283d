"""What the distribution makes of a conversation: how it waits on the floor, and what becomes of one nobody takes.

Who is asked is the floor's choice (`domain.floor`). Here is what surrounds it: a pure function each, for the live
service and for whoever plays it through.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Handover, Need, QueueEntry
from orchestrator.domain.events import Event, FailureReason, Search, Sought
from orchestrator.domain.floor import Choice, Stage, Waiting, Want, may_wait, stages_of
from rules.hours import group_open
from rules.policy import Policy

TRANSFER_LINE = "transfer:"
"""Begins the name of the line of those who are handed over to a group: they wait with an agent, not in its queue."""

# Why an agent is not asked, though they are there; and though it is only for now.
_FOR_NOW = frozenset({"chat_full", "video_full", "wrap_up"})
_THERE = _FOR_NOW | {"language", "skill", "declined", "sticky", "video_unable"}


def waiting_of(c: Conversation, pinned: Policy, live: Policy) -> Waiting | None:
    """How the conversation waits for an agent; None when it does not.

    Chart and escalation are those the conversation is pinned to; groups are live. A group that is gone is taken for
    the default group. Nobody waits for the agent they know where nobody may wait at all.
    """
    if c.queue is not None:
        return _in_line(c, c.queue, pinned, live)
    return _handed_over(c, c.handover, pinned, live) if c.handover is not None else None


def _in_line(c: Conversation, entry: QueueEntry, pinned: Policy, live: Policy) -> Waiting:
    group = _known(entry.group, live)
    sticky = live.group(group).spec.sticky
    known = entry.sticky_agent if sticky is not None and parks(c, pinned, live) else None
    return Waiting(
        id=c.id,
        group=group,
        video=c.need is Need.VIDEO,
        at_head=entry.at_head,
        rank_at=entry.rank_at,
        entered_at=entry.entered_at,
        stages=stages_of(c, pinned, live),
        declined=entry.declined,
        sticky=known,
        sticky_until=entry.entered_at + sticky if known is not None and sticky is not None else None,
        resting=entry.resting,
        invited=c.invitation is not None,
    )


def _handed_over(c: Conversation, handover: Handover, pinned: Policy, live: Policy) -> Waiting:
    group = _known(handover.group, live)
    calling = c.call is not None
    # As if it had entered the line of the group then; a call that goes on needs an agent for video.
    entry = QueueEntry(group, handover.started_at, handover.started_at)
    asking = replace(c, queue=entry, verdict=None, need=Need.VIDEO if calling else Need.CHAT)
    return Waiting(
        id=c.id,
        group=TRANSFER_LINE + group,
        video=calling,
        # They have waited before, and the handover does not wait for long.
        at_head=True,
        rank_at=handover.started_at,
        entered_at=handover.started_at,
        stages=stages_of(asking, pinned, live),
        declined=handover.declined | {handover.by_agent},
        invited=c.invitation is not None,
    )


def parks(c: Conversation, pinned: Policy, live: Policy) -> bool:
    """Whether the conversation may stay in its line when nobody can take it now."""
    if c.queue is None:
        return False
    places = live.group(_known(c.queue.group, live)).places
    return may_wait(c, pinned, places.video if c.need is Need.VIDEO else places.chat)


def _known(group: str, live: Policy) -> str:
    return group if group in live.routing.groups else live.routing.default_group


def is_settled(c: Conversation, pinned: Policy, live: Policy) -> bool:
    """Whether it may just go on waiting while its group is open, whoever is there: `end_of_wait` would be None."""
    if c.invitation is not None or (c.queue is None and c.handover is None):
        return True
    if c.queue is None:
        return False
    return parks(c, pinned, live) and (c.queue.resting or not c.queue.declined)


def end_of_wait(
    c: Conversation, waiting: Waiting, choice: Choice, pinned: Policy, live: Policy, now: datetime
) -> Event | None:
    """What becomes of a conversation that is not invited and whom ``choice`` finds; None: it is asked, or waits on.

    Who may not wait is failed; one whom somebody refused, and nobody can take now, rests until the next round. A
    handover ends unless somebody who has not refused is only busy.
    """
    is_open = group_open(live.group(waiting.group.removeprefix(TRANSFER_LINE)).spec, now)
    if c.queue is None:
        if not is_open:
            return ev.HandoverEnded("closed", search_of(waiting, choice, now))
        hopeless = choice.agent_id is None and not _FOR_NOW & choice.left_out.keys()
        return ev.HandoverEnded("nobody", search_of(waiting, choice, now)) if hopeless else None
    if not is_open:
        return ev.TransferFailed("closed", search_of(waiting, choice, now))
    if choice.agent_id is not None:
        return None
    if not parks(c, pinned, live):
        return ev.TransferFailed(_why(waiting, choice), search_of(waiting, choice, now))
    refused = bool(waiting.declined) and not waiting.resting
    return ev.RoundExhausted(search_of(waiting, choice, now)) if refused else None


def _why(waiting: Waiting, choice: Choice) -> FailureReason:
    if waiting.declined:
        return "declined_by_all"
    return "full" if _THERE & choice.left_out.keys() else "nobody"


def search_of(waiting: Waiting, choice: Choice, now: datetime) -> Search:
    """The search as it is kept with the event that came of it."""
    return Search(
        wants=tuple(_sought(want) for want in _stage(waiting, now).wants),
        chosen=_sought(choice.want) if choice.want is not None else None,
        relaxed=choice.relaxed,
        left_out={str(reason): count for reason, count in choice.left_out.items()},
        examples={str(reason): agents for reason, agents in choice.examples.items()},
    )


def asks_in(waiting: Waiting, groups: frozenset[str], now: datetime) -> bool:
    """Whether agents of one of the groups may be asked by now."""
    return any(want.group in groups for want in _stage(waiting, now).wants)


def _stage(waiting: Waiting, now: datetime) -> Stage:
    due = [stage for stage in waiting.stages if stage.since <= now]
    return (due or list(waiting.stages))[-1 if due else 0]


def _sought(want: Want) -> Sought:
    return Sought(want.group, want.language, want.skills, want.chat, want.video)
