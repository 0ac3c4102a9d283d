"""The tables of a revision's lifecycle: what was live when, and what is being prepared."""

# SQLModel declares `__tablename__` as a function; a plain name is what its documentation tells to write.
# pyright: reportAssignmentType=false

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Text
from sqlmodel import Field, SQLModel

from orchestrator.adapters.columns import UtcDateTime
from orchestrator.adapters.node_tables import metadata

__all__ = ["ActivationRow", "DraftRow", "metadata"]


class ActivationRow(SQLModel, table=True):
    """A revision became live. The one with the highest number is; the number is the lock of who publishes."""

    __tablename__ = "policy_activation"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    revision: str = Field(foreign_key="policy.revision")
    kind: str
    base: int
    at: datetime = Field(sa_column=Column(UtcDateTime(), nullable=False))
    by_user: str | None = None
    by_name: str
    message: str = Field(sa_column=Column(Text(), nullable=False))
    restores: int | None = None
    scenarios: str = Field(sa_column=Column(Text(), nullable=False))
    changes: str = Field(sa_column=Column(Text(), nullable=False))
    gates: str = Field(sa_column=Column(Text(), nullable=False))


class DraftRow(SQLModel, table=True):
    """A policy that somebody is preparing. It may be unfinished, or wrong."""

    __tablename__ = "policy_draft"

    id: str = Field(primary_key=True)
    version: int
    base: int
    texts: str = Field(sa_column=Column(Text(), nullable=False))
    note: str = Field(sa_column=Column(Text(), nullable=False))
    by_user: str | None = None
    by_name: str
    created_at: datetime = Field(sa_column=Column(UtcDateTime(), nullable=False))
    changed_at: datetime = Field(sa_column=Column(UtcDateTime(), nullable=False, index=True))
    gates: str = Field(sa_column=Column(Text(), nullable=False))
