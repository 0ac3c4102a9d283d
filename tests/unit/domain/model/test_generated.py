"""Mistakes made everywhere: a sample of each kind in every run, all of them in deep ones."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.unit.domain.model.generated import generated

EVERY = 6


def unnoticed(every: int) -> list[str]:
    chosen = [each.made() for place, each in enumerate(generated()) if place % every == 0]
    return [f"{each.layer}: {each.name}" for each in chosen if not each.caught(each.report())]


def test_a_sample_is_found() -> None:
    assert unnoticed(EVERY) == []


def test_there_are_many_of_each_layer() -> None:
    layers = Counter(each.layer for each in generated())
    assert min(layers.values()) >= 10
    assert set(layers) == {"yaml", "schema", "references", "cel", "model"}


@pytest.mark.deep
@pytest.mark.timeout(900)
def test_all_are_found() -> None:
    assert unnoticed(1) == []
