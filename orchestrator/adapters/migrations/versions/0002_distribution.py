"""presence in words, records of waits and of handling, left messages"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from orchestrator.adapters.columns import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "agent_spell",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["user_account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("agent_spell", schema=None) as batch_op:
        batch_op.create_index("ix_agent_spell_agent", ["agent_id", "started_at"], unique=False)
        batch_op.create_index(
            "ix_agent_spell_open",
            ["agent_id", "channel"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "handling",
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=False),
        sa.Column("group", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("video_seconds", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["user_account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
        ),
        sa.PrimaryKeyConstraint("conversation_id", "version"),
    )
    with op.batch_alter_table("handling", schema=None) as batch_op:
        batch_op.create_index("ix_handling_agent", ["agent_id", "started_at"], unique=False)
        batch_op.create_index("ix_handling_ended", ["ended_at"], unique=False)
        batch_op.create_index("ix_handling_started", ["started_at"], unique=False)

    op.create_table(
        "left_message",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("visitor_id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("group", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("taken_by", sa.String(), nullable=True),
        sa.Column("taken_at", UtcDateTime(), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("answered_how", sa.String(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("mail_attempts", sa.Integer(), nullable=False),
        sa.Column("mail_error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["visitor_id"],
            ["visitor.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("left_message", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_left_message_conversation_id"), ["conversation_id"], unique=False
        )
        batch_op.create_index("ix_left_message_state", ["state", "at"], unique=False)

    op.create_table(
        "queue_stay",
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("group", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("agent_id", sa.String(), nullable=True),
        sa.Column("invitations", sa.Integer(), nullable=False),
        sa.Column("quoted_p50", sa.Float(), nullable=True),
        sa.Column("quoted_p90", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
        ),
        sa.PrimaryKeyConstraint("conversation_id", "version"),
    )
    with op.batch_alter_table("queue_stay", schema=None) as batch_op:
        batch_op.create_index("ix_queue_stay_ended", ["ended_at"], unique=False)
        batch_op.create_index("ix_queue_stay_entered", ["entered_at"], unique=False)

    op.create_table(
        "left_message_body",
        sa.Column("left_message_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["left_message_id"], ["left_message.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("left_message_id"),
    )
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("queue_rank_at", UtcDateTime(), nullable=True))
        batch_op.drop_index(batch_op.f("ix_conversation_queue"))
        batch_op.create_index(
            "ix_conversation_queue", ["queue_group", "queue_at_head", "queue_rank_at"], unique=False
        )
        batch_op.drop_column("queue_priority")
        batch_op.drop_column("queue_entered_at")

    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("groups", sa.Text(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("skills", sa.Text(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("chat_state", sa.String(), nullable=False, server_default="offline"))
        batch_op.add_column(sa.Column("chat_reason", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("video_state", sa.String(), nullable=False, server_default="offline"))
        batch_op.add_column(sa.Column("video_reason", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("missed", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("last_seen_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("wrap_up_until", UtcDateTime(), nullable=True))
        batch_op.drop_column("video_present")
        batch_op.drop_column("chat_present")


def downgrade() -> None:
    with op.batch_alter_table("user_account", schema=None) as batch_op:
        for name in ("chat_present", "video_present"):
            batch_op.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
        for name in (
            "wrap_up_until",
            "last_seen_at",
            "missed",
            "video_reason",
            "video_state",
            "chat_reason",
            "chat_state",
            "skills",
            "groups",
        ):
            batch_op.drop_column(name)
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("queue_entered_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("queue_priority", sa.Integer(), nullable=False, server_default="0"))
        batch_op.drop_index("ix_conversation_queue")
        batch_op.create_index(
            "ix_conversation_queue", ["queue_group", "queue_at_head", "queue_priority", "queue_entered_at"]
        )
        batch_op.drop_column("queue_rank_at")
    for table in ("left_message_body", "queue_stay", "left_message", "handling", "agent_spell"):
        op.drop_table(table)
