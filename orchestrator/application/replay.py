"""Recorded conversations through a draft policy, before it is published.

What is read are decisions, events and the facts they were made of; texts are not, so it works after these were erased.
One conversation is in memory at a time, and of policies as many as were live or pinned to.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from typing import Protocol

from orchestrator.domain.replay import Recording, ReplayReport, Tally, replay_recording
from rules.compile import compile_policy
from rules.findings import PolicyError
from rules.policy import Policy

MOST_POLICIES = 20
_BREATHE_EVERY = 20


class Recordings(Protocol):
    """Where recorded conversations are."""

    def read(self, *, since: datetime | None = None, limit: int | None = None) -> AsyncIterator[Recording]:
        """Conversations that began at ``since`` or later, the newest first, at most ``limit``."""
        ...

    async def policy_files(self, revision: str) -> Mapping[str, str] | None:
        """The files of a revision, if they are kept."""
        ...


FilesOf = Callable[[str], Awaitable[Mapping[str, str] | None]]


async def replay(draft: Policy, conversations: AsyncIterable[Recording], files_of: FilesOf) -> ReplayReport:
    """What ``draft`` would have done with these conversations.

    ``files_of`` gives the files of the revisions that they were decided by; what one of them would have to tell and
    that is gone, or no policy for this version any more, cannot be told.
    """
    tally, known = Tally(draft.revision), _Known(files_of, draft)
    count = 0
    async for recording in conversations:
        policies = {revision: await known.policy(revision) for revision in recording.revisions}
        tally.add(replay_recording(recording, draft, policies.get))
        count += 1
        if count % _BREATHE_EVERY == 0:
            # Whoever else runs on this loop gets a turn.
            await asyncio.sleep(0)
    return tally.report()


class _Known:
    """The policies that were asked for last."""

    def __init__(self, files_of: FilesOf, draft: Policy) -> None:
        self._files_of = files_of
        self._policies: OrderedDict[str, Policy | None] = OrderedDict({draft.revision: draft})

    async def policy(self, revision: str) -> Policy | None:
        if revision not in self._policies:
            files = await self._files_of(revision)
            self._policies[revision] = None if files is None else _compiled(files)
            while len(self._policies) > MOST_POLICIES:
                self._policies.popitem(last=False)
        self._policies.move_to_end(revision)
        return self._policies[revision]


def _compiled(files: Mapping[str, str]) -> Policy | None:
    try:
        return compile_policy(files)
    except PolicyError:
        # Written for an older version of the rules.
        return None
