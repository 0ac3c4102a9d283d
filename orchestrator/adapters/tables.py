"""The tables. Domain types are kept apart from them: a snapshot is one JSON text, and what must be searched by is
repeated in columns beside it, derived from the snapshot whenever it is saved (`sql_conversations`).
"""

# SQLModel declares `__tablename__` as a function; a plain name is what its documentation tells to write.
# pyright: reportAssignmentType=false

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from orchestrator.adapters.columns import UtcDateTime


def _moment(*, nullable: bool = False, index: bool = False) -> Column[datetime]:
    return Column(UtcDateTime(), nullable=nullable, index=index)


def _text(*, nullable: bool = False) -> Column[str]:
    return Column(Text(), nullable=nullable)


class ConversationRow(SQLModel, table=True):
    """``last_position`` is the position of the newest message; the rest repeats parts of ``snapshot``."""

    __tablename__ = "conversation"
    __table_args__ = (
        Index("ix_conversation_agent", "agent_id"),
        Index("ix_conversation_invited", "invited_agent_id"),
        Index("ix_conversation_visitor", "visitor_id", "started_at"),
        Index("ix_conversation_queue", "queue_group", "queue_at_head", "queue_rank_at"),
        Index("ix_conversation_call", "call_id"),
        Index("ix_conversation_open", "closed_at"),
    )

    id: str = Field(primary_key=True)
    site_id: str = Field(foreign_key="site.id")
    visitor_id: str = Field(foreign_key="visitor.id")
    version: int
    last_position: int
    state: str
    agent_id: str | None = None
    agent_video: bool = False
    invited_agent_id: str | None = None
    invited_video: bool = False
    invitation_expires_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    queue_group: str | None = None
    queue_at_head: bool = False
    queue_rank_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    queue_video: bool = False
    call_id: str | None = None
    started_at: datetime = Field(sa_column=_moment())
    closed_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    snapshot: str = Field(sa_column=_text())


class EventRow(SQLModel, table=True):
    """An event that took effect; folding ``changes`` over all of a conversation gives its snapshot."""

    __tablename__ = "event"

    conversation_id: str = Field(primary_key=True, foreign_key="conversation.id")
    version: int = Field(primary_key=True)
    at: datetime = Field(sa_column=_moment())
    name: str
    body: str = Field(sa_column=_text())
    changes: str = Field(sa_column=_text())
    decision: str = Field(sa_column=_text())
    facts: str | None = Field(default=None, sa_column=_text(nullable=True))


class RefusalRow(SQLModel, table=True):
    """A decision that refused. ``version`` is that of the conversation it refused to move."""

    __tablename__ = "refusal"
    __table_args__ = (Index("ix_refusal_conversation", "conversation_id", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    conversation_id: str = Field(foreign_key="conversation.id")
    version: int
    at: datetime = Field(sa_column=_moment())
    event: str
    reason: str
    decision: str = Field(sa_column=_text())
    body: str | None = Field(default=None, sa_column=_text(nullable=True))
    facts: str | None = Field(default=None, sa_column=_text(nullable=True))


class MessageRow(SQLModel, table=True):
    """The place of a line in a history. What it says is in `MessageBodyRow`, which can be erased."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("conversation_id", "position", name="uq_message_position"),
        UniqueConstraint("conversation_id", "author", "client_id", name="uq_message_client"),
    )

    id: str = Field(primary_key=True)
    conversation_id: str = Field(foreign_key="conversation.id")
    position: int
    author: str
    author_id: str | None = None
    client_id: str | None = None
    private_to: str | None = None
    at: datetime = Field(sa_column=_moment())


class MessageBodyRow(SQLModel, table=True):
    """Words of people. ``keep`` marks a line of the system, which erasing leaves alone."""

    __tablename__ = "message_body"

    message_id: str = Field(primary_key=True, foreign_key="message.id", ondelete="CASCADE")
    conversation_id: str = Field(foreign_key="conversation.id", index=True)
    author_name: str | None = None
    content: str = Field(sa_column=_text())
    quick_replies: str | None = Field(default=None, sa_column=_text(nullable=True))
    payload: str | None = Field(default=None, sa_column=_text(nullable=True))
    keep: bool = False


class OutboxRow(SQLModel, table=True):
    """An effect still to be carried out. ``claimed_until`` is a lease: a dead process gives its work back."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_lane", "lane", "id"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    lane: str
    conversation_id: str
    name: str
    body: str = Field(sa_column=_text())
    attempts: int = 0
    not_before: datetime = Field(sa_column=_moment())
    claimed_by: str | None = None
    claimed_until: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    error: str | None = Field(default=None, sa_column=_text(nullable=True))


class TimerRow(SQLModel, table=True):
    __tablename__ = "timer"

    conversation_id: str = Field(primary_key=True, foreign_key="conversation.id")
    name: str = Field(primary_key=True)
    deadline: datetime = Field(sa_column=_moment(index=True))


class StreamRow(SQLModel, table=True):
    """The newest number of a stream: locked while numbers are given out, so that they are committed in order."""

    __tablename__ = "stream"

    name: str = Field(primary_key=True)
    seq: int


class FeedRow(SQLModel, table=True):
    __tablename__ = "feed"

    stream: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    kind: str
    conversation_id: str = ""
    ref: str = ""
    detail: str = ""
    at: datetime = Field(sa_column=_moment(index=True))


class KeyRow(SQLModel, table=True):
    """Something that was done once and must not be done again."""

    __tablename__ = "processed_key"

    key: str = Field(primary_key=True)
    at: datetime = Field(sa_column=_moment(index=True))


class UserRow(SQLModel, table=True):
    """An account, and the switches of one who takes conversations."""

    __tablename__ = "user_account"

    id: str = Field(primary_key=True)
    email: str = Field(unique=True)
    name: str
    role: str
    picture_url: str | None = None
    password_hash: str
    token_version: int = 0
    may_propose_video: bool = True
    languages: str = ""
    groups: str = Field(default="[]", sa_column=_text())
    skills: str = Field(default="[]", sa_column=_text())
    chat_slots: int | None = None
    video_slots: int | None = None
    deactivated_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    chat_state: str = "offline"
    chat_reason: str = ""
    video_state: str = "offline"
    video_reason: str = ""
    can_video: bool = True
    missed: int = 0
    idle_since: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    seen_until: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    last_seen_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    wrap_up_until: datetime | None = Field(default=None, sa_column=_moment(nullable=True))


class AgentSpellRow(SQLModel, table=True):
    """How long an agent was in one state on one channel: what reports of presence are made of."""

    __tablename__ = "agent_spell"
    __table_args__ = (
        Index("ix_agent_spell_agent", "agent_id", "started_at"),
        Index(
            "ix_agent_spell_open",
            "agent_id",
            "channel",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    agent_id: str = Field(foreign_key="user_account.id")
    channel: str
    state: str
    reason: str = ""
    started_at: datetime = Field(sa_column=_moment())
    ended_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))


class VisitorRow(SQLModel, table=True):
    __tablename__ = "visitor"

    id: str = Field(primary_key=True)
    site_id: str = Field(foreign_key="site.id")
    created_at: datetime = Field(sa_column=_moment())
    language: str
    device: str
    can_video: bool
    page_url: str | None = Field(default=None, sa_column=_text(nullable=True))


class SocketRow(SQLModel, table=True):
    """An open socket of ``visitor:<id>`` or ``agent:<id>`` on a process."""

    __tablename__ = "socket"

    id: str = Field(primary_key=True)
    subject: str = Field(index=True)
    node: str
    opened_at: datetime = Field(sa_column=_moment())


class SiteRow(SQLModel, table=True):
    __tablename__ = "site"

    id: str = Field(primary_key=True)
    key: str = Field(unique=True)
    name: str
    allowed_origins: str = Field(sa_column=_text())
    language: str
    bot: bool = True
    bot_id: str | None = None


class ContextRow(SQLModel, table=True):
    """What the agent is told beforehand. Personal data: erased with the texts."""

    __tablename__ = "context"

    conversation_id: str = Field(primary_key=True, foreign_key="conversation.id")
    page_url: str | None = Field(default=None, sa_column=_text(nullable=True))
    summary: str | None = Field(default=None, sa_column=_text(nullable=True))
    slots: str = Field(default="{}", sa_column=_text())


class QueueStayRow(SQLModel, table=True):
    """One wait in a line, from its entry on: what waits are reported and learnt from. ``version`` is that of the event
    which entered the line."""

    __tablename__ = "queue_stay"
    __table_args__ = (
        Index("ix_queue_stay_entered", "entered_at"),
        Index("ix_queue_stay_ended", "ended_at"),
    )

    conversation_id: str = Field(primary_key=True, foreign_key="conversation.id")
    version: int = Field(primary_key=True)
    group: str
    channel: str
    site_id: str
    language: str
    priority: int = 0
    entered_at: datetime = Field(sa_column=_moment())
    ended_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    outcome: str | None = None
    agent_id: str | None = None
    invitations: int = 0
    quoted_p50: float | None = None
    quoted_p90: float | None = None
    forecast: str | None = Field(default=None, sa_column=_text(nullable=True))


class HandlingRow(SQLModel, table=True):
    """One agent's time with one conversation. ``version`` is that of the event which gave it to them."""

    __tablename__ = "handling"
    __table_args__ = (
        Index("ix_handling_started", "started_at"),
        Index("ix_handling_ended", "ended_at"),
        Index("ix_handling_agent", "agent_id", "started_at"),
    )

    conversation_id: str = Field(primary_key=True, foreign_key="conversation.id")
    version: int = Field(primary_key=True)
    agent_id: str = Field(foreign_key="user_account.id")
    group: str
    channel: str
    site_id: str
    started_at: datetime = Field(sa_column=_moment())
    ended_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    ended_by: str | None = None
    video_seconds: float = 0.0


class LeftMessageRow(SQLModel, table=True):
    """A message left when nobody could answer. What it says is in `LeftMessageBodyRow`, which can be erased."""

    __tablename__ = "left_message"
    __table_args__ = (Index("ix_left_message_state", "state", "at"),)

    id: str = Field(primary_key=True)
    conversation_id: str = Field(foreign_key="conversation.id", index=True)
    visitor_id: str = Field(foreign_key="visitor.id")
    site_id: str
    group: str
    language: str
    state: str = "open"
    at: datetime = Field(sa_column=_moment())
    taken_by: str | None = None
    taken_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    answered_by: str | None = None
    answered_how: str | None = None
    answered_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    mail_attempts: int = 0
    mail_error: str | None = None


class LeftMessageBodyRow(SQLModel, table=True):
    """Personal data: erased with the texts of the conversation."""

    __tablename__ = "left_message_body"

    left_message_id: str = Field(primary_key=True, foreign_key="left_message.id", ondelete="CASCADE")
    name: str = ""
    email: str = ""
    text: str = Field(default="", sa_column=_text())
    answer: str | None = Field(default=None, sa_column=_text(nullable=True))


class PolicyRow(SQLModel, table=True):
    """The files of a policy revision, as long as a conversation may be pinned to it."""

    __tablename__ = "policy"

    revision: str = Field(primary_key=True)
    files: str = Field(sa_column=_text())
    added_at: datetime = Field(sa_column=_moment())


metadata = SQLModel.metadata
