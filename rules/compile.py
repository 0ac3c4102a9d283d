"""From the text of six files to a policy, or to everything that is wrong with them. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar, cast

from pydantic import BaseModel, ValidationError

from rules.facts import FACT_BY_NAME
from rules.findings import MOST_FINDINGS, Finding, PolicyError, did_you_mean
from rules.guards import Guard, compile_guard
from rules.machine import CompiledRow, Lifecycle
from rules.policy import Policy
from rules.references import Files, check_references
from rules.schema import FILES
from rules.schema.conversation import Row
from rules.schema.explain import explain
from rules.schema.routing import RoutingRow
from rules.yaml_source import Document, Path, decode, parse, show

# A group is chosen before an agent, a call or a proposal is known.
ROUTING_FACTS: frozenset[str] = frozenset(
    name
    for name in FACT_BY_NAME
    if name.split(".")[0] in ("conversation", "site", "visitor", "bot", "card", "escalation")
)

RowModel = TypeVar("RowModel", bound=BaseModel)


def compile_policy(files: Mapping[str, str | bytes]) -> Policy:
    """The policy that these files (by name) make up. `PolicyError` with all findings when they do not."""
    examined = examine(files)
    if examined.policy is None:
        raise PolicyError(examined.findings)
    return examined.policy


@dataclass(frozen=True, slots=True)
class Examined:
    """What compiling came to. ``policy`` is None when there are findings; warnings come in any case."""

    policy: Policy | None
    findings: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    read: Files


def examine(files: Mapping[str, str | bytes]) -> Examined:
    """The policy, or all that keeps these files from being one."""
    findings = [unknown_file(name) for name in files if name not in FILES]
    read = Files()
    texts: dict[str, str] = {}
    for name, model in FILES.items():
        if name not in files:
            findings.append(
                Finding(
                    name,
                    1,
                    1,
                    "",
                    "the file is missing",
                    "a policy has all six files: copy the shipped one",
                    "file.missing",
                )
            )
            continue
        text = decode(name, files[name])
        if isinstance(text, Finding):
            findings.append(text)
            continue
        texts[name] = text
        _read_file(read, name, model, text, findings)

    wrong, warnings = check_references(read)
    findings.extend(wrong)
    rows = _compile_rows(read, findings)
    routes = _compile_routes(read, findings)
    if (
        findings
        or read.conversation is None
        or read.routing is None
        or read.escalation is None
        or read.cards is None
        or read.camera is None
        or read.engagement is None
    ):
        return Examined(None, tuple(sorted(set(findings))), tuple(sorted(set(warnings))), read)
    policy = Policy(
        revision=revision_of(texts),
        conversation=read.conversation,
        routing=read.routing,
        escalation=read.escalation,
        cards=read.cards,
        camera=read.camera,
        engagement=read.engagement,
        lifecycle=Lifecycle(rows),
        routes=tuple(routes),
        files=MappingProxyType(texts),
        warnings=tuple(sorted(set(warnings))),
    )
    return Examined(policy, (), policy.warnings, read)


def revision_of(texts: Mapping[str, str]) -> str:
    """A short name for exactly these texts, the same wherever they are compiled."""
    digest = hashlib.sha256()
    for name in FILES:
        for part in (name, texts[name]):
            data = part.encode()
            digest.update(len(data).to_bytes(8, "big"))
            digest.update(data)
    return digest.hexdigest()[:12]


def unknown_file(name: str) -> Finding:
    """What is wrong with a file that has no place in a policy."""
    close = did_you_mean(name, FILES)
    advice = f"did you mean `{close}`?" if close else "move it elsewhere: a policy is " + ", ".join(FILES)
    return Finding(name, 1, 1, "", "is no file of a policy", advice, "file.unknown")


def _read_file(read: Files, name: str, model: type[BaseModel], text: str, findings: list[Finding]) -> None:
    document = parse(name, text)
    if isinstance(document, Finding):
        findings.append(document)
        return
    findings.extend(document.findings)
    read.documents[name] = document
    try:
        value = model.model_validate(document.value)
    except ValidationError as error:
        findings.extend(explain(document, model, error))
    else:
        setattr(read, name.removesuffix(".yaml"), value)
    if name == "conversation.yaml":
        read.rows = list(_well_formed(document, "transitions", Row))
    elif name == "routing.yaml":
        read.routes = list(_well_formed(document, "rules", RoutingRow))


def _well_formed(document: Document, key: str, model: type[RowModel]) -> Iterator[tuple[int, RowModel]]:
    """The rows that can be checked further, though others of their file cannot."""
    rows = document.value.get(key) if isinstance(document.value, Mapping) else None
    if isinstance(rows, tuple):
        for index, row in enumerate(rows):
            with suppress(ValidationError):
                yield index, model.model_validate(row)


def _compile_when(
    document: Document,
    path: Path,
    source: str | None,
    findings: list[Finding],
    readable: Collection[str] | None,
) -> Guard | None:
    if source is None or len(findings) >= MOST_FINDINGS:
        return None
    guard = compile_guard(source, readable)
    if isinstance(guard, Guard):
        return guard
    for found in guard:
        line, column = document.within(path, found.offset)
        findings.append(
            Finding(document.file, line, column, show(path), found.problem, found.advice, found.code)
        )
    return None


def _compile_rows(read: Files, findings: list[Finding]) -> list[CompiledRow]:
    return [
        CompiledRow(
            id=row.id,
            event=row.event,
            sources=row.from_,
            parties=frozenset(cast("tuple[str, ...]", row.party or ())),
            guard=_compile_when(
                read.documents["conversation.yaml"], ("transitions", index, "when"), row.when, findings, None
            ),
            to=row.to,
            actions=row.do,
            say=row.say,
        )
        for index, row in read.rows
    ]


def _compile_routes(read: Files, findings: list[Finding]) -> list[tuple[RoutingRow, Guard | None]]:
    return [
        (
            row,
            _compile_when(
                read.documents["routing.yaml"], ("rules", index, "when"), row.when, findings, ROUTING_FACTS
            ),
        )
        for index, row in read.routes
    ]
