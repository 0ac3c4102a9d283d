"""Groups as distribution rules, and when a bot is to be offered."""

from __future__ import annotations

from uuid import UUID

import pytest

from orchestrator.application.connected.records import Strategy
from orchestrator.application.connected.rules import group_of, is_offered, rule_of, rules_for
from tests.fakes.application import shipped_policy

A, B = rule_of("advisors"), rule_of("experts")


def test_a_group_has_the_same_rule_for_ever() -> None:
    assert A == "e30e9b2a-e233-5bc7-81ad-c56bc22d13d8"
    assert UUID(A)
    assert A != B
    assert group_of(A.upper(), ["experts", "advisors"]) == "advisors"
    assert group_of(A, ["experts"]) is None


def test_the_rules_have_words_in_the_bots_language() -> None:
    french, english = dict(rules_for(shipped_policy(), "fr")), dict(rules_for(shipped_policy(), "en"))
    assert set(french) == set(english) == {rule_of(name) for name in shipped_policy().routing.groups}
    assert french[A] != english[A]


@pytest.mark.parametrize(
    ("strategies", "there", "offered"),
    [
        ([], {A}, False),
        ([Strategy("atLeastOne", (A, B))], {B}, True),
        ([Strategy("atLeastOne", (A, B))], set[str](), False),
        ([Strategy("all", (A, B))], {A}, False),
        ([Strategy("all", (A, B))], {A, B}, True),
        ([Strategy("all")], {A}, False),
        ([Strategy("customAvailability", available=True)], set[str](), True),
        ([Strategy("customAvailability", available=False)], {A}, False),
        ([Strategy("notAvailable"), Strategy("customAvailability", available=True)], {A}, False),
        ([Strategy("atLeastOne", (A,)), Strategy("customAvailability", available=True)], set[str](), True),
    ],
)
def test_when_a_bot_is_offered(strategies: list[Strategy], there: set[str], offered: bool) -> None:
    assert is_offered(strategies, lambda rule: rule in there) is offered
