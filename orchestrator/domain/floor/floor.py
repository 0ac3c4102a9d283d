"""Who can be asked and who waits, as of now: fed by what was committed, asked for pairs.

The floor is a picture, not the truth: the truth is in the store, which refuses a pair that came too late. The
picture is kept in such an order that no question walks over all agents or all who wait. Agents in the same condition
are in one crew, conversations that ask for the same in one cohort; whether those of a crew fit those of a cohort is
worked out once. A decision looks at the first of each crew, or of each cohort, and moves one of them: it grows with
the logarithm of how many there are, and with the number of different conditions and wants.

Pairs are found in the order of the lines. Between two calls of `matches` nobody who waits has a fitting agent, so that
only who came in, who asks for less and who has gained room since need to be looked at: these are the candidates.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from orchestrator.domain.floor.choosing import explain, find
from orchestrator.domain.floor.crews import Ask
from orchestrator.domain.floor.due import Due
from orchestrator.domain.floor.group_rules import GroupRules
from orchestrator.domain.floor.lines import Lines, rank_in_line
from orchestrator.domain.floor.people import Seat
from orchestrator.domain.floor.reasons import Choice
from orchestrator.domain.floor.records import Record, Records
from orchestrator.domain.floor.roster import Agent, Load, Rank, Roster
from orchestrator.domain.floor.wants import Waiting, stage_at, stage_of


@dataclass(frozen=True, slots=True)
class Match:
    """A pair to be invited. Both are reserved until newer news of the conversation, or `Floor.release`."""

    conversation_id: str
    agent_id: str
    choice: Choice


class Floor:
    """Everything that is told to it may be told twice; of one conversation, what is older is ignored.

    Nothing here is awaited or locked: one caller at a time, and what iterates is to be used up at once. Time does not
    go back: an earlier ``now`` counts as the latest one.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything, the groups and their hours too."""
        self._now: datetime | None = None
        self._roster = Roster()
        self._lines = Lines()
        self._records = Records()
        self._followers: dict[str, dict[str, None]] = {}
        self._due_agents = Due()
        self._due_entries = Due()
        # Who is to be looked at: in order, and who has yet to be put in that order.
        self._candidates: list[tuple[Rank, bool, str]] = []
        self._fresh: dict[str, None] = {}

    # --- what the floor is told ---------------------------------------------------------------------

    def configure(self, groups: Mapping[str, GroupRules]) -> None:
        """The groups of the live policy, and no others. Who holds more than they may now is asked nothing new."""
        self._roster.configure(groups)
        self._lines.forget_answers()
        self._follow_all()

    def set_open(self, group: str, is_open: bool) -> None:
        """A group is open until it is said to be closed; for a closed group nobody is asked."""
        if self._roster.set_open(group, is_open):
            self._lines.forget_answers()
            self._follow_all()

    def seat(self, seat: Seat) -> None:
        """An agent as they are now, new or changed. What they hold and what is reserved of them stays."""
        known = self._roster.get(seat.id)
        if known is not None and known.seat == seat:
            return
        until = seat.wrap_up_until
        wrapping_up = until is not None and (self._now is None or self._now < until)
        self._roster.seat(seat, wrapping_up=wrapping_up)
        self._due_agents.set(seat.id, until if wrapping_up else None)
        self._follow(seat.id)

    def unseat(self, agent_id: str) -> None:
        """The agent is asked no more. What they hold counts again when they are back."""
        self._roster.unseat(agent_id)
        self._due_agents.set(agent_id, None)
        self._follow(agent_id)

    def hold(self, conversation_id: str, version: int, held: Mapping[str, Load]) -> None:
        """Whose capacity a conversation takes: agent → (chats, videos), as `domain.follow_up.holdings` has it.

        Takes the place of the reservation of an agent for it; without anybody, the pair has come to nothing.
        """
        record = self._records.open(conversation_id)
        if version >= record.held_version:
            before, record.held = record.held, dict(held)
            record.held_version = version
            reserved = None
            if version > record.paired_version:
                reserved, record.agent = record.agent, None
                if not held:
                    self._unpair(record)
            self._shift(before, held, reserved)
        self._records.shelve(conversation_id, record)

    def wait(self, entry: Waiting, version: int) -> None:
        """A conversation waits, or waits for something else. Ends its reservation if ``version`` is newer.

        With an open invitation, who was reserved stays so until `hold` tells what they hold.
        """
        record = self._records.open(entry.id)
        if version < record.entry_version:
            self._records.shelve(entry.id, record)
            return
        over = version > record.paired_version and (record.paired or record.agent is not None)
        same = entry == record.entry
        record.entry_version = version
        if over:
            record.paired = False
            if not entry.invited:
                self._free_agent(record)
        if not same:
            self._remove(record)
            self._insert(record, entry)
        elif over:
            self._place(record)

    def leave(self, conversation_id: str, version: int) -> None:
        """A conversation does not wait (any more)."""
        record = self._records.open(conversation_id)
        if version >= record.entry_version:
            record.entry_version = version
            self._remove(record)
            if version > record.paired_version:
                record.paired = False
                self._free_agent(record)
        self._records.shelve(conversation_id, record)

    def release(self, conversation_id: str) -> None:
        """The pair was not committed: both may be paired again, with each other too."""
        record = self._records.get(conversation_id)
        if record is not None:
            self._free_agent(record)
            self._unpair(record)
            self._records.shelve(conversation_id, record)

    def advance(self, now: datetime) -> None:
        """Let everything happen that is due: stages, the ends of sticky waits and of wrap-ups."""
        if self._now is not None and now <= self._now:
            return
        self._now = now
        for agent_id in self._due_agents.pop_until(now):
            agent = self._roster.get(agent_id)
            if agent is not None:
                self._roster.end_wrap_up(agent)
        for conversation_id in self._due_entries.pop_until(now):
            record = self._records[conversation_id]
            self._place(record)
            self._set_due(record)

    # --- what it is asked ---------------------------------------------------------------------------

    def next_change(self) -> datetime | None:
        """When `advance` has something to do next."""
        moments = (self._due_agents.first(), self._due_entries.first())
        return min((at for at in moments if at is not None), default=None)

    def choose(self, entry: Waiting, now: datetime) -> Choice:
        """Who would be asked for a conversation, waiting or not; what it holds itself counts as free."""
        self.advance(now)
        stage = stage_of(entry, stage_at(entry, self._now))
        asks = self._roster.asks(stage.wants, self._lines.asks_in_use())
        only = self._only(entry, asks)
        record = self._records.get(entry.id)
        own = [] if record is None else record.taken
        for agent_id, (chats, videos) in own:
            self._roster.shift(agent_id, -chats, -videos, gains=False)
        try:
            found = find(self._roster, entry, asks, only)
            return explain(self._roster, entry, stage, asks, only, found)
        finally:
            for agent_id, (chats, videos) in own:
                self._roster.shift(agent_id, chats, videos, gains=False)

    def matches(self, now: datetime, limit: int = 64) -> list[Match]:
        """Pairs that can be made now, by the order of the lines: at most ``limit``, so ask until there are none.

        Whoever could have had an agent before somebody behind them has one. Both sides of a pair are reserved.
        """
        self.advance(now)
        for agent_id in self._roster.gained:
            agent = self._roster.get(agent_id)
            if agent is not None:
                self._put_forward(agent)
        self._roster.gained.clear()
        for conversation_id in self._fresh:
            self._put_entry_forward(self._records[conversation_id])
        self._fresh.clear()
        found: list[Match] = []
        while self._candidates and len(found) < limit:
            rank, is_entry, name = heapq.heappop(self._candidates)
            match = self._match_entry(name, rank) if is_entry else self._match_agent(name, rank)
            if match is not None:
                found.append(match)
        return found

    def waiting(self, group: str, *, video: bool) -> int:
        """How many wait in this line without an open invitation."""
        return self._lines.waiting(group, video=video)

    def position(self, conversation_id: str) -> int:
        """Its place in its group's line, those with an open invitation counted; 1 is the head, 0: does not wait."""
        record = self._records.get(conversation_id)
        return 0 if record is None or record.entry is None else self._lines.position(record.entry)

    def line(self, group: str) -> Iterator[Waiting]:
        """Everybody who waits for the group, in order."""
        for name in self._lines.ids(group):
            entry = self._records[name].entry
            if entry is not None:
                yield entry

    def agents(self, group: str) -> Iterator[tuple[Seat, Load]]:
        """The agents of a group by id, with their (chats, videos)."""
        for agent, seat in sorted(self._roster.of_group(group), key=lambda found: found[0].id):
            yield seat, (agent.chats, agent.videos)

    def load(self, agent_id: str) -> Load:
        """(chats, videos) that the agent holds, reservations counted."""
        agent = self._roster.get(agent_id)
        return (0, 0) if agent is None else (agent.chats, agent.videos)

    # --- reservations ---------------------------------------------------------------------------------

    def _shift(
        self, before: Mapping[str, Load], after: Mapping[str, Load], reserved: tuple[str, Load] | None
    ) -> None:
        """Where a reservation becomes what is held, nothing moves."""
        change: dict[str, Load] = dict(after)
        for agent_id, (chats, videos) in (*before.items(), *(() if reserved is None else (reserved,))):
            more = change.get(agent_id, (0, 0))
            change[agent_id] = (more[0] - chats, more[1] - videos)
        for agent_id, (chats, videos) in change.items():
            if chats or videos:
                self._roster.shift(agent_id, chats, videos)

    def _free_agent(self, record: Record) -> None:
        if record.agent is not None:
            agent_id, (chats, videos) = record.agent
            record.agent = None
            self._roster.shift(agent_id, -chats, -videos)

    def _unpair(self, record: Record) -> None:
        if record.paired:
            record.paired = False
            self._place(record)

    # --- entries ------------------------------------------------------------------------------------

    def _insert(self, record: Record, entry: Waiting) -> None:
        record.entry = entry
        self._lines.enter(entry)
        if entry.sticky is not None and entry.sticky_until is not None:
            self._followers.setdefault(entry.sticky, {})[entry.id] = None
        self._place(record)
        self._set_due(record)

    def _remove(self, record: Record) -> None:
        entry = record.entry
        if entry is None:
            return
        self._lines.leave(entry)
        if record.cohort is not None:
            self._lines.part(record.cohort, entry)
        followers = self._followers.get(entry.sticky) if entry.sticky is not None else None
        if entry.sticky is not None and followers is not None:
            followers.pop(entry.id, None)
            if not followers:
                del self._followers[entry.sticky]
        self._due_entries.set(entry.id, None)
        self._fresh.pop(entry.id, None)
        record.entry = record.cohort = record.candidate = None

    def _place(self, record: Record) -> None:
        """Into the cohort that it belongs to now; in another one, it is worth another look."""
        entry = record.entry
        if entry is None:
            return
        record.stage = stage_at(entry, self._now)
        cohort = None
        if not entry.invited and not record.paired:
            wants = stage_of(entry, record.stage).wants
            asks = self._roster.asks(wants, self._lines.asks_in_use())
            cohort = self._lines.cohort(asks, self._only(entry, asks))
        if cohort is record.cohort:
            return
        if record.cohort is not None:
            self._lines.part(record.cohort, entry)
        record.cohort, record.candidate = cohort, None
        if cohort is not None:
            self._lines.join(cohort, entry)
            self._fresh[entry.id] = None

    def _set_due(self, record: Record) -> None:
        """The next moment at which the entry changes by the clock."""
        entry = record.entry
        if entry is None:
            return
        moments = [stage.since for stage in entry.stages[record.stage + 1 : record.stage + 2]]
        until = entry.sticky_until
        if entry.sticky is not None and until is not None and (self._now is None or self._now < until):
            moments.append(until)
        self._due_entries.set(entry.id, min(moments, default=None))

    def _only(self, entry: Waiting, asks: tuple[Ask, ...]) -> str | None:
        """The agent who knows the visitor, while they are waited for."""
        until = entry.sticky_until
        if entry.sticky is None or until is None or entry.sticky in entry.declined:
            return None
        if self._now is not None and self._now >= until:
            return None
        return entry.sticky if self._roster.could_take(entry.sticky, asks) else None

    def _follow(self, agent_id: str) -> None:
        """Who waits for this agent alone waits for anybody when they are gone, and the other way round."""
        for conversation_id in self._followers.get(agent_id, ()):
            self._place(self._records[conversation_id])

    def _follow_all(self) -> None:
        for agent_id in self._followers:
            self._follow(agent_id)

    # --- pairs --------------------------------------------------------------------------------------

    def _put_forward(self, agent: Agent) -> None:
        """For the first whom this agent could take."""
        rank = self._first_for(agent)
        if rank is not None and (agent.rank is None or rank < agent.rank):
            agent.rank = rank
            agent.seen = (self._lines.changes, agent.crew)
            heapq.heappush(self._candidates, (rank, False, agent.id))

    def _put_entry_forward(self, record: Record) -> None:
        if record.entry is not None and record.cohort is not None:
            record.candidate = rank_in_line(record.entry)
            heapq.heappush(self._candidates, (record.candidate, True, record.entry.id))

    def _first_for(self, agent: Agent) -> Rank | None:
        crew = agent.crew
        if crew is None or not self._roster.has_room(crew):
            return None
        return self._lines.first_for(agent, crew)

    def _match_entry(self, conversation_id: str, rank: Rank) -> Match | None:
        record = self._records.get(conversation_id)
        if record is None or record.candidate != rank:
            return None
        record.candidate = None
        if record.cohort is None or record.cohort.barren_at == self._roster.gains:
            return None
        return self._pair(record)

    def _match_agent(self, agent_id: str, rank: Rank) -> Match | None:
        agent = self._roster.get(agent_id)
        if agent is None or agent.rank != rank:
            return None
        agent.rank = None
        as_seen = agent.seen == (self._lines.changes, agent.crew)
        first = rank if as_seen else self._first_for(agent)
        if first is None:
            return None
        if first > rank:
            self._put_forward(agent)
            return None
        match = self._pair(self._records[first[2]])
        if match is not None:
            self._put_forward(agent)
        return match

    def _pair(self, record: Record) -> Match | None:
        entry, cohort = record.entry, record.cohort
        if entry is None or cohort is None:
            return None
        found = find(self._roster, entry, cohort.asks, cohort.only)
        if found is None:
            if not entry.declined:
                cohort.barren_at = self._roster.gains
            return None
        stage = stage_of(entry, record.stage)
        choice = explain(self._roster, entry, stage, cohort.asks, cohort.only, found)
        agent_id, ask = found
        record.paired = True
        record.paired_version = max(record.held_version, record.entry_version)
        record.agent = agent_id, (1, int(ask.want.video))
        self._place(record)
        self._roster.shift(agent_id, *record.agent[1])
        return Match(entry.id, agent_id, choice)
