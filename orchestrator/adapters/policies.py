"""Policies: the live one, those that older conversations are pinned to, and the folder an operator configured."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from pathlib import Path

import structlog

from orchestrator.application.errors import Invalid
from orchestrator.application.ports import Store, Transaction
from orchestrator.application.revisions.follower import Folder
from orchestrator.application.revisions.records import PolicySet
from rules.compile import compile_policy
from rules.findings import Finding, PolicyError
from rules.load import read_folder
from rules.policy import Policy
from rules.yaml_source import LARGEST_FILE, decode

log = structlog.get_logger(__name__)

MOST_COMPILED = 64
"""So many revisions are kept compiled: conversations of older ones have them compiled when something happens."""
SCENARIOS = "tests"


class StoredPolicies:
    """See `ports.Policies`."""

    def __init__(self, live: Policy | None = None) -> None:
        """``live``: until `use` says otherwise."""
        self._live = live
        self._known: OrderedDict[str, Policy] = OrderedDict()
        if live is not None:
            self._remember(live.revision, live)

    @property
    def live(self) -> Policy:
        if self._live is None:
            raise RuntimeError("no policy is live yet")
        return self._live

    def use(self, policy: Policy) -> None:
        """From now on this is what is live."""
        self._remember(policy.revision, policy)
        self._live = policy

    async def publish(self, policy: Policy, store: Store, now: datetime) -> None:
        """Keep a revision for the conversations that will be pinned to it, and make it live in this process alone."""
        async with store.transaction() as tx:
            await tx.policies.add(policy.revision, policy.files, now)
        self.use(policy)

    async def pinned(self, revision: str, tx: Transaction) -> Policy:
        known = self._known.get(revision)
        if known is not None:
            self._known.move_to_end(revision)
            return known
        files = await tx.policies.files(revision)
        policy = self.live
        if files is not None:
            try:
                policy = compile_policy(files)
            except PolicyError:
                # Written for an older version of the rules: today's policy is better than none.
                log.exception("policy.outdated", revision=revision)
        else:
            log.warning("policy.unknown", revision=revision)
        self._remember(revision, policy)
        return policy

    def _remember(self, revision: str, policy: Policy) -> None:
        self._known[revision] = policy
        self._known.move_to_end(revision)
        while len(self._known) > MOST_COMPILED:
            del self._known[next(iter(self._known))]


def read_set(folder: Path) -> PolicySet:
    """The files in a folder and ``tests/*.yaml``, as text. They may be wrong, or not all there: the gates tell.

    Raises:
        PolicyError: a file cannot be read, is no text, or has no place in a policy.
        Invalid: it is too much.
    """
    contents, findings = read_folder(folder)
    texts: dict[str, str] = {}
    for name, content in contents.items():
        text = decode(name, content)
        if isinstance(text, Finding):
            findings.append(text)
        else:
            texts[name] = text
    if findings:
        raise PolicyError(findings)
    return PolicySet.of({**texts, **_scenarios(folder)})


def _scenarios(folder: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    findings: list[Finding] = []
    tests = folder / SCENARIOS
    for path in sorted(tests.glob("*.yaml")) if tests.is_dir() else ():
        name = f"{SCENARIOS}/{path.name}"
        try:
            with path.open("rb") as file:
                text = decode(name, file.read(LARGEST_FILE + 1))
        except OSError as error:
            problem = f"cannot be read ({error.strerror})"
            text = Finding(name, 1, 1, "", problem, "check its permissions", "file.unreadable")
        if isinstance(text, Finding):
            findings.append(text)
        else:
            found[name] = text
    if findings:
        raise PolicyError(findings)
    return found


def configured_folder(folder: Path) -> Folder:
    """The folder of the configuration, good or bad: whether that matters is known once the store is open."""
    try:
        found = read_set(folder)
        return Folder(folder, found, compile_policy(found.files))
    except PolicyError as error:
        return Folder(folder, None, None, error)
    except Invalid as error:
        finding = Finding(str(folder), 1, 1, "", error.detail, "leave the rest elsewhere", "file.unreadable")
        return Folder(folder, None, None, PolicyError([finding]))
