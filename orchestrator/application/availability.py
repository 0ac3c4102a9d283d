"""Could somebody take this visitor now? What a bot is told with every delivery, so that it promises nothing false."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from orchestrator.application.floor import LiveFloor
from orchestrator.application.ports import Transaction
from orchestrator.application.views import Views
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Device, Need, QueueEntry, State
from orchestrator.domain.routing import as_if_waiting, route
from orchestrator.domain.wait_time.terms import Line
from rules.hours import group_open
from rules.policy import Policy


@dataclass(frozen=True, slots=True)
class Availability:
    """Per channel: the group is open, and somebody is free or a place in the line is. ``wait``: seconds, if known."""

    chat: bool
    video: bool
    wait: int | None


async def availability(
    tx: Transaction,
    conversation: Conversation,
    views: Views,
    floor: LiveFloor,
    *,
    pinned: Policy,
    live: Policy,
    now: datetime,
) -> Availability:
    possible: dict[Need, bool] = {}
    wait: int | None = None
    await floor.refresh(tx)
    for need, event in ((Need.CHAT, ev.PersonRequested()), (Need.VIDEO, ev.VideoRequested())):
        asking = replace(conversation, need=need, queue=None)
        routed = route(asking, event, pinned, live, now)
        group = routed.group
        video = need is Need.VIDEO
        waiting = floor.picture.waiting(group.name, video=video)
        places = group.places.video if video else group.places.chat
        somebody = floor.could_ask(as_if_waiting(asking, event, routed, now), pinned)
        possible[need] = group_open(group.spec, now) and (somebody or waiting < places)
        if need is Need.CHAT and possible[need]:
            wait = 0 if somebody else views.wait_seconds(Line(group.name, "chat"), None, now)
    able = conversation.can_video and not conversation.video_ended
    return Availability(possible[Need.CHAT], possible[Need.VIDEO] and able, wait)


def somebody_in(group: str, language: str, floor: LiveFloor, live: Policy, now: datetime) -> bool:
    """Whether somebody could be asked at once for a chat in this language that waits in this group."""
    if group not in live.routing.groups or not group_open(live.group(group).spec, now):
        return False
    waiting = Conversation(
        id="",
        site_id="",
        visitor_id="",
        language=language,
        device=Device.DESKTOP,
        policy_revision=live.revision,
        started_at=now,
        state=State.QUEUED,
        queue=QueueEntry(group, now, now),
        group=group,
    )
    return floor.could_ask(waiting, live)
