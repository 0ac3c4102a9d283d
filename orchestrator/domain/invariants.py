"""What holds of every conversation, whatever the policy says (DESIGN: invariants 5-7).

`decide` refuses an outcome that would break one of these, so a faulty policy is refused event by event
instead of corrupting a conversation; the property tests hold every reachable snapshot to them.
"""

from __future__ import annotations

from orchestrator.domain.conversation import Consent, Conversation, Party, Purpose, State
from orchestrator.domain.timers import waits_of

LIVE_VIDEO = (State.VIDEO_LOBBY, State.IN_VIDEO)


def broken_law(conversation: Conversation) -> str | None:
    """The first law that this snapshot breaks, as a stable code, or None."""
    for code, holds in _laws(conversation):
        if not holds:
            return code
    return None


def _laws(c: Conversation) -> tuple[tuple[str, bool], ...]:
    offered = c.invitation is not None and c.invitation.purpose is Purpose.OFFER
    transferring = c.invitation is not None and c.invitation.purpose is Purpose.TRANSFER
    video = c.state in LIVE_VIDEO
    return (
        ("agent_without_party", (c.party is Party.AGENT) == (c.agent_id is not None)),
        ("queue_without_entry", (c.state is State.QUEUED) == (c.queue is not None)),
        ("queue_without_group", c.queue is None or c.queue.group != ""),
        ("queued_with_agent", c.state is not State.QUEUED or c.party is not Party.AGENT),
        ("video_without_agent", not video or c.party is Party.AGENT),
        ("video_without_room", video == (c.call is not None)),
        ("video_without_consent", not video or c.consent is not Consent.NONE),
        (
            "consent_without_card",
            c.consent is not Consent.CARD or (c.verdict is not None and c.verdict.escalates),
        ),
        (
            "call_not_started",
            c.state is not State.IN_VIDEO or (c.call is not None and c.call.started_at is not None),
        ),
        ("proposal_outside_chat", c.proposal is None or (c.state is State.CHAT and c.party is Party.AGENT)),
        ("proposal_of_another", c.proposal is None or c.proposal.agent_id == c.agent_id),
        ("offer_outside_queue", not offered or c.state is State.QUEUED),
        ("transfer_without_agent", not transferring or c.party is Party.AGENT),
        ("handover_of_another", c.handover is None or c.handover.by_agent == c.agent_id),
        ("resume_outside_chat", c.resume_until is None or (c.state is State.CHAT and c.party is Party.AGENT)),
        ("closed_without_time", (c.state is State.CLOSED) == (c.closed_at is not None)),
        ("closed_but_waiting", c.state is not State.CLOSED or not (c.timers or c.invitation or c.bot_asked)),
        ("bot_asked_while_mute", c.bot_asked is None or (c.state is State.CHAT and c.party is Party.BOT)),
        ("wait_without_timer", waits_of(c) == frozenset(c.timers)),
    )
