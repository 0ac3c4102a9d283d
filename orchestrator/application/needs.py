"""Which facts a decision can read at all, found out from the policy's rows: the others need not be gathered.

The message path is the hot one, and most of its rows read nothing; asking the whole group of agents whether one of
them is free would cost more than everything else together.
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.domain import events as ev
from orchestrator.domain.events import Event
from rules.policy import Policy

# Actions of `domain.actions` that look at the group: its name, its hours, its places.
_ASK_GROUP = frozenset(
    {
        "enter_queue",
        "requeue_at_head",
        "requeue",
        "open_handover",
        "show_alternative",
        "tell_bot_failed",
        "open_call",
        "set_camera",
    }
)
_COUNTED = frozenset(
    {"group.waiting", "group.has_free_agent", "queue.wait_known", "queue.wait_p50", "queue.wait_p90"}
)
_MOST_CASES = 10_000
# Laws (and the notices of these events) look at the agent, or at the group, whatever the policy reads.
_ABOUT_AGENT = (ev.AgentInvited, ev.AgentAccepted, ev.AgentAssigned, ev.HandoverRequested)
_ABOUT_GROUP = (ev.Requeued, ev.HandoverRequested)


@dataclass(frozen=True, slots=True)
class Needs:
    """``group``: its name, hours and places. ``counts``: who waits and who is free in it, and how long it takes."""

    agent: bool
    group: bool
    counts: bool


_known: dict[tuple[str, str, str, str], Needs] = {}


def needs_of(event: Event, state: str, party: str, policy: Policy) -> Needs:
    """What `decide` may read for this event of a conversation in this state with this party."""
    case = (policy.revision, type(event).__name__, state, party)
    needs = _known.get(case)
    if needs is None:
        if len(_known) > _MOST_CASES:
            _known.clear()
        needs = _known[case] = _needs(event, state, party, policy)
    return needs


def _needs(event: Event, state: str, party: str, policy: Policy) -> Needs:
    rows = policy.lifecycle.candidates(type(event).__name__, state, party)
    reads = {name for row in rows if row.guard is not None for name in row.guard.reads}
    actions = {action for row in rows for action in row.actions}
    return Needs(
        agent=isinstance(event, _ABOUT_AGENT) or any(name.startswith("agent.") for name in reads),
        group=isinstance(event, _ABOUT_GROUP)
        or bool(actions & _ASK_GROUP)
        or any(name.startswith(("group.", "camera.", "queue.wait_")) for name in reads),
        counts=bool(reads & _COUNTED),
    )
