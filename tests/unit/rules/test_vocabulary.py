"""The closed words of a policy agree with what the domain has and does."""

from __future__ import annotations

import typing

from orchestrator.domain import actions, conversation, events
from rules.facts import FACT_BY_NAME
from rules.vocabulary import ACTIONS, EVENTS, NOTICES, PARTIES, STATES, TIMED_WAITS
from tests.unit.rules.shipped import FILES


def test_events_are_the_classes_of_the_domain_in_their_order() -> None:
    names = [event.__name__ for event in typing.get_args(events.Event)]
    no_rows = ("ConversationStarted", "CameraRestricted")
    assert [name for name in names if name not in no_rows] == list(EVENTS)


def test_actions_are_what_the_domain_can_do() -> None:
    assert set(actions.ACTIONS) == set(ACTIONS)


def test_states_and_parties_are_those_of_the_domain() -> None:
    assert [state.value for state in conversation.State] == list(STATES)
    assert [party.value for party in conversation.Party] == list(PARTIES)
    assert FACT_BY_NAME["conversation.state"].values == STATES
    assert FACT_BY_NAME["conversation.party"].values == PARTIES


def test_every_notice_is_said_by_the_shipped_lifecycle() -> None:
    assert [notice for notice in NOTICES if notice not in FILES["conversation.yaml"]] == []


def test_timed_waits_end_in_events() -> None:
    assert {event for _, event, _ in TIMED_WAITS} <= set(EVENTS)


def test_defaults_of_facts_have_their_type_and_are_among_their_values() -> None:
    types = {"bool": bool, "int": int, "double": float, "string": str}
    for fact in FACT_BY_NAME.values():
        assert type(fact.default) is types[fact.type], fact.name
        assert not fact.values or fact.default in fact.values, fact.name
