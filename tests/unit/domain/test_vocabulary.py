"""The words of the policy and the words of the core are the same words."""

from __future__ import annotations

from typing import get_args

from orchestrator.domain.actions import ACTIONS
from orchestrator.domain.conversation import Party, State, TimerName
from orchestrator.domain.events import Event
from orchestrator.domain.timers import EVENT_OF_TIMER, duration_of
from rules import vocabulary
from tests.unit.domain.story import shipped

NO_ROWS = {"ConversationStarted", "CameraRestricted"}
"""The core's own: what makes a conversation, and what no chart may ignore."""


def test_actions_states_parties_and_events_agree() -> None:
    assert set(vocabulary.ACTIONS) == set(ACTIONS)
    assert set(vocabulary.STATES) == {state.value for state in State}
    assert set(vocabulary.PARTIES) == {party.value for party in Party}
    assert set(vocabulary.EVENTS) == {kind.__name__ for kind in get_args(Event)} - NO_ROWS


def test_every_timer_has_an_event_and_a_duration() -> None:
    assert set(EVENT_OF_TIMER) == set(TimerName)
    assert all(duration_of(name, shipped()).total_seconds() > 0 for name in TimerName)


def test_every_action_is_used_by_the_shipped_policy_or_is_a_choice() -> None:
    used = {action for row in shipped().conversation.transitions for action in row.do}
    assert used <= set(ACTIONS)
