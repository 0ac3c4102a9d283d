"""The visitors' side of the floor: the lines they stand in, and who of them an agent is for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sortedcontainers import SortedList

from orchestrator.domain.floor.crews import Ask, Crew
from orchestrator.domain.floor.roster import SPARE, Agent, Rank
from orchestrator.domain.floor.wants import Waiting


def rank_in_line(entry: Waiting) -> Rank:
    """The head first, then by rank and id."""
    return (not entry.at_head, entry.rank_at, entry.id)


class Cohort:
    """Waiting conversations that ask for the same, in their order; ``only`` one agent is asked for them, or anybody.

    ``barren_at``: nobody was found for them when this many gains had been made.
    """

    __slots__ = ("asks", "barren_at", "declined", "fits", "groups", "only", "ranks")

    def __init__(self, asks: tuple[Ask, ...], only: str | None) -> None:
        self.asks = asks
        self.groups = frozenset(ask.want.group for ask in asks)
        self.only = only
        self.ranks: SortedList[Rank] = SortedList()
        self.declined: dict[str, SortedList[Rank]] = {}
        self.fits: dict[Crew, bool] = {}
        self.barren_at = -1

    def add(self, rank: Rank, declined: frozenset[str]) -> None:
        self.ranks.add(rank)
        for agent_id in declined:
            refused = self.declined.get(agent_id)
            if refused is None:
                refused = self.declined[agent_id] = SortedList()
            refused.add(rank)

    def remove(self, rank: Rank, declined: frozenset[str]) -> None:
        self.ranks.remove(rank)
        for agent_id in declined:
            refused = self.declined[agent_id]
            refused.remove(rank)
            if not refused:
                del self.declined[agent_id]

    def work_out(self, crew: Crew) -> bool:
        """Whether those of ``crew`` fit any of the wants; kept in ``fits``."""
        if len(self.fits) > SPARE:
            self.fits.clear()  # crews that are no more
        fits = self.fits[crew] = any(ask.reason(crew) is None for ask in self.asks)
        return fits

    def first_for(self, agent: Agent) -> Rank | None:
        """The first that this agent, whose crew fits, has not refused."""
        refused = self.declined.get(agent.id)
        if refused is None:
            return self.ranks[0]
        # What they refused is a part of the whole in the same order: the two run alike up to the first they did not.
        low, high = 0, len(refused)
        while low < high:
            middle = (low + high) // 2
            if self.ranks[middle] == refused[middle]:
                low = middle + 1
            else:
                high = middle
        return self.ranks[low] if low < len(self.ranks) else None


Head = tuple[bool, datetime, str, Cohort]
"""The rank of the first of a cohort, with the cohort."""


class Lines:
    """The lines of the groups, and the cohorts of who still needs an agent.

    ``changes`` counts what could make another the first for somebody.
    """

    def __init__(self) -> None:
        self.changes = 0
        self._ranks: dict[str, SortedList[Rank]] = {}
        self._uninvited: dict[tuple[str, bool], int] = {}
        self._cohorts: dict[tuple[tuple[Ask, ...], str | None], Cohort] = {}
        # The cohorts by their first, for each group that is asked, or for the only agent.
        self._heads_by_group: dict[str, SortedList[Head]] = {}
        self._heads_by_agent: dict[str, SortedList[Head]] = {}

    # --- the lines ----------------------------------------------------------------------------------

    def enter(self, entry: Waiting) -> None:
        ranks = self._ranks.get(entry.group)
        if ranks is None:
            ranks = self._ranks[entry.group] = SortedList()
        ranks.add(rank_in_line(entry))
        self._count(entry, 1)

    def leave(self, entry: Waiting) -> None:
        ranks = self._ranks[entry.group]
        ranks.remove(rank_in_line(entry))
        if not ranks:
            del self._ranks[entry.group]
        self._count(entry, -1)

    def _count(self, entry: Waiting, change: int) -> None:
        if not entry.invited:
            line = (entry.group, entry.video)
            now = self._uninvited.get(line, 0) + change
            if now:
                self._uninvited[line] = now
            else:
                self._uninvited.pop(line, None)

    def waiting(self, group: str, *, video: bool) -> int:
        return self._uninvited.get((group, video), 0)

    def position(self, entry: Waiting) -> int:
        return self._ranks[entry.group].bisect_left(rank_in_line(entry)) + 1

    def ids(self, group: str) -> Iterator[str]:
        return (name for _, _, name in self._ranks.get(group, ()))

    # --- the cohorts --------------------------------------------------------------------------------

    def cohort(self, asks: tuple[Ask, ...], only: str | None) -> Cohort:
        """Those who ask for this; a new one is known once somebody has joined it."""
        return self._cohorts.get((asks, only)) or Cohort(asks, only)

    def join(self, cohort: Cohort, entry: Waiting) -> None:
        self.changes += 1
        rank = rank_in_line(entry)
        head = cohort.ranks[0] if cohort.ranks else None
        cohort.add(rank, entry.declined)
        if head is None:
            self._cohorts[cohort.asks, cohort.only] = cohort
        if head is None or rank < head:
            self._change_head(cohort, head, rank)

    def part(self, cohort: Cohort, entry: Waiting) -> None:
        self.changes += 1
        rank = rank_in_line(entry)
        head = cohort.ranks[0]
        cohort.remove(rank, entry.declined)
        if rank == head:
            self._change_head(cohort, rank, cohort.ranks[0] if cohort.ranks else None)
        if not cohort.ranks:
            del self._cohorts[cohort.asks, cohort.only]

    def _change_head(self, cohort: Cohort, before: Rank | None, after: Rank | None) -> None:
        index = self._heads_by_group if cohort.only is None else self._heads_by_agent
        for name in cohort.groups if cohort.only is None else (cohort.only,):
            heads = index.get(name)
            if heads is None:
                heads = index[name] = SortedList()
            if before is not None:
                heads.remove((*before, cohort))
            if after is not None:
                heads.add((*after, cohort))
            if not heads:
                del index[name]

    def first_for(self, agent: Agent, crew: Crew) -> Rank | None:
        """The first in the order of all lines that this agent, of this crew, could take now."""
        first = self._first_among(self._heads_by_agent.get(agent.id), agent, crew, None)
        for group in crew.ranks:
            first = self._first_among(self._heads_by_group.get(group), agent, crew, first)
        return first

    def _first_among(
        self, heads: SortedList[Head] | None, agent: Agent, crew: Crew, first: Rank | None
    ) -> Rank | None:
        """The first of these cohorts for the agent, if it comes before ``first``."""
        for head in () if heads is None else heads:
            if first is not None and head > first:
                break  # nobody of this cohort or of those behind it comes before
            cohort = head[3]
            fits = cohort.fits.get(crew)
            if fits is None:
                fits = cohort.work_out(crew)
            if fits:
                rank = cohort.first_for(agent)
                if rank is not None and (first is None or rank < first):
                    first = rank
        return first

    def asks_in_use(self) -> Iterator[Ask]:
        for cohort in self._cohorts.values():
            yield from cohort.asks

    def forget_answers(self) -> None:
        """The rules of a group are others now."""
        self.changes += 1
        for cohort in self._cohorts.values():
            cohort.fits.clear()
