"""What is live, as this process uses it: the newest activation in the store, within half a second of its commit.

Hints bring it forward; the look at the store is what counts. So it does not matter who published - this process,
another one, the command line on the same file - nor whether the hint arrived, nor what clocks say: numbers decide.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import structlog

from orchestrator.application.background import Background
from orchestrator.application.errors import VersionConflict
from orchestrator.application.ports import Bus, Clock, Store
from orchestrator.application.revisions.differences import no_differences
from orchestrator.application.revisions.publishing import POLICY_TOPIC
from orchestrator.application.revisions.records import Activation, Author, Head, PolicySet
from rules.compile import compile_policy
from rules.findings import PolicyError
from rules.policy import Policy

log = structlog.get_logger(__name__)

LOOK_EVERY = timedelta(milliseconds=400)
AGAIN_AFTER = timedelta(seconds=1)
"""Decisions that were under way when another revision became live are committed by then."""
LIVE_TOPIC = "policy-live"
"""This process uses another revision now: its pages look again."""
SERVICE = Author(None, "visavis")
SEEDED = "The first start: the policy folder as it was."
_PAGE = 20

Changed = Callable[[], Awaitable[None]]


class LivePolicies(Protocol):
    @property
    def live(self) -> Policy: ...

    def use(self, policy: Policy) -> None:
        """From now on this is what is live."""
        ...


@dataclass(frozen=True, slots=True)
class Usage:
    """What this process uses. ``published`` is the newest activation; another number than ``number``: it cannot be
    used here, because this is another version of the program."""

    number: int
    revision: str
    published: int

    @property
    def behind(self) -> bool:
        return self.number != self.published


@dataclass(frozen=True, slots=True)
class Folder:
    """The configured policy folder, as it was found at the start: its set and policy, or what is wrong with it."""

    path: Path
    policy_set: PolicySet | None
    policy: Policy | None
    error: PolicyError | None = None


class Follower:
    """Runs as a service. ``begin`` comes before anything else that needs a policy."""

    def __init__(
        self, store: Store, bus: Bus, clock: Clock, policies: LivePolicies, *, count: Callable[[str], None]
    ) -> None:
        """``count`` is told the kind of every activation that comes to be used."""
        self._store = store
        self._bus = bus
        self._clock = clock
        self._policies = policies
        self._count = count
        self._turn = asyncio.Lock()
        self._usage: Usage | None = None
        self._changed: list[Changed] = []
        self._again_at: datetime | None = None
        self._background = Background(
            "policy", self._look_in_turn, bus, clock, topic=POLICY_TOPIC, look_every=LOOK_EVERY
        )

    @property
    def usage(self) -> Usage:
        if self._usage is None:
            raise RuntimeError("no policy yet: `begin` comes first")
        return self._usage

    def on_change(self, changed: Changed) -> None:
        """Have ``changed`` called whenever another revision is used, and once more a second later."""
        self._changed.append(changed)

    # --- the start ----------------------------------------------------------------------------------------

    async def begin(self, folder: Folder) -> None:
        """Use what is live; on the very first start that is the folder, as activation 1.

        An activation that this version cannot use is passed over for the newest one that it can, loudly.

        Raises:
            PolicyError: there is nothing that can be used.
        """
        found = await self.newest_usable()
        if found is None:
            await self._seed(folder)
            found = await self.newest_usable()
        assert found is not None  # noqa: S101 - activations are never removed
        self._usage, policy = found
        self._policies.use(policy)

    async def newest_usable(self) -> tuple[Usage, Policy] | None:
        """What a process of this version would use; None: nothing was ever live.

        Raises:
            PolicyError: there is nothing that can be used.
        """
        page = await self._newest()
        if not page:
            return None
        published, failure = page[0].number, None
        while page:
            for activation in page:
                try:
                    policy = await self._compiled(activation.head)
                except PolicyError as error:
                    failure = failure or error
                    _complain(activation.head, error)
                else:
                    return Usage(activation.number, activation.revision, published), policy
            page = await self._newest(before=page[-1].number)
        assert failure is not None  # noqa: S101 - there was one at least
        raise failure

    async def _newest(self, before: int | None = None) -> list[Activation]:
        async with self._store.transaction(read_only=True) as tx:
            return await tx.activations.page(before=before, limit=_PAGE)

    async def _seed(self, folder: Folder) -> None:
        policy, now = folder.policy, self._clock.now()
        if policy is None or folder.policy_set is None:
            raise folder.error or PolicyError([])
        first = Activation(
            number=1,
            revision=policy.revision,
            kind="seed",
            base=0,
            at=now,
            by=SERVICE,
            message=SEEDED,
            scenarios=folder.policy_set.scenarios,
            changes=no_differences(),
        )
        try:
            async with self._store.transaction() as tx:
                await tx.policies.add(policy.revision, policy.files, now)
                await tx.activations.add(first)
        except VersionConflict:
            log.info("policy.seeded_by_another")
            async with self._store.transaction():
                pass  # on disk by then, also when the other one is in this process
        else:
            log.info("policy.seeded", revision=policy.revision)

    # --- from then on ---------------------------------------------------------------------------------------

    async def start(self) -> None:
        # What was published while no process ran has its consequences too.
        self._again_at = self._clock.now() + AGAIN_AFTER
        await self._background.start()

    async def stop(self) -> None:
        await self._background.stop()

    async def look(self) -> None:
        """Use what is live now. Afterwards this process decides by it."""
        async with self._turn:
            usage = self.usage
            async with self._store.transaction(read_only=True) as tx:
                head = await tx.activations.head()
            if head is None or head.number == usage.published:
                return
            await self._take(head, usage)

    async def _take(self, head: Head, usage: Usage) -> None:
        began = time.perf_counter()
        async with self._store.transaction(read_only=True) as tx:
            activation = await tx.activations.get(head.number)
        kind = activation.kind if activation is not None else "publish"
        if head.revision != usage.revision:
            try:
                policy = await self._compiled(head)
            except PolicyError as error:
                _complain(head, error)
                self._usage = Usage(usage.number, usage.revision, head.number)
                return
            self._policies.use(policy)
        self._usage = Usage(head.number, head.revision, head.number)
        self._count(kind)
        took = round((time.perf_counter() - began) * 1000)
        log.info("policy.activated", number=head.number, revision=head.revision, kind=kind, ms=took)
        if head.revision != usage.revision:
            self._again_at = self._clock.now() + AGAIN_AFTER
            await self._tell()

    async def _compiled(self, head: Head) -> Policy:
        """Compiled in a thread: conversations go on meanwhile.

        Raises:
            PolicyError: this version of the program cannot use the revision.
        """
        async with self._store.transaction(read_only=True) as tx:
            files = await tx.policies.files(head.revision)
        return await asyncio.to_thread(compile_policy, files or {})

    async def _tell(self) -> None:
        for changed in self._changed:
            try:
                await changed()
            except Exception:
                # The others have to hear of it all the same, and there is a second time.
                log.exception("policy.listener_failed")
        await self._bus.publish_ephemeral(LIVE_TOPIC, {"type": "refresh"})

    async def _look_in_turn(self) -> datetime | None:
        await self.look()
        if self._again_at is not None and self._again_at <= self._clock.now():
            self._again_at = None
            await self._tell()
        return self._again_at


def _complain(head: Head, error: PolicyError) -> None:
    log.error(
        "policy.unusable",
        number=head.number,
        revision=head.revision,
        mistakes=len(error.findings),
        where=[f"{found.file}:{found.line} {found.code}" for found in error.findings[:3]],
        hint="this version of visavis cannot use what was published: the newest one that it can use goes on; "
        "update this process, or publish a policy that it understands",
    )
