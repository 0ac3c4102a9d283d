"""Who can be asked and who waits, as of now: fed by what was committed, asked for pairs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from orchestrator.domain.floor.group_rules import GroupRules
from orchestrator.domain.floor.people import Seat
from orchestrator.domain.floor.reasons import (
    LOAD,
    MOST_EXAMPLES,
    Choice,
    Condition,
    LeftOut,
    fits_when_free,
    why_left_out,
)
from orchestrator.domain.floor.wants import Stage, Waiting, Want

Load = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Match:
    """A pair to be invited: reserved until it is committed or released."""

    conversation_id: str
    agent_id: str
    choice: Choice


@dataclass(slots=True)
class _Record:
    """What is known of a conversation."""

    held: Mapping[str, Load] = field(default_factory=dict[str, Load])
    held_version: int = -1
    entry: Waiting | None = None
    entry_version: int = -1
    # The reservation: of the agent, and of the entry.
    agent: tuple[str, Load] | None = None
    paired: bool = False
    paired_version: int = -1


class Floor:
    """A picture without IO and without a clock."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._groups: dict[str, GroupRules] = {}
        self._closed: set[str] = set()
        self._seats: dict[str, Seat] = {}
        self._records: dict[str, _Record] = {}
        self._now: datetime | None = None

    def configure(self, groups: Mapping[str, GroupRules]) -> None:
        self._groups = dict(groups)

    def set_open(self, group: str, is_open: bool) -> None:
        (self._closed.discard if is_open else self._closed.add)(group)

    def seat(self, seat: Seat) -> None:
        self._seats[seat.id] = seat

    def unseat(self, agent_id: str) -> None:
        self._seats.pop(agent_id, None)

    def hold(self, conversation_id: str, version: int, held: Mapping[str, Load]) -> None:
        record = self._records.setdefault(conversation_id, _Record())
        if version < record.held_version:
            return
        record.held, record.held_version = dict(held), version
        if version > record.paired_version:
            record.agent = None
            if not held:
                record.paired = False

    def wait(self, entry: Waiting, version: int) -> None:
        record = self._records.setdefault(entry.id, _Record())
        if version < record.entry_version:
            return
        record.entry, record.entry_version = entry, version
        if version > record.paired_version:
            record.paired = False
            if not entry.invited:
                record.agent = None

    def leave(self, conversation_id: str, version: int) -> None:
        record = self._records.setdefault(conversation_id, _Record())
        if version < record.entry_version:
            return
        record.entry, record.entry_version = None, version
        if version > record.paired_version:
            record.paired, record.agent = False, None

    def release(self, conversation_id: str) -> None:
        record = self._records.get(conversation_id)
        if record is not None:
            record.paired, record.agent = False, None

    def advance(self, now: datetime) -> None:
        self._now = now if self._now is None else max(self._now, now)

    def next_change(self) -> datetime | None:
        now = self._now
        due = [seat.wrap_up_until for seat in self._seats.values() if seat.wrap_up_until is not None]
        for entry in self._entries():
            due += [stage.since for stage in entry.stages]
            if entry.sticky_until is not None:
                due.append(entry.sticky_until)
        return min((at for at in due if now is None or at > now), default=None)

    def choose(self, entry: Waiting, now: datetime) -> Choice:
        self.advance(now)
        stage = _stage(entry, self._at())
        sticky = self._sticky(entry, stage)
        chosen: tuple[str, Want] | None = None
        for want in stage.wants:
            fitting = [
                seat
                for seat in self._seats.values()
                if self._reason(seat, want, own=entry.id) is None
                and seat.id not in entry.declined
                and sticky in (None, seat.id)
            ]
            if fitting:
                chosen = min(fitting, key=lambda seat: self._preference(seat, want, entry.id)).id, want
                break
        counts, examples = self._left_out(entry, stage, sticky, chosen)
        if chosen is None:
            return Choice(None, None, stage.relaxed, counts, examples)
        return Choice(*chosen, given_up(entry, chosen[1]), counts, examples)

    def matches(self, now: datetime, limit: int = 64) -> list[Match]:
        self.advance(now)
        found: list[Match] = []
        for entry in sorted(self._entries(), key=_rank):
            record = self._records[entry.id]
            if len(found) >= limit:
                break
            if entry.invited or record.paired:
                continue
            choice = self.choose(entry, now)
            if choice.agent_id is None or choice.want is None:
                continue
            record.paired = True
            record.paired_version = max(record.held_version, record.entry_version)
            record.agent = choice.agent_id, (1, int(choice.want.video))
            found.append(Match(entry.id, choice.agent_id, choice))
        return found

    def waiting(self, group: str, *, video: bool) -> int:
        return sum(1 for entry in self.line(group) if entry.video == video and not entry.invited)

    def position(self, conversation_id: str) -> int:
        record = self._records.get(conversation_id)
        if record is None or record.entry is None:
            return 0
        return list(self.line(record.entry.group)).index(record.entry) + 1

    def line(self, group: str) -> Iterator[Waiting]:
        yield from sorted((entry for entry in self._entries() if entry.group == group), key=_rank)

    def agents(self, group: str) -> Iterator[tuple[Seat, Load]]:
        for agent_id in sorted(self._seats):
            seat = self._seats[agent_id]
            if any(name == group for name, _ in seat.profile.groups):
                yield seat, self.load(agent_id)

    def load(self, agent_id: str) -> Load:
        return self._load(agent_id, None)

    def _entries(self) -> Iterable[Waiting]:
        return (record.entry for record in self._records.values() if record.entry is not None)

    def _at(self) -> datetime:
        assert self._now is not None  # noqa: S101 - set by advance
        return self._now

    def _load(self, agent_id: str, own: str | None) -> Load:
        chats = videos = 0
        for conversation_id, record in self._records.items():
            if conversation_id == own:
                continue
            reserved = record.agent[1] if record.agent is not None and record.agent[0] == agent_id else (0, 0)
            held = record.held.get(agent_id, (0, 0))
            chats, videos = chats + held[0] + reserved[0], videos + held[1] + reserved[1]
        return chats, videos

    def _condition(self, seat: Seat, own: str | None) -> Condition:
        return Condition(
            seat.profile,
            seat.connected,
            seat.chat,
            seat.video,
            seat.can_video,
            seat.wrap_up_until is not None and self._now is not None and self._now < seat.wrap_up_until,
            *self._load(seat.id, own),
        )

    def _rules(self, group: str) -> GroupRules | None:
        return None if group in self._closed else self._groups.get(group)

    def _reason(self, seat: Seat, want: Want, own: str | None) -> LeftOut | None:
        return why_left_out(self._condition(seat, own), want, self._rules(want.group))

    def _sticky(self, entry: Waiting, stage: Stage) -> str | None:
        if entry.sticky is None or entry.sticky_until is None or self._at() >= entry.sticky_until:
            return None
        seat = self._seats.get(entry.sticky)
        if seat is None or seat.id in entry.declined:
            return None
        condition = self._condition(seat, None)
        holds = any(fits_when_free(condition, want, self._rules(want.group)) for want in stage.wants)
        return entry.sticky if holds else None

    def _preference(self, seat: Seat, want: Want, own: str) -> tuple[int, datetime, str]:
        rules = self._groups[want.group]
        first = 0
        if rules.strategy == "least_loaded":
            first = sum(self._load(seat.id, own))
        elif rules.strategy == "priority":
            first = dict(seat.profile.groups)[want.group]
        return first, seat.idle_since, seat.id

    def _left_out(
        self, entry: Waiting, stage: Stage, sticky: str | None, chosen: tuple[str, Want] | None
    ) -> tuple[dict[LeftOut, int], dict[LeftOut, tuple[str, ...]]]:
        counts: dict[LeftOut, int] = {}
        examples: dict[LeftOut, tuple[str, ...]] = {}
        if not stage.wants:
            return counts, examples
        asked = explained(stage)
        for seat in self._seats.values():
            reason = self._reason(seat, asked, own=entry.id)
            if reason == "not_in_group" or all(name != asked.group for name, _ in seat.profile.groups):
                continue
            if reason in LOAD:
                if seat.id in entry.declined:
                    reason = "declined"
                elif sticky not in (None, seat.id):
                    reason = "sticky"
            if reason is None or (chosen is not None and chosen[0] == seat.id):
                continue
            counts[reason] = counts.get(reason, 0) + 1
            if counts[reason] <= MOST_EXAMPLES:
                examples[reason] = (*examples.get(reason, ()), seat.id)
        return counts, examples


def explained(stage: Stage) -> Want:
    """The want that agents left out are told of: the first, as far as it is relaxed by now."""
    first = stage.wants[0]
    same = (first.group, first.chat, first.video)
    return [want for want in stage.wants if (want.group, want.chat, want.video) == same][-1]


def given_up(entry: Waiting, want: Want) -> tuple[str, ...]:
    """What ``want`` asks less than the conversation asked at first."""
    full = entry.stages[0].wants[0] if entry.stages and entry.stages[0].wants else want
    codes: list[str] = []
    if want.skills != full.skills:
        codes.append("skill_levels" if want.skills else "skills")
    if want.language != full.language:
        codes.append("language")
    if want.group != full.group:
        codes.append(f"overflow:{want.group}")
    return tuple(codes)


def _stage(entry: Waiting, now: datetime) -> Stage:
    due = [stage for stage in entry.stages if stage.since <= now]
    return due[-1] if due else entry.stages[0] if entry.stages else Stage(entry.entered_at, ())


def _rank(entry: Waiting) -> tuple[bool, datetime, str]:
    return not entry.at_head, entry.rank_at, entry.id
