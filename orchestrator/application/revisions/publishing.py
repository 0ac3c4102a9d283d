"""Drafts, publishing and rollback: each a small step in the store, so that whoever is first is the only one.

What is live is the activation with the highest number. Publishing adds the next number, in one transaction with the
files, if the one that the draft was made from is live still. There is nothing between "stored" and "live" that a
crash could leave half done: every process follows the store (`follower`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from orchestrator.application.errors import Conflict, Invalid, NotFound, Refused, VersionConflict
from orchestrator.application.ports import Bus, Clock, Gatekeeper, Ids, Store, Transaction
from orchestrator.application.revisions.differences import differences
from orchestrator.application.revisions.records import (
    Activation,
    ActivationKind,
    Author,
    Draft,
    Gate,
    PolicySet,
    note_of,
    passed,
    reason,
)
from rules.compile import compile_policy
from rules.findings import PolicyError
from rules.policy import Policy

log = structlog.get_logger(__name__)

POLICY_TOPIC = "policy"
MOST_DRAFTS = 50

Rehearse = Callable[[PolicySet], Awaitable[Gate]]
"""Plays recorded conversations through a set; what it says informs, and never stops a publication."""


class Publishing:
    def __init__(
        self,
        store: Store,
        bus: Bus,
        clock: Clock,
        ids: Ids,
        gatekeeper: Gatekeeper,
        *,
        rehearse: Rehearse | None = None,
        on_published: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """``on_published``: has this process use what was published before anybody is answered."""
        self._store = store
        self._bus = bus
        self._clock = clock
        self._ids = ids
        self._gatekeeper = gatekeeper
        self._rehearse = rehearse
        self._on_published = on_published

    # --- what is, and was, live ---------------------------------------------------------------------------

    async def live(self) -> Activation:
        """The newest activation.

        Raises:
            NotFound: nothing was ever activated (``no_policy``): the service has not been started yet.
        """
        async with self._store.transaction(read_only=True) as tx:
            return await _live(tx)

    async def activations(self, *, before: int | None = None, limit: int) -> list[Activation]:
        """The audit, the newest first."""
        async with self._store.transaction(read_only=True) as tx:
            return await tx.activations.page(before=before, limit=limit)

    async def activation(self, number: int) -> tuple[Activation, PolicySet]:
        """One activation with its files.

        Raises:
            NotFound: there is none of this number (``no_activation``).
        """
        async with self._store.transaction(read_only=True) as tx:
            return await _with_set(tx, number)

    async def activation_of(self, revision: str) -> Activation:
        """The newest activation of a revision.

        Raises:
            NotFound: it was never live (``no_activation``).
        """
        async with self._store.transaction(read_only=True) as tx:
            found = await tx.activations.of_revision(revision)
        if found is None:
            raise NotFound("no_activation", f"The revision {revision[:40]!r} was never live.")
        return found

    # --- drafts -------------------------------------------------------------------------------------------

    async def drafts(self) -> list[Draft]:
        """Those that were changed last first."""
        async with self._store.transaction(read_only=True) as tx:
            return await tx.drafts.list(limit=MOST_DRAFTS)

    async def draft(self, draft_id: str) -> Draft:
        """Raises:
        NotFound: there is no such draft (``no_draft``).
        """
        async with self._store.transaction(read_only=True) as tx:
            return await _draft(tx, draft_id)

    async def save(self, policy_set: PolicySet, *, base: int, note: str, by: Author) -> Draft:
        """Keep files as a draft. They may be wrong: `examine` says so, and `publish` refuses them.

        Raises:
            Conflict: another activation than ``base`` is live (``published_meanwhile``).
            Refused: there are too many drafts (``too_many_drafts``).
        """
        now = self._clock.now()
        draft = Draft(self._ids.new("d"), 1, base, policy_set, note_of(note), by, now, now)
        async with self._store.transaction() as tx:
            await _require_live(tx, base)
            if await tx.drafts.count() >= MOST_DRAFTS:
                raise Refused(
                    "too_many_drafts", f"There are {MOST_DRAFTS} drafts. Remove those that are done."
                )
            await tx.drafts.add(draft)
        return draft

    async def change(
        self, draft_id: str, policy_set: PolicySet, *, version: int, base: int, note: str, by: Author
    ) -> Draft:
        """Replace the files of a draft; ``base`` says which activation they follow now. Its gates are asked anew.

        Raises:
            NotFound: there is no such draft (``no_draft``).
            Conflict: somebody else changed it (``draft_changed``), or published (``published_meanwhile``).
        """
        async with self._store.transaction() as tx:
            await _require_live(tx, base)
            old = await _draft(tx, draft_id)
            new = replace(
                old,
                version=version + 1,
                base=base,
                policy_set=policy_set,
                note=note_of(note),
                author=by,
                changed_at=self._clock.now(),
                gates=(),
            )
            await _save(tx, new, version)
        return new

    async def remove(self, draft_id: str) -> None:
        """Raises:
        NotFound: there is no such draft (``no_draft``).
        """
        async with self._store.transaction() as tx:
            await _draft(tx, draft_id)
            await tx.drafts.remove(draft_id)

    async def examine(self, draft_id: str) -> Draft:
        """Ask the gates, and keep what they say with the draft.

        Raises:
            NotFound: there is no such draft (``no_draft``).
            Conflict: somebody changed it meanwhile (``draft_changed``).
        """
        async with self._store.transaction(read_only=True) as tx:
            draft = await _draft(tx, draft_id)
            live, _ = await _with_set(tx, (await _live(tx)).number)
        gates = await self._ask(draft.policy_set, had_scenarios=bool(live.scenarios))
        examined = replace(draft, version=draft.version + 1, gates=gates)
        async with self._store.transaction() as tx:
            await _save(tx, examined, draft.version)
        return examined

    async def _ask(self, policy_set: PolicySet, *, had_scenarios: bool) -> tuple[Gate, ...]:
        gates = await self._gatekeeper.examine(policy_set, had_scenarios=had_scenarios)
        if self._rehearse is None:
            return (*gates, Gate("replay", "absent", "recorded conversations were not replayed"))
        if not passed(gates):
            return (*gates, Gate("replay", "absent", "not replayed: the other gates come first"))
        return (*gates, await self._rehearse(policy_set))

    # --- what becomes live ----------------------------------------------------------------------------------

    async def publish(self, draft_id: str, *, message: str, by: Author) -> Activation:
        """Make a draft live, for every process, and remove it.

        Raises:
            NotFound: there is no such draft (``no_draft``).
            Invalid: no word about why (``message_required``).
            Conflict: somebody else published meanwhile (``published_meanwhile``), or changed the draft
                (``draft_changed``).
            Refused: a gate did not let it pass (``gate_failed``), or it is what is live already
                (``nothing_to_publish``).
        """
        message = reason(message)
        async with self._store.transaction(read_only=True) as tx:
            draft = await _draft(tx, draft_id)
            await _require_live(tx, draft.base)
            live, before = await _with_set(tx, draft.base)
        if before.digest == draft.policy_set.digest:
            raise Refused("nothing_to_publish", f"This is what is live already, as number {live.number}.")
        # Asked anew: the program may be another one than when the draft was examined.
        gates = await self._ask(draft.policy_set, had_scenarios=bool(before.scenarios))
        if not passed(gates):
            raise Refused("gate_failed", _why_not(gates))
        activation = await self._next(live, before, draft.policy_set, "publish", message, by, gates)
        async with self._store.transaction() as tx:
            await _require_live(tx, draft.base)
            if (await _draft(tx, draft_id)).version != draft.version:
                raise Conflict("draft_changed", "Somebody changed the draft meanwhile. Look at it again.")
            await self._activate(tx, activation, draft.policy_set)
            await tx.drafts.remove(draft_id)
        await self._tell(activation)
        return activation

    async def rollback(self, number: int, *, base: int, message: str, by: Author) -> Activation:
        """Make an earlier revision live again, as a new activation with the next number.

        It was examined when it was published and only has to compile: going back must not wait for anything.

        Args:
            number: the activation to go back to.
            base: the one that is live, as the caller knows it.
            message: why.
            by: who asks.

        Raises:
            NotFound: there is no such activation (``no_activation``).
            Invalid: no word about why (``message_required``).
            Conflict: somebody else published meanwhile (``published_meanwhile``).
            Refused: it is live already (``nothing_to_publish``), or this version of the program cannot read it
                (``gate_failed``).
        """
        message = reason(message)
        async with self._store.transaction(read_only=True) as tx:
            await _require_live(tx, base)
            live, before = await _with_set(tx, base)
            _, wanted = await _with_set(tx, number)
        if before.digest == wanted.digest:
            raise Refused(
                "nothing_to_publish", f"What number {number} made live is live, as number {live.number}."
            )
        await _compiled(wanted, f"This version of visavis cannot use number {number}")
        gate = Gate("check", "absent", "not asked for a rollback: it compiles")
        activation = await self._next(live, before, wanted, "rollback", message, by, (gate,))
        activation = replace(activation, restores=number)
        async with self._store.transaction() as tx:
            await _require_live(tx, base)
            await self._activate(tx, activation, wanted)
        await self._tell(activation)
        return activation

    async def _next(
        self,
        live: Activation,
        before: PolicySet,
        after: PolicySet,
        kind: ActivationKind,
        message: str,
        by: Author,
        gates: tuple[Gate, ...],
    ) -> Activation:
        revision = (await _compiled(after, "The files cannot be used")).revision
        return Activation(
            number=live.number + 1,
            revision=revision,
            kind=kind,
            base=live.number,
            at=self._clock.now(),
            by=by,
            message=message,
            scenarios=after.scenarios,
            changes=await asyncio.to_thread(differences, before, after),
            gates=gates,
        )

    async def _activate(self, tx: Transaction, activation: Activation, policy_set: PolicySet) -> None:
        await tx.policies.add(activation.revision, policy_set.files, activation.at)
        try:
            await tx.activations.add(activation)
        except VersionConflict:
            raise Conflict(
                "published_meanwhile", "Somebody else published just now. Look at it first."
            ) from None

    async def _tell(self, activation: Activation) -> None:
        log.info(
            "policy.published",
            number=activation.number,
            revision=activation.revision,
            kind=activation.kind,
            by=activation.by.user_id or "operator",
            changes=len(activation.changes_in("en")),
        )
        await self._bus.publish([POLICY_TOPIC])
        if self._on_published is not None:
            await self._on_published()


async def _compiled(policy_set: PolicySet, otherwise: str) -> Policy:
    """Whatever the gates said: what does not compile never becomes live.

    Raises:
        Refused: it does not (``gate_failed``).
    """
    try:
        return await asyncio.to_thread(compile_policy, policy_set.files)
    except PolicyError as error:
        raise Refused("gate_failed", f"{otherwise}: {error.findings[0]}") from None


async def _live(tx: Transaction) -> Activation:
    head = await tx.activations.head()
    found = await tx.activations.get(head.number) if head is not None else None
    if found is None:
        raise NotFound(
            "no_policy", "No policy was ever live here. Start the service once: it takes its folder."
        )
    return found


async def _with_set(tx: Transaction, number: int) -> tuple[Activation, PolicySet]:
    found = await tx.activations.get(number)
    files = await tx.policies.files(found.revision) if found is not None else None
    if found is None or files is None:
        raise NotFound("no_activation", f"Nothing was made live under the number {number}.")
    return found, PolicySet(files, found.scenarios)


async def _require_live(tx: Transaction, base: int) -> None:
    live = await _live(tx)
    if live.number == base:
        return
    if live.number < base:
        raise Invalid("unknown_base", f"There is no number {base} yet: {live.number} is live.")
    raise Conflict(
        "published_meanwhile",
        f"{live.by.name} made number {live.number} live meanwhile ({live.at:%Y-%m-%d %H:%M} UTC): {live.message!r}. "
        f"This follows number {base}. Take number {live.number} (`visavis policy pull`), put your change on top of it, "
        "and try again.",
    )


async def _draft(tx: Transaction, draft_id: str) -> Draft:
    draft = await tx.drafts.get(draft_id)
    if draft is None:
        raise NotFound("no_draft", "There is no such draft: it was published or removed.")
    return draft


async def _save(tx: Transaction, draft: Draft, version: int) -> None:
    try:
        await tx.drafts.save(draft, expected_version=version)
    except VersionConflict:
        raise Conflict("draft_changed", "Somebody changed the draft meanwhile. Look at it again.") from None


def _why_not(gates: tuple[Gate, ...]) -> str:
    failed = next(gate for gate in gates if gate.state == "failed")
    names = {"check": "The check", "test": "The scenarios", "replay": "The replay"}
    first = f" First: {failed.details[0]}" if failed.details else ""
    return f"{names[failed.name]} did not let it pass: {failed.summary}.{first}"
