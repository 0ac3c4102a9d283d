"""A record whose waits can be worked out by hand: the simulation comes to the same."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.commands.load_compare import compare
from rules.findings import PolicyError


def asked(at: float, waited: float, *, handle: float, answer: float, **more: Any) -> dict[str, Any]:
    return {
        "at_s": at,
        "group": None,
        "language": "fr",
        "need": "chat",
        "handle_s": handle,
        "patience_s": 600.0,
        "waited_s": waited,
        "outcome": "answered",
        "answer_s": answer,
    } | more


def record(*conversations: dict[str, Any]) -> dict[str, Any]:
    ann = {"agent": "Ann", "group": [], "capacity": 1, "languages": ["fr"], "video": False}
    return {
        "seed": 1,
        "speed": 1.0,
        "staffing": [ann | {"from_s": 0.0, "until_s": 1000.0}],
        "conversations": list(conversations),
    }


def test_one_agent_and_a_line_behind_them() -> None:
    mean, half, most = compare(
        record(
            asked(10, 5, handle=100, answer=5),
            # Until 115 Ann talks with the first; until 185 with the second.
            asked(20, 105, handle=60, answer=10),
            asked(30, 160, handle=50, answer=5),
        )
    )
    assert (mean.measured, half.measured) == (90.0, 105.0)
    assert mean.simulated == pytest.approx(90.0, abs=1)
    assert half.simulated == pytest.approx(105.0, abs=1)
    assert most.simulated == pytest.approx(149.0, abs=1)
    assert abs(most.off) < 0.01


def test_a_wait_that_was_not_so_is_seen_as_such() -> None:
    mean, _, _ = compare(record(asked(10, 50, handle=100, answer=5)))
    assert mean.off == pytest.approx(-0.9, abs=0.02)


def test_a_group_that_the_policy_lacks_is_an_error() -> None:
    with pytest.raises(PolicyError, match="florists"):
        compare(record(asked(10, 5, handle=100, answer=5, group="florists")))
