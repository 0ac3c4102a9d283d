"""A minute of coverage-guided fuzzing: nothing that a participant sends makes the media node fail, hang or grow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 60
MOST_MEGABYTES = 600
HANGS_AFTER = 10


@pytest.mark.deep
@pytest.mark.timeout(SECONDS * 5)
def test_a_minute_of_fuzzing(tmp_path: Path) -> None:
    pytest.importorskip("atheris")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.deep.fuzz_media", str(tmp_path / "corpus")),
            f"-max_total_time={SECONDS}",
            f"-timeout={HANGS_AFTER}",
            f"-rss_limit_mb={MOST_MEGABYTES}",
            "-max_len=12000",
            f"-artifact_prefix={tmp_path}/",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS * 4,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4_000:]
