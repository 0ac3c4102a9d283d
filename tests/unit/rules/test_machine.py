"""The lifecycle: first matching row, party, near misses, facts."""

from __future__ import annotations

import pytest

import rules.machine
from rules.guards import Guard, compile_guard
from rules.machine import CompiledRow, Lifecycle


def row(name: str, *, when: str | None = None, party: str = "", to: str | None = None, **more) -> CompiledRow:
    guard = compile_guard(when) if when else None
    assert guard is None or isinstance(guard, Guard), guard
    values = {"event": "VisitorWrote", "sources": ("chat",), "actions": (), "say": (), **more}
    return CompiledRow(id=name, parties=frozenset(party.split()), guard=guard, to=to, **values)


def decide(rows: list[CompiledRow], *, event="VisitorWrote", state="chat", party="bot", **facts):
    named = {name.replace("__", "."): value for name, value in facts.items()}
    return Lifecycle(rows).decide("r", event=event, state=state, party=party, facts=named)


class TestFirstMatchingRow:
    def test_wins_and_says_what_it_says(self) -> None:
        found = decide([row("a", to="queued", actions=("close",), say=("closed",)), row("b")])
        assert (found.row, found.to, found.actions, found.say, found.known) == (
            "a", "queued", ("close",), ("closed",), True,
        )  # fmt: skip

    def test_rows_before_it_leave_a_near_miss_and_rows_after_it_nothing(self) -> None:
        rows = [row("a", when="!group.open"), row("b", when="group.open"), row("c", when="site.id == 'x'")]
        found = decide(rows)
        assert found.row == "b"
        assert [(miss.row, miss.guard, miss.values, miss.error) for miss in found.near_misses] == [
            ("a", "!group.open", {"group.open": True}, None)
        ]
        assert found.facts == {"group.open": True}

    def test_all_guards_false_is_denied_not_illegal(self) -> None:
        found = decide([row("a", when="!group.open"), row("b", when="card.present")])
        assert (found.row, found.known, len(found.near_misses)) == (None, True, 2)
        assert found.facts == {"group.open": True, "card.present": False}

    def test_an_erring_row_is_skipped_and_flagged(self) -> None:
        found = decide([row("a", when="1 / group.waiting > 0"), row("b")])
        assert found.row == "b"
        assert found.near_misses[0].error == "INVALID_ARGUMENT: divide by zero"
        assert found.near_misses[0].values == {"group.waiting": 0}

    def test_no_row_is_illegal(self) -> None:
        assert decide([row("a")], event="HungUp").known is False
        assert decide([row("a")], event="NoSuchEvent").known is False
        assert decide([row("a")], state="closed").known is False

    def test_internal_and_self_transitions_differ(self) -> None:
        assert decide([row("a")]).to is None
        assert decide([row("a", to="chat")]).to == "chat"

    def test_one_row_may_leave_several_states(self) -> None:
        rows = [row("a", sources=("chat", "queued"), to="closed")]
        assert decide(rows, state="queued").row == decide(rows, state="chat").row == "a"


class TestParty:
    def test_is_structural_and_leaves_no_trace(self) -> None:
        rows = [row("a", party="agent", when="!group.open"), row("b", party="bot none")]
        found = decide(rows, party="bot")
        assert (found.row, found.near_misses, dict(found.facts)) == ("b", (), {})
        assert decide(rows, party="agent").near_misses[0].row == "a"

    def test_no_row_for_the_party_is_illegal(self) -> None:
        assert decide([row("a", party="agent")], party="bot").known is False


class TestFacts:
    def test_given_facts_are_read_and_missing_ones_have_their_default(self) -> None:
        rows = [row("a", when="group.waiting > group.places")]
        found = decide(rows, group__waiting=5)
        assert (found.row, dict(found.facts)) == ("a", {"group.places": 0, "group.waiting": 5})

    def test_unknown_names_are_refused_whatever_the_rows_read(self) -> None:
        with pytest.raises(KeyError):
            decide([], group__opne=True)

    def test_state_and_party_are_those_asked_about(self) -> None:
        rows = [row("a", when="conversation.state == 'chat' && conversation.party == 'bot'")]
        found = decide(rows, conversation__state="closed", conversation__party="none")
        assert found.row == "a"
        assert found.facts == {"conversation.state": "chat", "conversation.party": "bot"}


def test_candidates_are_the_rows_of_a_case_in_order() -> None:
    lifecycle = Lifecycle([row("a", party="bot"), row("b"), row("c", event="HungUp")])
    assert [each.id for each in lifecycle.candidates("VisitorWrote", "chat", "bot")] == ["a", "b"]


class TestMemory:
    """Rows are not asked twice what they have answered; nobody can tell."""

    def ask(self, lifecycle: Lifecycle, **facts):
        named = {name.replace("__", "."): value for name, value in facts.items()}
        return lifecycle.decide("r", event="VisitorWrote", state="chat", party="bot", facts=named)

    def test_the_same_question_has_the_same_answer(self) -> None:
        lifecycle = Lifecycle([row("a", when="group.open"), row("b")])
        first = self.ask(lifecycle, group__open=False)
        assert self.ask(lifecycle, group__open=False, site__id="read by no row") is first
        assert self.ask(lifecycle, group__open=True).row == "a"
        lifecycle.forget()
        again = self.ask(lifecycle, group__open=False)
        assert again == first
        assert again is not first

    def test_another_revision_state_or_party_is_another_question(self) -> None:
        lifecycle = Lifecycle([row("a", sources=("chat", "queued"))])
        asked = {
            lifecycle.decide(revision, event="VisitorWrote", state=state, party=party, facts={}).revision
            + state
            + party
            for revision in ("r1", "r2")
            for state in ("chat", "queued")
            for party in ("bot", "agent")
        }
        assert len(asked) == 8

    def test_measures_are_asked_anew(self) -> None:
        lifecycle = Lifecycle([row("a", when="queue.waited > 5.0"), row("b")])
        first = self.ask(lifecycle, queue__waited=1.0)
        assert self.ask(lifecycle, queue__waited=1.0) == first
        assert self.ask(lifecycle, queue__waited=1.0) is not first

    def test_the_memory_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rules.machine, "MOST_REMEMBERED", 2)
        lifecycle = Lifecycle([row("a", when="group.waiting == 3"), row("b")])
        for _ in range(2):
            assert [self.ask(lifecycle, group__waiting=n).row for n in range(5)] == ["b", "b", "b", "a", "b"]
        assert len(lifecycle._memory) <= 2
