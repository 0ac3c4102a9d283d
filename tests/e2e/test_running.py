"""What the journeys start, they end: also when the start fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.running import Running


class Impatient(Running):
    def start(self, within: float = 0) -> Running:
        return super().start(within)


def test_a_start_that_fails_leaves_no_process(tmp_path: Path) -> None:
    product = Impatient(tmp_path, arguments=("--demo", "--no-bot"))
    with pytest.raises(AssertionError, match="waited 0 s"), product:
        pass
    assert product.process is not None
    assert product.process.poll() is not None
