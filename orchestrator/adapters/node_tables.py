"""The tables by which several processes share one estate: who is alive, who leads, whose rooms are where."""

# SQLModel declares `__tablename__` as a function; a plain name is what its documentation tells to write.
# pyright: reportAssignmentType=false

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from orchestrator.adapters.columns import UtcDateTime
from orchestrator.adapters.tables import metadata

__all__ = ["LeaseRow", "NodeRow", "RoomRow", "metadata"]


class NodeRow(SQLModel, table=True):
    """A process that runs. ``alive_until`` is a lease: one that is not renewed in time belongs to the dead."""

    __tablename__ = "node"

    id: str = Field(primary_key=True)
    started_at: datetime = Field(sa_column=Column(UtcDateTime(), nullable=False))
    alive_until: datetime = Field(sa_column=Column(UtcDateTime(), nullable=False, index=True))


class LeaseRow(SQLModel, table=True):
    """Something that one process at a time does for all of them."""

    __tablename__ = "lease"

    name: str = Field(primary_key=True)
    owner: str
    until: datetime = Field(sa_column=Column(UtcDateTime(), nullable=False))


class RoomRow(SQLModel, table=True):
    """The process whose media node has the room of a call."""

    __tablename__ = "call_room"

    call_id: str = Field(primary_key=True)
    node: str = Field(index=True)
    opened_at: datetime = Field(sa_column=Column(UtcDateTime(), nullable=False))
