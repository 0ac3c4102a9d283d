"""What asking for a person would come to now: told to a visitor's page before it offers anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from orchestrator.application.errors import NotFound
from orchestrator.application.floor import LiveFloor
from orchestrator.application.ports import Clock, Policies, Store, Transaction, WaitEstimates
from orchestrator.application.records import Json
from orchestrator.application.views import RASA, wait_view
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Device, Need
from orchestrator.domain.routing import as_if_waiting, route, takes_messages
from orchestrator.domain.wait_time.terms import Line
from rules.hours import group_open
from rules.policy import Policy

_ASKING: dict[Need, ev.PersonRequested | ev.VideoRequested] = {
    Need.CHAT: ev.PersonRequested(),
    Need.VIDEO: ev.VideoRequested(),
}


class Outlooks:
    """A promise of nothing: the decision is taken when the visitor asks."""

    def __init__(
        self, store: Store, clock: Clock, policies: Policies, floor: LiveFloor, waits: WaitEstimates
    ) -> None:
        self._store = store
        self._clock = clock
        self._policies = policies
        self._floor = floor
        self._waits = waits

    async def of_visitor(self, visitor_id: str, needs: Sequence[Need]) -> Json:
        """→ `Outlook`: for the visitor's open conversation, or for the one they would begin.

        Raises:
            NotFound: there is no such visitor.
        """
        live, now = self._policies.live, self._clock.now()
        async with self._store.transaction(read_only=True) as tx:
            conversation = await tx.conversations.open_of_visitor(visitor_id)
            if conversation is None:
                conversation = await _imagined(tx, visitor_id, live, now)
            pinned = await self._policies.pinned(conversation.policy_revision, tx)
            await self._floor.refresh(tx)
        return {"channels": [self._channel(conversation, need, pinned, live, now) for need in needs]}

    def _channel(self, c: Conversation, need: Need, pinned: Policy, live: Policy, now: datetime) -> Json:
        asking = replace(c, need=need, queue=None, invitation=None)
        routed = route(asking, _ASKING[need], pinned, live, now)
        group, video = routed.group, need is Need.VIDEO
        is_open = group_open(group.spec, now)
        waiting = self._floor.picture.waiting(group.name, video=video)
        view: Json = {
            "channel": need.value,
            "group": group.name,
            "open": is_open,
            "waiting": waiting,
            "leave_message": takes_messages(group, is_open=is_open),
        }
        places = group.places.video if video else group.places.chat
        if video and (c.video_ended or not (c.can_video and group.video)):
            return view | {"status": "unavailable"}
        if not is_open:
            return view | {"status": "closed"}
        if self._floor.could_ask(as_if_waiting(asking, _ASKING[need], routed, now), pinned):
            return view | {"status": "available"}
        if waiting >= places:
            return view | {"status": "full"}
        if not live.engagement_for(c.site_id).wait_estimate:
            return view | {"status": "queue"}
        told = self._waits.estimate(Line(group.name, need.value), None, now)
        return view | {"status": "queue"} | wait_view(told)


async def _imagined(tx: Transaction, visitor_id: str, live: Policy, now: datetime) -> Conversation:
    """The conversation that the visitor would begin."""
    visitor = await tx.people.visitor(visitor_id)
    site = await tx.sites.get(visitor.site_id) if visitor is not None else None
    if visitor is None or site is None:
        raise NotFound("visitor_not_found", "There is no such visitor.")
    return Conversation(
        id="",
        site_id=visitor.site_id,
        visitor_id=visitor_id,
        language=visitor.language,
        device=Device(visitor.device),
        policy_revision=live.revision,
        started_at=now,
        bot_id=(site.bot_id or RASA) if site.bot else None,
        can_video=visitor.can_video,
    )
