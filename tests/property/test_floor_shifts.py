"""Whole working days on both floors: visitors come, are asked for, taken and left, agents come and go."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.domain.floor import Floor, GroupRules, Match, Profile, Seat, Stage, Waiting, Want
from tests.property.plain_floor import PlainFloor
from tests.property.test_floor import same

T0 = datetime(2026, 1, 5, 9, tzinfo=UTC)
GROUPS = {
    "care": GroupRules(3, 1, None, "longest_idle", video=True),
    "loans": GroupRules(2, 1, 1, "least_loaded", video=True),
    "cards": GroupRules(4, 2, 0, "priority", video=True),
}
PROFILES = (
    Profile((("care", 1),), frozenset({"fr"})),
    Profile((("care", 2), ("loans", 1)), frozenset({"fr", "en"}), (("tax", 5),)),
    Profile((("cards", 1), ("loans", 2)), skills=(("tax", 2), ("visa", 3))),
    Profile((("cards", 2), ("care", 1)), frozenset({"en"})),
)
STEPS = 1_200


@dataclass
class Shift:
    """What is true, told to both floors after each change."""

    chance: random.Random
    indexed: Floor = field(default_factory=Floor)
    plain: PlainFloor = field(default_factory=PlainFloor)
    now: datetime = T0
    versions: Counter[str] = field(default_factory=Counter[str])
    seats: dict[str, Seat] = field(default_factory=dict[str, Seat])
    waiting: dict[str, Waiting] = field(default_factory=dict[str, Waiting])
    invited: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    served: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    count: Counter[str] = field(default_factory=Counter[str])

    def open(self) -> None:
        for floor in (self.indexed, self.plain):
            floor.configure(GROUPS)
        for number in range(9):
            self.sit(f"agent-{number}", PROFILES[number % len(PROFILES)])

    def sit(self, agent_id: str, profile: Profile) -> None:
        states = ["available"] * 8 + ["paused", "offline"]
        seat = Seat(
            agent_id,
            profile,
            connected=self.chance.random() < 0.9,
            chat=self.chance.choice(states),
            video=self.chance.choice(states),
            can_video=self.chance.random() < 0.8,
            idle_since=self.now,
            wrap_up_until=self.now + timedelta(seconds=20) if self.chance.random() < 0.2 else None,
        )
        self.seats[agent_id] = seat
        for floor in (self.indexed, self.plain):
            floor.seat(seat)

    def arrive(self, number: int) -> None:
        group, other = self.chance.sample(sorted(GROUPS), 2)
        chat, video = self.chance.choice([(True, False), (True, False), (False, True), (True, True)])
        language = self.chance.choice(["fr", "fr", "en", "de"])
        skills = self.chance.choice([(), (), (("tax", 4),)])
        full = Want(group, language, skills, chat=chat, video=video)
        any_language = replace(full, language=None)
        chat_only = replace(any_language, skills=(), chat=True, video=False)
        elsewhere = replace(chat_only, group=other)
        known = self.chance.random() < 0.3
        self.waiting[f"c{number}"] = Waiting(
            f"c{number}",
            group,
            video=video and not chat,
            at_head=False,
            rank_at=self.now - timedelta(seconds=60 * self.chance.choice([0, 0, 0, 1, 5])),
            entered_at=self.now,
            stages=(
                Stage(self.now, (full,)),
                Stage(self.now + timedelta(seconds=30), (full, any_language), ("language",)),
                Stage(
                    self.now + timedelta(seconds=90),
                    (full, any_language, chat_only, elsewhere),
                    ("skills", "language", f"overflow:{other}"),
                ),
            ),
            sticky=self.chance.choice(sorted(self.seats)) if known else None,
            sticky_until=self.now + timedelta(seconds=45) if known else None,
        )
        self.tell(f"c{number}")

    def tell(self, name: str, change: int = 1) -> None:
        """The news of a conversation, now and then once more or late."""
        self.versions[name] += change
        version = self.versions[name]
        held = {}
        if name in self.invited or name in self.served:
            agent_id, videos = (self.invited | self.served)[name]
            held = {agent_id: (1, videos)}
        late = self.chance.random() < 0.1
        for floor in (self.indexed, self.plain):
            floor.hold(name, version, held)
            if name in self.waiting:
                floor.wait(self.waiting[name], version)
                if late:
                    floor.leave(name, version - 1)
            else:
                floor.leave(name, version)
            if late:
                floor.hold(name, version - 1, {"agent-0": (1, 1)})

    def match(self) -> list[Match]:
        limit = self.chance.choice([1, 3, 64, 64])
        found, expected = self.indexed.matches(self.now, limit), self.plain.matches(self.now, limit)
        assert [(one.conversation_id, one.agent_id) for one in found] == [
            (one.conversation_id, one.agent_id) for one in expected
        ]
        for one, other in zip(found, expected, strict=True):
            same(one.choice, other.choice)
            self.count.update(one.choice.left_out.keys())
            self.count.update(code.split(":")[0] for code in one.choice.relaxed)
            self.count["pairs"] += 1
            self.count["sticky pair"] += self.waiting[one.conversation_id].sticky == one.agent_id
        return found

    def invite(self, pair: Match) -> None:
        name = pair.conversation_id
        if self.chance.random() < 0.1:
            self.count["released"] += 1
            for floor in (self.indexed, self.plain):
                floor.release(name)
            return
        assert pair.choice.want is not None
        self.waiting[name] = replace(self.waiting[name], invited=True)
        self.invited[name] = pair.agent_id, int(pair.choice.want.video)
        self.tell(name)

    def step(self) -> None:
        """One thing happens."""
        chance, sort = self.chance, self.chance.random()
        if sort < 0.45 and self.invited:
            name = chance.choice(sorted(self.invited))
            agent_id, videos = self.invited.pop(name)
            entry = self.waiting[name]
            if chance.random() < 0.6:
                del self.waiting[name]
                self.served[name] = agent_id, videos
            elif len(entry.declined) < 3:
                self.waiting[name] = replace(entry, invited=False, declined=entry.declined | {agent_id})
            else:
                self.waiting[name] = replace(
                    entry, invited=False, at_head=True, resting=True, declined=entry.declined | {agent_id}
                )
            self.tell(name)
        elif sort < 0.65 and self.served:
            name = chance.choice(sorted(self.served))
            agent_id, _ = self.served.pop(name)
            self.tell(name)
            self.sit(agent_id, self.seats[agent_id].profile)
        elif sort < 0.7 and self.waiting:
            name = chance.choice(sorted(self.waiting))
            if name not in self.invited:
                if chance.random() < 0.5:
                    del self.waiting[name]
                else:
                    self.waiting[name] = replace(self.waiting[name], declined=frozenset(), resting=False)
                self.tell(name, chance.choice([0, 1]) if name in self.waiting else 1)
        elif sort < 0.78:
            agent_id = chance.choice(sorted(self.seats))
            self.sit(agent_id, chance.choice(PROFILES))
        elif sort < 0.8:
            group, is_open = chance.choice(sorted(GROUPS)), chance.random() < 0.8
            for floor in (self.indexed, self.plain):
                floor.set_open(group, is_open)
        elif sort < 0.81:
            fewer = {name: replace(rules, chat_slots=chance.choice([1, 3])) for name, rules in GROUPS.items()}
            for floor in (self.indexed, self.plain):
                floor.configure(fewer)
        else:
            self.now += timedelta(seconds=chance.choice([1, 5, 20]))

    def compare(self) -> None:
        assert self.indexed.next_change() == self.plain.next_change()
        loads = self.plain.loads()
        for name in self.seats:
            assert self.indexed.load(name) == loads.get(name, (0, 0))
        for group in GROUPS:
            line = list(self.plain.line(group))
            assert list(self.indexed.line(group)) == line
            assert [self.indexed.position(entry.id) for entry in line] == list(range(1, len(line) + 1))
            for video in (False, True):
                assert self.indexed.waiting(group, video=video) == self.plain.waiting(group, video=video)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_working_day(seed: int) -> None:
    shift = Shift(random.Random(seed))
    shift.open()
    pending: list[Match] = []
    for number in range(STEPS):
        if len(shift.waiting) < 25 and shift.chance.random() < 0.5:
            shift.arrive(number)
        shift.step()
        if shift.chance.random() < 0.7:
            pending += shift.match()
        if number % 10 == 0:
            shift.compare()
        while pending and shift.chance.random() < 0.8:
            pair = pending.pop(0)
            if pair.conversation_id in shift.waiting and pair.conversation_id not in shift.invited:
                shift.invite(pair)
    seen = {kind for kind, number in shift.count.items() if number >= 5}
    assert shift.count["pairs"] > STEPS / 4, shift.count
    assert seen >= {"sticky pair", "released", "language", "skill", "declined", "chat_full", "overflow"}, (
        shift.count
    )
