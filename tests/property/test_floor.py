"""The indexed floor answers like the plain one, whatever it is told, in whichever order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from orchestrator.domain.floor import Choice, Floor, GroupRules, Match, Profile, Seat, Stage, Waiting, Want
from tests.property.plain_floor import PlainFloor, rank

T = TypeVar("T")
T0 = datetime(2026, 1, 5, 9, tzinfo=UTC)
GROUPS = ("care", "loans", "cards")
AGENTS = tuple(f"agent-{number}" for number in range(6))
NAMES = tuple(f"c{number:02}" for number in range(14))


def often(usual: Sequence[T], *rare: T) -> st.SearchStrategy[T]:
    """Mostly one of the usual: a floor on which nobody ever fits tells nothing."""
    return st.sampled_from([*usual, *usual, *usual, *rare])


seconds = st.integers(-60, 180).map(lambda number: T0 + timedelta(seconds=number))
groups = st.sampled_from(GROUPS)
agents = st.sampled_from(AGENTS)
names = st.sampled_from(NAMES)
states = often(["available", "available"], "paused", "offline")
TAX, BOTH_SKILLS = (("tax", 2),), (("tax", 5), ("visa", 1))

rules = st.builds(
    GroupRules,
    chat_slots=often([1, 2, 3], 0),
    video_slots=often([1, 2], 0),
    video_takes=st.sampled_from([None, None, 0, 1, 2]),
    strategy=st.sampled_from(["longest_idle", "least_loaded", "priority"]),
    video=often([True], False),
)
policies = st.tuples(st.fixed_dictionaries(dict.fromkeys(GROUPS, rules)), often([None], *GROUPS)).map(
    lambda found: {group: one for group, one in found[0].items() if group != found[1]}
)
profiles = st.builds(
    Profile,
    groups=st.sampled_from(
        [
            (("care", 1),),
            (("care", 2), ("loans", 1)),
            (("cards", 1), ("care", 1), ("loans", 2)),
            (("cards", 2), ("loans", 1)),
        ]
    ),
    languages=st.sampled_from([frozenset(), frozenset({"fr"}), frozenset({"fr", "en"})]),
    skills=st.sampled_from([(), TAX, BOTH_SKILLS]),
    chat_slots=often([None, None], 0, 1, 3),
    video_slots=often([None, None], 0, 2),
)
seats = st.builds(
    Seat,
    id=agents,
    profile=profiles,
    connected=often([True, True], False),
    chat=states,
    video=states,
    can_video=often([True], False),
    idle_since=seconds,
    wrap_up_until=st.none() | st.none() | seconds,
)
wants = st.builds(
    lambda group, language, skills, channels: Want(group, language, skills, *channels),
    groups,
    st.sampled_from(["fr", "fr", None, "en"]),
    often([()], TAX, BOTH_SKILLS),
    often([(True, False)], (False, True), (True, True)),
)
starts = st.lists(st.integers(0, 120), max_size=2, unique=True).map(
    lambda after: [0, *sorted(set(after) - {0})]
)
stages = st.tuples(starts, st.lists(st.lists(wants, min_size=1, max_size=3), min_size=3, max_size=3)).map(
    lambda found: tuple(
        Stage(T0 + timedelta(seconds=after), tuple(asked), (f"stage-{after}",))
        for after, asked in zip(*found, strict=False)
    )
)
entries = st.builds(
    Waiting,
    id=names,
    group=groups,
    video=st.booleans(),
    at_head=often([False], True),
    rank_at=seconds,
    entered_at=st.just(T0),
    stages=stages | stages | stages | st.just(()),
    declined=st.frozensets(agents, max_size=3),
    sticky=st.none() | agents,
    sticky_until=st.none() | seconds,
    resting=st.booleans(),
    invited=often([False], True),
)
loads = st.tuples(st.integers(0, 1), st.integers(0, 1))
holdings = st.dictionaries(agents, loads, max_size=2)


def same(indexed: Choice, plain: Choice) -> None:
    """Equal, the examples being some of the names."""
    assert replace(indexed, examples={}) == replace(plain, examples={}), (indexed, plain)
    assert indexed.examples.keys() == plain.examples.keys()
    for reason, told in indexed.examples.items():
        assert len(set(told)) == len(told) == min(20, plain.left_out[reason])
        assert set(told) <= set(plain.examples[reason])


class Floors(RuleBasedStateMachine):
    """Both floors are told the same. Conversations have versions, as in the store."""

    pairs = Bundle("pairs")

    @initialize(policy=policies, seated=st.lists(seats, min_size=3, max_size=6), now=st.none() | st.just(T0))
    def open(self, policy: dict[str, GroupRules], seated: list[Seat], now: datetime | None) -> None:
        self.indexed, self.plain = Floor(), PlainFloor()
        self.versions = dict.fromkeys(NAMES, 0)
        self.now = T0
        self.configure(policy)
        if now is not None:
            self.indexed.advance(now)
            self.plain.advance(now)
        for seat in seated:
            self.seat(seat)

    def version(self, name: str, change: int = 1) -> int:
        """Newer by default; 0: told again, less: late news."""
        version = max(0, self.versions[name] + change)
        self.versions[name] = max(self.versions[name], version)
        return version

    # --- what both are told -------------------------------------------------------------------------

    def configure(self, policy: dict[str, GroupRules]) -> None:
        self.indexed.configure(policy)
        self.plain.configure(policy)

    def seat(self, seat: Seat) -> None:
        self.indexed.seat(seat)
        self.plain.seat(seat)

    @rule(
        policy=policies | st.none(), group=groups, is_open=often([True], False), agent_id=st.none() | agents
    )
    def disturb(
        self, policy: dict[str, GroupRules] | None, group: str, is_open: bool, agent_id: str | None
    ) -> None:
        """What happens seldom: another policy, hours, an agent who goes home."""
        for floor in (self.indexed, self.plain):
            if policy is not None:
                floor.configure(policy)
            floor.set_open(group, is_open)
            if agent_id is not None:
                floor.unseat(agent_id)

    @rule(some=st.lists(seats, min_size=1, max_size=4))
    def change_seats(self, some: list[Seat]) -> None:
        for seat in some:
            self.seat(seat)

    @rule(target=pairs, some=st.lists(entries, min_size=2, max_size=6), limit=st.sampled_from([1, 2, 64]))
    def wait_together(self, some: list[Waiting], limit: int) -> tuple[Match, ...]:
        for entry in some:
            self.wait(entry, 1)
        return self.match(limit)

    @rule(entry=entries, change=often([1], 0, -1))
    def wait(self, entry: Waiting, change: int) -> None:
        version = self.version(entry.id, change)
        self.indexed.wait(entry, version)
        self.plain.wait(entry, version)

    @rule(name=names, change=often([1], 0, -1))
    def leave(self, name: str, change: int) -> None:
        version = self.version(name, change)
        self.indexed.leave(name, version)
        self.plain.leave(name, version)

    @rule(name=names, change=often([1], 0, -1), held=holdings)
    def hold(self, name: str, change: int, held: dict[str, tuple[int, int]]) -> None:
        version = self.version(name, change)
        self.indexed.hold(name, version, held)
        self.plain.hold(name, version, held)

    @rule(after=st.sampled_from([-5, 0, 1, 7, 30, 60]))
    def advance(self, after: int) -> None:
        self.now += timedelta(seconds=after)
        self.indexed.advance(self.now)
        self.plain.advance(self.now)

    @rule()
    def advance_to_the_next_change(self) -> None:
        at = self.plain.next_change()
        assert self.indexed.next_change() == at
        if at is not None:
            self.now = at
            self.indexed.advance(at)
            self.plain.advance(at)

    # --- what is made of pairs ------------------------------------------------------------------------

    @rule(target=pairs, limit=st.sampled_from([1, 2, 64]))
    def match_now(self, limit: int) -> tuple[Match, ...]:
        return self.match(limit)

    def match(self, limit: int) -> tuple[Match, ...]:
        found, expected = self.indexed.matches(self.now, limit), self.plain.matches(self.now, limit)
        for one, other in zip(found, expected, strict=True):
            assert (one.conversation_id, one.agent_id) == (other.conversation_id, other.agent_id)
            same(one.choice, other.choice)
            self.not_passed_over(one)
        if len(found) < limit:
            assert self.indexed.matches(self.now, limit) == []
            for entry in self.plain.open_entries():
                if self.plain.known[entry.id].held:
                    continue  # `choose` counts as free what it holds itself
                assert self.indexed.choose(entry, self.now).agent_id is None
        return tuple(found)

    def not_passed_over(self, pair: Match) -> None:
        """Nobody before them is still without an agent whom this agent could have had."""
        one = self.plain.known[pair.conversation_id]
        assert one.entry is not None
        assert one.agent is not None
        seat, (chats, videos) = self.plain.seats[pair.agent_id], self.plain.load(pair.agent_id)
        before = chats - one.agent[1][0], videos - one.agent[1][1]
        for entry in self.plain.open_entries():
            if rank(entry) < rank(one.entry):
                wants = self.plain.stage(entry).wants
                fits = any(self.plain.why_unfit(seat, want, before) is None for want in wants)
                refused = pair.agent_id in entry.declined
                assert not fits or refused or self.plain.only(entry) not in (None, pair.agent_id)

    @rule(pairs=consumes(pairs), keep=st.booleans(), entry_first=st.booleans(), look=st.booleans())
    def commit(self, pairs: tuple[Match, ...], keep: bool, entry_first: bool, look: bool) -> None:
        """The invitations are sent; or something else happened, and the news is of that."""
        for pair in pairs:
            entry = self.plain.known[pair.conversation_id].entry
            if entry is None or not self.plain.known[pair.conversation_id].paired:
                continue
            version = self.version(entry.id)
            held = {pair.agent_id: (1, int(entry.video))} if keep else {}
            for step in (True, False) if entry_first else (False, True):
                for floor in (self.indexed, self.plain):
                    if step:
                        floor.wait(replace(entry, invited=keep), version)
                    else:
                        floor.hold(entry.id, version, held)
                if look:
                    self.match(64)

    @rule(name=names, declines=st.booleans())
    def answer(self, name: str, declines: bool) -> None:
        """An invited agent declines, and somebody else is asked; or accepts, and the wait is over."""
        one = self.plain.known.get(name)
        if one is None or one.entry is None or not one.entry.invited:
            return
        version, entry = self.version(name), one.entry
        again = replace(entry, invited=False, declined=entry.declined | one.held.keys())
        for floor in (self.indexed, self.plain):
            if declines:
                floor.hold(name, version, {})
                floor.wait(again, version)
            else:
                floor.leave(name, version)

    @rule(name=names)
    def release(self, name: str) -> None:
        self.indexed.release(name)
        self.plain.release(name)

    # --- what both answer ---------------------------------------------------------------------------

    @rule(entry=entries)
    def choose(self, entry: Waiting) -> None:
        same(self.indexed.choose(entry, self.now), self.plain.choose(entry, self.now))

    @rule(name=names)
    def choose_again(self, name: str) -> None:
        """For one that waits, whoever is reserved for it."""
        one = self.plain.known.get(name)
        if one is not None and one.entry is not None:
            same(self.indexed.choose(one.entry, self.now), self.plain.choose(one.entry, self.now))

    @invariant()
    def lines_and_loads(self) -> None:
        if not hasattr(self, "plain"):
            return
        for group in GROUPS:
            assert list(self.indexed.line(group)) == list(self.plain.line(group))
            assert list(self.indexed.agents(group)) == list(self.plain.agents(group))
            for video in (False, True):
                assert self.indexed.waiting(group, video=video) == self.plain.waiting(group, video=video)
        for agent_id in AGENTS:
            assert self.indexed.load(agent_id) == self.plain.load(agent_id)
        for name in NAMES:
            assert self.indexed.position(name) == self.plain.position(name)
        assert self.indexed.next_change() == self.plain.next_change()


TestFloors = Floors.TestCase
TestFloors.settings = settings(
    max_examples=min(1_000, settings().max_examples * 5 // 2), stateful_step_count=50
)
