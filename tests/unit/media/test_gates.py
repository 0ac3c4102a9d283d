"""Which sources pass, whatever was said and in whatever order."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from media.gates import Cause, Gates
from media.policy import Role, RoomPolicy, Rule, Rules, Source

RULES = st.sampled_from(list(Rule))
ROLES, SOURCES = st.sampled_from(list(Role)), st.sampled_from(list(Source))
POLICIES = st.builds(
    RoomPolicy,
    visitor=st.builds(Rules, microphone=RULES, camera=RULES, screen=RULES),
    agent=st.builds(Rules, microphone=RULES, camera=RULES, screen=RULES),
)


class GatesLife(RuleBasedStateMachine):
    """Against a plain retelling: the strictest rule ever given, what was said since it changed, and the hold."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[Role, Source, bool, Cause]] = []
        self.gates = Gates(RoomPolicy(), lambda *change: self.told.append(change))
        self.heard = {role: dict(gates) for role, gates in self.gates.open.items()}
        self.strictest = RoomPolicy()
        self.said: dict[tuple[Role, Source], bool] = {}
        self.held = False

    @rule(policy=POLICIES)
    def restrict(self, policy: RoomPolicy) -> None:
        before, self.strictest = self.strictest, self.strictest.tightened_by(policy)
        assert self.gates.restrict(policy) is (before != self.strictest)
        for role, source in list(self.said):
            if before.of(role).of(source) is not self.strictest.of(role).of(source):
                del self.said[role, source]

    @rule(role=ROLES, source=SOURCES, on=st.booleans())
    def turn(self, role: Role, source: Source, on: bool) -> None:
        self.gates.turn(role, source, on)
        self.said[role, source] = on

    @rule(on=st.booleans())
    def hold(self, on: bool) -> None:
        self.gates.hold(on)
        self.held = on

    @rule(role=ROLES)
    def forget(self, role: Role) -> None:
        self.gates.forget(role)
        self.said = {key: on for key, on in self.said.items() if key[0] is not role}

    @invariant()
    def as_the_rules_say(self) -> None:
        for role in Role:
            for source in Source:
                of = self.strictest.of(role).of(source)
                said = self.said.get((role, source))
                expected = not self.held and (of is Rule.ALLOWED if said is None else said)
                assert self.gates.open[role][source] is (expected and of is not Rule.FORBIDDEN)

    @invariant()
    def what_changed_was_told_once(self) -> None:
        for role, source, on, cause in self.told:
            assert not (cause is Cause.RULE and on), "a restriction opens nothing"
            assert self.heard[role][source] is not on
            self.heard[role][source] = on
        self.told.clear()
        assert self.heard == self.gates.open


TestGatesLife = GatesLife.TestCase


@given(POLICIES)
def test_a_change_holds_before_it_is_told(policy: RoomPolicy) -> None:
    seen: list[bool] = []
    gates = Gates(RoomPolicy(), lambda role, source, on, _: seen.append(gates.open[role][source] is on))
    gates.restrict(policy)
    assert all(seen)
