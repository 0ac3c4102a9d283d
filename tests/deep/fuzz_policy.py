"""Coverage-guided fuzzing of what reads policies: ``python -m tests.deep.fuzz_policy CORPUS [libFuzzer options]``.

The first byte of an input chooses the file, and whether the others lie beside it; the rest is its content. Whatever it
is, the check answers: an exception, a hang or too much memory ends the run with the input that caused it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["rules"]):
    from rules.check.codes import CODES
    from rules.check.content import check_content
    from rules.compile import examine

FOLDER = Path(__file__).parents[2] / "rules" / "policies"
FILES = {path.name: path.read_bytes() for path in sorted(FOLDER.glob("*.yaml"))}
NAMES = sorted(FILES)


def one_input(data: bytes) -> None:
    if not data:
        return
    name = NAMES[data[0] % len(NAMES)]
    beside = FILES if data[0] & 0x80 else {}  # alone it is read ten times as quickly
    examined = examine({**beside, name: data[1:]})
    for finding in (*examined.findings, *examined.warnings, *check_content(examined)):
        assert finding.code in CODES, finding
        assert finding.line >= 1, finding
        assert finding.problem, finding
        assert finding.advice, finding
    assert (examined.policy is None) == bool(examined.findings)


def seeds(corpus: Path) -> None:
    """The shipped files, whole and in pieces, so that the search does not begin with nothing."""
    corpus.mkdir(parents=True, exist_ok=True)
    for index, name in enumerate(NAMES):
        content = FILES[name]
        (corpus / name).write_bytes(bytes([index]) + content)
        for place, part in enumerate(content.split(b"\n\n")[:20]):
            (corpus / f"{name}.{place}").write_bytes(bytes([index]) + part)


if __name__ == "__main__":
    seeds(Path(sys.argv[1]))
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
