"""The policy with a memory answers as the policy does, for every site and group."""

from __future__ import annotations

import itertools

import pytest
import yaml

from orchestrator.domain.model.remembering import remembering
from rules.compile import compile_policy
from rules.facts import FactValue
from tests.unit.rules.shipped import FILES

GUARDS = (
    'site.id == "one" && group.name == "advisors"',
    'group.name == "advisors" && group.open',
    '"two" == site.id && !group.open',
    'group.name in ["advisors", "experts"] && site.id != "one"',
    'site.id == "three" || group.waiting > 3',
    "group.waiting == 2",
)


@pytest.mark.parametrize("last", [True, False])
def test_it_answers_as_the_policy_does(last: bool) -> None:
    data = yaml.safe_load(FILES["conversation.yaml"])
    own = [
        {"id": f"own-{number}", "event": "PersonRequested", "from": "chat", "party": "none", "when": guard}
        for number, guard in enumerate(GUARDS)
    ]
    shipped = [row for row in data["transitions"] if last or row["id"] != "person-requested"]
    data["transitions"] = [*own, *shipped]
    policy = compile_policy({**FILES, "conversation.yaml": yaml.safe_dump(data)})
    memory = remembering(policy).memory
    case = ("PersonRequested", "chat", "none")
    rows: set[str | None] = set()
    for site, group, opened, waiting in itertools.product(
        ("one", "two", "three", "four"), ("advisors", "experts", "others"), (True, False), (0, 2, 9)
    ):
        facts: dict[str, FactValue] = {
            "site.id": site,
            "group.name": group,
            "group.open": opened,
            "group.waiting": waiting,
            "group.places": 5,
            "group.has_free_agent": waiting == 0,
        }
        asked = {"event": case[0], "state": case[1], "party": case[2], "facts": facts}
        expected = policy.lifecycle.decide("r", **asked)
        found = memory.decide("r", **asked)
        assert (found.row, found.to, found.known) == (expected.row, expected.to, expected.known)
        assert expected.row is None or expected.row in {row.id for row in memory.candidates_for(case, facts)}
        rows.add(found.row)
    assert {f"own-{number}" for number in range(len(GUARDS))} - rows == set()


def test_rows_about_others_are_left_out() -> None:
    data = yaml.safe_load(FILES["conversation.yaml"])
    data["transitions"] = [
        *(
            {
                "id": f"own-{number}",
                "event": "QueueLeft",
                "from": "queued",
                "when": f'group.name == "g{number}"',
            }
            for number in range(50)
        ),
        *data["transitions"],
    ]
    memory = remembering(compile_policy({**FILES, "conversation.yaml": yaml.safe_dump(data)})).memory
    case = ("QueueLeft", "queued", "none")
    assert [row.id for row in memory.candidates_for(case, {"group.name": "g7"})] == [
        "own-7",
        "visitor-leaves-queue",
    ]
    assert len(memory.candidates_for(case, {})) == 51
    assert memory.candidates_for(("QueueLeft", "chat", "bot"), {"group.name": "g7"}) == ()
