"""Rules, limits and configuration."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import MediaConfig
from media.errors import NegotiationError
from media.keyframes import KeyframeLimiter
from media.policy import Role, RoomPolicy, Rule, Rules, Source
from media.sdp import MAX_FRAGMENT_BYTES, parse_fragment

RULES = st.sampled_from(list(Rule))
POLICIES = st.builds(
    RoomPolicy,
    visitor=st.builds(Rules, microphone=RULES, camera=RULES, screen=RULES),
    agent=st.builds(Rules, microphone=RULES, camera=RULES, screen=RULES),
)


@given(POLICIES, POLICIES)
def test_the_stricter_of_two_rules_wins_whatever_the_order(one: RoomPolicy, other: RoomPolicy) -> None:
    order = [Rule.ALLOWED, Rule.OFF_BY_DEFAULT, Rule.FORBIDDEN]
    both = one.tightened_by(other)
    assert both == other.tightened_by(one) == both.tightened_by(one)
    for role in Role:
        for source in Source:
            rules = one.of(role).of(source), other.of(role).of(source)
            assert both.of(role).of(source) is order[max(map(order.index, rules))]


def test_a_screen_is_shared_only_where_somebody_said_so() -> None:
    assert RoomPolicy().visitor == RoomPolicy().agent == Rules(Rule.ALLOWED, Rule.ALLOWED, Rule.FORBIDDEN)


def test_roles_face_each_other() -> None:
    assert Role.VISITOR.other is Role.AGENT
    assert Role.AGENT.other is Role.VISITOR


def test_keyframe_requests_one_at_once_one_waiting() -> None:
    limiter = KeyframeLimiter(0.5)
    assert limiter.ask(10.0) == 0
    assert limiter.ask(10.1) == pytest.approx(0.4)
    assert limiter.ask(10.2) is None
    limiter.due(10.5)
    assert limiter.ask(10.6) == pytest.approx(0.4)
    limiter.reset()
    assert limiter.ask(10.7) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_rooms": 0},
        {"udp_ports": (5000, 4000)},
        {"udp_ports": (80, 90)},
        {"public_address": "example.org"},
        {"host_addresses": ("nowhere",)},
        {"silence_timeout": 0},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        MediaConfig(**wrong)  # type: ignore[arg-type]


def test_fragments_are_bounded_and_of_one_session() -> None:
    with pytest.raises(NegotiationError, match="larger"):
        parse_fragment("x" * (MAX_FRAGMENT_BYTES + 1))
    with pytest.raises(NegotiationError, match="two different"):
        parse_fragment("a=ice-ufrag:aaaa\r\na=ice-ufrag:bbbb")
