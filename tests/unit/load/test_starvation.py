"""How long a process was kept from running."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator.load.starvation import Starvation

SECOND = 1_000_000_000


def thread(proc: Path, name: str, *, ran: float = 0.0, waited: float = 0.0) -> None:
    folder = proc / "7" / "task" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "schedstat").write_text(f"{int(ran * SECOND)} {int(waited * SECOND)} 3\n", "ascii")


def test_the_thread_that_waited_longest_counts(tmp_path: Path) -> None:
    thread(tmp_path, "7", waited=5)
    thread(tmp_path, "8", waited=1)
    starvation = Starvation(7, proc=tmp_path)
    assert starvation.since_last(10) == 0.0
    thread(tmp_path, "7", waited=5.5)
    thread(tmp_path, "8", waited=1.75)
    assert starvation.since_last(10) == pytest.approx(0.75)
    assert starvation.since_last(10) == 0.0


@pytest.mark.parametrize(
    ("ran", "waited", "excused"),
    [
        (0.6, 0.4, 1.0),  # at work without a pause, and kept waiting
        (0.2, 0.78, 1.0),
        (0.4, 0.4, 0.4),  # it had pauses: nothing has piled up
        (1.0, 0.0, 0.0),  # let run all the time
        (0.9, 0.1, 0.1),
        (0.0, 1.3, 1.0),  # never more than what passed
    ],
)
def test_what_has_piled_up_is_not_its_fault_either(
    tmp_path: Path, ran: float, waited: float, excused: float
) -> None:
    thread(tmp_path, "7")
    starvation = Starvation(7, proc=tmp_path)
    thread(tmp_path, "7", ran=ran, waited=waited)
    assert starvation.since_last(1.0) == pytest.approx(excused)


def test_a_thread_that_is_new_is_not_charged_with_what_was_before(tmp_path: Path) -> None:
    thread(tmp_path, "7")
    starvation = Starvation(7, proc=tmp_path)
    thread(tmp_path, "9", ran=3, waited=4)
    assert starvation.since_last(1.0) == 0.0


@pytest.mark.parametrize("text", ["", "1 x 2", "1"])
def test_where_nothing_is_counted_nothing_is_excused(tmp_path: Path, text: str) -> None:
    thread(tmp_path, "7")
    starvation = Starvation(7, proc=tmp_path)
    (tmp_path / "7" / "task" / "7" / "schedstat").write_text(text, "ascii")
    assert starvation.since_last(1.0) == 0.0
    assert Starvation(8, proc=tmp_path).since_last(1.0) == 0.0


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="this kernel does not count it")
def test_of_a_real_process_it_is_never_negative() -> None:
    starvation = Starvation(os.getpid())
    assert 0.0 <= starvation.since_last(0.5) <= 0.5
