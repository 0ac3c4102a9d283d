"""How long a process was kept from running."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator.load.starvation import Starvation


def thread(proc: Path, name: str, waited: int) -> None:
    folder = proc / "7" / "task" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "schedstat").write_text(f"1000 {waited} 3\n", "ascii")


def test_the_thread_that_waited_longest_counts(tmp_path: Path) -> None:
    thread(tmp_path, "7", 5_000_000_000)
    thread(tmp_path, "8", 1_000_000_000)
    starvation = Starvation(7, proc=tmp_path)
    assert starvation.since_last() == 0.0
    thread(tmp_path, "7", 5_500_000_000)
    thread(tmp_path, "8", 1_750_000_000)
    assert starvation.since_last() == pytest.approx(0.75)
    assert starvation.since_last() == 0.0


def test_a_thread_that_is_new_is_not_charged_with_what_was_before(tmp_path: Path) -> None:
    thread(tmp_path, "7", 0)
    starvation = Starvation(7, proc=tmp_path)
    thread(tmp_path, "9", 4_000_000_000)
    assert starvation.since_last() == 0.0


@pytest.mark.parametrize("text", ["", "1 x 2", "1"])
def test_where_nothing_is_counted_nothing_is_excused(tmp_path: Path, text: str) -> None:
    thread(tmp_path, "7", 0)
    starvation = Starvation(7, proc=tmp_path)
    (tmp_path / "7" / "task" / "7" / "schedstat").write_text(text, "ascii")
    assert starvation.since_last() == 0.0
    assert Starvation(8, proc=tmp_path).since_last() == 0.0


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="this kernel does not count it")
def test_of_a_real_process_it_is_never_negative() -> None:
    starvation = Starvation(os.getpid())
    assert 0.0 <= starvation.since_last() < 60.0
