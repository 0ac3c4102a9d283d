"""Effects that follow from what changed: nobody has to ask for them, so nobody can forget them."""

from __future__ import annotations

from orchestrator.domain.conversation import Conversation, wants_video
from orchestrator.domain.effects import CloseCall, DrainQueue, Effect, EndInvitation, InviteAgent, OpenCall
from orchestrator.domain.invariants import LIVE_VIDEO


def effects_of_change(before: Conversation, after: Conversation, end_reason: str) -> tuple[Effect, ...]:
    """The effects of the way from ``before`` to ``after``, in the order in which they must run."""
    effects: list[Effect] = []
    if before.call is not None and (after.call is None or after.call.id != before.call.id):
        effects.append(CloseCall(before.call.id, end_reason))
    if after.call is not None and (before.call is None or after.call.id != before.call.id):
        effects.append(OpenCall(after.call.id))
    old, new = before.invitation, after.invitation
    if old is not None and (new is None or new.id != old.id):
        effects.append(EndInvitation(old.agent_id, old.id, end_reason))
    if new is not None and (old is None or new.id != old.id):
        effects.append(InviteAgent(new.agent_id, new.id, new.purpose))
    held, holds = holdings(before), holdings(after)
    for agent_id, (chats, videos) in held.items():
        still_chats, still_videos = holds.get(agent_id, (0, 0))
        if still_chats < chats or still_videos < videos:
            effects.append(DrainQueue(agent_id))
    return tuple(effects)


def holdings(c: Conversation) -> dict[str, tuple[int, int]]:
    """Whose capacity this conversation takes: agent → (chats, videos).

    The agent's chat counts while it is open, the video while a call or a proposal is; an open invitation
    counts as what it would become.
    """
    holds: dict[str, tuple[int, int]] = {}
    if c.agent_id is not None:
        holds[c.agent_id] = (1, int(c.state in LIVE_VIDEO or c.proposal is not None))
    if c.invitation is not None:
        chats, videos = holds.get(c.invitation.agent_id, (0, 0))
        takes_video = c.invitation.holds_video and wants_video(c)
        holds[c.invitation.agent_id] = (max(chats, 1), max(videos, int(takes_video)))
    return holds
