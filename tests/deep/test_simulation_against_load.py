"""The simulation against the real interface: what really happened, played again, comes to the same waits."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.commands.load_compare import compare

OFF = 0.2


@pytest.mark.deep
def test_a_simulation_of_what_really_happened_comes_to_the_same_waits(tmp_path: Path) -> None:
    """Ten agents are a third too few. A few minutes; on a machine that is busy with other things the way through the
    interface takes long, and simulated people at three times the pace feel it as three times that."""
    file = tmp_path / "arrivals.json"
    done = subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "orchestrator",
                "demo-load",
                "--agents=10",
                "--visitors=120",
                "--minutes=12",
            ),
            *("--speed=3", "--seed=6", "--compare-simulation", f"--arrivals-out={file}"),
        ],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures = {one.name: one for one in compare(json.loads(file.read_text("utf-8")))}
    assert figures["mean wait"].measured > 10, "nobody waited: this shows nothing"
    assert abs(figures["mean wait"].off) <= OFF, figures
    assert abs(figures["p90 wait"].off) <= OFF, figures
