"""What the distribution would have done under the draft while a conversation waited, as far as that is known.

Its events are of the recorded policy: whom it invites, whether it lets somebody wait. Under the draft they are the same
as long as the same is asked of the same people, who may hold the same; who was there and free is held as it was.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation
from orchestrator.domain.distribution import parks, waiting_of
from orchestrator.domain.events import Event
from orchestrator.domain.floor import GroupRules
from rules.hours import group_open
from rules.policy import Policy

WHOM = "whom the distribution would have found"
ENDED, GOES_ON = "ended", "goes_on"
AT_ONCE = timedelta(seconds=1)
"""Who is invited so soon after the last step did not have to wait for anybody to become free."""


def asked_alike(
    before: Conversation, then: tuple[Policy, Policy], after: Conversation, draft: Policy, at: datetime
) -> bool:
    """Whether the same people are asked for two waiting conversations, and by the same rules, up to ``at``.

    ``then`` are the policy that the first is pinned to, and the one that was live.
    """
    one, other = waiting_of(before, *then), waiting_of(after, draft, draft)
    if one is None or other is None:
        return one is other
    stages = [tuple(stage for stage in waiting.stages if stage.since <= at) for waiting in (one, other)]
    if stages[0] != stages[1] or (one.sticky, one.sticky_until) != (other.sticky, other.sticky_until):
        return False
    groups = {want.group for stage in stages[0] for want in stage.wants}
    return all(_served_alike(name, then[1], draft, at) for name in groups)


def _served_alike(name: str, then: Policy, draft: Policy, at: datetime) -> bool:
    before, now = then.routing.groups.get(name), draft.routing.groups.get(name)
    if before is None or now is None:
        return before is now
    return GroupRules.of(before) == GroupRules.of(now) and group_open(before, at) == group_open(now, at)


def wait_under(
    event: Event,
    c: Conversation,
    then: tuple[Policy, Policy] | None,
    draft: Policy,
    at: datetime,
    last: datetime,
) -> str | None:
    """What the draft would have made of the wait before this event, if not the same.

    `ENDED`: the distribution would have ended it. `GOES_ON`: it would not have ended it with this event. `WHOM`: that
    cannot be told. ``last`` is when the step before was.
    """
    if c.invitation is not None or (c.queue is None and c.handover is None):
        return None
    ends = isinstance(event, ev.TransferFailed | ev.HandoverEnded)
    closing = isinstance(event, ev.TransferFailed | ev.HandoverEnded) and event.reason == "closed"
    name = c.queue.group if c.queue is not None else c.handover.group if c.handover is not None else ""
    open_now = _open(name, draft, at)
    if closing and open_now:
        return GOES_ON
    if then is None:
        return WHOM
    if not closing and not open_now and _open(name, then[1], at):
        return ENDED
    if c.queue is not None:
        parked, parks_now = parks(c, *then), parks(c, draft, draft)
        if parked and not parks_now and not (isinstance(event, ev.AgentInvited) and at - last <= AT_ONCE):
            return ENDED
        if ends and not closing and not parked and parks_now:
            return GOES_ON
    return None if closing or asked_alike(c, then, c, draft, at) else WHOM


def _open(name: str, policy: Policy, at: datetime) -> bool:
    groups = policy.routing.groups
    return group_open(groups[name if name in groups else policy.routing.default_group], at)
