"""The tables of connected bots."""

# SQLModel declares `__tablename__` as a function; a plain name is what its documentation tells to write.
# pyright: reportAssignmentType=false

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Text
from sqlmodel import Field, SQLModel

from orchestrator.adapters.columns import UtcDateTime
from orchestrator.adapters.revision_tables import metadata

__all__ = ["BotScriptRow", "BotSessionRow", "ConnectedBotRow", "metadata"]


class ConnectedBotRow(SQLModel, table=True):
    """A bot that is reached by the external-bot contract."""

    __tablename__ = "connected_bot"

    id: str = Field(primary_key=True)
    name: str
    pseudo: str
    language: str
    url: str = Field(sa_column=Column(Text, nullable=False))
    scenario: str
    version: str
    secret: str
    connected_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))


class BotScriptRow(SQLModel, table=True):
    """What a connected bot is saying in a conversation. ``body`` holds its words: erased with the texts."""

    __tablename__ = "bot_script"

    conversation_id: str = Field(primary_key=True, foreign_key="conversation.id")
    id: str
    body: str = Field(sa_column=Column(Text, nullable=False))


class BotSessionRow(SQLModel, table=True):
    """Under which id a connected bot knows a conversation."""

    __tablename__ = "bot_session"

    conversation_id: str = Field(primary_key=True, foreign_key="conversation.id")
    external_id: str
