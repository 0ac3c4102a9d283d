"""The whole check of a policy: reading, references, guards, content, and the exploration of its lifecycle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from orchestrator.domain.model.explore import explore
from orchestrator.domain.model.findings import FILE, findings_of
from rules.check.content import check_content
from rules.check.report import Diagnosis, Report, report_of
from rules.compile import Examined, examine
from rules.findings import Finding


def check(files: Mapping[str, str | bytes], beside: Iterable[Finding] = ()) -> Report:
    """Everything that is wrong with these files (by name), doubtful, or worth a note.

    The lifecycle is explored only when the files make up a policy. ``beside`` are findings about the folder itself;
    what they say of a file is not said again.
    """
    beside = tuple(beside)
    examined = examine(files)
    known = _static(examined, beside)
    policy = examined.policy
    if policy is None or beside:
        return report_of(known)
    found = findings_of(explore(policy), examined.read.documents[FILE])
    return report_of([*known, *found], policy.revision, explored=True)


def static(files: Mapping[str, str | bytes]) -> Report:
    """The check without exploring the lifecycle: quick enough for every key stroke."""
    examined = examine(files)
    revision = examined.policy.revision if examined.policy is not None else None
    return report_of(_static(examined, ()), revision)


def _static(examined: Examined, beside: tuple[Finding, ...]) -> list[Diagnosis]:
    already = {finding.file for finding in beside}
    findings = (
        *beside,
        *(finding for finding in examined.findings if finding.file not in already),
        *examined.warnings,
        *check_content(examined),
    )
    return [Diagnosis(finding) for finding in findings]
