"""How a conversation looks to the people in it: plain data in the shapes of `api.schemas`.

Rendered when it is read, from the snapshot and from what the policy allows now; nothing of it is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from orchestrator.application.floor import LiveFloor
from orchestrator.application.gather import gather_for_pages
from orchestrator.application.invitation_reasons import group_labels, why_invited
from orchestrator.application.ports import Transaction, WaitEstimates
from orchestrator.application.records import Agent, Context, Json, Site, StoredMessage
from orchestrator.domain.actions import wants_video
from orchestrator.domain.allowed import agent_actions, visitor_actions
from orchestrator.domain.conversation import Conversation, Purpose, State, TimerName
from orchestrator.domain.events import AgentInvited
from orchestrator.domain.facts import Facts
from orchestrator.domain.guard_facts import camera_policy
from orchestrator.domain.wait_time.terms import Estimate, Line, Unknown, WaitBand
from rules.languages import text_in
from rules.policy import Policy

BOT_NAME = "Assistant"
RASA = "rasa"
"""The bot that every installation has; all others are connected ones."""
LAST_MESSAGES = 10
NOT_LEARNT = Unknown("thin_data")


def message_view(message: StoredMessage) -> Json:
    """→ `Message`."""
    return {
        "id": message.id,
        "conversation_id": message.conversation_id,
        "position": message.position,
        "author": {"role": message.author, "name": message.author_name},
        "content": dict(message.content),
        "quick_replies": [{"title": title, "value": value} for title, value in message.quick_replies],
        "client_id": message.client_id,
        "private": message.private_to is not None,
        "at": message.at,
    }


def message_views(messages: Sequence[StoredMessage], *, for_visitor: bool) -> list[Json]:
    return [
        message_view(message) for message in messages if not (for_visitor and message.private_to == "agent")
    ]


class Views:
    """Renders inside a transaction (of any kind: it only reads)."""

    def __init__(self, floor: LiveFloor, waits: WaitEstimates | None = None) -> None:
        """``waits``: the estimator; without one every wait is unknown."""
        self._floor = floor
        self._waits = waits

    async def visitor_conversation(
        self, tx: Transaction, c: Conversation, *, pinned: Policy, live: Policy, now: datetime
    ) -> Json:
        """→ `VisitorConversation`."""
        facts = await self._facts(tx, c, pinned, live, now)
        agent = await tx.people.agent(c.agent_id) if c.agent_id is not None else None
        return {
            "id": c.id,
            "state": c.state.value,
            "party": c.party.value,
            "need": c.need.value,
            "language": c.language,
            "version": c.version,
            "bot": await bot_view(tx, c.bot_id),
            "agent": person_view(agent),
            "queue": await self.queue(tx, c, live, now),
            "proposal": _proposal(c, agent),
            "call": call_view(c, live),
            "resume_until": c.resume_until,
            "previous_id": c.previous_id,
            "started_at": c.started_at,
            "closed_at": c.closed_at,
            "can": asdict(visitor_actions(c, facts, pinned, now)),
        }

    async def agent_conversation(
        self, tx: Transaction, c: Conversation, agent_id: str, *, pinned: Policy, live: Policy, now: datetime
    ) -> Json:
        """→ `AgentConversation`, as ``agent_id`` sees it."""
        facts = await self._facts(tx, c, pinned, live, now)
        holder = await tx.people.agent(c.agent_id) if c.agent_id is not None else None
        site = await tx.sites.get(c.site_id)
        context = await tx.context.get(c.id)
        mine = c.agent_id == agent_id
        can = agent_actions(c, agent_id, facts, pinned, now)
        unavailable = None
        if c.state is State.CHAT and mine and not can.propose_video:
            unavailable = _why_no_proposal(c, facts, pinned, now)
        return {
            "id": c.id,
            "site_id": c.site_id,
            "site_name": site.name if site is not None else c.site_id,
            "state": c.state.value,
            "party": c.party.value,
            "need": c.need.value,
            "version": c.version,
            "agent": person_view(holder),
            "mine": mine,
            "visitor": _visitor(c, context),
            "group": c.group,
            "group_labels": group_labels(live, c.group),
            "slots": dict(context.slots),
            "summary": context.summary,
            "escalation": _escalation(c),
            "queue": await self.queue(tx, c, live, now),
            "proposal": _proposal(c, holder),
            "transfer": await _transfer(tx, c, live),
            "call": call_view(c, live),
            "video_unavailable": unavailable,
            "started_at": c.started_at,
            "closed_at": c.closed_at,
            "can": asdict(can),
        }

    async def invitation(
        self, tx: Transaction, c: Conversation, agent_id: str, *, pinned: Policy, live: Policy, now: datetime
    ) -> Json | None:
        """→ `InvitationView` of the open invitation to this agent; None when it is over."""
        invitation = c.invitation
        if invitation is None or invitation.agent_id != agent_id:
            return None
        note = await tx.messages.get(invitation.note_message_id) if invitation.note_message_id else None
        invited = await tx.events.latest(c.id, AgentInvited)
        mine = isinstance(invited, AgentInvited) and invited.invitation_id == invitation.id
        search = invited.search if isinstance(invited, AgentInvited) and mine else None
        return {
            "id": invitation.id,
            "conversation": await self.agent_conversation(tx, c, agent_id, pinned=pinned, live=live, now=now),
            "purpose": invitation.purpose.value,
            "with_video": invitation.holds_video and wants_video(c),
            "expires_at": invitation.expires_at,
            "last_messages": message_views(await tx.messages.latest(c.id, LAST_MESSAGES), for_visitor=False),
            "note": note.content.get("text") if note is not None else None,
            "why": why_invited(c, invitation, search, live),
        }

    async def _facts(
        self, tx: Transaction, c: Conversation, pinned: Policy, live: Policy, now: datetime
    ) -> Facts:
        return await gather_for_pages(
            tx, c, pinned=pinned, live=live, now=now, floor=self._floor, waits=self._waits
        )

    async def queue(self, tx: Transaction, c: Conversation, live: Policy, now: datetime) -> Json | None:
        """→ `QueueView`: the place in the line, and how long it takes; None for who does not wait."""
        if c.queue is None:
            return None
        # A process that has not heard of the entry yet asks the store.
        position = self._floor.picture.position(c.id) or await tx.conversations.queue_position(c)
        view: Json = {
            "position": position,
            "since": c.queue.entered_at,
            "wait": None,
            "wait_unknown": False,
            "wait_reason": None,
        }
        if live.engagement_for(c.site_id).wait_estimate:
            view |= wait_view(self.wait(Line(c.queue.group, c.need.value), position, now))
        return view

    def wait(self, line: Line, position: int | None, now: datetime) -> Estimate:
        """The estimate for a place in a line (None: behind everybody)."""
        return NOT_LEARNT if self._waits is None else self._waits.estimate(line, position, now)

    def wait_seconds(self, line: Line, position: int | None, now: datetime) -> int | None:
        """The middle of the estimate, for a bot's words; None when it is unknown."""
        told = self.wait(line, position, now)
        return round(told.p50) if isinstance(told, WaitBand) else None


def wait_view(told: Estimate) -> Json:
    """``wait``, ``wait_unknown`` and ``wait_reason`` as the pages are told them: a band, or why there is none."""
    if isinstance(told, WaitBand):
        return {"wait": {"p50": told.p50, "p90": told.p90}, "wait_unknown": False, "wait_reason": None}
    return {"wait": None, "wait_unknown": True, "wait_reason": told.reason}


async def bot_view(tx: Transaction, bot_id: str | None) -> Json | None:
    return {"name": await bot_name(tx, bot_id), "picture_url": None} if bot_id is not None else None


async def bot_name(tx: Transaction, bot_id: str | None) -> str:
    """The name a bot speaks under: a connected one has its own."""
    bot = await tx.bots.get(bot_id) if bot_id not in (None, RASA) else None
    return bot.pseudo if bot is not None else BOT_NAME


def person_view(agent: Agent | None) -> Json | None:
    return {"name": agent.name, "picture_url": agent.picture_url} if agent is not None else None


def call_view(c: Conversation, live: Policy) -> Json | None:
    """→ `CallView`; ``visitor_connected`` and ``agent_connected`` are what the media server last said."""
    if c.call is None:
        return None
    camera = camera_policy(c, live.camera_for(c.site_id, c.group))
    return {
        "id": c.call.id,
        "camera_policy": camera,
        "reassurance": live.reassurance_for(c.site_id, camera, c.language),
        "visitor_connected": "visitor" in c.call.connected,
        "agent_connected": "agent" in c.call.connected,
        "camera_on": c.call.camera_on,
        "lobby_until": c.timers.get(TimerName.LOBBY),
        "grace_until": c.timers.get(TimerName.RECONNECT),
    }


def site_view(site: Site, policy: Policy, language: str, *, bot: Json | None) -> Json:
    """→ `SiteView`: the widget's settings and words in the visitor's language. ``bot``: that of `bot_view`."""
    engagement = policy.engagement_for(site.id)
    camera = policy.camera_for(site.id, None)
    found = text_in(engagement.texts, language, engagement.languages[0])
    words = found[1] if found is not None else next(iter(engagement.texts.values()))
    return {
        "id": site.id,
        "name": site.name,
        "language": site.language,
        "languages": list(engagement.languages),
        "chat_entry": engagement.entries.chat,
        "video_entry": engagement.entries.video,
        "camera_policy": camera,
        "texts": {
            "title": words.title,
            "subtitle": words.subtitle,
            "chat_button": words.chat_button,
            "video_button": words.video_button,
            "reassurance": policy.reassurance_for(site.id, camera, language),
        },
        "bot": bot,
    }


def _proposal(c: Conversation, agent: Agent | None) -> Json | None:
    if c.proposal is None:
        return None
    name = agent.name if agent is not None else ""
    return {"id": c.proposal.id, "agent_name": name, "expires_at": c.proposal.expires_at}


async def _transfer(tx: Transaction, c: Conversation, live: Policy) -> Json | None:
    """→ `TransferView` of a transfer that nobody has accepted yet."""
    invitation = c.invitation
    if invitation is None or invitation.purpose is not Purpose.TRANSFER:
        invitation = None
    if invitation is None and c.handover is None:
        return None
    asked = await tx.people.agent(invitation.agent_id) if invitation is not None else None
    until = c.timers.get(TimerName.HANDOVER) if c.handover is not None else None
    return {
        "to_agent": asked.name if asked is not None else None,
        "to_group": c.handover.group if c.handover is not None else None,
        "to_group_labels": group_labels(live, c.handover.group) if c.handover is not None else {},
        "since": c.handover.started_at if c.handover is not None else None,
        "until": until or (invitation.expires_at if invitation is not None else None),
    }


def _visitor(c: Conversation, context: Context) -> Json:
    return {
        "id": c.visitor_id,
        "language": c.language,
        "device": c.device.value,
        "can_video": c.can_video,
        "present": c.visitor_present,
        "page_url": context.page_url,
    }


def _escalation(c: Conversation) -> Json | None:
    if c.verdict is None:
        return None
    return {
        "escalates": c.verdict.escalates,
        "reason": c.verdict.reason,
        "card_id": c.verdict.card_id,
        "phrase": c.verdict.phrase,
    }


def _why_no_proposal(c: Conversation, facts: Facts, pinned: Policy, now: datetime) -> str | None:
    """Why the agent cannot propose video now, as a stable code; None when a proposal is open already."""
    agent = facts.agent
    if c.proposal is not None or agent is None:
        return None
    if not pinned.escalation_for(c.site_id).agent_enabled:
        return "disabled"
    if not agent.may_propose_video:
        return "not_permitted"
    if not c.can_video:
        return "visitor_device"
    if not agent.can_video:
        return "agent_device"
    if not agent.free_video:
        return "agent_busy"
    if c.proposals_made >= pinned.conversation.limits.proposals:
        return "too_many_proposals"
    if c.last_decline_at is not None and now < c.last_decline_at + pinned.conversation.timers.proposal_pause:
        return "declined_just_now"
    return "rule"
