"""What a replay of many conversations comes to: bounded, whatever their number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.domain.replay.recording import KINDS, Difference, Kind, Replayed

MOST_EXAMPLES = 5
MOST_FINDINGS = 500


@dataclass(frozen=True, slots=True)
class Change:
    """A difference, how often it was found, and in which conversations (the first few, with the version they had)."""

    difference: Difference
    count: int
    examples: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """``steps`` counts recorded decisions by what became of them.

    Of the ``conversations``, ``same`` would have gone exactly as they did, ``changed`` would not, and of ``unclear``
    that cannot be told although nothing else changed. ``changes`` has the most important kinds first, then the most
    frequent; ``others`` is how many differences were beyond its bound.
    """

    revision: str
    conversations: int
    same: int
    changed: int
    unclear: int
    steps: Mapping[Kind, int]
    changes: tuple[Change, ...]
    others: int = 0

    @property
    def passes(self) -> bool:
        """Whether a gate may let the draft through: nothing changes, and all of it can be told."""
        return self.changed == 0 and self.unclear == 0


class Tally:
    """Adds up conversations."""

    def __init__(self, revision: str) -> None:
        self._revision = revision
        self._same = self._changed = self._unclear = self._others = 0
        self._steps: Counter[Kind] = Counter()
        self._found: dict[Difference, tuple[int, tuple[tuple[str, int], ...]]] = {}

    def add(self, replayed: Replayed) -> None:
        self._steps.update(replayed.counts)
        kinds = {difference.kind for _, difference in replayed.differences}
        if not kinds:
            self._same += 1
        elif kinds == {"cannot_tell"}:
            self._unclear += 1
        else:
            self._changed += 1
        for version, difference in replayed.differences:
            found = self._found.get(difference)
            if found is None and len(self._found) >= MOST_FINDINGS:
                self._others += 1
                continue
            count, examples = found or (0, ())
            if len(examples) < MOST_EXAMPLES:
                examples = (*examples, (replayed.conversation_id, version))
            self._found[difference] = (count + 1, examples)

    def report(self) -> ReplayReport:
        changes = [Change(difference, *found) for difference, found in self._found.items()]
        changes.sort(key=lambda one: (KINDS.index(one.difference.kind), -one.count, one.difference.event))
        return ReplayReport(
            revision=self._revision,
            conversations=self._same + self._changed + self._unclear,
            same=self._same,
            changed=self._changed,
            unclear=self._unclear,
            steps={kind: self._steps[kind] for kind in KINDS if self._steps[kind]},
            changes=tuple(changes),
            others=self._others,
        )
