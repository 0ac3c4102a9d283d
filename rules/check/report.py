"""What a check comes to: findings with their reasons, the most important first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rules.check.codes import CODES, IMPORTANCE, Code, Severity
from rules.findings import Finding
from rules.schema import FILES

Steps = tuple[Mapping[str, object], ...]

_FILE_ORDER = {name: place for place, name in enumerate(FILES)}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A finding, and what is known about its kind.

    ``steps`` is a shortest counterexample where there is one: events in plain values, which can be replayed.
    """

    finding: Finding
    steps: Steps = ()

    @property
    def code(self) -> Code:
        return CODES[self.finding.code]

    @property
    def severity(self) -> Severity:
        return self.code.severity

    @property
    def _rank(self) -> tuple[int, int, Finding]:
        file = _FILE_ORDER.get(self.finding.file, len(_FILE_ORDER))
        return IMPORTANCE[self.finding.code], file, self.finding


@dataclass(frozen=True, slots=True)
class Report:
    """``revision`` is None when the files make up no policy; ``explored`` when the whole lifecycle was explored."""

    diagnoses: tuple[Diagnosis, ...]
    revision: str | None = None
    explored: bool = False

    def of(self, severity: Severity) -> tuple[Diagnosis, ...]:
        return tuple(each for each in self.diagnoses if each.severity == severity)

    @property
    def ok(self) -> bool:
        """Whether there is no error: such a policy can be used."""
        return self.revision is not None and not self.of("error")


def report_of(
    diagnoses: Iterable[Diagnosis], revision: str | None = None, *, explored: bool = False
) -> Report:
    """The report with each finding told once, in order of importance, then of place."""
    told: dict[tuple[str, str, str], Diagnosis] = {}
    for each in diagnoses:
        finding = each.finding
        # A shadowed row may be found twice, by reading and by searching: the one with an example tells more.
        key = (
            finding.code,
            finding.file,
            finding.path if finding.code.startswith("model.") else str(finding),
        )
        if key not in told or len(each.steps) > len(told[key].steps):
            told[key] = each
    ordered = sorted(told.values(), key=lambda each: each._rank)  # pyright: ignore[reportPrivateUsage]
    return Report(tuple(ordered), revision, explored)
