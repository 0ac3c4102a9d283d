"""A copy of the source in which one file is wrong, and the fast tests of the core run against it."""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).parents[2]
TIMEOUT = 120
"""Seconds. A mutant that loops for ever is noticed too."""

# Not those of the wait estimate and the model checker: none of what is changed here is theirs to notice.
_DOMAIN = sorted(
    f"tests/unit/domain/{one.name}"
    for one in (ROOT / "tests/unit/domain").glob("test_*.py")
    if not one.name.startswith(("test_wait_time", "test_decide"))
)
FAST = ("tests/unit/domain/test_decide.py", *_DOMAIN, "tests/unit/rules/test_phrases.py")
CORE = (
    *FAST,
    "tests/unit/rules/test_card.py",
    "tests/property/test_rules_phrases.py",
    "tests/property/test_lifecycle.py",
)
FLOOR = (
    *sorted(
        f"tests/unit/domain/floor/{one.name}" for one in (ROOT / "tests/unit/domain/floor").glob("test_*.py")
    ),
    "tests/property/test_floor.py",
    "tests/property/test_floor_shifts.py",
)
WITH_THE_SHELL = (
    *CORE,
    "tests/unit/application/test_spine.py",
    "tests/unit/application/test_calls.py",
    "tests/unit/application/test_distribution.py",
    "tests/unit/application/test_bot.py",
    "tests/unit/application/test_messages.py",
)

PLUGINS = ("-p", "pytest_asyncio.plugin", "-p", "pytest_timeout")

# Fewer examples, and the same ones each time: whether a mutant survives must not be a matter of luck.
_SETTINGS = """
from hypothesis import HealthCheck, settings
settings.register_profile("mutation", max_examples=25, deadline=None, derandomize=True, database=None,
                          suppress_health_check=list(HealthCheck))
settings.load_profile("mutation")
"""
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "static", ".venv", "models", "node_modules")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the tests said of a changed copy. ``by``: the first test that failed, or how the run ended."""

    killed: bool
    by: str


class Workspace:
    """A copy of the repository, as far as these tests need it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("orchestrator", "rules", "media", "tests"):
            shutil.copytree(ROOT / name, folder / name, ignore=_LEFT_OUT)
        shutil.copy(ROOT / "pyproject.toml", folder)
        (folder / "tests" / "conftest.py").write_text(_SETTINGS, encoding="utf-8")

    def judge(self, path: str, text: str, tests: Sequence[str]) -> Verdict:
        """Run ``tests`` while the file at ``path`` reads ``text``."""
        file = self.folder / path
        original = file.read_text(encoding="utf-8")
        file.write_text(text, encoding="utf-8")
        try:
            return self.run(tests)
        finally:
            file.write_text(original, encoding="utf-8")

    def run(self, tests: Sequence[str]) -> Verdict:
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.folder),
            "PYTHONHASHSEED": "0",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONDONTWRITEBYTECODE": "1",  # a cached module of the same second and size would be believed
        }
        environment.pop("HYPOTHESIS_PROFILE", None)
        options = ["-x", "-q", "--tb=no", "-p", "no:cacheprovider", *PLUGINS]
        command = [sys.executable, "-m", "pytest", *options, *tests]
        try:
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Verdict(True, "no end")
        failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
        return Verdict(done.returncode != 0, failed[0] if failed else done.stdout[-300:])


def judged(
    folder: Path, changes: Iterable[tuple[T, str, str]], tests: Sequence[str], side_by_side: int = 2
) -> list[tuple[T, Verdict]]:
    """The verdict on each ``(name, path, text)``, in their order.

    Raises:
        AssertionError: the tests fail on the unchanged copy, so that they would show nothing.
    """
    spaces: queue.SimpleQueue[Workspace] = queue.SimpleQueue()
    for number in range(side_by_side):
        spaces.put(Workspace(folder / f"copy-{number}"))

    def judge(change: tuple[T, str, str]) -> tuple[T, Verdict]:
        name, path, text = change
        space = spaces.get()
        try:
            return name, space.judge(path, text, tests)
        finally:
            spaces.put(space)

    space = spaces.get()
    unchanged = space.run(tests)
    spaces.put(space)
    assert not unchanged.killed, f"the tests fail without any change: {unchanged.by}"
    with ThreadPoolExecutor(side_by_side) as threads:
        return list(threads.map(judge, changes))
