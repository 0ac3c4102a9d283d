"""The table of mistakes in the documentation is about the mistakes there are."""

from __future__ import annotations

import re
from pathlib import Path

from tests.unit.domain.model.table import Tally, counts, document, equivalents, tallies

DOCUMENT = Path(__file__).parents[4] / "docs" / "policy-mistakes.md"
AGAIN = "make it anew: .venv/bin/python -m tests.unit.domain.model.table > docs/policy-mistakes.md"


def test_the_document_is_not_stale() -> None:
    """The counts, the names of the equivalents, and that all were caught; checking them all again takes minutes."""
    text = DOCUMENT.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", text, re.MULTILINE)
    assert {layer: (int(by_hand), int(made)) for layer, by_hand, made, *_ in rows} == counts(), AGAIN
    for layer, by_hand, made, caught, missed in rows:
        assert int(caught) == int(by_hand) + int(made), layer
        assert missed == "0", layer
    assert all(f"- {each.name}: {each.reason}.\n" in text for each in equivalents()), AGAIN


def test_each_layer_has_more_than_ten() -> None:
    for layer in ("yaml", "schema", "references", "cel", "model"):
        assert sum(counts()[layer]) >= 10


def test_what_is_missed_is_named() -> None:
    equivalent = equivalents()[0]
    missed = type(equivalent)("model", "a slip", equivalent.files, "model.cannot_close")
    found = tallies([(True, missed), (True, equivalent)])
    assert found["model"] == Tally(written=2, made=0, caught=1, missed=["a slip"])
    assert "Missed:\n\n- a slip\n" in document(found)
