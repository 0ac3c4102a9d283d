"""Why a conversation went the way it did: every decision as it was stored, and told in sentences.

What is told comes from the stored decisions alone, so it holds after texts were erased and after the policy has
changed. Names of people are not stored with decisions: they are looked up now, for staff.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from orchestrator.application.errors import NotFound
from orchestrator.application.ports import Policies, Store, Transaction
from orchestrator.application.records import Json, TraceRecord
from orchestrator.domain.explain import WORDS, Known, Language, masked, tell
from rules.decision import Decision
from rules.languages import text_in


class Explanations:
    """Explanations for the command line, where nothing else runs."""

    def __init__(self, store: Store, policies: Policies) -> None:
        self._store = store
        self._policies = policies

    async def of(self, conversation_id: str, language: Language) -> list[Json]:
        """→ `DecisionView`s.

        Raises:
            NotFound: there is no such conversation.
        """
        async with self._store.transaction(read_only=True) as tx:
            if await tx.conversations.load(conversation_id) is None:
                raise NotFound("conversation_not_found", "There is no such conversation.")
            return await explain(tx, conversation_id, self._policies, language)


async def explain(
    tx: Transaction, conversation_id: str, policies: Policies, language: Language
) -> list[Json]:
    """→ `DecisionView`s, in the order of the decisions, refusals included."""
    records = await tx.events.trace(conversation_id)
    known = await _known(tx, records, policies, language)
    return [await _view(tx, record, policies, language, known) for record in records]


async def _view(
    tx: Transaction, record: TraceRecord, policies: Policies, language: Language, known: Known
) -> Json:
    decision, words = record.decision, WORDS[language]
    told = tell(
        record.event,
        record.body,
        decision,
        words,
        refused=record.reason if record.outcome == "denied" else None,
        reads=await _reads(tx, decision, policies),
        known=known,
    )
    return {
        "version": record.version,
        "at": record.at,
        "event": record.event,
        "outcome": record.outcome,
        "state": decision.state,
        "to": decision.to,
        "row": decision.row,
        "reason": record.reason,
        "revision": decision.revision,
        "facts": masked(decision.facts),
        "near_misses": [
            {"row": miss.row, "guard": miss.guard, "values": masked(miss.values), "error": miss.error}
            for miss in decision.near_misses
        ],
        "search": asdict(record.search) if record.search is not None else None,
        "told": asdict(told),
    }


async def _reads(tx: Transaction, decision: Decision, policies: Policies) -> tuple[str, ...] | None:
    """The facts that the guard of the deciding row reads; None when its revision cannot be had any more."""
    if decision.row is None:
        return ()
    policy = await policies.pinned(decision.revision, tx)
    if policy.revision != decision.revision:
        return None
    row = next((row for row in policy.lifecycle.rows if row.id == decision.row), None)
    return row.guard.reads if row is not None and row.guard is not None else ()


async def _known(
    tx: Transaction, records: Sequence[TraceRecord], policies: Policies, language: Language
) -> Known:
    ids = sorted({agent for record in records for agent in _agents(record)})
    agents = await tx.people.agents(ids) if ids else []
    groups: dict[str, str] = {}
    for name, spec in policies.live.routing.groups.items():
        label = text_in(spec.label, language, language)
        groups[name] = label[1] if label is not None else name
    return Known({agent.id: agent.name for agent in agents}, groups)


def _agents(record: TraceRecord) -> Iterable[str]:
    named = getattr(record.body, "agent_id", None)
    if named is not None:
        yield named
    if record.search is not None:
        for examples in record.search.examples.values():
            yield from examples
