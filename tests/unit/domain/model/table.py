"""``python -m tests.unit.domain.model.table``: how many ways of breaking the shipped policy are caught, by layer.

Writes docs/policy-mistakes.md to stdout. Takes some minutes: every mistake is made and checked.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.unit.domain.model.generated import generated
from tests.unit.domain.model.mistakes import Mistake, hand_written

LAYERS = ("file", "yaml", "schema", "references", "cel", "model", "content")

_ABOUT = """\
# Mistakes that the check must find

<!-- Written by `python -m tests.unit.domain.model.table`: do not edit. -->

The shipped policy is broken in many ways, one at a time, and `visavis policy check` must find each under the code that
says what is wrong. Some are written by hand (`tests/unit/domain/model/mistakes.py`, all of them in every run of the
tests), others are the same slip made everywhere it can be made (`generated.py`: letters doubled, keys lost, facts
misspelt, brackets cut, actions left out; one in six in every run, all of them in `make test-deep`).
"""


@dataclass
class Tally:
    """Of one layer. ``missed`` are the names of those that were not found."""

    written: int = 0
    made: int = 0
    caught: int = 0
    missed: list[str] = field(default_factory=list)


def tallies(mistakes: Iterable[tuple[bool, Mistake]]) -> dict[str, Tally]:
    """``mistakes``: whether it was written by hand, and the mistake."""
    found = {layer: Tally() for layer in LAYERS}
    for by_hand, mistake in mistakes:
        tally = found[mistake.layer]
        tally.written += by_hand
        tally.made += not by_hand
        if mistake.caught(mistake.report()):
            tally.caught += 1
        else:
            tally.missed.append(mistake.name)
    return found


def all_mistakes() -> Iterator[tuple[bool, Mistake]]:
    for each in hand_written():
        if each.code is not None:
            yield True, each
    for making in generated():
        yield False, making.made()


def counts() -> dict[str, tuple[int, int]]:
    """How many there are of each layer: written by hand, and generated. Quick: nothing is checked."""
    by_hand = Counter(each.layer for each in hand_written() if each.code is not None)
    made = Counter(each.layer for each in generated())
    return {layer: (by_hand[layer], made[layer]) for layer in LAYERS}


def equivalents() -> list[Mistake]:
    return [each for each in hand_written() if each.code is None]


def document(found: dict[str, Tally]) -> str:
    rows = ["| layer | by hand | generated | caught | missed |", "| --- | ---: | ---: | ---: | ---: |"]
    rows += [_row(layer, tally) for layer, tally in found.items()]
    every = Tally(
        sum(tally.written for tally in found.values()),
        sum(tally.made for tally in found.values()),
        sum(tally.caught for tally in found.values()),
        [name for tally in found.values() for name in tally.missed],
    )
    parts = [_ABOUT, "\n".join([*rows, _row("**all**", every)]) + "\n"]
    if every.missed:
        parts.append("Missed:\n\n" + "\n".join(f"- {name}" for name in every.missed) + "\n")
    reasons = "\n".join(f"- {each.name}: {each.reason}." for each in equivalents())
    parts.append(
        f"## Equivalent\n\nThese {len(equivalents())} change the text, not what happens: there is nothing to find.\n\n"
        f"{reasons}\n"
    )
    return "\n".join(parts)


def _row(name: str, tally: Tally) -> str:
    return f"| {name} | {tally.written} | {tally.made} | {tally.caught} | {len(tally.missed)} |"


def main() -> int:
    found = tallies(all_mistakes())
    sys.stdout.write(document(found))
    return 1 if any(tally.missed for tally in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
