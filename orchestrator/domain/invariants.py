"""What holds of every conversation, whatever the policy says (DESIGN: invariants 5-7).

`decide` refuses an outcome that would break one of these, so a faulty policy is refused event by event
instead of corrupting a conversation; the property tests hold every reachable snapshot to them.
"""

from __future__ import annotations

from orchestrator.domain.conversation import Consent, Conversation, Party, Purpose, State
from orchestrator.domain.timers import waits_of

LIVE_VIDEO = (State.VIDEO_LOBBY, State.IN_VIDEO)


def broken_law(c: Conversation) -> str | None:
    """The first law that this snapshot breaks, as a stable code, or None."""
    return _of_people(c) or _of_video(c) or _of_offers(c) or _of_waits(c)


def _of_people(c: Conversation) -> str | None:
    """Of who holds the conversation: nobody, a bot, an agent, or a line."""
    if (c.party is Party.AGENT) != (c.agent_id is not None):
        return "agent_without_party"
    if (c.state is State.QUEUED) != (c.queue is not None):
        return "queue_without_entry"
    if c.queue is None:
        return None
    if c.queue.group == "":
        return "queue_without_group"
    return "queued_with_agent" if c.party is Party.AGENT else None


def _of_video(c: Conversation) -> str | None:
    video = c.state in LIVE_VIDEO
    if video and c.party is not Party.AGENT:
        return "video_without_agent"
    if video != (c.call is not None):
        return "video_without_room"
    if video and c.consent is Consent.NONE:
        return "video_without_consent"
    if c.consent is Consent.CARD and (c.verdict is None or not c.verdict.escalates):
        return "consent_without_card"
    if c.state is State.IN_VIDEO and (c.call is None or c.call.started_at is None):
        return "call_not_started"
    return None


def _of_offers(c: Conversation) -> str | None:
    """Of what is open beside the state: a proposal, an invitation, a handover, the offer to resume a call."""
    with_agent = c.state is State.CHAT and c.party is Party.AGENT
    if c.proposal is not None and not with_agent:
        return "proposal_outside_chat"
    if c.proposal is not None and c.proposal.agent_id != c.agent_id:
        return "proposal_of_another"
    if c.invitation is not None and c.invitation.purpose is Purpose.OFFER and c.state is not State.QUEUED:
        return "offer_outside_queue"
    if c.invitation is not None and c.invitation.purpose is Purpose.TRANSFER and c.party is not Party.AGENT:
        return "transfer_without_agent"
    if c.handover is not None and c.handover.by_agent != c.agent_id:
        return "handover_of_another"
    return "resume_outside_chat" if c.resume_until is not None and not with_agent else None


def _of_waits(c: Conversation) -> str | None:
    closed = c.state is State.CLOSED
    if closed != (c.closed_at is not None):
        return "closed_without_time"
    if closed and (c.timers or c.invitation or c.bot_asked):
        return "closed_but_waiting"
    if c.bot_asked is not None and not (c.state is State.CHAT and c.party is Party.BOT):
        return "bot_asked_while_mute"
    return "wait_without_timer" if waits_of(c) != frozenset(c.timers) else None
