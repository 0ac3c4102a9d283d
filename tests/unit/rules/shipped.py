"""The shipped policy, for tests: its files, and how to compile them with a change."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from rules.findings import Finding, PolicyError
from rules.load import compile_policy
from rules.policy import Policy

FOLDER = Path(__file__).parents[3] / "rules" / "policies"
FILES: Mapping[str, str] = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.yaml")}
NBSP, NNBSP = "\u00a0", "\u202f"


def changed(file: str, old: str, new: str, count: int = -1) -> dict[str, str]:
    """The shipped files with ``old`` replaced; ``old`` must be there, or the test tests nothing."""
    text = FILES[file]
    assert old in text, f"{file} no longer holds {old!r}"
    return {**FILES, file: text.replace(old, new, count)}


def compiled(file: str, old: str, new: str, count: int = -1) -> Policy:
    return compile_policy(changed(file, old, new, count))


def findings_of(files: Mapping[str, str | bytes]) -> tuple[Finding, ...]:
    with pytest.raises(PolicyError) as caught:
        compile_policy(files)
    return caught.value.findings


def finding_of(file: str, old: str, new: str, count: int = -1) -> Finding:
    """The only finding that a change leads to."""
    found = findings_of(changed(file, old, new, count))
    assert len(found) == 1, [str(finding) for finding in found]
    return found[0]
