"""What of a conversation the rows, the laws and the actions can see: two that look the same here behave the same.

A field is left out when nothing but its presence matters (identifiers, moments), when it only explains (counters of
rounds, who held it last), or when an event can change it at any time without doing anything else (whether the
visitor is present). A field this module does not know is kept, so that a new one cannot hide a behaviour.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from orchestrator.domain.conversation import Conversation, Party, State
from orchestrator.domain.evolve import FIELDS
from orchestrator.domain.guard_facts import camera_policy
from orchestrator.domain.invariants import LIVE_VIDEO
from rules.policy import Policy

View = tuple[object, ...]

# Seen below, in a form of their own.
_SHAPED = frozenset({"state", "party", "need", "verdict", "bot_asked", "queue", "invitation", "handover",
                     "proposal", "call", "video_started", "video_ended", "resume_until"})  # fmt: skip

# Seen by nobody who decides, or only as present or absent of something above. The consent follows from the need and
# the card while it can still change, and in video nothing but its absence could be seen.
_UNSEEN = frozenset({"consent",
                     "id", "site_id", "visitor_id", "device", "policy_revision", "started_at", "version", "bot_id",
                     "previous_id", "agent_id", "last_agent_id", "proposals_declined", "closed_at", "closed_by",
                     "timers", "group"})  # fmt: skip

# Seen only through guards, or changed at will by an event of their own: kept when a policy makes them matter.
OPTIONAL = frozenset(
    {"language", "can_video", "visitor_present", "agent_present", "proposals_made", "last_decline_at"}
)

_OTHERS = tuple(name for name in FIELDS if name not in _SHAPED | _UNSEEN | OPTIONAL)


@dataclass(frozen=True, slots=True)
class Canonical:
    """How the conversations of one policy are told apart.

    ``tracked`` are the fields of `OPTIONAL` that matter here; ``cards`` is whether a card that does not escalate can
    be seen, ``groups`` whether groups can, ``cameras`` whether sites differ in their cameras, ``priority`` whether
    the rank in a queue can be read.
    """

    policy: Policy
    tracked: frozenset[str]
    cards: bool
    groups: bool
    cameras: bool
    priority: bool

    def __call__(self, c: Conversation) -> View:
        verdict, queue, call = c.verdict, c.queue, c.call
        card = 0
        if verdict is not None and not verdict.consumed:
            card = 2 if verdict.escalates else int(self.cards)
        return (
            c.state,
            c.party,
            c.need,
            card,
            c.bot_asked is not None,
            None
            if queue is None
            else (queue.came_from, queue.resting, queue.priority if self.priority else 0),
            None if c.invitation is None else c.invitation.purpose,
            c.handover is not None,
            c.proposal is not None,
            None if call is None else (call.connected, call.started_at is not None),
            c.video_started,
            c.video_ended,
            c.resume_until is not None,
            c.group if self.groups else None,
            camera_policy(c, self.policy.camera_for(c.site_id, c.group))
            if self.cameras and c.state in LIVE_VIDEO
            else None,
            *(_TRACKED[name](c, self.policy) for name in sorted(self.tracked)),
            *(_seen(getattr(c, name)) for name in _OTHERS),
        )


def _seen(value: object) -> object:
    return value if isinstance(value, (bool, int, str, Enum)) or value is None else True


_TRACKED: dict[str, Callable[[Conversation, Policy], object]] = {
    "language": lambda c, _: c.language,
    "can_video": lambda c, _: c.can_video,
    "visitor_present": lambda c, _: c.visitor_present,
    "agent_present": lambda c, _: c.agent_present,
    "proposals_made": lambda c, policy: min(c.proposals_made, policy.conversation.limits.proposals),
    # The pause after a decline runs out by itself, so away from the agent's chat it is left to time.
    "last_decline_at": lambda c, _: (
        c.last_decline_at is not None and c.state is State.CHAT and c.party is Party.AGENT
    ),
}
