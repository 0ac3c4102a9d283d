"""The parts of the composition root about policies: what is live, how it is changed, what the folder has to do with it.

Used by the service and by the commands; see docs/decisions/0017-what-is-live.md.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from orchestrator.adapters.bus import InProcessBus
from orchestrator.adapters.clock import RandomIds, SystemClock
from orchestrator.adapters.policies import StoredPolicies, configured_folder
from orchestrator.adapters.policy_gates import ChildGates
from orchestrator.adapters.store import SqlStore
from orchestrator.application.floor import LiveFloor
from orchestrator.application.handle_event import EventHandler
from orchestrator.application.notify import queue_topic
from orchestrator.application.ports import Bus, Clock, Ids, Store
from orchestrator.application.revisions.follower import Folder, Follower
from orchestrator.application.revisions.publishing import Publishing
from orchestrator.application.revisions.records import PolicySet
from orchestrator.application.revisions.restrictions import Restrictions
from orchestrator.observability import Metrics
from orchestrator.settings import Settings
from rules.findings import PolicyError
from rules.policy import Policy

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Revisions:
    """What is live in this process, and the means to change it."""

    store: Store
    bus: Bus
    folder: Folder
    policies: StoredPolicies
    follower: Follower
    publishing: Publishing

    @classmethod
    def of(
        cls, settings: Settings, store: Store, bus: Bus, clock: Clock, ids: Ids, metrics: Metrics
    ) -> Revisions:
        folder = configured_folder(settings.policy_dir)
        policies = StoredPolicies(folder.policy)

        def count(kind: str) -> None:
            metrics.policy_activations.labels(kind).inc()

        follower = Follower(store, bus, clock, policies, count=count)
        metrics.policy_number.set_function(lambda: follower.usage.number)
        metrics.policy_behind.set_function(lambda: float(follower.usage.behind))
        gates = ChildGates(settings.database)
        publishing = Publishing(
            store, bus, clock, ids, gates, rehearse=gates.rehearse, on_published=follower.look
        )
        return cls(store, bus, folder, policies, follower, publishing)

    def tell(self, floor: LiveFloor, handler: EventHandler) -> None:
        """Have what is live for all at once follow: who is asked and who waits, what they are told, running calls."""
        restrictions = Restrictions(self.store, handler, self.policies)

        async def restrict() -> None:
            await restrictions.apply()

        async def tell_who_waits() -> None:
            async with self.store.transaction(read_only=True) as tx:
                lines = {*self.policies.live.routing.groups, *await tx.conversations.queued_groups()}
            await self.bus.publish([queue_topic(group) for group in sorted(lines)])

        for changed in (restrict, floor.reconsider, tell_who_waits):
            self.follower.on_change(changed)

    async def begin(self) -> None:
        """Find out what is live; the first start ever makes the folder live.

        Raises:
            PolicyError: nothing can be used.
        """
        await self.follower.begin(self.folder)
        notice = await self.notice()
        if notice is not None:
            log.warning("policy.folder", hint=notice)

    async def notice(self) -> str | None:
        """What an operator has to know of the folder; None when it holds what is live."""
        activation, live = await self.publishing.activation(self.follower.usage.number)
        said = f"number {activation.number}, revision {activation.revision}"
        path = self.folder.path
        if self.follower.usage.behind:
            return (
                f"Number {self.follower.usage.published} is live, and this version of visavis cannot use it: it goes "
                f"on with {said}. Update this process, or publish a policy that it understands."
            )
        if self.folder.error is not None:
            return (
                f"The policy folder {path} cannot be used ({len(self.folder.error.findings)} mistake(s)); what is live "
                f"goes on ({said}). `visavis policy check {path}` tells all."
            )
        assert self.folder.policy_set is not None  # noqa: S101 - or there is an error
        if self.folder.policy_set.digest == PolicySet(live.files, activation.scenarios).digest:
            return None
        return (
            f"The policy folder {path} is not what is live ({said}). It is taken by itself at the very first start "
            f'only; to make it live: visavis policy publish {path} --message "why"'
        )


async def live_policy(settings: Settings, store: Store) -> Callable[[], Policy]:
    """What gives the live policy to a command that changes none: what the service uses, or would begin with.

    It raises `PolicyError` when there is nothing to use, but only when it is asked.
    """
    folder = configured_folder(settings.policy_dir)
    failure = folder.error
    policy = folder.policy
    try:
        follower = Follower(store, InProcessBus(), SystemClock(), StoredPolicies(), count=lambda _: None)
        found = await follower.newest_usable()
    except PolicyError as error:
        policy, failure = None, error
    else:
        policy = found[1] if found is not None else policy

    def give() -> Policy:
        if policy is None:
            raise failure or PolicyError([])
        return policy

    return give


@asynccontextmanager
async def open_revisions(settings: Settings) -> AsyncIterator[Revisions]:
    """Open the database, brought up to date, and what is live in it, for a command.

    Raises:
        SettingError: a setting cannot be used.
        Unreachable: the database cannot be used.
        PolicyError: nothing can be used.
    """
    from orchestrator.main import upgrade_database  # noqa: PLC0415 - which imports this

    await upgrade_database(settings)
    store = SqlStore(settings.database)
    # Processes that run find what a command publishes by looking at the store.
    bus, metrics = InProcessBus(), Metrics()
    try:
        revisions = Revisions.of(settings, store, bus, SystemClock(), RandomIds(), metrics)
        await revisions.follower.begin(revisions.folder)
        yield revisions
    finally:
        await store.close()
