"""Policy revisions, what was live when, and drafts.

Texts are kept as ASCII JSON: neither database has to take every character that a hostile file may hold.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import delete, func, insert, select, update

from orchestrator.adapters.revision_tables import ActivationRow, DraftRow
from orchestrator.adapters.session import Session
from orchestrator.adapters.tables import PolicyRow
from orchestrator.adapters.upsert import upsert
from orchestrator.application.errors import VersionConflict
from orchestrator.application.revisions.records import (
    Activation,
    ActivationKind,
    Author,
    Draft,
    Gate,
    Head,
    PolicySet,
)

policies = PolicyRow.__table__  # type: ignore[attr-defined]
activations = ActivationRow.__table__  # type: ignore[attr-defined]
drafts = DraftRow.__table__  # type: ignore[attr-defined]

_HEAD = select(activations.c.number, activations.c.revision).order_by(activations.c.number.desc()).limit(1)


@cache
def _add_activation(dialect: str) -> Any:
    return upsert(dialect, activations).on_conflict_do_nothing().returning(activations.c.number)


class SqlPolicies:
    """See `ports.PolicyTable`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, revision: str, files: Mapping[str, str], at: datetime) -> None:
        await self._session.write(
            upsert(self._session.dialect, policies).on_conflict_do_nothing(),
            {"revision": revision, "files": _dump(dict(files)), "added_at": at},
        )

    async def files(self, revision: str) -> Mapping[str, str] | None:
        query = select(policies.c.files).where(policies.c.revision == revision)
        found = (await self._session.read(query)).value()
        return None if found is None else json.loads(found)


class SqlActivations:
    """See `ports.ActivationTable`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def head(self) -> Head | None:
        row = (await self._session.read(_HEAD)).one()
        return None if row is None else Head(row.number, row.revision)

    async def add(self, activation: Activation) -> None:
        values = {
            "number": activation.number,
            "revision": activation.revision,
            "kind": activation.kind,
            "base": activation.base,
            "at": activation.at,
            "by_user": activation.by.user_id,
            "by_name": activation.by.name,
            "message": activation.message,
            "restores": activation.restores,
            "scenarios": _dump(dict(activation.scenarios)),
            "changes": _dump({tag: list(lines) for tag, lines in activation.changes.items()}),
            "gates": _dump_gates(activation.gates),
        }
        added = await self._session.read(_add_activation(self._session.dialect), values)
        if added.one() is None:
            raise VersionConflict("another activation has this number")

    async def get(self, number: int) -> Activation | None:
        row = (await self._session.read(select(activations).where(activations.c.number == number))).one()
        return None if row is None else _activation(row)

    async def page(self, *, before: int | None = None, limit: int) -> list[Activation]:
        query = select(activations).order_by(activations.c.number.desc()).limit(limit)
        if before is not None:
            query = query.where(activations.c.number < before)
        return [_activation(row) for row in await self._session.read(query)]

    async def of_revision(self, revision: str) -> Activation | None:
        query = select(activations).where(activations.c.revision == revision)
        row = (await self._session.read(query.order_by(activations.c.number.desc()).limit(1))).one()
        return None if row is None else _activation(row)


class SqlDrafts:
    """See `ports.DraftTable`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, draft: Draft) -> None:
        await self._session.write(insert(drafts), {"id": draft.id, **_draft_values(draft)})

    async def save(self, draft: Draft, *, expected_version: int) -> None:
        found = drafts.c.id == draft.id, drafts.c.version == expected_version
        statement = update(drafts).where(*found).values(**_draft_values(draft))
        await self._session.write(statement, only_if_found=True)

    async def get(self, draft_id: str) -> Draft | None:
        row = (await self._session.read(select(drafts).where(drafts.c.id == draft_id))).one()
        return None if row is None else _draft(row)

    async def list(self, *, limit: int) -> list[Draft]:
        query = select(drafts).order_by(drafts.c.changed_at.desc(), drafts.c.id).limit(limit)
        return [_draft(row) for row in await self._session.read(query)]

    async def count(self) -> int:
        return (await self._session.read(select(func.count()).select_from(drafts))).value()

    async def remove(self, draft_id: str) -> None:
        await self._session.write(delete(drafts).where(drafts.c.id == draft_id))


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def _dump_gates(gates: Sequence[Gate]) -> str:
    return _dump([[gate.name, gate.state, gate.summary, list(gate.details)] for gate in gates])


def _gates(stored: str) -> tuple[Gate, ...]:
    return tuple(
        Gate(name, state, summary, tuple(details)) for name, state, summary, details in json.loads(stored)
    )


def _activation(row: Any) -> Activation:
    changes: dict[str, list[str]] = json.loads(row.changes)
    return Activation(
        number=row.number,
        revision=row.revision,
        kind=cast("ActivationKind", row.kind),
        base=row.base,
        at=row.at,
        by=Author(row.by_user, row.by_name),
        message=row.message,
        scenarios=json.loads(row.scenarios),
        restores=row.restores,
        changes={tag: tuple(lines) for tag, lines in changes.items()},
        gates=_gates(row.gates),
    )


def _draft(row: Any) -> Draft:
    return Draft(
        id=row.id,
        version=row.version,
        base=row.base,
        policy_set=PolicySet.of(json.loads(row.texts)),
        note=row.note,
        author=Author(row.by_user, row.by_name),
        created_at=row.created_at,
        changed_at=row.changed_at,
        gates=_gates(row.gates),
    )


def _draft_values(draft: Draft) -> dict[str, Any]:
    return {
        "version": draft.version,
        "base": draft.base,
        "texts": _dump(draft.policy_set.texts),
        "note": draft.note,
        "by_user": draft.author.user_id,
        "by_name": draft.author.name,
        "created_at": draft.created_at,
        "changed_at": draft.changed_at,
        "gates": _dump_gates(draft.gates),
    }
