"""What comes nearest to a phrase in a text that does not contain it, and which words would have to change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rules.phrases import LONGEST_TEXT, normalise

EditKind = Literal["replace", "insert", "delete"]
LIKE_ENOUGH = 0.5
"""At least this share of a phrase's words must be there, or nothing is near."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One change to what was written: ``said`` is there (none to insert), ``wanted`` should be (none to delete)."""

    kind: EditKind
    said: str
    wanted: str


@dataclass(frozen=True, slots=True)
class NearPhrase:
    """``said`` of the field comes nearest to ``phrase``; after ``edits``, in their order, it is ``corrected``."""

    phrase: str
    field: str
    said: str
    corrected: str
    edits: tuple[Edit, ...]


def nearest_phrase(fields: Mapping[str, str], phrases: Sequence[str]) -> NearPhrase | None:
    """The phrase with the fewest words to change in one of the fields; None when none is near."""
    best: tuple[float, NearPhrase] | None = None
    for field, text in fields.items():
        words = text[:LONGEST_TEXT].split()
        plain = [_bare(word) for word in words]
        for phrase in phrases:
            wanted = phrase.split()
            found = _aligned(plain, [_bare(word) for word in wanted])
            if found is None:
                continue
            start, end, steps = found
            cost = sum(step != "keep" for step, _, _ in steps)
            if not wanted or cost / len(wanted) > 1 - LIKE_ENOUGH:
                continue
            share = cost / len(wanted)
            if best is None or share < best[0]:
                corrected, edits = _corrected(steps, words, wanted)
                said = " ".join(words[start:end])
                best = share, NearPhrase(phrase, field, said, corrected, edits)
    return best[1] if best is not None else None


Step = tuple[str, int, int]
"""What is done (keep or an `EditKind`), and the places in the text's and in the phrase's words that it is about."""


def _aligned(text: Sequence[str], phrase: Sequence[str]) -> tuple[int, int, list[Step]] | None:
    """The stretch of ``text`` with the least edit distance to ``phrase``, word by word (Sellers, 1980)."""
    if not text or not phrase:
        return None
    # cost[i][j]: of the phrase's first i words against a stretch that ends before word j; it may begin anywhere.
    cost = [[0] * (len(text) + 1)]
    for i, wanted in enumerate(phrase, 1):
        row, above = [i], cost[-1]
        for j, said in enumerate(text, 1):
            row.append(min(above[j - 1] + (said != wanted), above[j] + 1, row[j - 1] + 1))
        cost.append(row)
    last = cost[-1]
    end = min(range(len(last)), key=lambda j: (last[j], j))
    if end < len(text) and last[end + 1] == last[end]:
        # A word in the place of the last one: to replace it says more than to insert one before it.
        end += 1
    steps: list[Step] = []
    i, j = len(phrase), end
    while i > 0:
        if j > 0 and cost[i][j] == cost[i - 1][j - 1] + (text[j - 1] != phrase[i - 1]):
            steps.append(("keep" if text[j - 1] == phrase[i - 1] else "replace", j - 1, i - 1))
            i, j = i - 1, j - 1
        elif cost[i][j] == cost[i - 1][j] + 1:
            steps.append(("insert", j, i - 1))
            i -= 1
        else:
            steps.append(("delete", j - 1, i))
            j -= 1
    return j, end, steps[::-1]


def _corrected(
    steps: Sequence[Step], said: Sequence[str], wanted: Sequence[str]
) -> tuple[str, tuple[Edit, ...]]:
    words: list[str] = []
    edits: list[Edit] = []
    for index, (step, at, there) in enumerate(steps):
        ends = index in (0, len(steps) - 1)
        if step == "keep" and (ends or normalise(said[at]) == normalise(wanted[there])):
            words.append(said[at])
        elif step == "delete":
            edits.append(Edit("delete", said[at], ""))
        else:
            # A word that is there with a comma in the middle of the phrase is not there.
            old = "" if step == "insert" else said[at]
            edits.append(Edit("insert" if step == "insert" else "replace", old, wanted[there]))
            words.append(wanted[there])
    return " ".join(words), tuple(edits)


def _bare(word: str) -> str:
    """A word as it is compared, without what stands around it."""
    return normalise(word).strip(_AROUND)


_AROUND = '.,;:!?…"«»“”()[]'
