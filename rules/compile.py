"""From the text of six files to a policy, or to everything that is wrong with them. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

from pydantic import BaseModel, ValidationError

from rules.facts import FACT_BY_NAME
from rules.findings import Finding, PolicyError, did_you_mean
from rules.guards import Guard, compile_guard
from rules.machine import CompiledRow, Lifecycle
from rules.policy import Policy
from rules.references import Files, check_references
from rules.schema import FILES
from rules.schema.conversation import ConversationFile
from rules.schema.explain import explain
from rules.schema.routing import RoutingFile, RoutingRow
from rules.yaml_source import Document, Path, decode, parse, show

# A group is chosen before an agent, a call or a proposal is known.
ROUTING_FACTS: frozenset[str] = frozenset(
    name
    for name in FACT_BY_NAME
    if name.split(".")[0] in ("conversation", "site", "visitor", "bot", "card", "escalation")
)


def compile_policy(files: Mapping[str, str | bytes]) -> Policy:
    """The policy that these files (by name) make up. `PolicyError` with all findings when they do not."""
    findings = [unknown_file(name) for name in files if name not in FILES]
    read = Files()
    texts: dict[str, str] = {}
    for name, model in FILES.items():
        if name not in files:
            findings.append(
                Finding(
                    name, 1, 1, "", "the file is missing", "a policy has all six files: copy the shipped one"
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
    rows: list[CompiledRow] = []
    if read.conversation is not None:
        rows = _compile_rows(read.conversation, read.documents["conversation.yaml"], findings)
    routes: list[tuple[RoutingRow, Guard | None]] = []
    if read.routing is not None:
        routes = _compile_routes(read.routing, read.documents["routing.yaml"], findings)
    if (
        findings
        or read.conversation is None
        or read.routing is None
        or read.escalation is None
        or read.cards is None
        or read.camera is None
        or read.engagement is None
    ):
        raise PolicyError(findings)
    return Policy(
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
    return Finding(name, 1, 1, "", "is no file of a policy", advice)


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
        return
    setattr(read, name.removesuffix(".yaml"), value)


def _compile_when(
    document: Document, path: Path, source: str, findings: list[Finding], *, routing: bool = False
) -> Guard | None:
    guard = compile_guard(source, ROUTING_FACTS if routing else None)
    if isinstance(guard, Guard):
        return guard
    for found in guard:
        line, column = document.within(path, found.offset)
        findings.append(Finding(document.file, line, column, show(path), found.problem, found.advice))
    return None


def _compile_rows(file: ConversationFile, document: Document, findings: list[Finding]) -> list[CompiledRow]:
    rows: list[CompiledRow] = []
    for index, row in enumerate(file.transitions):
        guard = None
        if row.when is not None:
            guard = _compile_when(document, ("transitions", index, "when"), row.when, findings)
        rows.append(
            CompiledRow(
                id=row.id,
                event=row.event,
                sources=row.from_,
                parties=frozenset(cast("tuple[str, ...]", row.party or ())),
                guard=guard,
                to=row.to,
                actions=row.do,
                say=row.say,
            )
        )
    return rows


def _compile_routes(
    file: RoutingFile, document: Document, findings: list[Finding]
) -> list[tuple[RoutingRow, Guard | None]]:
    routes: list[tuple[RoutingRow, Guard | None]] = []
    for index, row in enumerate(file.rules):
        guard = None
        if row.when is not None:
            guard = _compile_when(document, ("rules", index, "when"), row.when, findings, routing=True)
        routes.append((row, guard))
    return routes
