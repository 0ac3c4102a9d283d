"""first schema"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from orchestrator.adapters.columns import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "feed",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "seq"),
    )
    with op.batch_alter_table("feed", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feed_at"), ["at"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=False),
        sa.Column("claimed_by", sa.String(), nullable=True),
        sa.Column("claimed_until", UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_lane", ["lane", "id"], unique=False)

    op.create_table(
        "policy",
        sa.Column("revision", sa.String(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("revision"),
    )
    op.create_table(
        "processed_key",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    with op.batch_alter_table("processed_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_processed_key_at"), ["at"], unique=False)

    op.create_table(
        "site",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("allowed_origins", sa.Text(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("bot", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_table(
        "socket",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("socket", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_socket_subject"), ["subject"], unique=False)

    op.create_table(
        "stream",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("picture_url", sa.String(), nullable=True),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("token_version", sa.Integer(), nullable=False),
        sa.Column("may_propose_video", sa.Boolean(), nullable=False),
        sa.Column("languages", sa.String(), nullable=False),
        sa.Column("chat_present", sa.Boolean(), nullable=False),
        sa.Column("video_present", sa.Boolean(), nullable=False),
        sa.Column("can_video", sa.Boolean(), nullable=False),
        sa.Column("idle_since", UtcDateTime(), nullable=True),
        sa.Column("seen_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
    )
    op.create_table(
        "visitor",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("can_video", sa.Boolean(), nullable=False),
        sa.Column("page_url", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["site.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "conversation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("visitor_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_position", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=True),
        sa.Column("agent_video", sa.Boolean(), nullable=False),
        sa.Column("invited_agent_id", sa.String(), nullable=True),
        sa.Column("invited_video", sa.Boolean(), nullable=False),
        sa.Column("invitation_expires_at", UtcDateTime(), nullable=True),
        sa.Column("queue_group", sa.String(), nullable=True),
        sa.Column("queue_at_head", sa.Boolean(), nullable=False),
        sa.Column("queue_priority", sa.Integer(), nullable=False),
        sa.Column("queue_entered_at", UtcDateTime(), nullable=True),
        sa.Column("queue_video", sa.Boolean(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["site.id"],
        ),
        sa.ForeignKeyConstraint(
            ["visitor_id"],
            ["visitor.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.create_index("ix_conversation_agent", ["agent_id"], unique=False)
        batch_op.create_index("ix_conversation_call", ["call_id"], unique=False)
        batch_op.create_index("ix_conversation_invited", ["invited_agent_id"], unique=False)
        batch_op.create_index("ix_conversation_open", ["closed_at"], unique=False)
        batch_op.create_index(
            "ix_conversation_queue",
            ["queue_group", "queue_at_head", "queue_priority", "queue_entered_at"],
            unique=False,
        )
        batch_op.create_index("ix_conversation_visitor", ["visitor_id", "started_at"], unique=False)

    op.create_table(
        "context",
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("page_url", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("slots", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
        ),
        sa.PrimaryKeyConstraint("conversation_id"),
    )
    op.create_table(
        "event",
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
        ),
        sa.PrimaryKeyConstraint("conversation_id", "version"),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("author_id", sa.String(), nullable=True),
        sa.Column("client_id", sa.String(), nullable=True),
        sa.Column("private_to", sa.String(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("conversation_id", "author", "client_id", name="uq_message_client"),
        sa.UniqueConstraint("conversation_id", "position", name="uq_message_position"),
    )
    op.create_table(
        "refusal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("refusal", schema=None) as batch_op:
        batch_op.create_index("ix_refusal_conversation", ["conversation_id", "version"], unique=False)

    op.create_table(
        "timer",
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("deadline", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
        ),
        sa.PrimaryKeyConstraint("conversation_id", "name"),
    )
    with op.batch_alter_table("timer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_timer_deadline"), ["deadline"], unique=False)

    op.create_table(
        "message_body",
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("author_name", sa.String(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("quick_replies", sa.Text(), nullable=True),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("keep", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
        ),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id"),
    )
    with op.batch_alter_table("message_body", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_message_body_conversation_id"), ["conversation_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("message_body", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_message_body_conversation_id"))

    op.drop_table("message_body")
    with op.batch_alter_table("timer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_timer_deadline"))

    op.drop_table("timer")
    with op.batch_alter_table("refusal", schema=None) as batch_op:
        batch_op.drop_index("ix_refusal_conversation")

    op.drop_table("refusal")
    op.drop_table("message")
    op.drop_table("event")
    op.drop_table("context")
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.drop_index("ix_conversation_visitor")
        batch_op.drop_index("ix_conversation_queue")
        batch_op.drop_index("ix_conversation_open")
        batch_op.drop_index("ix_conversation_invited")
        batch_op.drop_index("ix_conversation_call")
        batch_op.drop_index("ix_conversation_agent")

    op.drop_table("conversation")
    op.drop_table("visitor")
    op.drop_table("user_account")
    op.drop_table("stream")
    with op.batch_alter_table("socket", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_socket_subject"))

    op.drop_table("socket")
    op.drop_table("site")
    with op.batch_alter_table("processed_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_processed_key_at"))

    op.drop_table("processed_key")
    op.drop_table("policy")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_lane")

    op.drop_table("outbox")
    with op.batch_alter_table("feed", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feed_at"))

    op.drop_table("feed")
