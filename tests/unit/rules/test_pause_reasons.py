"""The reasons that agents choose from when they pause."""

from __future__ import annotations

import pytest

from rules.compile import compile_policy
from tests.unit.rules.shipped import FILES, finding_of

LUNCH = "{ id: lunch, label: { fr: Déjeuner, en: Lunch } }"


def test_they_keep_their_order_and_have_a_label_per_language() -> None:
    reasons = compile_policy(FILES).routing.pause_reasons
    assert [reason.id for reason in reasons] == ["break", "lunch", "paperwork", "training"]
    assert reasons[1].label == {"fr": "Déjeuner", "en": "Lunch"}


@pytest.mark.parametrize(
    ("new", "path", "says"),
    [
        ("{ id: break, label: { fr: A, en: B } }", "pause_reasons", "same id"),
        ("{ id: missed, label: { fr: A, en: B } }", "pause_reasons", "itself gives"),
        ("{ id: Lunch!, label: { fr: A, en: B } }", "pause_reasons[1].id", "plain name"),
        ("{ id: lunch, label: {} }", "pause_reasons[1].label", "too few"),
    ],
)
def test_mistakes_are_told(new: str, path: str, says: str) -> None:
    found = finding_of("routing.yaml", LUNCH, new)
    assert found.path == path
    assert says in found.problem
