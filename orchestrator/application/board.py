"""The supervisor's live board: who waits, who works, and how the day goes.

Made of what is in memory already - the open waits and handlings of the ledger, the day's counts, the estimates - and
of the agents' rows, read once a second at most however many look.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from orchestrator.application.agent_views import busy, groups_of, rules_of
from orchestrator.application.ledger_follower import LedgerFollower
from orchestrator.application.ledger_records import Handling, InLine, Wait
from orchestrator.application.ports import Clock, Policies, Store, WaitEstimates
from orchestrator.application.records import Agent, AgentLoad, Json, Spell
from orchestrator.application.today import Today
from orchestrator.application.views import wait_view
from orchestrator.domain.floor import GroupRules
from orchestrator.domain.ledger import Channel
from orchestrator.domain.wait_time.terms import Line, WaitBand
from rules.hours import group_open
from rules.policy import Policy
from rules.schema.routing import GroupSpec

FRESH = timedelta(seconds=1)
MOST_LISTED = 200

AgentState = Literal["available", "busy", "paused", "wrap_up", "away", "offline"]


class Board:
    def __init__(
        self,
        store: Store,
        clock: Clock,
        policies: Policies,
        follower: LedgerFollower,
        today: Today,
        waits: WaitEstimates,
    ) -> None:
        self._store = store
        self._clock = clock
        self._policies = policies
        self._follower = follower
        self._today = today
        self._waits = waits
        self._making = asyncio.Lock()
        self._made: tuple[datetime, str, Json] | None = None

    async def view(self) -> Json:
        """→ `Board`, a second old at most."""
        async with self._making:
            now, live = self._clock.now(), self._policies.live
            made = self._made
            if made is None or made[1] != live.revision or not timedelta(0) <= now - made[0] < FRESH:
                made = self._made = (now, live.revision, await self._make(live, now))
            return made[2]

    async def _make(self, live: Policy, now: datetime) -> Json:
        waits = list(self._follower.open_waits.values())
        groups = live.routing.groups
        waiting_in = {wait.group for wait in waits} & set(groups)
        async with self._store.transaction(read_only=True) as tx:
            agents = await tx.people.agents()
            staff = {user.id for user in await tx.people.users() if user.role == "agent"}
            agents = [one for one in agents if one.id in staff or _is_on(one)]
            loads = await tx.conversations.loads_of_agents([one.id for one in agents if _is_on(one)])
            spells = await tx.spells.open([one.id for one in agents])
            lines = {group: await tx.ledger.line(group, limit=MOST_LISTED) for group in sorted(waiting_in)}
        held: dict[str, list[Handling]] = defaultdict(list)
        for handling in self._follower.open_handlings.values():
            held[handling.agent_id].append(handling)
        rows = [
            _agent(one, loads.get(one.id, AgentLoad()), held[one.id], spells, live, now) for one in agents
        ]
        return {
            "groups": [self._group(name, spec, waits, rows, now) for name, spec in groups.items()],
            "agents": rows,
            "queue": [row for line in lines.values() for row in _entries(line, waits)],
        }

    def _group(
        self, name: str, spec: GroupSpec, waits: Sequence[Wait], agents: Sequence[Json], now: datetime
    ) -> Json:
        own = [wait for wait in waits if wait.group == name]
        return {
            "group": name,
            "label": dict(spec.label),
            "open": group_open(spec, now),
            "chat": self._line(Line(name, "chat"), spec.places.chat, own, now),
            "video": self._line(Line(name, "video"), spec.places.video, own, now),
            "agents": _states([row for row in agents if name in _names(row["groups"])]),
            "today": self._today.view(name),
            "target_seconds": spec.service_level.within.total_seconds(),
            "target_share": spec.service_level.share,
        }

    def _line(self, line: Line, places: int, waits: Sequence[Wait], now: datetime) -> Json:
        """What who enters now would be told, behind everybody who waits for the group."""
        entered = [wait.entered_at for wait in waits if wait.channel == line.channel]
        told = self._waits.estimate(line, None, now)
        if isinstance(told, WaitBand):
            # Whole seconds: the board is sent anew only when it says something else.
            told = WaitBand(float(round(told.p50)), float(round(told.p90)))
        return {
            "waiting": len(entered),
            "places": places,
            "longest_since": min(entered, default=None),
            **wait_view(told),
        }


def _entries(line: Sequence[InLine], waits: Sequence[Wait]) -> list[Json]:
    """→ `BoardEntry`s. An entry that the ledger has not told of yet is listed from its rank on."""
    known: Mapping[str, Wait] = {wait.conversation_id: wait for wait in waits}
    rows: list[Json] = []
    for position, entry in enumerate(line, start=1):
        wait = known.get(entry.conversation_id)
        channel: Channel = wait.channel if wait is not None else entry.channel
        rows.append(
            {
                "conversation_id": entry.conversation_id,
                "group": entry.group,
                "channel": channel,
                "since": wait.entered_at if wait is not None else entry.rank_at,
                "position": position,
                "priority": wait.priority if wait is not None else 0,
                "invited_agent_id": entry.invited_agent_id,
            }
        )
    return rows


def _is_on(agent: Agent) -> bool:
    return agent.sockets > 0 or (agent.chat_state, agent.video_state) != ("offline", "offline")


def _agent(
    agent: Agent,
    load: AgentLoad,
    held: Sequence[Handling],
    spells: Sequence[Spell],
    live: Policy,
    now: datetime,
) -> Json:
    groups = groups_of(agent, live)
    state = state_of(agent, load, rules_of(agent, live), now)
    own = {spell.channel: spell for spell in spells if spell.agent_id == agent.id}
    paused = "chat" if agent.chat_state == "paused" else "video"
    return {
        "id": agent.id,
        "name": agent.name,
        "state": state,
        "reason": (agent.chat_reason or agent.video_reason) if state == "paused" else "",
        "since": _since(agent, state, own, paused, held),
        "chat": agent.chat_state,
        "video": agent.video_state,
        "groups": list(groups),
        "chats": load.chat,
        "videos": load.video,
        "conversations": sorted(one.conversation_id for one in held),
    }


def state_of(agent: Agent, load: AgentLoad, rules: list[GroupRules], now: datetime) -> AgentState:
    """The one word for an agent: what keeps new work from them, the strongest first."""
    switches = (agent.chat_state, agent.video_state)
    if switches == ("offline", "offline"):
        return "offline"
    if agent.sockets == 0 and (agent.seen_until is None or agent.seen_until <= now):
        return "away"
    if "available" not in switches:
        return "paused"
    if agent.wrap_up_until is not None and now < agent.wrap_up_until:
        return "wrap_up"
    chat_busy, video_busy = busy(load, rules)
    free = (agent.chat_state == "available" and not chat_busy) or (
        agent.video_state == "available" and not video_busy and not chat_busy
    )
    return "available" if free else "busy"


def _since(
    agent: Agent, state: AgentState, spells: Mapping[str, Spell], paused: str, held: Sequence[Handling]
) -> datetime | None:
    match state:
        case "offline" | "away":
            spell = spells.get("desk")
        case "paused":
            spell = spells.get(paused)
        case "busy":
            return max((one.started_at for one in held), default=None)
        case "wrap_up" | "available":
            return agent.idle_since
    return spell.started_at if spell is not None else None


def _states(rows: Sequence[Json]) -> Json:
    """→ `BoardAgents`."""
    counts = Counter(str(row["state"]) for row in rows)
    paused = Counter(str(row["reason"]) for row in rows if row["state"] == "paused")
    return {
        "available": counts["available"],
        "busy": counts["busy"],
        "paused": dict(sorted(paused.items())),
        "wrap_up": counts["wrap_up"],
        "away": counts["away"],
        "offline": counts["offline"],
    }


def _names(value: object) -> Sequence[str]:
    return value if isinstance(value, list) else []
