"""Policies: the live one, and those that older conversations are pinned to, kept in the database."""

from __future__ import annotations

from datetime import datetime

import structlog

from orchestrator.application.ports import Store, Transaction
from rules.compile import compile_policy
from rules.findings import PolicyError
from rules.policy import Policy

log = structlog.get_logger(__name__)


class StoredPolicies:
    """See `ports.Policies`."""

    def __init__(self, live: Policy) -> None:
        self._live = live
        self._known: dict[str, Policy] = {live.revision: live}

    @property
    def live(self) -> Policy:
        return self._live

    async def publish(self, policy: Policy, store: Store, now: datetime) -> None:
        """Keep a revision for the conversations that will be pinned to it, and make it live."""
        async with store.transaction() as tx:
            await tx.policies.add(policy.revision, policy.files, now)
        self._known[policy.revision] = policy
        self._live = policy

    async def pinned(self, revision: str, tx: Transaction) -> Policy:
        known = self._known.get(revision)
        if known is not None:
            return known
        files = await tx.policies.files(revision)
        policy = self._live
        if files is not None:
            try:
                policy = compile_policy(files)
            except PolicyError:
                # Written for an older version of the rules: today's policy is better than none.
                log.exception("policy.outdated", revision=revision)
        else:
            log.warning("policy.unknown", revision=revision)
        self._known[revision] = policy
        return policy
