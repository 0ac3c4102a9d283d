"""How an agent looks to the own desk: the switches, what is carried, and until when nothing new comes."""

from __future__ import annotations

from datetime import datetime

from orchestrator.application.ports import Transaction
from orchestrator.application.records import Agent, AgentLoad, ChannelState, Json, Spell
from orchestrator.domain.floor.group_rules import GroupRules
from rules.policy import Policy
from rules.schema.routing import GroupSpec


async def agent_status(tx: Transaction, agent_id: str, live: Policy, now: datetime) -> Json:
    """``presence``, ``capacity`` and ``wrap_up_until`` of `AgentState` and `AgentStateFrame`."""
    agent = await tx.people.agent(agent_id) or Agent(agent_id, "")
    load = await tx.conversations.load_of_agent(agent_id)
    spells = {spell.channel: spell for spell in await tx.spells.open([agent_id])}
    rules = rules_of(agent, live)
    chat_total = max((group.chat_slots for group in rules), default=0)
    video_total = max((group.video_slots for group in rules if group.video), default=0)
    chat_busy, video_busy = busy(load, rules)
    resting = agent.wrap_up_until is not None and now < agent.wrap_up_until
    return {
        "presence": {
            "chat": _channel(agent.chat_state, agent.chat_reason, spells.get("chat"), busy=chat_busy),
            "video": _channel(agent.video_state, agent.video_reason, spells.get("video"), busy=video_busy),
        },
        "capacity": {
            "chat_used": load.chat,
            "chat_total": chat_total,
            "video_used": load.video,
            "video_total": video_total,
        },
        "wrap_up_until": agent.wrap_up_until if resting else None,
    }


def groups_of(agent: Agent, live: Policy) -> dict[str, GroupSpec]:
    """The groups of the live policy that the agent serves; one without memberships serves every group."""
    names = {name for name, _ in agent.groups}
    return {name: spec for name, spec in live.routing.groups.items() if not names or name in names}


def rules_of(agent: Agent, live: Policy) -> list[GroupRules]:
    """How much the agent may hold, group by group."""
    groups = groups_of(agent, live).values()
    return [GroupRules.of(spec).of_agent(agent.chat_slots, agent.video_slots) for spec in groups]


def busy(load: AgentLoad, rules: list[GroupRules]) -> tuple[bool, bool]:
    """Whether an agent who holds so much has no room left, on chat and on video, in any of these groups.

    Taking a visitor on video takes a chat slot too, so who has no room for a chat has none for a video. A channel that
    no group has is not busy.
    """
    chat = [group.room_for_chat(load.chat, load.video) for group in rules if group.chat_slots]
    video = [
        group.room_for_video(load.video) and group.room_for_chat(load.chat, load.video)
        for group in rules
        if group.video and group.video_slots
    ]
    return bool(chat) and not any(chat), bool(video) and not any(video)


def pause_reasons_view(live: Policy) -> list[Json]:
    """→ `PauseReason`s, in the policy's order."""
    return [{"id": reason.id, "labels": dict(reason.label)} for reason in live.routing.pause_reasons]


def _channel(state: ChannelState, reason: str, spell: Spell | None, *, busy: bool) -> Json:
    since = spell.started_at if spell is not None and (spell.state, spell.reason) == (state, reason) else None
    return {"state": state, "reason": reason or None, "since": since, "busy": busy}
