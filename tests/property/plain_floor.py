"""The floor once more, plainly: every question walks over everybody. What the indexed one must agree with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from orchestrator.domain.floor import Choice, GroupRules, LeftOut, Match, Seat, Stage, Waiting, Want
from orchestrator.domain.floor.wants import given_up

Load = tuple[int, int]
NOBODY: Load = (0, 0)
# Reasons that come after those which concern the one conversation.
LATE = (None, "chat_full", "video_unable", "video_full")


@dataclass
class Known:
    held: Mapping[str, Load] = field(default_factory=dict[str, Load])
    held_version: int = -1
    entry: Waiting | None = None
    entry_version: int = -1
    agent: tuple[str, Load] | None = None
    paired: bool = False
    paired_version: int = -1


class PlainFloor:
    def __init__(self) -> None:
        self.groups: Mapping[str, GroupRules] = {}
        self.closed: set[str] = set()
        self.seats: dict[str, Seat] = {}
        self.known: dict[str, Known] = {}
        self.now: datetime | None = None

    # --- told ---------------------------------------------------------------------------------------

    def configure(self, groups: Mapping[str, GroupRules]) -> None:
        self.groups = groups

    def set_open(self, group: str, is_open: bool) -> None:
        (self.closed.discard if is_open else self.closed.add)(group)

    def seat(self, seat: Seat) -> None:
        self.seats[seat.id] = seat

    def unseat(self, agent_id: str) -> None:
        self.seats.pop(agent_id, None)

    def hold(self, conversation_id: str, version: int, held: Mapping[str, Load]) -> None:
        one = self.known.setdefault(conversation_id, Known())
        if version < one.held_version:
            return
        one.held, one.held_version = held, version
        if version > one.paired_version:
            one.agent = None
            one.paired = one.paired and bool(held)

    def wait(self, entry: Waiting, version: int) -> None:
        one = self.known.setdefault(entry.id, Known())
        if version < one.entry_version:
            return
        one.entry, one.entry_version = entry, version
        if version > one.paired_version:
            one.paired = False
            if not entry.invited:
                one.agent = None

    def leave(self, conversation_id: str, version: int) -> None:
        one = self.known.setdefault(conversation_id, Known())
        if version < one.entry_version:
            return
        one.entry, one.entry_version = None, version
        if version > one.paired_version:
            one.paired, one.agent = False, None

    def release(self, conversation_id: str) -> None:
        one = self.known.setdefault(conversation_id, Known())
        one.paired, one.agent = False, None

    def advance(self, now: datetime) -> None:
        self.now = now if self.now is None else max(self.now, now)

    # --- asked --------------------------------------------------------------------------------------

    def next_change(self) -> datetime | None:
        moments = [seat.wrap_up_until for seat in self.seats.values()]
        for entry in self.entries():
            moments += [stage.since for stage in entry.stages[1:]]
            moments += [entry.sticky_until if entry.sticky is not None else None]
        future = [at for at in moments if at is not None and (self.now is None or at > self.now)]
        return min(future, default=None)

    def choose(self, entry: Waiting, now: datetime) -> Choice:
        """With the names of everybody left out as examples; what the conversation holds itself counts as free."""
        self.advance(now)
        return self.choice(entry, entry.id)

    def choice(self, entry: Waiting, own: str | None) -> Choice:
        stage, loads = self.stage(entry), self.loads(own)
        reasons = self.reasons(entry, loads)
        for want in stage.wants:
            fitting = [self.seats[name] for name, reason in reasons(want).items() if reason is None]
            if fitting:
                best = min(fitting, key=lambda seat: self.preference(seat, want, loads)).id
                return Choice(best, want, given_up(entry, want), *left_out(stage, reasons, self.seats, best))
        return Choice(None, None, stage.relaxed, *left_out(stage, reasons, self.seats, None))

    def matches(self, now: datetime, limit: int = 64) -> list[Match]:
        self.advance(now)
        found: list[Match] = []
        for entry in sorted(self.open_entries(), key=rank):
            if len(found) == limit:
                break
            one = self.known[entry.id]
            choice = self.choice(entry, None)
            if choice.agent_id is not None and choice.want is not None:
                one.paired = True
                one.paired_version = max(one.held_version, one.entry_version)
                one.agent = choice.agent_id, (1, 1 if choice.want.video else 0)
                found.append(Match(entry.id, choice.agent_id, choice))
        return found

    def waiting(self, group: str, *, video: bool) -> int:
        return len([entry for entry in self.line(group) if entry.video is video and not entry.invited])

    def position(self, conversation_id: str) -> int:
        one = self.known.get(conversation_id)
        if one is None or one.entry is None:
            return 0
        return list(self.line(one.entry.group)).index(one.entry) + 1

    def line(self, group: str) -> Iterator[Waiting]:
        yield from sorted((entry for entry in self.entries() if entry.group == group), key=rank)

    def agents(self, group: str) -> Iterator[tuple[Seat, Load]]:
        for name in sorted(self.seats):
            if group in dict(self.seats[name].profile.groups):
                yield self.seats[name], self.load(name)

    def load(self, agent_id: str, without: str | None = None) -> Load:
        return self.loads(without).get(agent_id, NOBODY)

    # --- how ----------------------------------------------------------------------------------------

    def entries(self) -> list[Waiting]:
        return [one.entry for one in self.known.values() if one.entry is not None]

    def open_entries(self) -> list[Waiting]:
        return [entry for entry in self.entries() if not entry.invited and not self.known[entry.id].paired]

    def stage(self, entry: Waiting) -> Stage:
        if not entry.stages:
            return Stage(entry.entered_at, ())
        begun = [stage for stage in entry.stages if self.now is not None and stage.since <= self.now]
        return begun[-1] if begun else entry.stages[0]

    def rules(self, group: str) -> GroupRules | None:
        return None if group in self.closed else self.groups.get(group)

    def loads(self, without: str | None = None) -> dict[str, Load]:
        found: dict[str, Load] = {}
        for conversation_id, one in self.known.items():
            if conversation_id != without:
                for name, (chats, videos) in (*one.held.items(), *([one.agent] if one.agent else [])):
                    before = found.get(name, NOBODY)
                    found[name] = before[0] + chats, before[1] + videos
        return found

    def reasons(
        self, entry: Waiting, loads: Mapping[str, Load]
    ) -> Callable[[Want], dict[str, LeftOut | None]]:
        """For a want: why each agent is not asked for this conversation."""
        only = self.only(entry)

        def why(seat: Seat, want: Want) -> LeftOut | None:
            reason = self.why_unfit(seat, want, loads.get(seat.id, NOBODY))
            if reason in LATE:
                if seat.id in entry.declined:
                    return "declined"
                if only not in (None, seat.id):
                    return "sticky"
            return reason

        return lambda want: {name: why(seat, want) for name, seat in self.seats.items()}

    def why_unfit(self, seat: Seat, want: Want, load: Load, *, ever: bool = False) -> LeftOut | None:
        """Why this agent cannot take it; ``ever``: not even with nothing else to do."""
        rules = self.rules(want.group)
        if rules is None:
            return "group_closed"
        if want.group not in dict(seat.profile.groups):
            return "not_in_group"
        if seat.chat == "offline" and seat.video == "offline":
            return "offline"
        if not seat.connected:
            return "away"
        asked = [seat.chat] * want.chat + [seat.video] * want.video
        if "paused" in asked or "offline" in asked:
            return "paused" if "paused" in asked else "channel_off"
        wrapping_up = seat.wrap_up_until is not None and (self.now is None or self.now < seat.wrap_up_until)
        if wrapping_up and not ever:
            return "wrap_up"
        if want.language and seat.profile.languages and want.language not in seat.profile.languages:
            return "language"
        if any(dict(seat.profile.skills).get(skill, 0) < level for skill, level in want.skills):
            return "skill"
        chats, videos = NOBODY if ever else load
        own = seat.profile
        chat_slots = rules.chat_slots if own.chat_slots is None else own.chat_slots
        video_slots = rules.video_slots if own.video_slots is None else own.video_slots
        kept_free = chat_slots if rules.video_takes is None else rules.video_takes
        if chats + videos * kept_free >= chat_slots:
            return "chat_full"
        if want.video and not (seat.can_video and rules.video):
            return "video_unable"
        if want.video and videos >= video_slots:
            return "video_full"
        return None

    def only(self, entry: Waiting) -> str | None:
        if entry.sticky is None or entry.sticky_until is None or entry.sticky in entry.declined:
            return None
        if self.now is not None and self.now >= entry.sticky_until:
            return None
        seat = self.seats.get(entry.sticky)
        wants = self.stage(entry).wants
        able = seat is not None and any(
            self.why_unfit(seat, want, NOBODY, ever=True) is None for want in wants
        )
        return entry.sticky if able else None

    def preference(self, seat: Seat, want: Want, loads: Mapping[str, Load]) -> tuple[int, datetime, str]:
        by: dict[str, int] = {
            "longest_idle": 0,
            "least_loaded": sum(loads.get(seat.id, NOBODY)),
            "priority": dict(seat.profile.groups)[want.group],
        }
        return by[self.groups[want.group].strategy], seat.idle_since, seat.id


def left_out(
    stage: Stage,
    reasons: Callable[[Want], dict[str, LeftOut | None]],
    seats: Mapping[str, Seat],
    chosen: str | None,
) -> tuple[dict[LeftOut, int], dict[LeftOut, tuple[str, ...]]]:
    names: dict[LeftOut, tuple[str, ...]] = {}
    if stage.wants:
        first = stage.wants[0]
        like_it = [want for want in stage.wants if want.group == first.group and want.video == first.video]
        told = [want for want in like_it if want.chat == first.chat][-1]
        for name, reason in reasons(told).items():
            if told.group in dict(seats[name].profile.groups) and reason is not None and name != chosen:
                names[reason] = (*names.get(reason, ()), name)
    return {reason: len(told) for reason, told in names.items()}, names


def rank(entry: Waiting) -> tuple[bool, datetime, str]:
    return not entry.at_head, entry.rank_at, entry.id
