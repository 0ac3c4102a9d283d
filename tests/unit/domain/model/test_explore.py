"""The search leaves nothing out: whatever a random history reaches, it has reached as well."""

from __future__ import annotations

import random
from datetime import timedelta
from functools import cache

import pytest

from orchestrator.domain.conversation import Conversation, State
from orchestrator.domain.decide import decide
from orchestrator.domain.events import Event
from orchestrator.domain.evolve import evolve
from orchestrator.domain.facts import Facts
from orchestrator.domain.model.check import check
from orchestrator.domain.model.explore import explore
from orchestrator.domain.model.explored import Explored
from orchestrator.domain.model.moves import KINDS, events_of
from orchestrator.domain.model.replay import BEGINNING
from orchestrator.domain.model.steps import facts_from, started
from orchestrator.domain.outcome import Moved
from orchestrator.domain.timers import EVENT_OF_TIMER, timer_of
from rules.check.cases import domains_of
from rules.facts import FACTS, FactValue
from rules.load import compile_policy, load_policy
from rules.machine import Lifecycle
from rules.policy import Policy
from tests.unit.domain.model.mistakes import FOLDER, PARITY, edited, replaced, with_row, with_rows

SHIPPED = load_policy(FOLDER)
OPEN_FACTS = [
    fact for fact in FACTS if fact.name.split(".")[0] in ("agent", "group") and fact.name != "group.name"
]


@cache
def searched() -> Explored:
    return explore(SHIPPED)


def any_value(chance: random.Random, kind: str) -> FactValue:
    return chance.random() < 0.6 if kind == "bool" else chance.randrange(4)


def any_event(chance: random.Random, c: Conversation, told: dict[str, tuple[FactValue, ...]]) -> Event | None:
    due = sorted(c.timers)
    if due and chance.random() < 0.15:
        return EVENT_OF_TIMER[chance.choice(due)]()
    kind = KINDS[chance.choice(sorted(KINDS))]
    events = list(events_of(kind, c, groups=("advisors",), cards=True, told=told))
    return chance.choice(events) if events else None


@pytest.mark.parametrize("seed", range(40))
def test_random_histories_stay_where_the_search_has_been(seed: int) -> None:
    chance = random.Random(seed)
    explored = searched()
    known = {view for view, _ in explored.seen}
    told = dict(domains_of(explored.conditions.values()))
    start = {
        "site_id": chance.choice(["demo", "elsewhere"]),
        "bot": chance.random() < 0.7,
        "can_video": chance.random() < 0.8,
    }
    now = BEGINNING
    outcome = decide(None, started(start), Facts(), SHIPPED, now)
    assert isinstance(outcome, Moved)
    c = evolve(None, outcome.changes)
    for _ in range(120):
        event = any_event(chance, c, told)
        if event is None:
            continue
        timer = timer_of(event)
        now += timedelta(seconds=chance.choice([1, 5, 61]))
        if timer is not None and timer in c.timers:
            now = max(now, c.timers[timer])
        assumed = {fact.name: any_value(chance, fact.type) for fact in OPEN_FACTS}
        outcome = decide(c, event, facts_from(assumed, event, c, SHIPPED), SHIPPED, now)
        if isinstance(outcome, Moved):
            c = evolve(c, outcome.changes)
            assert explored.canonical(c) in known, (event, c)
        if c.state is State.CLOSED:
            break


def test_everything_is_tried() -> None:
    """Every event of the vocabulary that the shipped policy has a row for took effect at least once."""
    explored = searched()
    events = {row.event for row in SHIPPED.lifecycle.rows}
    taken = {row.event for row in SHIPPED.lifecycle.rows if row.id in explored.moved}
    assert taken == events
    assert set(KINDS) == events
    assert explored.complete


def test_no_shortcut_of_the_search_hides_a_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that are taken to leave things as they are do so: without that belief the search finds nothing more."""
    monkeypatch.setattr("orchestrator.domain.model.explore._PLAIN", frozenset())
    assert explore(SHIPPED).seen == searched().seen


def test_the_search_is_the_same_every_time() -> None:
    again = explore(SHIPPED)
    assert again.seen == searched().seen
    assert {row: example.path() for row, example in again.moved.items()} == {
        row: example.path() for row, example in searched().moved.items()
    }


def test_examples_come_in_the_order_of_their_length() -> None:
    lengths = [visit.length for visit in searched().visits]
    assert lengths == sorted(lengths)


class TestLikeness:
    def test_a_site_that_no_row_tells_apart_is_not_searched(self) -> None:
        files = edited(
            "camera.yaml",
            lambda data: data["sites"].update({f"s{n}": {"camera": "allowed"} for n in range(50)}),
        )
        assert len(explore(compile_policy(files)).likeness.kinds) == 2

    def test_a_site_with_other_settings_is(self) -> None:
        files = edited("camera.yaml", lambda data: data["sites"].update(quiet={"camera": "forbidden"}))
        assert [kind.site_id for kind in explore(compile_policy(files)).likeness.kinds] == [
            "demo",
            "quiet",
            "elsewhere",
        ]

    def test_rows_about_alike_sites_stand_for_each_other(self) -> None:
        rows = [
            {"id": f"only-{site}", "event": "PersonRequested", "from": "chat", "party": ["bot", "none"],
             "when": f'site.id == "{site}" && group.waiting > 2', "do": ["show_alternative"]}
            for site in ("north", "south", "west")
        ]  # fmt: skip
        explored = explore(compile_policy(with_rows(*rows, before="person-group-closed")))
        sites = [kind.site_id for kind in explored.likeness.kinds]
        assert len([site for site in sites if site in ("north", "south", "west")]) == 1
        used = {other for row in explored.moved for other in explored.likeness.stand_for(row)}
        assert {"only-north", "only-south", "only-west"} <= used

    def test_rows_that_do_something_else_are_searched_themselves(self) -> None:
        rows = [
            {"id": f"only-{site}", "event": "PersonRequested", "from": "chat", "party": ["bot", "none"],
             "when": f'site.id == "{site}" && group.waiting > 2', "do": [action]}
            for site, action in (("north", "show_alternative"), ("south", "restart_idle"))
        ]  # fmt: skip
        explored = explore(compile_policy(with_rows(*rows, before="person-group-closed")))
        assert {"north", "south"} <= {kind.site_id for kind in explored.likeness.kinds}


class TestWhatMatters:
    def test_a_row_that_makes_something_of_an_absence_makes_it_matter(self) -> None:
        files = with_row("visitor-disconnects", do=["restart_idle"])
        assert "visitor_present" in explore(compile_policy(files)).canonical.tracked
        assert "visitor_present" not in searched().canonical.tracked

    def test_devices_matter_when_a_guard_reads_them(self) -> None:
        files = with_row("video-proposed", when='conversation.device == "mobile" && agent.may_propose_video')
        assert len({kind.device for kind in explore(compile_policy(files)).likeness.kinds}) == 2

    def test_one_proposal_is_counted(self) -> None:
        explored = explore(compile_policy(replaced("conversation.yaml", "proposals: 3", "proposals: 1")))
        assert "proposals_made" in explored.canonical.tracked
        assert "video-proposed" in explored.moved

    def test_priorities_matter_when_a_guard_reads_them(self) -> None:
        def change(data) -> None:
            data["rules"] = [{"id": "vip", "group": "advisors", "priority": 7, "when": 'site.id == "demo"'}]

        files = {**edited("routing.yaml", change), "conversation.yaml": with_row(
            "visitor-leaves-queue", when="queue.priority < 5")["conversation.yaml"]}  # fmt: skip
        explored = explore(compile_policy(files))
        queues = [visit.conversation.queue for visit in explored.visits]
        assert {entry.priority for entry in queues if entry is not None} == {0, 7}
        assert "visitor-leaves-queue" in explored.moved

    def test_waiting_that_long_is_found(self) -> None:
        row = {
            "id": "patient",
            "event": "VisitorWrote",
            "from": "queued",
            "when": "queue.waited > 90.0",
            "do": [],
        }
        explored = explore(compile_policy(with_rows(row, before="visitor-writes-while-waiting")))
        assert "patient" in explored.moved

    def test_a_guard_that_calculates_is_not_called_never_true(self) -> None:
        files = with_row("card-group-closed", when="group.places * 7 == 42 && !group.open")
        codes = {each.code.name for each in check(files).diagnoses}
        assert not codes & {"model.guard_never_true", "model.unreachable_row", "model.shadowed_row"}

    def test_too_many_cases_are_said_to_be_too_many(self) -> None:
        from orchestrator.domain.model.check import check

        report = check(with_row("card-group-closed", when=PARITY))
        assert "model.too_large" in {each.code.name for each in report.diagnoses}


def test_the_memory_of_a_search_answers_as_the_policy_does() -> None:
    memory = searched().policy.memory
    assert isinstance(memory, Lifecycle)
    for (case, settled), _ in searched().questions.items():
        event, state, party = case
        asked = dict(settled)
        ours = memory.decide(SHIPPED.revision, event=event, state=state, party=party, facts=asked)
        theirs = SHIPPED.decide(event=event, state=state, party=party, facts=asked)
        assert ours == theirs


def test_the_row_of_a_site_is_decided_by_fewer_rows_alike() -> None:
    rows = [
        {"id": f"only-{site}", "event": "PersonRequested", "from": "chat", "party": ["bot", "none"],
         "when": f'site.id == "{site}"', "do": ["show_alternative"]}
        for site in ("north", "south")
    ]  # fmt: skip
    policy: Policy = compile_policy(with_rows(*rows, before="person-group-closed"))
    memory = explore(policy).policy.memory
    for site, row in (("north", "only-north"), ("south", "only-south"), ("demo", "person-requested")):
        facts: dict[str, FactValue] = {"site.id": site, "group.has_free_agent": True}
        found = memory.decide("r", event="PersonRequested", state="chat", party="bot", facts=facts)
        assert found.row == row
        assert policy.decide(event="PersonRequested", state="chat", party="bot", facts=facts).row == row
