"""What is wrong with a policy: where, what, and what to do about it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")

# Beyond this many, nobody reads on, and advice costs time: a hostile file must not make it cost minutes.
MOST_FINDINGS = 200


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One mistake. ``line`` and ``column`` count from 1; ``path`` is the place inside the document.

    ``code`` is the kind of mistake, one of `rules.check.codes`: why it matters is told there.
    """

    file: str
    line: int
    column: int
    path: str
    problem: str
    advice: str
    code: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}"
        if self.path:
            where += f" {self.path}"
        # Keys and file names are quoted from what somebody wrote: they must not break the line.
        return _BREAKS.sub(" ", f"{where}: {self.problem} - {self.advice}")


class PolicyError(Exception):
    """A policy that cannot be compiled. ``findings`` are its mistakes, all at once, by file and line."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        # A mistake behind an alias is met once per use; it is still one mistake.
        self.findings: tuple[Finding, ...] = tuple(sorted(set(findings)))
        super().__init__(self.findings)

    def __str__(self) -> str:
        lines = [str(finding) for finding in self.findings]
        if len(lines) >= MOST_FINDINGS:
            lines.append("There may be more: mend these first.")
        return "\n".join(lines)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The known word closest to a misspelt one, if any is close."""
    # Words are short; a hostile one must not make the comparison slow.
    matches = difflib.get_close_matches(word[:64], list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def choose_from(word: str, known: Iterable[str]) -> str:
    """Advice for a word that is not in a closed set: the nearest one, or all of them."""
    words = list(known)
    if len(words) == 1:
        return f"it can only be `{words[0]}`"
    close = did_you_mean(word, words)
    if close is not None:
        return f"did you mean `{close}`?"
    if not words:
        return "nothing can be written here"
    return "use one of: " + ", ".join(words)
